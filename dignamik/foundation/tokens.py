"""Personal tokens of the API: made once, kept as a digest, good for a scope and a time."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from dignamik.foundation.addresses import client_ip, neighbourhood
from dignamik.foundation.auditing import Kind, note, note_sparingly
from dignamik.foundation.guesses import strike, token_keys
from dignamik.foundation.models import ApiToken

PREFIX = "dgk_"  # so that scanners of leaked secrets, and people, know one when they see one
SHOWN = 9  # characters of a key that lists show
LONGEST = 200
KEYWORDS = (b"bearer", b"token")
BAD = _("Jeton inconnu, expiré ou révoqué.")
SEEN_EVERY = timedelta(minutes=1)
"""How finely the last use is known: not a write a request."""


def issue(user: User, name: str, scopes: Sequence[str], lifetime: timedelta) -> tuple[ApiToken, str]:
    """A new token and its key, which nobody can read again. 256 random bits need no slow hash."""
    key = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user, name=name, digest=digest(key), hint=key[:SHOWN], scopes=list(scopes),
            expires_at=timezone.now() + lifetime,
        )  # fmt: skip
        note(Kind.TOKEN, user, about=token, scopes=token.scopes, days=lifetime.days)
    return token, key


def digest(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer dgk_…`; `Token dgk_…` says the same."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        keyword, _space, rest = get_authorization_header(request).partition(b" ")
        if keyword.lower() not in KEYWORDS:
            return None
        token = self._find(rest.strip())
        if token is None:
            place = client_ip(request._request)
            note_sparingly(Kind.TOKEN_REFUSED, f"token:{neighbourhood(place)}")
            left = strike(token_keys(place))
            if left:
                raise Throttled(math.ceil(left))
            raise AuthenticationFailed(BAD)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def _find(self, key: bytes) -> ApiToken | None:
        """The live token of this key, of somebody who may still come in; its use is noted."""
        if not key.isascii() or len(key) > LONGEST:
            return None
        now = timezone.now()
        live = ApiToken.objects.filter(digest=digest(key.decode()), revoked_at=None, expires_at__gt=now)
        token = live.filter(user__is_active=True).select_related("user").first()
        if token is not None:
            stale = Q(last_used_at=None) | Q(last_used_at__lt=now - SEEN_EVERY)
            if token.last_used_at is None or token.last_used_at < now - SEEN_EVERY:
                ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
        return token


class DescribedToken(OpenApiAuthenticationExtension):
    """The same in the OpenAPI schema."""

    target_class = TokenAuthentication
    name = "jeton"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Un jeton personnel, créé sur /account/tokens/ : lire (read), écrire (write), demander des "
            "calculs (runs).",
        }
