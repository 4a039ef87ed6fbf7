"""Asked again: before everything is exported, before accounts change, before a key to the API is made."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.test import Client as Browser

from dignamik.foundation.guesses import PAIR
from dignamik.foundation.models import ApiToken
from tests.codes import all_the_way_in, code, with_second_factor
from tests.conftest import PASSWORD
from tests.contract import signed_in
from tests.published import some_clients

pytestmark = pytest.mark.django_db
CONFIRM = "/account/confirm/"
MADE = {"name": "Tableau de bord", "scopes": ["read"], "days": "90"}
Later = Callable[[], None]


def been_in(user: User, later: Later) -> Browser:
    """A browser that this person signed in with an hour ago."""
    browser = signed_in(user)
    browser.get("/help/")
    later()
    return browser


def asked(response: Any) -> bool:
    return response.status_code == 302 and str(response["Location"]).startswith(CONFIRM)


# --- What asks -------------------------------------------------------------------------------------------------------


def test_exporting_everything_asks_and_comes_back_to_the_list(helene: User, an_hour_later: Later) -> None:
    some_clients(2)
    browser = been_in(helene, an_hour_later)
    for query in ("?export=csv", "?export=xlsx&ordering=name", "?q=&export=csv", "?export=csv&page_size=25"):
        assert asked(browser.get(f"/clients/{query}")), query
    response = browser.get("/clients/?export=csv&ordering=name")
    assert response["Location"] == f"{CONFIRM}?next=%2Fclients%2F%3Fordering%3Dname"
    back = browser.post(CONFIRM, {"password": PASSWORD, "next": "/clients/?ordering=name"})
    assert back["Location"] == "/clients/?ordering=name"
    assert browser.get("/clients/?export=csv").status_code == 200
    an_hour_later()
    assert asked(browser.get("/clients/?export=csv"))


def test_exporting_a_part_or_ones_own_portfolio_does_not(helene: User, amelie: User, an_hour_later: Later) -> None:
    some_clients(2, "amelie")
    assert been_in(helene, an_hour_later).get("/clients/?export=csv&manager=amelie").status_code == 200
    assert been_in(amelie, an_hour_later).get("/clients/?export=csv").status_code == 200


def test_an_export_that_is_refused_anyway_does_not(helene: User, an_hour_later: Later) -> None:
    assert been_in(helene, an_hour_later).get("/clients/?export=csv&citty=x").status_code == 400


def test_the_other_exports_of_everything_ask_too(adele: User, helene: User, an_hour_later: Later) -> None:
    some_clients(2)
    browser = been_in(adele, an_hour_later)
    response = browser.get("/imports/clients/?export=csv")
    assert response["Location"] == f"{CONFIRM}?next=%2Fimports%2Fformat%2F"
    assert asked(browser.get("/recommendations/?export=csv"))


def test_changing_accounts_asks_and_looking_does_not(adele: User, karim: User, an_hour_later: Later) -> None:
    browser = been_in(adele, an_hour_later)
    group = Group.objects.latest("pk")
    user, groups = "/admin/auth/user/", "/admin/auth/group/"
    for address in (f"{user}add/", f"{user}{karim.pk}/change/", f"{user}{karim.pk}/delete/", f"{user}invite/",
                    f"{user}{karim.pk}/password/", f"{groups}add/", f"{groups}{group.pk}/change/",
                    f"{groups}{group.pk}/delete/"):  # fmt: skip
        assert asked(browser.get(address)), address
        assert asked(browser.post(address, {"username": "x"})), address
    for act in ("invite", "second-factor"):
        assert asked(browser.post(f"{user}{karim.pk}/{act}/"))
    bulk = {"action": "delete_selected", "_selected_action": [karim.pk], "post": "yes"}
    assert asked(browser.post(user, bulk))
    assert User.objects.filter(pk=karim.pk).exists()
    for address in (user, groups, f"{user}{karim.pk}/history/"):
        assert browser.get(address).status_code == 200


def test_making_a_key_asks_and_comes_back_to_the_empty_form(amelie: User, an_hour_later: Later) -> None:
    browser = been_in(amelie, an_hour_later)
    response = browser.post("/account/tokens/", MADE)
    assert response["Location"] == f"{CONFIRM}?next=%2Faccount%2Ftokens%2F"
    assert not ApiToken.objects.exists()
    assert "renvoyez le formulaire" in browser.get(response["Location"]).content.decode()
    assert browser.post(CONFIRM, {"password": PASSWORD, "next": "/account/tokens/"}).status_code == 302
    assert not ApiToken.objects.exists()  # nothing is sent again by itself
    browser.post("/account/tokens/", MADE)
    assert ApiToken.objects.exists()


def test_after_a_login_nothing_is_asked_for_ten_minutes(adele: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    browser.post("/login/", {"username": "adele", "password": PASSWORD})
    begun = time.time()
    for seconds, expected in ((590, False), (610, True)):
        monkeypatch.setattr("dignamik.foundation.proving.time.time", lambda at=begun + seconds: at)
        assert asked(browser.get("/admin/auth/user/add/")) is expected


def test_under_htmx_the_whole_page_goes_there(helene: User, an_hour_later: Later) -> None:
    response = been_in(helene, an_hour_later).get("/clients/?export=csv", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"].startswith(CONFIRM)


# --- How it asks -----------------------------------------------------------------------------------------------------


def test_a_form_that_was_sent_too_late_leads_back_to_its_own_page(adele: User, an_hour_later: Later) -> None:
    browser = been_in(adele, an_hour_later)
    send = f"/admin/auth/user/{adele.pk}/second-factor/"
    ours, theirs = "http://testserver/admin/auth/user/?q=a", "https://evil.example/x"
    assert browser.post(send, headers={"Referer": ours})["Location"].endswith("?next=%2Fadmin%2Fauth%2Fuser%2F%3Fq%3Da")
    assert "evil" not in browser.post(send, headers={"Referer": theirs})["Location"]
    assert "evil" not in browser.post(send, {"next": theirs})["Location"]


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""])
def test_it_leads_nowhere_else(amelie: User, where: str) -> None:
    assert signed_in(amelie).post(CONFIRM, {"password": PASSWORD, "next": where})["Location"] == "/"


def test_a_wrong_password_is_said_counted_and_not_kept(amelie: User, an_hour_later: Later) -> None:
    browser = been_in(amelie, an_hour_later)
    said = [browser.post(CONFIRM, {"password": "hunter2"}) for _ in range(PAIR.free + 1)]
    assert [response.status_code for response in said] == [200] * PAIR.free + [429]
    assert "Ce n’est pas votre mot de passe." in said[0].content.decode()
    assert "hunter2" not in "".join(
        said[0].content.decode() + attempt.post_data for attempt in AccessAttempt.objects.all()
    )
    assert browser.get("/help/").status_code == 200  # the session goes on
    assert asked(browser.post("/account/tokens/", MADE))


def test_somebody_elses_password_proves_nothing(amelie: User, karim: User) -> None:
    karim.set_password("la phrase de karim")
    karim.save()
    sent = {"password": "la phrase de karim", "username": "karim"}
    assert signed_in(amelie).post(CONFIRM, sent).status_code == 200


def test_whoever_has_a_second_factor_gives_its_code_as_well(amelie: User, an_hour_later: Later) -> None:
    key, codes = with_second_factor(amelie)
    browser = all_the_way_in(amelie, key)
    an_hour_later()
    for wrong in (
        {"password": PASSWORD},
        {"password": PASSWORD, "code": "000000"},
        {"password": "x", "code": codes[0]},
    ):
        assert browser.post(CONFIRM, wrong).status_code == 200
        assert asked(browser.post("/account/tokens/", MADE))
    assert browser.post(CONFIRM, {"password": PASSWORD, "code": code(key)}).status_code == 302
    assert browser.post("/account/tokens/", MADE)["Location"] == "/account/tokens/"
    assert ApiToken.objects.exists()


def test_proving_changes_the_sessions_key(amelie: User) -> None:
    browser = signed_in(amelie)
    before = browser.cookies["sessionid"].value
    browser.post(CONFIRM, {"password": PASSWORD})
    assert browser.cookies["sessionid"].value != before


# --- One's own password ----------------------------------------------------------------------------------------------

NEW = "quatre mots sans malice"


def changed(old: str = PASSWORD, new: str = NEW, again: str = "") -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": again or new}


def test_a_person_changes_their_password_and_the_other_sessions_end(amelie: User) -> None:
    browser, other = signed_in(amelie), signed_in(amelie)
    before = browser.cookies["sessionid"].value
    assert browser.post("/account/password/", changed())["Location"] == "/account/security/"
    assert "Vos autres sessions sont fermées" in browser.get("/account/security/").content.decode()
    assert browser.cookies["sessionid"].value != before
    assert other.get("/clients/").status_code == 302
    assert Browser().post("/login/", {"username": "amelie", "password": NEW}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [changed(old="x"), changed(new="court"), changed(new="dignamik2026!"), changed(again="une autre chose"), {}],
)
def test_a_password_that_will_not_do_changes_nothing(amelie: User, wrong: dict[str, str]) -> None:
    response = signed_in(amelie).post("/account/password/", wrong)
    assert response.status_code == 200
    assert 'class="field-error"' in response.content.decode()
    amelie.refresh_from_db()
    assert amelie.check_password(PASSWORD)


def test_guessing_the_old_password_waits_and_keeps_no_password(amelie: User) -> None:
    browser = signed_in(amelie)
    said = [browser.post("/account/password/", changed(old="x")).status_code for _ in range(PAIR.free + 1)]
    assert said == [200] * PAIR.free + [429]
    assert NEW not in AccessAttempt.objects.get().post_data


def test_the_admins_page_for_it_is_the_same(adele: User) -> None:
    assert signed_in(adele).get("/admin/password_change/")["Location"] == "/account/password/"
