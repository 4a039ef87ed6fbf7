"""The list of clients and a client's page: the right rows for the right reader, on page, fragment and export alike."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape
from openpyxl import load_workbook

from clients.models import Client, HeldService
from segmentation.models import Assignment
from tests.published import a_client, published, some_clients

pytestmark = pytest.mark.django_db

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
QUERIES = [
    "",
    "q=angers",
    "q=CLIENT+00",
    "city=Saint-Etienne",
    "status=active&ordering=-turnover",
    "sector=Restauration&ordering=followers",
    "segment=SOME",
    "segment=aucun&ordering=city",
    "standing=firm&ordering=segment",
    "turnover_min=20000&turnover_max=200000&ordering=turnover",
    "followers_min=1&ordering=-followers",
    "department=49&manager=amelie",
    "bbox=-2,46,1,48",
    "q=introuvable",
]


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def body(response: HttpResponseBase) -> str:
    raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return str(raw.decode("utf-8-sig"))


def ids_on_page(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<tr data-pk="(\d+)"', html)]


def ids_on_pages(browser: Browser, query: str) -> list[int]:
    """Of all pages, in their order."""
    found: list[int] = []
    page = 1
    while True:
        html = body(browser.get(f"/clients/?{query}&page_size=7&page={page}"))
        found += ids_on_page(html)
        if 'rel="next"' not in html:
            return found
        page += 1


def exported(browser: Browser, query: str, wanted: str = "csv") -> list[dict[str, Any]]:
    response = browser.get(f"/clients/?{query}&export={wanted}")
    assert response.status_code == 200
    if wanted == "csv":
        return list(csv.DictReader(io.StringIO(body(response), newline=""), delimiter=";"))
    raw = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    sheet = load_workbook(io.BytesIO(raw)).active
    assert sheet is not None
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


def a_used_segment() -> str:
    """The slug of a segment with somebody in it."""
    return Assignment.objects.filter(segment__isnull=False).values_list("segment__slug", flat=True)[0]


# --- Who sees whom ---------------------------------------------------------------------------------------------------


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
    assert '<option value="Artisanat">' in html
    assert "Immobilier" not in html
    assert "karim" not in html.lower()


@pytest.mark.parametrize("pk", ["0", "99999999999999999999", "9" * 60])
def test_it_survives_impossible_numbers(helene: User, pk: str) -> None:
    assert signed_in(helene).get(f"/clients/{pk}/").status_code == 404


# --- One query string, one set of rows -------------------------------------------------------------------------------


@pytest.mark.parametrize("query", QUERIES)
def test_it_exports_exactly_the_rows_of_the_pages(amelie: User, helene: User, query: str) -> None:
    some_clients(40, "amelie")
    published()
    query = query.replace("SOME", a_used_segment())
    for reader in (amelie, helene):
        browser = signed_in(reader)
        shown = ids_on_pages(browser, query)
        assert len(shown) == len(set(shown))
        assert [int(row["Numéro"]) for row in exported(browser, query)] == shown
        assert [int(row["Numéro"]) for row in exported(browser, query, "xlsx")] == shown
    assert (shown == []) == (query == "q=introuvable")


def test_it_sends_htmx_the_list_alone_with_the_same_rows(helene: User) -> None:
    some_clients(12)
    browser = signed_in(helene)
    whole = body(browser.get("/clients/?status=active"))
    response = browser.get("/clients/?status=active", headers={"HX-Request": "true"})
    assert "<html" not in body(response)
    assert 'id="count" hx-swap-oob="innerHTML"' in body(response)
    assert ids_on_page(body(response)) == ids_on_page(whole) != []
    assert "HX-Request" in response["Vary"]


def test_it_sends_the_whole_page_when_htmx_restores_history(helene: User) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in body(signed_in(helene).get("/clients/", headers=headers))


@pytest.mark.parametrize("down", ["", "-"])
def test_it_sorts_unknown_figures_last_either_way(helene: User, down: str) -> None:
    some_clients(13)
    ids = ids_on_page(body(signed_in(helene).get(f"/clients/?ordering={down}turnover")))
    known = [Client.objects.get(pk=pk).turnover for pk in ids]
    figures = [value for value in known if value is not None]
    assert known[len(figures) :] == [None] * (13 - len(figures)) != []
    assert figures == sorted(figures, reverse=bool(down))


def test_it_offers_the_other_direction_of_the_column_that_sorts(helene: User) -> None:
    some_clients(3)
    html = body(signed_in(helene).get("/clients/?status=active&ordering=-turnover&page=1"))
    assert 'aria-sort="descending"' in html
    assert 'href="/clients/?status=active&amp;ordering=turnover"' in html
    assert 'name="ordering" value="-turnover" form="filters"' in html


def test_it_takes_the_last_page_for_one_beyond_it(helene: User) -> None:
    some_clients(3)
    assert len(ids_on_page(body(signed_in(helene).get("/clients/?page=99")))) == 3


# --- What it does not understand -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "citty=Angers",
        "client__account_manager__password__startswith=p",
        "account_manager__password=x",
        "status=enpause",
        "turnover_min=beaucoup",
        "turnover_min=NaN",
        "bbox=1,2,3",
        "department=99",
        "segment=nulle-part",
        "standing=douteux",
        "moved=peut-être",
        "ordering=account_manager__password",
        "ordering=nulle-part",
        "page=abc",
        "page=-1",
        "page_size=100000",
        "export=pdf",
    ],
)
def test_it_shows_no_row_for_what_it_does_not_understand(helene: User, query: str) -> None:
    some_clients(3)
    browser = signed_in(helene)
    for headers in ({}, {"HX-Request": "true"}):
        response = browser.get(f"/clients/?{query}", headers=headers)
        assert response.status_code == 400, query
        assert ids_on_page(body(response)) == []
        assert "Client 00" not in body(response)
    response = browser.get(f"/clients/?{query}&export=csv") if "export" not in query else response
    assert response.status_code == 400
    assert "text/html" in response["Content-Type"]
    assert "Client 00" not in body(response)


def test_it_says_what_is_wrong_and_how_to_take_it_away(helene: User) -> None:
    html = body(signed_in(helene).get("/clients/?citty=Angers&status=active"))
    assert "n’est pas un filtre connu" in html
    assert 'class="chip" href="/clients/?status=active"' in html


def test_it_names_the_filters_to_remove_when_nothing_is_left(helene: User) -> None:
    some_clients(2)
    html = body(signed_in(helene).get("/clients/?q=introuvable"))
    assert "Aucun client ne correspond" in html
    assert "«&nbsp;introuvable&nbsp;»" in html


def test_it_welcomes_an_empty_portfolio(amelie: User) -> None:
    assert "Aucun client pour l’instant" in body(signed_in(amelie).get("/clients/"))


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_only_reads(helene: User, method: str) -> None:
    pk = a_client("Boulangerie Martin").pk
    for path in ("/clients/", f"/clients/{pk}/", "/", "/segments/", "/runs/"):
        assert getattr(signed_in(helene), method)(path).status_code == 405


# --- The export ------------------------------------------------------------------------------------------------------


def test_it_exports_segment_and_standing(helene: User) -> None:
    some_clients(6)
    published()
    rows = exported(signed_in(helene), "ordering=name")
    assert list(rows[0])[:6] == ["Numéro", "Identifiant", "Nom", "Segment", "Classement", "Marge"]
    assert rows[4]["Classement"] in {"non classable", "provisoire"}
    assert {row["Segment"] for row in rows} - {""}


def test_it_exports_names_as_text(helene: User) -> None:
    a_client("=HYPERLINK(1)", phone="+33612345678")
    row = exported(signed_in(helene), "")[0]
    assert (row["Nom"], row["Téléphone"]) == ("'=HYPERLINK(1)", "'+33612345678")
    assert exported(signed_in(helene), "", "xlsx")[0]["Nom"] == "=HYPERLINK(1)"


def test_it_exports_figures_as_figures(helene: User) -> None:
    a_client("Avoir", at=0)
    assert exported(signed_in(helene), "")[0]["CA (€)"] == "-500,00"
    row = exported(signed_in(helene), "", "xlsx")[0]
    assert (row["CA (€)"], row["Année du CA"], row["Abonnés"]) == (-500, 2025, 0)


def test_it_names_the_download(helene: User) -> None:
    response = signed_in(helene).get("/clients/?export=xlsx")
    assert response["Content-Type"] == SPREADSHEET
    assert re.fullmatch(r'attachment; filename="clients-\d{4}-\d\d-\d\d\.xlsx"', response["Content-Disposition"])


# --- A client's page -------------------------------------------------------------------------------------------------


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
    assert html.index("29\u202f500\u00a0€") < html.index("27\u202f000\u00a0€")
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
    ("website", "link"),
    [
        ("https://exemple.fr/a", 'href="https://exemple.fr/a"'),
        ("www.exemple.fr", 'href="https://www.exemple.fr"'),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://[", ""),
    ],
)
def test_it_links_web_addresses_and_nothing_else(helene: User, website: str, link: str) -> None:
    client = a_client("Boulangerie Martin")
    Client.objects.filter(pk=client.pk).update(website=website)
    html = body(signed_in(helene).get(f"/clients/{client.pk}/"))
    assert website in html
    assert link in html if link else f'href="{website}' not in html


# --- What it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "status=active&ordering=-followers&q=client", "segment=segment-1&export=csv"])
def test_it_asks_the_database_as_much_for_10_clients_as_for_200(helene: User, query: str) -> None:
    costs = []
    for count in (10, 200):
        Client.objects.all().delete()
        some_clients(count)
        published()
        browser = signed_in(helene)
        body(browser.get(f"/clients/?{query}"))
        with CaptureQueriesContext(connection) as asked:
            body(browser.get(f"/clients/?{query}"))
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 16, costs


def test_it_reads_no_notes_for_a_list(helene: User) -> None:
    some_clients(3)
    with CaptureQueriesContext(connection) as asked:
        body(signed_in(helene).get("/clients/"))
    rows = [query["sql"] for query in asked if "ORDER BY" in query["sql"] and "name_folded" in query["sql"]]
    assert rows
    assert not any('"notes"' in sql or '"address"' in sql for sql in rows)
