"""The door: who comes in, after how many tries, and for how long."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from axes.backends import AxesBackend
from django.contrib.auth import logout
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dignamik.foundation.addresses import client_ip
from dignamik.foundation.guesses import LONGEST_NAME, forgive, keys, strike

LONGEST_SESSION = 12 * 3600
"""Seconds after which a session ends, however busy."""
ENTERED_AT = "entered_at"


def name_for_the_log(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name that was tried, as long as its column: PostgreSQL refuses a longer one, and the page would fail."""
    tried = (credentials or {}).get("username") or request.POST.get("username")
    return None if tried is None else str(tried)[:LONGEST_NAME]


class Door(AxesBackend):
    """Django's own check of a password, after a count that all workers share. axes keeps the log of who came.

    The same for a name that is known, unknown or inactive: the same delay, the same cost of one hash, the same answer.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        if username is None or password is None:
            return None
        rules = keys(username, client_ip(request))
        left = strike(rules)
        if left:
            if request is not None:
                request.must_wait = math.ceil(left)  # type: ignore[attr-defined]  # for Patience, below
            raise PermissionDenied
        user = ModelBackend.authenticate(self, request, username, password, **kwargs)
        if user is not None:
            forgive(rules)
        return user


class Patience:
    """Turns a try that came too early into a 429, on whichever page it was made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        left: int = getattr(request, "must_wait", 0)
        if not left:
            return response
        minutes = math.ceil(left / 60) if left > 60 else 0
        refusal = render(request, "registration/locked.html", {"seconds": left, "minutes": minutes}, status=429)
        refusal.headers["Retry-After"] = str(left)
        return refusal


class SessionLife:
    """Ends a session twelve hours after it began. Three idle hours end it too: see `SESSION_COOKIE_AGE`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            entered = request.session.setdefault(ENTERED_AT, int(time.time()))
            if time.time() - entered > LONGEST_SESSION:
                logout(request)
        return self.get_response(request)


class Login(LoginView):
    """A login page that also works when a session ends in the middle of an htmx request."""

    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if request.headers.get("HX-Request") == "true":
            # Its list would show this form in place of the rows: load the whole page instead, which comes back here.
            response.headers["HX-Refresh"] = "true"
        return response
