"""What is asked again before the rights of a person are exercised."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User

from clients.models import Client
from tests.contract import signed_in
from tests.foundation.conftest import an_hour_later
from tests.published import a_client

__all__ = ["an_hour_later"]


def test_an_old_login_gives_the_password_before_it_takes_data_along_or_erases_them(
    adele: User, an_hour_later: Callable[[], None]
) -> None:
    client, browser = a_client("Fleurs de Loire", "amelie"), signed_in(adele)
    page = f"/clients/{client.pk}/rights/"
    assert browser.get(f"{page}access/").status_code == 200
    an_hour_later()
    assert browser.get(page).status_code == 200
    assert browser.get(f"{page}access/")["Location"].startswith("/account/confirm/?next=")
    answer = browser.post(f"{page}erase/", {"name": client.name, "reason": "request"})
    assert answer["Location"].startswith("/account/confirm/?next=")
    assert Client.objects.filter(pk=client.pk).exists()
