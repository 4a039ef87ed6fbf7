"""What the door itself puts on record: who came and went, and who was turned away.

Django tells of logins by its own signals, from the page, the admin and whatever comes beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model, user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponse

from dignamik.foundation.addresses import client_ip, neighbourhood
from dignamik.foundation.auditing import Kind, note, note_sparingly
from dignamik.foundation.calls import known_user

REFUSALS = (403, 404)
NAMES_AN_OBJECT = {"pk", "slug", "object_id"}


def came_in(sender: Any, request: HttpRequest | None, user: Any, **said: Any) -> None:
    note(Kind.LOGIN, user, about=user)


def went(sender: Any, request: HttpRequest | None, user: Any, **said: Any) -> None:
    if user is not None:
        note(Kind.LOGOUT, user, about=user)


def failed(sender: Any, credentials: Any, request: HttpRequest | None = None, **said: Any) -> None:
    """The name that was tried is kept only where it is one of ours: in the place of a name people type passwords."""
    name = str(credentials.get("username") or "").replace("\x00", "")
    user = get_user_model().objects.filter(username=name).first()
    key = f"login:{user.pk if user else neighbourhood(client_ip(request))}"
    note_sparingly(Kind.LOGIN_REFUSED, key, about=user, known=user is not None)


def listen() -> None:
    for signal, receiver in ((user_logged_in, came_in), (user_logged_out, went), (user_login_failed, failed)):
        signal.connect(receiver, dispatch_uid=f"audit-{receiver.__name__}")


class Refusals:
    """Puts on record what somebody who is signed in asked for and may not have: 403s, and objects that are absent or
    somebody else's, which look the same. Counted by person and minute, so that a scan does not fill the disk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in REFUSALS:
            self.note(request, response.status_code)
        return response

    def note(self, request: HttpRequest, status: int) -> None:
        person, route = known_user(request), request.resolver_match
        if person is None or route is None:
            return
        named = {name: str(value) for name, value in route.kwargs.items() if name in NAMES_AN_OBJECT}
        if status == 404 and not named and request.GET.get("client") is None:
            return  # an address that speaks of no object
        number = next((value for value in named.values() if value.isascii() and value.isdecimal()), "")
        note_sparingly(
            Kind.REFUSED, f"refused:{person.pk}", person, status=status, method=request.method,
            route=route.view_name, number=number[:20],
        )  # fmt: skip
