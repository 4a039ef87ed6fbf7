"""Wrong passwords: longer and longer delays, for all workers together, without an oracle and without shutting people
out."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from dignamik.foundation import guesses
from dignamik.foundation.guesses import ACCOUNT, ADDRESS, PAIR, TOKENS, forgive, keys, strike
from dignamik.foundation.models import Guess
from tests.conftest import PASSWORD, ROOT, person
from tests.contract import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """Stands still until the test moves it."""
    hands = {"now": timezone.now()}

    class Clock:
        now = staticmethod(lambda: hands["now"])

    monkeypatch.setattr(guesses, "timezone", Clock)
    return hands


def enter(name: str, password: str = "x", ip: str = "192.0.2.7", **headers: str) -> HttpResponse:
    said = {"username": name, "password": password}
    return Browser().post("/login/", said, REMOTE_ADDR=ip, headers=headers)  # type: ignore[return-value]


def wait(clock: dict[str, datetime], seconds: float) -> None:
    clock["now"] += timedelta(seconds=seconds)


def test_ten_wrong_passwords_wait_longer_each_time(amelie: User, clock: dict[str, datetime]) -> None:
    waits = []
    for _ in range(11):
        response = enter("amelie")
        waits.append(int(response.headers.get("Retry-After", 0)))
        if response.status_code == 429:
            wait(clock, waits[-1])
            assert enter("amelie").status_code == 200
    assert waits == [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320]


def test_the_right_password_waits_too_and_is_let_in_afterwards(amelie: User, clock: dict[str, datetime]) -> None:
    for _ in range(PAIR.free):
        enter("amelie")
    refused = enter("amelie", PASSWORD)
    assert refused.status_code == 429
    assert "Connexion suspendue" in refused.content.decode()
    assert "amelie" not in refused.content.decode()
    wait(clock, 5)
    assert enter("amelie", PASSWORD).status_code == 302
    assert [enter("amelie").status_code for _ in range(PAIR.free)] == [200] * PAIR.free  # all is forgiven


def test_one_password_on_many_accounts_makes_the_address_wait(amelie: User, clock: dict[str, datetime]) -> None:
    said = [enter(f"person{number}").status_code for number in range(ADDRESS.free + 5)]
    assert said == [200] * ADDRESS.free + [429] * 5
    assert enter("amelie", PASSWORD).status_code == 429
    assert enter("amelie", PASSWORD, ip="192.0.2.8").status_code == 302


def test_one_right_password_does_not_clear_the_address(amelie: User, clock: dict[str, datetime]) -> None:
    """Else whoever has an account of their own would guess at others between two logins."""
    said = []
    for number in range(ADDRESS.free + 1):
        said.append(enter(f"person{number}").status_code)
        enter("amelie", PASSWORD)
    assert said == [200] * ADDRESS.free + [429]


def test_many_addresses_at_one_account_make_it_wait_but_not_where_its_owner_works(
    amelie: User, clock: dict[str, datetime]
) -> None:
    assert enter("amelie", PASSWORD, ip="198.51.100.1").status_code == 302
    browser = signed_in(amelie)
    said = [enter("amelie", ip=f"192.0.2.{number}").status_code for number in range(ACCOUNT.free + 5)]
    assert said == [200] * ACCOUNT.free + [429] * 5
    assert enter("amelie", PASSWORD, ip="203.0.113.9").status_code == 429
    assert enter("amelie", PASSWORD, ip="198.51.100.1").status_code == 302
    assert browser.get("/clients/").status_code == 200  # open sessions never wait


def test_no_delay_lasts_for_hours() -> None:
    for rule in (PAIR, ACCOUNT, ADDRESS, TOKENS):
        assert rule.delay(10**6) == rule.longest <= timedelta(minutes=15)


def test_an_hour_without_a_guess_forgets_the_many(clock: dict[str, datetime]) -> None:
    for number in range(ADDRESS.free):
        enter(f"person{number}")
    wait(clock, 3601)
    assert enter("somebody").status_code == 200
    assert Guess.objects.get(key="@ 192.0.2.7").count == 1


@pytest.mark.parametrize("name", ["amelie", "AMELIE", "ａｍｅｌｉｅ"])
def test_another_spelling_is_the_same_account(amelie: User, name: str, clock: dict[str, datetime]) -> None:
    for _ in range(PAIR.free):
        enter("amelie")
    assert enter(name).status_code == 429


@pytest.mark.parametrize("name", ["x" * 5000, "\x00", "é" * 140, "a\r\nb", "'; --"])
def test_no_name_breaks_the_count(name: str) -> None:
    assert enter(name).status_code == 200


def test_a_forged_address_changes_nothing_without_a_proxy(amelie: User, clock: dict[str, datetime]) -> None:
    said = [enter("amelie", **{"X-Forwarded-For": f"10.0.0.{number}"}).status_code for number in range(PAIR.free + 1)]
    assert said == [200] * PAIR.free + [429]


def test_behind_a_proxy_only_what_the_proxy_wrote_counts(
    amelie: User, clock: dict[str, datetime], settings: Any
) -> None:
    settings.PROXY_COUNT = 1
    forged = [f"10.0.0.{number}, 192.0.2.7" for number in range(PAIR.free + 1)]
    said = [enter("amelie", ip="127.0.0.1", **{"X-Forwarded-For": chain}).status_code for chain in forged]
    assert said == [200] * PAIR.free + [429]
    assert enter("amelie", PASSWORD, ip="127.0.0.1", **{"X-Forwarded-For": "192.0.2.8"}).status_code == 302


def test_a_neighbour_in_the_same_ipv6_network_is_the_same_caller() -> None:
    assert set(keys("a", "2001:db8::1")) == set(keys("a", "2001:db8::ffff"))
    assert set(keys("a", "2001:db8::1")) != set(keys("a", "2001:db8:0:1::1"))


def test_unknown_wrong_and_inactive_are_the_same_for_whoever_asks(
    amelie: User, karim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page, status, delay and cost: one hash each."""
    karim.is_active = False
    karim.save()
    hashed = []
    real = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, *given: Any) -> str:
        hashed.append(1)
        return real(self, *given)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)

    def seen(name: str, password: str) -> list[Any]:
        found: list[Any] = []
        for _ in range(PAIR.free + 1):
            hashed.clear()
            response = enter(name, password, ip=f"192.0.2.{len(name)}")
            html = response.content.decode().replace(name, "…")
            without_token = [line for line in html.splitlines() if "csrfmiddlewaretoken" not in line]
            found.append((response.status_code, len(hashed), without_token))
        return found

    assert seen("amelie", "x") == seen("karim", PASSWORD) == seen("nobody!", "x")


def test_the_admins_door_is_the_same(adele: User, clock: dict[str, datetime]) -> None:
    for _ in range(PAIR.free):
        enter("adele")
    said = {"username": "adele", "password": PASSWORD}
    assert Browser().post("/admin/login/", said, REMOTE_ADDR="192.0.2.7").status_code == 429


def test_an_admin_lets_somebody_try_again_at_once(adele: User, amelie: User, clock: dict[str, datetime]) -> None:
    for _ in range(PAIR.free):
        enter("amelie")
    key = "amelie @ 192.0.2.7"
    row = Guess.objects.get(key=key)
    browser = signed_in(adele)
    assert key in browser.get("/admin/foundation/guess/").content.decode()
    bulk = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert browser.post("/admin/foundation/guess/", bulk).status_code == 302
    assert enter("amelie", PASSWORD).status_code == 302


def test_a_right_guess_that_was_never_counted_forgives_nothing() -> None:
    forgive({"nobody": PAIR})
    assert not Guess.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_in_four_workers_are_not_twenty_free_ones(outside_environment: dict[str, str]) -> None:
    code = f"""
import time, django; django.setup()
from dignamik.foundation.guesses import PAIR, strike
strike({{"warm": PAIR}})
time.sleep(max(0, {time.time() + 6} - time.time()))
print(*(int(strike({{"x": PAIR}}) == 0) for _ in range(5)))
"""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=outside_environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    let_through = sum(int(one) for worker in workers for one in worker.communicate(timeout=90)[0].split())
    assert let_through == PAIR.free
    assert strike({"x": PAIR}) > 0 or Guess.objects.get(key="x").count == PAIR.free + 1


# --- Passwords -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ["onze signes", "dignamik2025!", "Dignamik-2026!!", "password1234", "telechargement"]
)
def test_a_weak_password_is_refused_in_the_admin_too(adele: User, amelie: User, password: str) -> None:
    sent = {"password1": password, "password2": password, "usable_password": "true"}
    response = signed_in(adele).post(f"/admin/auth/user/{amelie.pk}/password/", sent)
    assert response.status_code == 200
    amelie.refresh_from_db()
    assert amelie.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["quatre mots sans malice", "🥖" * 12 + " et des mots " * 6, "x y" * 40])
def test_a_long_password_with_spaces_and_emoji_is_taken_whole(adele: User, amelie: User, password: str) -> None:
    sent = {"password1": password, "password2": password, "usable_password": "true"}
    assert signed_in(adele).post(f"/admin/auth/user/{amelie.pk}/password/", sent).status_code == 302
    assert enter("amelie", password[:-1]).status_code == 200
    assert enter("amelie", password).status_code == 302


# --- Sessions --------------------------------------------------------------------------------------------------------


def test_a_login_changes_the_sessions_key(amelie: User) -> None:
    browser = Browser()
    browser.get("/login/")
    session = browser.session
    session["before"] = 1
    session.save()
    before = session.session_key
    browser.cookies["sessionid"] = before or ""
    browser.post("/login/", {"username": "amelie", "password": PASSWORD})
    assert browser.cookies["sessionid"].value != before


def test_a_session_ends_after_twelve_hours_however_busy(amelie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in(amelie)
    begun = time.time()
    for hours in range(12):
        monkeypatch.setattr("dignamik.foundation.entering.time.time", lambda at=begun + hours * 3600: at)
        assert browser.get("/clients/").status_code == 200
    monkeypatch.setattr("dignamik.foundation.entering.time.time", lambda: begun + 12 * 3600 + 60)
    assert browser.get("/clients/").status_code == 302
    monkeypatch.undo()
    assert browser.get("/clients/").status_code == 302  # the session is gone, not only refused


def test_a_new_password_ends_the_other_sessions(amelie: User) -> None:
    browser = signed_in(amelie)
    assert browser.get("/clients/").status_code == 200
    amelie.set_password("une autre phrase de passe")
    amelie.save()
    assert browser.get("/clients/").status_code == 302


def test_who_is_deactivated_or_demoted_is_out_at_the_next_request(amelie: User, karim: User) -> None:
    gone, demoted = signed_in(amelie), signed_in(karim)
    assert (gone.get("/clients/").status_code, demoted.get("/clients/").status_code) == (200, 200)
    User.objects.filter(pk=amelie.pk).update(is_active=False)
    karim.groups.clear()
    assert (gone.get("/clients/").status_code, demoted.get("/clients/").status_code) == (302, 403)


def test_somebody_new_is_nobody_until_given_a_role(db: None) -> None:
    assert signed_in(person("nouvelle")).get("/clients/").status_code == 403
