"""The door: who comes in, after how many tries, and for how long."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from axes.backends import AxesBackend
from django.contrib.auth import login, logout
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp import login as passed_by

from dignamik.foundation.addresses import client_ip
from dignamik.foundation.guesses import LONGEST_NAME, forgive, keys, strike
from dignamik.foundation.refusals import answer
from dignamik.foundation.second_factor import device_of, is_required_of

LONGEST_SESSION = 12 * 3600
"""Seconds after which a session ends, however busy."""
ENTERED_AT = "entered_at"
# What somebody may open who must set up a second factor first: that, and what leads there or out.
BEFORE_THE_SECOND_FACTOR = ("second-factor", "confirm", "logout")
NEEDS_SECOND_FACTOR = _("Votre compte doit d’abord activer la double authentification, sur une page de Dignamik.")


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


class SecondFactor:
    """Ends the sessions that began before a second factor was set up, replaced or taken away; and leads whoever needs
    one to set it up before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return (self._refusal(request) if request.user.is_authenticated else None) or self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        device = device_of(request.user)
        if request.session.get(DEVICE_ID_SESSION_KEY) != (device.persistent_id if device else None):
            logout(request)
            return None
        if device is not None or not is_required_of(request.user):
            return None
        if request.path_info in map(reverse, BEFORE_THE_SECOND_FACTOR):
            return None
        if request.path_info.startswith("/api/v1/"):
            return answer(403, "second_factor_needed", NEEDS_SECOND_FACTOR)
        return redirect("second-factor")


def enter(request: HttpRequest, user: Any, device: Any = None) -> None:
    """Begin a session, under a new key; `device` is the second factor by which somebody came in."""
    login(request, user)
    request.session[ENTERED_AT] = int(time.time())
    if device is not None:
        passed_by(request, device)


def renew(request: HttpRequest, device: Any) -> None:
    """Go on under a new key, after `device` was set up (None: taken away). Other sessions end."""
    request.session.pop(DEVICE_ID_SESSION_KEY, None)
    if device is not None:
        passed_by(request, device)
    request.session.cycle_key()
