"""The list of clients: what a query string means, what it does not, and what a page of rows costs."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.models import Assignment
from tests.published import a_client, published, some_clients
from tests.reading import body, exported, ids_on_page, ids_on_pages, signed_in

pytestmark = pytest.mark.django_db

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


def a_used_segment() -> str:
    """The slug of a segment with somebody in it."""
    return Assignment.objects.filter(segment__isnull=False).values_list("segment__slug", flat=True)[0]


# --- One query string, one set of rows --------------------------------------------------------------------------------


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


# --- What it does not understand --------------------------------------------------------------------------------------


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
    for path in ("/clients/", f"/clients/{pk}/", "/", "/segments/", "/map/", "/explorer/"):
        assert getattr(signed_in(helene), method)(path).status_code == 405


# --- What it costs ----------------------------------------------------------------------------------------------------


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
