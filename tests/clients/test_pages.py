"""A client's page and who may see whom, on page and list."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.utils.html import escape

from clients.models import Client, HeldService
from tests.published import a_client, some_clients
from tests.reading import body, exported, ids_on_page, signed_in

pytestmark = pytest.mark.django_db


# --- Who sees whom ----------------------------------------------------------------------------------------------------


def test_it_asks_strangers_to_sign_in() -> None:
    response = Browser().get("/clients/")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/clients/"


def test_it_refuses_kindly_who_has_no_role(sacha: User) -> None:
    pk = a_client("Boulangerie Martin").pk
    for path in ("/", "/clients/", f"/clients/{pk}/", "/clients/?export=csv", "/segments/", "/runs/"):
        response = signed_in(sacha).get(path)
        assert response.status_code == 403, path
        assert "n’a pas le rôle" in body(response)
        assert "Martin" not in body(response)


def test_it_shows_a_manager_only_their_portfolio(amelie: User, karim: User, helene: User) -> None:
    mine, theirs = some_clients(3, "amelie", "Amie"), some_clients(3, "karim", "Voisin")
    assert set(ids_on_page(body(signed_in(amelie).get("/clients/")))) == {client.pk for client in mine}
    assert {row["Nom"] for row in exported(signed_in(karim), "")} == {client.name for client in theirs}
    assert len(ids_on_page(body(signed_in(helene).get("/clients/")))) == 6


@pytest.mark.parametrize("query", ["manager=karim", "q=Voisin", "segment=aucun&q=voisin", "ordering=manager&q=Voisin"])
def test_it_finds_nothing_of_a_colleague_whatever_one_asks(amelie: User, karim: User, query: str) -> None:
    some_clients(3, "karim", "Voisin")
    browser = signed_in(amelie)
    html = body(browser.get(f"/clients/?{query}"))
    assert ids_on_page(html) == []
    assert "Voisin 0" not in html
    assert exported(browser, query) == []


def test_it_answers_for_a_colleagues_client_as_for_none(amelie: User, karim: User) -> None:
    theirs = a_client("Voisin discret", "karim")
    browser = signed_in(amelie)
    foreign, absent = browser.get(f"/clients/{theirs.pk}/"), browser.get("/clients/987654/")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.content == absent.content
    assert foreign.headers == absent.headers


def test_it_loses_a_client_when_it_is_given_to_a_colleague(amelie: User, karim: User) -> None:
    client, browser = a_client("Boulangerie Martin", "amelie"), signed_in(amelie)
    assert browser.get(f"/clients/{client.pk}/").status_code == 200
    Client.objects.filter(pk=client.pk).update(account_manager=karim)
    assert browser.get(f"/clients/{client.pk}/").status_code == 404


def test_it_hides_what_the_source_withdrew(helene: User) -> None:
    client = a_client("Parti")
    Client.objects.filter(pk=client.pk).update(withdrawn_at="2026-11-01T00:00Z")
    assert signed_in(helene).get(f"/clients/{client.pk}/").status_code == 404
    assert ids_on_page(body(signed_in(helene).get("/clients/"))) == []


def test_it_offers_only_the_readers_own_values_as_filters(amelie: User, karim: User) -> None:
    a_client("À moi", "amelie", sector="Artisanat")
    a_client("À lui", "karim", sector="Immobilier")
    html = body(signed_in(amelie).get("/clients/"))
    assert 'name="sector" value="Artisanat"' in html
    assert "Immobilier" not in html
    assert "karim" not in html.lower()


@pytest.mark.parametrize("pk", ["0", "99999999999999999999", "9" * 60])
def test_it_survives_impossible_numbers(helene: User, pk: str) -> None:
    assert signed_in(helene).get(f"/clients/{pk}/").status_code == 404


# --- A client's page --------------------------------------------------------------------------------------------------


def test_it_tells_unknown_from_zero_and_from_no_account(helene: User) -> None:
    client = a_client("Boulangerie Martin", at=0)
    client.readings.create(platform="tiktok", has_account=False, measured_on=date(2026, 1, 1))
    html = re.sub(r"\s+", " ", body(signed_in(helene).get(f"/clients/{client.pk}/")))
    assert '<th scope="row">Facebook</th> <td class="number">0</td>' in html
    assert '<th scope="row">YouTube</th> <td class="number"><span class="unknown">inconnu</span></td>' in html
    assert '<th scope="row">TikTok</th> <td class="number"><span class="quiet">pas de compte</span></td>' in html


def test_it_lists_turnover_by_year_and_services(helene: User) -> None:
    client = a_client("Boulangerie Martin", at=3)
    HeldService.objects.create(client=client, service="seo", since=date(2024, 3, 1))
    html = body(signed_in(helene).get(f"/clients/{client.pk}/"))
    assert "29\u202f500\u00a0€" in html
    assert "27\u202f000\u00a0€" in html
    assert "Référencement (SEO)" in html


HOSTILE = ["<script>alert(1)</script>", "</script><svg onload=alert(1)>", "{{7*7}}", "'-alert(1)-'", '" onfocus="x']


@pytest.mark.parametrize("name", HOSTILE)
def test_it_keeps_a_hostile_name_inert(helene: User, name: str) -> None:
    client = a_client(name, notes=name, address=name)
    browser = signed_in(helene)
    for path in ("/clients/", f"/clients/{client.pk}/", f"/clients/?q={name}"):
        html = body(browser.get(path))
        assert "<script>alert" not in html
        assert "<svg onload" not in html
        assert '" onfocus="x' not in html
        assert escape(name) in html


@pytest.mark.parametrize(
    ("website", "address"),
    [
        ("https://exemple.fr/a", "https://exemple.fr/a"),
        ("www.exemple.fr", "https://www.exemple.fr"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://[", ""),
    ],
)
def test_it_leaves_for_web_addresses_and_nothing_else(helene: User, website: str, address: str) -> None:
    client = a_client("Boulangerie Martin")
    Client.objects.filter(pk=client.pk).update(website=website)
    browser, link = signed_in(helene), f"/clients/{client.pk}/website/"

    html = body(browser.get(f"/clients/{client.pk}/"))
    response = browser.get(link)

    assert website in html and f'href="{website}' not in html
    assert (f'href="{link}"' in html) == bool(address)
    if address:
        assert (response.status_code, response["Location"]) == (302, address)
        assert response["Referrer-Policy"] == "no-referrer"
    else:
        assert response.status_code == 404


def test_it_leaves_for_no_site_of_a_foreign_client(karim: User, amelie: User) -> None:
    client = a_client("Boulangerie Martin")
    Client.objects.filter(pk=client.pk).update(website="https://exemple.fr", account_manager=amelie)

    assert signed_in(karim).get(f"/clients/{client.pk}/website/").status_code == 404
