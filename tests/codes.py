"""Second factors for the cast: an application that tells codes, and logins that give them."""

from __future__ import annotations

import time
from binascii import unhexlify
from typing import Any

from django.contrib.auth.models import User
from django.test import Client as Browser
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from dignamik.foundation.second_factor import new_key, set_up
from tests.conftest import PASSWORD


def code(key: str, step: int = 0) -> str:
    """What an application shows, `step` half-minutes from now."""
    totp = TOTP(unhexlify(key))
    totp.time = time.time() + 30 * step
    return f"{totp.token():06}"


def with_second_factor(user: User) -> tuple[str, list[str]]:
    """The key in this person's application, and the recovery codes. The code of now is not spent yet."""
    key = new_key()
    codes = set_up(user, key, code(key))
    assert codes is not None
    time_passes(user)
    return key, codes


def time_passes(user: User) -> None:
    """The codes of now are good again, as they are half a minute later."""
    TOTPDevice.objects.filter(user=user).update(last_t=-1)


def halfway_in(user: User, **where: Any) -> Browser:
    """A browser after the right password, before the code."""
    browser = Browser(**where)
    response = browser.post("/login/", {"username": user.username, "password": PASSWORD})
    assert response["Location"].startswith("/login/code/")
    return browser


def all_the_way_in(user: User, key: str) -> Browser:
    """The same after the code."""
    browser = halfway_in(user)
    assert browser.post("/login/code/", {"code": code(key)})["Location"] == "/"
    time_passes(user)
    return browser
