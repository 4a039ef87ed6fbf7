"""The second factor of a login: a code of the person's application (TOTP, RFC 6238), or a recovery code.

Whoever has one is asked for it after a right password; keys to the API have scopes and an end instead. Guesses at codes
are counted like guesses at passwords, for all workers together; a code is good once, and one step of thirty
seconds early or late.
"""

from __future__ import annotations

import math
import re
import secrets
import time
from base64 import b32encode, urlsafe_b64encode
from binascii import unhexlify
from dataclasses import dataclass
from enum import Enum
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from dignamik.foundation.addresses import client_ip
from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.guesses import code_keys, forgive, strike

CHANGES_ACCOUNTS = "auth.change_user"
"""Whoever may do this can become anybody: the role administration and superusers. A second factor is not optional."""
RECOVERY_CODES = 10
# Without 0/o, 1/l/i: people copy these from paper. 10 of 31 signs are 49 bits, and guesses are few.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 10
_SIX_FIGURES = re.compile(r"[0-9]{6}")
TOLERANCE = 1  # steps of thirty seconds


class Proof(Enum):
    """By what somebody got in."""

    CODE = "code"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class Picture:
    """A QR code as one SVG path of unit squares; `size` is the side, quiet zone included."""

    size: int
    path: str


def device_of(user: Any) -> TOTPDevice | None:
    """What this account has set up, if anything."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=user.pk, confirmed=True).first()
    return found


def is_required_of(user: Any) -> bool:
    """Whether this account can do nothing without. The demonstration is exempt: see `SECOND_FACTOR_EXEMPTION`."""
    return bool(
        settings.SECOND_FACTOR_REQUIRED
        and user.has_perm(CHANGES_ACCOUNTS)
        and not import_string(settings.SECOND_FACTOR_EXEMPTION)()
    )


# --- Setting up ------------------------------------------------------------------------------------------------------


def new_key() -> str:
    """160 random bits, hexadecimal."""
    return str(random_hex(20))


def typed(key: str) -> str:
    """A key as people type it into an application, in groups of four."""
    text = b32encode(unhexlify(key)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def picture(user: Any, key: str) -> Picture:
    """What an application scans."""
    code = segno.make(TOTPDevice(user=user, key=key).config_url, micro=False, error="m")
    rows = list(code.matrix_iter(border=4))
    squares = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return Picture(len(rows), "".join(squares))


def set_up(user: Any, key: str, code: str) -> list[str] | None:
    """Keep this key if the code is one of it: the recovery codes, which nobody can read again.

    None when the code is wrong, or the account has a second factor already.
    """
    said, totp = folded(code), TOTP(unhexlify(key))
    totp.time = time.time()  # one moment for all of it
    if not _SIX_FIGURES.fullmatch(said) or not totp.verify(int(said), TOLERANCE):
        return None
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)  # two set-ups at once are one
        if device_of(user) is not None:
            return None
        TOTPDevice.objects.create(user=user, name="Application", key=key, tolerance=TOLERANCE, last_t=totp.t())
        note(Kind.SECOND_FACTOR, user, about=user, act="set_up")
        return renew_recovery_codes(user)


def renew_recovery_codes(user: Any) -> list[str]:
    """Ten new ones in place of whatever is left of the old."""
    codes = ["".join(secrets.choice(_SIGNS) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user.pk).delete()
        device = StaticDevice.objects.create(user=user, name="Secours")
        StaticToken.objects.bulk_create([StaticToken(device=device, token=_kept(user, code)) for code in codes])
        note(Kind.SECOND_FACTOR, user, about=user, act="recovery_codes")
    return [f"{code[: _LENGTH // 2]}-{code[_LENGTH // 2 :]}" for code in codes]


def recovery_codes_left(user: Any) -> int:
    return int(StaticToken.objects.filter(device__user=user.pk).count())


def take_away(user: Any) -> bool:
    """Nothing is asked for after the password any more. False if there was nothing to take."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user.pk).delete()
        gone, _ = TOTPDevice.objects.filter(user=user.pk).delete()
        if gone:
            note(Kind.SECOND_FACTOR, about=user, act="taken_away")
    return bool(gone)


# --- Asking ----------------------------------------------------------------------------------------------------------


def accept(request: HttpRequest, user: Any, code: str) -> Proof | None:
    """Whether this is a code of this account, which is spent by it. Counts the guess; `Patience` says how long to wait
    when there were too many."""
    rules = code_keys(user.get_username(), client_ip(request))
    left = strike(rules)
    if left:
        request.must_wait = math.ceil(left)  # type: ignore[attr-defined]  # for Patience
        return None
    proof = _spend(user, folded(code))
    if proof is not None:
        forgive(rules)
    return proof


def _spend(user: Any, said: str) -> Proof | None:
    """Under a lock, so that a code is good once even for two at the same moment."""
    with transaction.atomic():
        devices = TOTPDevice if _SIX_FIGURES.fullmatch(said) else StaticDevice
        device = devices.objects.select_for_update().filter(user=user.pk, confirmed=True).first()
        if device is None:
            return None
        if devices is TOTPDevice:
            return Proof.CODE if device.verify_token(said) else None
        if not device.verify_token(_kept(user, said)):
            return None
        note(Kind.SECOND_FACTOR, user, about=user, act="recovery_code_used")
        return Proof.RECOVERY


def folded(code: str) -> str:
    """A code without the spaces, dashes and capitals that people add."""
    return re.sub(r"[\s-]", "", code).casefold()


def _kept(user: Any, code: str) -> str:
    """What is kept of a recovery code: 96 bits of a digest that needs `SECRET_KEY`, so that a copy of the database
    gives none away. The column holds sixteen signs."""
    digest = salted_hmac("dignamik.recovery", f"{user.pk}:{code}", algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:12]).decode()
