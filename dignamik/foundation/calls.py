"""What is being answered or done right now, for whoever writes the log or the audit trail without being handed it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from django.utils.functional import LazyObject

request_in_hand: ContextVar[HttpRequest | None] = ContextVar("request_in_hand", default=None)
working: ContextVar[bool] = ContextVar("working", default=False)
"""Whether a worker is at a job."""


def known_user(request: HttpRequest) -> Any:
    """Whoever the request turned out to be from; None as long as nobody asked. Asks the database nothing itself, which
    may be what failed."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject):  # of a session; `request.user` of a token is the person itself
        user = request.__dict__.get("_cached_user")
    return user if user is not None and user.is_authenticated else None
