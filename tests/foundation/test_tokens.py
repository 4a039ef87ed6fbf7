"""Personal keys to the API: made on a page, shown once, good for a scope and a time, taken back at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.utils import timezone

from dignamik.foundation.account import MOST
from dignamik.foundation.guesses import TOKENS
from dignamik.foundation.models import ApiToken
from dignamik.foundation.tokens import issue
from tests.contract import refused, signed_in
from tests.published import a_client

PAGE, LIST, SCORE, RUNS = "/account/tokens/", "/api/v1/clients/", "/api/v1/score/", "/api/v1/runs/"
MADE = {"name": "Tableau de bord", "scopes": ["read"], "days": "90"}


def a_key(user: User, *scopes: str, days: float = 1) -> str:
    return issue(user, "Essai", scopes or ["read"], timedelta(days=days))[1]


def ask(key: str, address: str = LIST, *, keyword: str = "Bearer", method: str = "get", **said: Any) -> Any:
    headers = {"Authorization": f"{keyword} {key}"}
    return getattr(Browser(), method)(address, headers=headers, **said)


def test_it_is_made_on_a_page_and_shown_once(amelie: User) -> None:
    browser = signed_in(amelie)
    a_client("Boulangerie Dupont", "amelie")
    response = browser.post(PAGE, MADE)
    assert (response.status_code, response["Location"]) == (302, PAGE)
    cookie = response.cookies["new_token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", PAGE)
    key = re.search(r"dgk_[\w-]{43}", browser.get(PAGE).content.decode())
    assert key is not None
    again = browser.get(PAGE).content.decode()
    assert key[0] not in again
    assert key[0][:9] in again
    assert ask(key[0]).json()["count"] == 1


def test_nobody_can_read_a_key_in_the_database(amelie: User) -> None:
    key = a_key(amelie)
    assert key not in str(ApiToken.objects.values().get())
    assert key[9:] not in str(ApiToken.objects.values().get())


@pytest.mark.parametrize("keyword", ["Bearer", "bearer", "Token"])
def test_it_opens_what_its_owner_may_read(amelie: User, karim: User, keyword: str) -> None:
    a_client("Boulangerie Dupont", "amelie")
    theirs = a_client("Garage Petit", "karim")
    key = a_key(amelie)
    assert ask(key, keyword=keyword).json()["count"] == 1
    assert ask(key, f"{LIST}{theirs.pk}/").status_code == 404


@pytest.mark.parametrize(
    "header",
    [
        "Bearer nonsense",
        "Bearer",
        "Bearer a b",
        "Token x",
        "Basic YTpi",
        "Bearer \xe9",
        f"Bearer {'x' * 9000}",
        "dgk_x",
    ],
)
def test_a_wrong_one_opens_nothing(db: None, header: str) -> None:
    response = Browser().get(LIST, headers={"Authorization": header})
    assert response.status_code == 401
    refused(response)


def test_it_ends_by_time_by_revocation_and_with_its_owners_account(amelie: User) -> None:
    assert ask(a_key(amelie, days=-1)).status_code == 401
    revoked, orphan = a_key(amelie), a_key(amelie)
    ApiToken.objects.filter(hint=revoked[:9]).update(revoked_at=timezone.now())
    assert (ask(revoked).status_code, ask(orphan).status_code) == (401, 200)
    User.objects.filter(pk=amelie.pk).update(is_active=False)
    assert ask(orphan).status_code == 401


def test_a_scope_is_needed_besides_the_right(anais: User) -> None:
    read, write, runs = a_key(anais, "read"), a_key(anais, "write"), a_key(anais, "runs")
    body = {"data": "{}", "content_type": "application/json", "method": "post"}
    assert [ask(key).status_code for key in (read, write, runs)] == [200, 403, 403]
    assert [ask(key, RUNS, **body).status_code for key in (read, write, runs)] == [403, 403, 202]
    assert [ask(key, SCORE, **body).status_code for key in (read, write)] == [409, 403]  # it asks, and writes nothing
    assert "write" in refused(ask(read, "/api/v1/recommendations/", **body))["detail"]


def test_a_scope_gives_nobody_more_than_their_role(amelie: User) -> None:
    key = a_key(amelie, *ApiToken.Scope.values)
    assert ask(key, RUNS, method="post", data="{}", content_type="application/json").status_code == 403


def test_it_says_when_it_was_last_used(amelie: User) -> None:
    key = a_key(amelie)
    ask(key)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    ask(key)
    assert ApiToken.objects.get().last_used_at == first  # to the minute: no write a request
    ApiToken.objects.update(last_used_at=first - timedelta(hours=1))
    ask(key)
    assert ApiToken.objects.get().last_used_at != first - timedelta(hours=1)


def test_guessing_keys_is_told_to_wait(amelie: User) -> None:
    said = [ask(f"dgk_{number}") for number in range(TOKENS.free + 1)]
    assert [response.status_code for response in said] == [401] * TOKENS.free + [429]
    assert int(said[-1].headers["Retry-After"]) > 0
    assert ask(a_key(amelie)).status_code == 200  # a right one costs its colleagues nothing


def test_a_key_is_no_session(adele: User) -> None:
    for address in ("/clients/", "/admin/", PAGE):
        assert ask(a_key(adele), address).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 61}, {"scopes": []}, {"scopes": ["root"]}, {"days": "9999"}, {"days": ""}]
)
def test_what_makes_no_sense_makes_no_key(amelie: User, wrong: dict[str, Any]) -> None:
    response = signed_in(amelie).post(PAGE, MADE | wrong)
    assert response.status_code == 400
    assert 'class="field-error"' in response.content.decode()
    assert not ApiToken.objects.exists()


def test_there_are_only_so_many(amelie: User) -> None:
    for _ in range(MOST):
        a_key(amelie)
    assert signed_in(amelie).post(PAGE, MADE).status_code == 400
    assert ApiToken.objects.count() == MOST


def test_people_revoke_their_own_and_nobody_elses(amelie: User, karim: User) -> None:
    key = a_key(karim)
    pk = ApiToken.objects.get().pk
    assert signed_in(amelie).post(f"{PAGE}{pk}/revoke/").status_code == 404
    assert ask(key).status_code == 200
    assert signed_in(karim).post(f"{PAGE}{pk}/revoke/").status_code == 302
    assert ask(key).status_code == 401
    assert "révoqué" in signed_in(karim).get(PAGE).content.decode()


def test_admins_revoke_anybodys_but_a_superusers(adele: User, karim: User) -> None:
    root = User.objects.create_superuser("root", "root@dignamik.example", "une phrase de passe")
    karims, roots = a_key(karim), a_key(root)
    browser = signed_in(adele)
    listed = browser.get("/admin/foundation/apitoken/").content.decode()
    assert karims[:9] in listed
    assert karims not in listed
    assert roots[:9] not in listed
    chosen = [token.pk for token in ApiToken.objects.all()]
    browser.post("/admin/foundation/apitoken/", {"action": "revoke", "_selected_action": chosen})
    assert (ask(karims).status_code, ask(roots).status_code) == (401, 200)
