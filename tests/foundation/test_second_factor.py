"""The second factor: set up by its owner, asked for after the password, good once, required of who changes accounts."""

from __future__ import annotations

import base64
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from clients.models import Demo
from dignamik.foundation import guesses
from dignamik.foundation.guesses import CODES
from dignamik.foundation.second_factor import device_of, recovery_codes_left
from dignamik.foundation.tokens import issue
from tests.codes import all_the_way_in, code, halfway_in, time_passes, with_second_factor
from tests.conftest import PASSWORD
from tests.contract import refused, signed_in
from tests.foundation.spending import spend
from tests.outside import Start

pytestmark = pytest.mark.django_db
SECURITY, SET_UP, OFF = "/account/security/", "/account/security/set-up/", "/account/security/off/"


def shown_key(browser: Browser) -> str:
    """The key of the page, as a person would type it."""
    found = re.search(r'<code class="new-token">([A-Z2-7 ]+)</code>', browser.get(SET_UP).content.decode())
    assert found is not None
    return base64.b32decode(found[1].replace(" ", "")).hex()


# --- Setting up ------------------------------------------------------------------------------------------------------


def test_it_counts_only_after_a_code_of_it(amelie: User) -> None:
    browser = signed_in(amelie)
    key = shown_key(browser)
    assert shown_key(browser) == key  # a page loaded twice shows the same
    response = browser.post(SET_UP, {"code": "12345"})
    assert "n’est pas le bon" in response.content.decode()
    assert device_of(amelie) is None
    assert Browser().post("/login/", {"username": "amelie", "password": PASSWORD})["Location"] == "/"
    assert browser.post(SET_UP, {"code": code(key)})["Location"] == SECURITY
    assert device_of(amelie) is not None
    halfway_in(amelie)


def test_its_page_draws_the_key_without_a_script_and_without_leaving_the_house(amelie: User) -> None:
    html = signed_in(amelie).get(SET_UP).content.decode()
    assert re.search(r'<svg class="qr" role="img".*<path fill="#000" d="M\d', html)
    assert "data:" not in html
    assert "://" not in re.sub(r"http://www.w3.org/\S+", "", html.split("<main")[1])


def test_it_gives_ten_recovery_codes_that_are_shown_once_and_kept_by_nobody(amelie: User) -> None:
    browser = signed_in(amelie)
    browser.post(SET_UP, {"code": code(shown_key(browser))})
    codes = re.findall(r"<li><code>(\w{5}-\w{5})</code>", browser.get(SECURITY).content.decode())
    assert len(set(codes)) == 10
    again = browser.get(SECURITY).content.decode()
    assert not [one for one in codes if one in again]
    assert "Il vous reste 10 codes" in again
    kept = str(list(StaticToken.objects.values())) + str([row.get_decoded() for row in Session.objects.all()])
    assert not [one for one in codes if one in kept or one.replace("-", "") in kept]


def test_it_ends_the_sessions_of_before_and_changes_this_ones_key(amelie: User) -> None:
    old, browser = signed_in(amelie), signed_in(amelie)
    assert old.get("/clients/").status_code == 200
    before = browser.cookies["sessionid"].value
    browser.post(SET_UP, {"code": code(shown_key(browser))})
    assert browser.cookies["sessionid"].value != before
    assert browser.get("/clients/").status_code == 200
    assert old.get("/clients/").status_code == 302
    assert old.get("/api/v1/clients/").status_code == 401


def test_it_is_not_replaced_while_there_is_one(amelie: User) -> None:
    key, _ = with_second_factor(amelie)
    browser = all_the_way_in(amelie, key)
    assert browser.get(SET_UP)["Location"] == SECURITY
    assert browser.post(SET_UP, {"code": code(key)})["Location"] == SECURITY
    assert TOTPDevice.objects.get().key == key


def test_setting_up_asks_for_the_password_when_the_login_is_old(amelie: User, an_hour_later: Any) -> None:
    browser = signed_in(amelie)
    browser.get("/clients/")
    an_hour_later()
    assert browser.get(SET_UP)["Location"].startswith("/account/confirm/")


# --- At the login ----------------------------------------------------------------------------------------------------


def test_after_the_password_alone_nobody_is_signed_in(amelie: User) -> None:
    with_second_factor(amelie)
    browser = halfway_in(amelie)
    for address in ("/clients/", "/admin/", SECURITY):
        assert browser.get(address).status_code == 302
    assert browser.get("/api/v1/clients/").status_code == 401


def test_a_code_opens_and_leads_where_one_wanted_to_go(amelie: User) -> None:
    key, _ = with_second_factor(amelie)
    browser = Browser()
    response = browser.post("/login/?next=/clients/", {"username": "amelie", "password": PASSWORD})
    assert response["Location"] == "/login/code/?next=%2Fclients%2F"
    before = browser.cookies["sessionid"].value
    asked = browser.get(response["Location"]).content.decode()
    assert 'autocomplete="one-time-code"' in asked
    response = browser.post("/login/code/", {"code": code(key), "next": "/clients/"})
    assert response["Location"] == "/clients/"
    assert browser.cookies["sessionid"].value != before
    assert browser.get("/clients/").status_code == 200
    assert browser.get("/api/v1/clients/").status_code == 200


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_code_leads_nowhere_else(amelie: User, where: str) -> None:
    key, _ = with_second_factor(amelie)
    assert halfway_in(amelie).post("/login/code/", {"code": code(key), "next": where})["Location"] == "/"


def test_the_admins_door_asks_for_it_too(adele: User) -> None:
    key, _ = with_second_factor(adele)
    browser = Browser()
    response = browser.post("/admin/login/", {"username": "adele", "password": PASSWORD})
    assert response["Location"] == "/login/code/?next=%2Fadmin%2F"
    assert browser.get("/admin/").status_code == 302
    assert browser.post("/login/code/", {"code": code(key), "next": "/admin/"})["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200


def test_a_wrong_password_says_nothing_of_a_second_factor(amelie: User, karim: User) -> None:
    with_second_factor(amelie)
    said = [Browser().post("/login/", {"username": name, "password": "x"}) for name in ("amelie", "karim", "nobody")]
    assert {response.status_code for response in said} == {200}
    errors = [re.findall(r'role="alert">(.*?)</div>', response.content.decode(), re.S) for response in said]
    assert errors[0] == errors[1] == errors[2] != []


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(amelie: User, step: int) -> None:
    key, _ = with_second_factor(amelie)
    assert halfway_in(amelie).post("/login/code/", {"code": code(key, step)}).status_code == 302


@pytest.mark.parametrize("step", [-4, -3, 3, 4])
def test_and_no_more(amelie: User, step: int) -> None:
    key, _ = with_second_factor(amelie)
    assert halfway_in(amelie).post("/login/code/", {"code": code(key, step)}).status_code == 200


@pytest.mark.parametrize("typed", ["", "x", "12345", "1234567", "１２３４５６", "-12345", "\x00", "x" * 5000, "🥖" * 6])
def test_what_is_no_code_opens_nothing(amelie: User, typed: str) -> None:
    with_second_factor(amelie)
    assert halfway_in(amelie).post("/login/code/", {"code": typed}).status_code == 200


def test_a_code_is_good_once(amelie: User) -> None:
    key, _ = with_second_factor(amelie)
    first, second = halfway_in(amelie), halfway_in(amelie)
    said = {"code": code(key)}
    assert first.post("/login/code/", said).status_code == 302
    assert second.post("/login/code/", said).status_code == 200


def test_a_code_of_a_colleague_opens_nothing(amelie: User, karim: User) -> None:
    with_second_factor(amelie)
    key, codes = with_second_factor(karim)
    browser = halfway_in(amelie)
    for typed in (code(key), codes[0]):
        assert browser.post("/login/code/", {"code": typed}).status_code == 200
    assert recovery_codes_left(karim) == 10


def test_a_recovery_code_opens_once_however_it_is_typed(amelie: User) -> None:
    _, codes = with_second_factor(amelie)
    typed = {"code": f" {codes[3].replace('-', ' ').upper()} "}
    browser = halfway_in(amelie)
    assert browser.post("/login/code/", typed)["Location"] == "/"
    assert "Il vous en reste 9." in browser.get("/").content.decode()
    assert halfway_in(amelie).post("/login/code/", typed).status_code == 200
    assert halfway_in(amelie).post("/login/code/", {"code": codes[4]}).status_code == 302


def test_new_recovery_codes_take_the_place_of_the_old(amelie: User) -> None:
    key, codes = with_second_factor(amelie)
    assert all_the_way_in(amelie, key).post("/account/security/codes/")["Location"] == SECURITY
    assert recovery_codes_left(amelie) == 10
    assert halfway_in(amelie).post("/login/code/", {"code": codes[0]}).status_code == 200


def test_halfway_lasts_five_minutes_and_ends_with_the_account_or_its_password(
    amelie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, codes = with_second_factor(amelie)
    waits, changed, gone = (halfway_in(amelie) for _ in range(3))
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr("dignamik.foundation.login.time.time", lambda: now + 301)
        assert waits.post("/login/code/", {"code": codes[0]})["Location"].startswith("/login/?")
    amelie.set_password("une autre phrase de passe")
    amelie.save()
    assert changed.post("/login/code/", {"code": code(key)})["Location"].startswith("/login/?")
    User.objects.filter(pk=amelie.pk).update(is_active=False)
    assert gone.post("/login/code/", {"code": code(key)})["Location"].startswith("/login/?")
    assert recovery_codes_left(amelie) == 10


def test_guesses_at_codes_wait_whatever_the_address_and_the_password_forgives_none(
    amelie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = {"now": timezone.now()}
    monkeypatch.setattr(guesses, "timezone", type("Clock", (), {"now": staticmethod(lambda: hands["now"])}))
    key, _ = with_second_factor(amelie)
    said = []
    for number in range(CODES.free + 1):
        browser = halfway_in(amelie, REMOTE_ADDR=f"192.0.2.{number}")
        said.append(browser.post("/login/code/", {"code": "000000"}).status_code)
    assert said == [200] * CODES.free + [429]
    browser = halfway_in(amelie)
    assert browser.post("/login/code/", {"code": code(key)}).status_code == 429  # the right one too
    hands["now"] += timedelta(seconds=6)
    assert browser.post("/login/code/", {"code": code(key)}).status_code == 302


def test_a_wrong_code_is_in_the_log_of_logins_without_the_code(amelie: User) -> None:
    with_second_factor(amelie)
    halfway_in(amelie).post("/login/code/", {"code": "314159"})
    attempt = AccessAttempt.objects.get()
    assert attempt.username == "amelie"
    assert "314159" not in attempt.post_data


def test_a_key_to_the_api_needs_no_code(amelie: User) -> None:
    with_second_factor(amelie)
    _, key = issue(amelie, "Essai", ["read"], timedelta(days=1))
    assert Browser().get("/api/v1/clients/", headers={"Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_who_give_the_same_recovery_code_at_once_are_one(amelie: User, outside: Start) -> None:
    _, codes = with_second_factor(amelie)
    at = time.time() + 4
    started = [outside(spend, at, codes[0], amelie.pk, f"192.0.2.{number}") for number in range(4)]
    assert sorted(one.end() for one in started) == [0, 3, 3, 3], [one.said() for one in started]
    assert recovery_codes_left(amelie) == 9


# --- Turning it off --------------------------------------------------------------------------------------------------


def test_turning_it_off_needs_password_and_code(amelie: User) -> None:
    key, _ = with_second_factor(amelie)
    browser = all_the_way_in(amelie, key)
    for wrong in ({"password": "x", "code": code(key)}, {"password": PASSWORD, "code": "000000"}, {}):
        assert browser.post(OFF, wrong).status_code == 200
        time_passes(amelie)
    assert device_of(amelie) is not None
    assert browser.post(OFF, {"password": PASSWORD, "code": code(key)})["Location"] == SECURITY
    assert (device_of(amelie), recovery_codes_left(amelie)) == (None, 0)
    assert browser.get("/clients/").status_code == 200  # this session goes on
    assert Browser().post("/login/", {"username": "amelie", "password": PASSWORD})["Location"] == "/"


def test_turning_it_off_ends_the_other_sessions(amelie: User) -> None:
    key, codes = with_second_factor(amelie)
    browser, other = all_the_way_in(amelie, key), all_the_way_in(amelie, key)
    browser.post(OFF, {"password": PASSWORD, "code": codes[0]})
    assert other.get("/clients/").status_code == 302


# --- Who must --------------------------------------------------------------------------------------------------------


@pytest.fixture
def required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


def test_who_changes_accounts_can_do_nothing_before(adele: User, required: None) -> None:
    root = User.objects.create_superuser("root", "root@dignamik.example", PASSWORD)
    for user in (adele, root):
        browser = signed_in(user)
        for address in ("/", "/clients/", "/clients/?export=csv", "/admin/", SECURITY, "/account/tokens/", "/nowhere/"):
            assert browser.get(address)["Location"] == SET_UP, address
        assert browser.post("/account/tokens/", {"name": "x"})["Location"] == SET_UP
        answer = browser.get("/api/v1/clients/")
        assert (answer.status_code, refused(answer)["type"]) == (403, "urn:dignamik:second_factor_needed")
        key = shown_key(browser)
        assert browser.post(SET_UP, {"code": code(key)})["Location"] == SECURITY
        assert browser.get("/admin/").status_code == 200
        assert browser.get("/api/v1/clients/").status_code == 200


def test_who_must_may_still_leave(adele: User, required: None) -> None:
    assert signed_in(adele).post("/logout/")["Location"] == "/login/"


def test_who_is_made_an_admin_later_must_too(amelie: User, required: None) -> None:
    browser = signed_in(amelie)
    assert browser.get("/clients/").status_code == 200
    amelie.groups.add(Group.objects.get(name="Administration"))
    assert browser.get("/clients/")["Location"] == SET_UP


def test_all_others_may_and_need_not(amelie: User, helene: User, anais: User, sacha: User, required: None) -> None:
    for user in (amelie, helene, anais, sacha):
        browser = signed_in(user)
        assert browser.get(SECURITY).status_code == 200
        assert browser.get(SET_UP).status_code == 200


def test_a_demonstration_requires_it_of_nobody(adele: User, required: None) -> None:
    Demo.objects.create(seed=1, planted_on=timezone.localdate())
    assert signed_in(adele).get("/admin/").status_code == 200
    assert signed_in(adele).get(SET_UP).status_code == 200


def test_an_admin_who_turns_it_off_must_set_it_up_again(adele: User, required: None) -> None:
    key, codes = with_second_factor(adele)
    browser = all_the_way_in(adele, key)
    assert "devrez l’activer de nouveau" in browser.get(OFF).content.decode()
    browser.post(OFF, {"password": PASSWORD, "code": codes[0]})
    assert browser.get("/admin/")["Location"] == SET_UP


def test_nobody_reads_the_keys_in_the_admin(adele: User) -> None:
    with_second_factor(adele)
    root = User.objects.create_superuser("root", "root@dignamik.example", PASSWORD)
    for address in ("/admin/otp_totp/totpdevice/", "/admin/otp_static/staticdevice/"):
        assert signed_in(root).get(address).status_code == 404
