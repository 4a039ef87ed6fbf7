"""The map: the same clients as the table under the same filters, as points or as cells, and never anybody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.places import distance_km
from dignamik.foundation.tokens import issue
from segmentation.api import map as map_api
from segmentation.models import Segment
from tests.contract import check, every_page, signed_in
from tests.published import a_client, published, some_clients
from tests.test_faces_agree import in_the_export, on_the_page, random_queries

pytestmark = pytest.mark.django_db

PAGE, API = "/map/", "/api/v1/clients/map/"
QUERIES = 50


def collection(browser: Browser, query: str = "", status: int = 200) -> dict[str, Any]:
    response = browser.get(f"{API}?{query}")
    assert response.status_code == status, response.content
    found: dict[str, Any] = response.json()
    return found


def ids(found: dict[str, Any]) -> set[int]:
    return {feature["id"] for feature in found["features"]}


def html_of(browser: Browser, query: str = "", status: int = 200, **headers: str) -> str:
    response = browser.get(f"{PAGE}?{query}", headers=headers)
    assert response.status_code == status
    return re.sub(r"[ \n]+", " ", response.content.decode())


@pytest.fixture
def portfolio(cast: dict[str, User]) -> None:
    """Ninety-six clients in three hands, some of them nowhere, with a published run."""
    some_clients(40, "amelie", "Client É")
    some_clients(30, "karim", "Client K")
    some_clients(20, "", "Client sans")
    for at in range(6):
        a_client(f"Client nulle part {at}", ("amelie", "karim")[at % 2], at=at, city="", postal_code="")
    published()


# --- The same clients ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["amelie", "helene"])
def test_points_and_unplaced_are_the_clients_of_the_table(
    person: str, portfolio: None, cast: dict[str, User], settings: Any
) -> None:
    settings.EXPORTS_AN_HOUR = 1000  # more than a person asks for
    browser = signed_in(cast[person])
    found_some = found_nowhere = 0
    for query in random_queries(QUERIES):
        found = collection(browser, query)
        unplaced = f"/api/v1/clients/?{query}&placed=false"
        nowhere = set() if "placed=true" in query else {row["id"] for row in every_page(browser, unplaced)}
        table = set(in_the_export(browser, query))
        assert ids(found) | nowhere == table, query
        assert (found["placed"], found["unplaced"]) == (len(ids(found)), len(nowhere)), query
        assert len(found["features"]) == len(ids(found)), query
        found_some += bool(table)
        found_nowhere += bool(nowhere)
    assert found_some > QUERIES / 4
    assert found_nowhere > 3


def test_whether_a_client_has_a_position_is_a_filter_of_every_face(portfolio: None, helene: User) -> None:
    browser = signed_in(helene)
    everybody = set(on_the_page(browser, ""))
    placed, nowhere = set(on_the_page(browser, "placed=true")), set(on_the_page(browser, "placed=false"))
    assert len(nowhere) == 6
    assert placed | nowhere == everybody
    assert not placed & nowhere
    assert set(in_the_export(browser, "placed=false")) == nowhere
    assert collection(browser, "placed=false")["features"] == []
    assert collection(browser, "placed=false")["unplaced"] == 6


def test_the_page_counts_and_leads_to_those_without_a_position(portfolio: None, amelie: User) -> None:
    browser = signed_in(amelie)
    html = html_of(browser, "status=active&ordering=-turnover")
    found = collection(browser, "status=active")
    link = re.search(r'<a href="(/places/\?[^"]*)">(\d+) sans position', html)
    assert link, html
    assert int(link[2]) == found["unplaced"] > 0
    query = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)
    assert query == {"status": ["active"], "ordering": ["-turnover"], "placed": ["false"]}
    assert f"<strong>{found['placed']}</strong> clients placés" in html


def test_its_legend_and_towns_count_the_filtered_clients(portfolio: None, amelie: User) -> None:
    browser = signed_in(amelie)
    response = browser.get(f"{PAGE}?department=49")
    positions = response.context["positions"]
    assert (
        sum(line.placed for line in positions.legend)
        == positions.placed
        == collection(browser, "department=49")["placed"]
    )
    assert [(town.name, town.department) for town in positions.towns] == [("Angers", "Maine-et-Loire")]
    assert len(on_the_page(browser, urlsplit(positions.towns[0].url).query)) == positions.towns[0].count


def test_a_town_written_in_two_ways_counts_once(amelie: User) -> None:
    for name, city in (("A", "SAINT-ETIENNE"), ("B", "St Étienne"), ("C", "Saint-Étienne")):
        a_client(name, "amelie", city=city, postal_code="42000")
    (town,) = signed_in(amelie).get(PAGE).context["positions"].towns
    assert (town.name.isupper(), town.count) == (False, 3)
    assert len(on_the_page(signed_in(amelie), urlsplit(town.url).query)) == 3


def test_its_tabs_carry_the_query_string(portfolio: None, amelie: User) -> None:
    for path in ("/clients/", "/map/", "/explorer/"):
        html = signed_in(amelie).get(f"{path}?q=client&status=active&page=1&ordering=-margin").content.decode()
        for other in ("/clients/", "/map/", "/explorer/"):
            assert f'href="{other}?q=client&amp;status=active&amp;ordering=-margin"' in html, (path, other)
        assert len(re.findall(r'<li><a href="[^"]*" aria-current="page">', html)) >= 1


# --- What a point says -----------------------------------------------------------------------------------------------


def test_a_point_is_geojson_with_longitude_first(portfolio: None, amelie: User) -> None:
    browser = signed_in(amelie)
    found = collection(browser)
    check(found, API)
    assert found["type"] == "FeatureCollection"
    assert found["detail"] == "points"
    clients = {client.pk: client for client in Client.objects.filter(pk__in=ids(found))}
    slugs = {segment["slug"] for segment in found["segments"]}
    for feature in found["features"]:
        client = clients[feature["id"]]
        longitude, latitude = feature["geometry"]["coordinates"]
        assert (longitude, latitude) == (
            pytest.approx(client.longitude, abs=1e-5),
            pytest.approx(client.latitude, abs=1e-5),
        )
        assert feature["properties"]["name"] == client.name
        assert feature["properties"]["precision"] == client.position_precision
        assert feature["properties"]["segment"] in slugs | {None}


def test_before_the_first_run_clients_are_placed_without_a_segment(amelie: User) -> None:
    some_clients(5, "amelie")
    found = collection(signed_in(amelie))
    assert {feature["properties"]["segment"] for feature in found["features"]} == {None}
    assert found["segments"] == []
    assert "Sans segment" in html_of(signed_in(amelie))


def test_above_the_bound_it_counts_cells(portfolio: None, helene: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in(helene)
    points = collection(browser)
    monkeypatch.setattr(map_api, "MOST_POINTS", 20)
    cells = collection(browser)
    check(cells, API)
    assert cells["detail"] == "cells"
    assert len(cells["features"]) < 20
    assert (cells["placed"], cells["unplaced"]) == (points["placed"], points["unplaced"])
    assert sum(cell["properties"]["count"] for cell in cells["features"]) == points["placed"]
    assert all("id" not in cell and "name" not in cell["properties"] for cell in cells["features"])
    for cell in cells["features"]:
        assert sum(cell["properties"]["segments"].values()) == cell["properties"]["count"]
    by_segment: dict[str, int] = {}
    for cell in cells["features"]:
        for slug, count in cell["properties"]["segments"].items():
            by_segment[slug] = by_segment.get(slug, 0) + count
    own = [feature["properties"]["segment"] or "" for feature in points["features"]]
    assert by_segment == {slug: own.count(slug) for slug in set(own)}


def test_a_small_rectangle_has_finer_cells(portfolio: None, helene: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_api, "MOST_POINTS", 1)
    browser = signed_in(helene)
    wide, near = collection(browser), collection(browser, "bbox=-0.7,47.3,-0.4,47.6")
    assert near["detail"] == "cells"
    assert near["placed"] == collection(browser, "city=Angers")["placed"]
    assert len(wide["features"]) >= 4


def test_one_town_is_one_point_of_many_clients(amelie: User) -> None:
    for at in range(5):
        a_client(f"Voisin {at}", "amelie", city="Angers", postal_code="49000")
    places = {tuple(feature["geometry"]["coordinates"]) for feature in collection(signed_in(amelie))["features"]}
    assert len(places) == 1


# --- Refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "citty=Angers", "turnover_min=abc", "segment=nowhere", "bbox=1,2,3", "bbox=nan,46,1,48", "bbox=3,46,1,48",
        "placed=maybe", "page=1", "page_size=5", "status=NOPE", "q=%00", "format=json",
    ],
)  # fmt: skip
def test_the_api_refuses_what_it_does_not_understand(query: str, portfolio: None, helene: User) -> None:
    refusal = collection(signed_in(helene), query, 400)
    check(refusal, API, 400)
    assert "features" not in refusal


@pytest.mark.parametrize("query", ["citty=Angers", "turnover_min=abc", "bbox=1,2,3", "placed=maybe"])
def test_the_page_shows_a_message_and_no_points(query: str, portfolio: None, helene: User) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        html = html_of(signed_in(helene), query, 400, **headers)
        assert "Ces filtres n’ont pas été compris" in html
        assert 'data-map-source=""' in html
        assert "Client É" not in html


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_colleagues_clients_are_on_nobody_elses_map(portfolio: None, cast: dict[str, User]) -> None:
    own, others = collection(signed_in(cast["amelie"])), collection(signed_in(cast["karim"]))
    assert ids(own)
    assert not ids(own) & ids(others)
    assert not re.search("Client K|Client sans", str(own))
    assert ids(own) | ids(others) < ids(collection(signed_in(cast["helene"])))
    assert "Client K" not in html_of(signed_in(cast["amelie"]))


def test_it_wants_a_role_and_takes_a_token(portfolio: None, cast: dict[str, User]) -> None:
    assert Browser().get(API).status_code == 401
    collection(signed_in(cast["sacha"]), status=403)
    _, key = issue(cast["amelie"], "Carte", ["read"], timedelta(days=1))
    answer = Browser().get(API, headers={"Authorization": f"Bearer {key}"}).json()
    assert ids(answer) == ids(collection(signed_in(cast["amelie"])))


def test_withdrawn_clients_are_not_on_the_map(portfolio: None, amelie: User) -> None:
    gone = Client.objects.filter(account_manager=amelie, latitude__isnull=False)[0]
    Client.objects.filter(pk=gone.pk).update(withdrawn_at="2026-11-23T00:00Z")
    assert gone.pk not in ids(collection(signed_in(amelie)))


# --- The neighbours of one client ------------------------------------------------------------------------------------


def neighbours(browser: Browser, client: Client, status: int = 200) -> list[dict[str, Any]]:
    response = browser.get(f"/api/v1/clients/{client.pk}/neighbours/")
    assert response.status_code == status
    found: list[dict[str, Any]] = response.json().get("features", [])
    return found


def test_neighbours_are_the_nearest_that_the_reader_may_see(cast: dict[str, User]) -> None:
    here = a_client("Ici", "amelie", city="Angers", postal_code="49000")
    near = a_client("Près", "amelie", city="Trélazé", postal_code="49800")
    a_client("Loin", "amelie", city="Nantes", postal_code="44000")
    a_client("Au collègue", "karim", city="Trélazé", postal_code="49800")
    a_client("Nulle part", "amelie", city="", postal_code="")
    found = neighbours(signed_in(cast["amelie"]), here)
    assert [feature["properties"]["name"] for feature in found] == ["Ici", "Près"]
    away = distance_km((here.latitude or 0, here.longitude or 0), (near.latitude or 0, near.longitude or 0))
    assert [feature["properties"]["distance_km"] for feature in found] == [0.0, round(away, 1)]
    names = [feature["properties"]["name"] for feature in neighbours(signed_in(cast["helene"]), here)]
    assert set(names) == {"Ici", "Près", "Au collègue"}
    response = signed_in(cast["amelie"]).get(f"/api/v1/clients/{here.pk}/neighbours/")
    check(response.json(), "/api/v1/clients/{id}/neighbours/")


def test_neighbours_are_twenty_at_most(amelie: User) -> None:
    clients = [a_client(f"Voisin {at:02}", "amelie", city="Angers", postal_code="49000") for at in range(25)]
    assert len(neighbours(signed_in(amelie), clients[0])) == 21


def test_nobody_asks_about_a_colleagues_surroundings(cast: dict[str, User]) -> None:
    client = a_client("À Karim", "karim")
    neighbours(signed_in(cast["amelie"]), client, 404)
    neighbours(signed_in(cast["sacha"]), client, 403)
    assert signed_in(cast["amelie"]).get("/api/v1/clients/abc/neighbours/").status_code == 404


def test_a_client_without_a_position_has_no_neighbours_and_its_page_says_so(amelie: User) -> None:
    client = a_client("Nulle part", "amelie", city="", postal_code="")
    some_clients(3, "amelie")
    assert neighbours(signed_in(amelie), client) == []
    html = signed_in(amelie).get(f"/clients/{client.pk}/").content.decode()
    assert "n’est pas sur la carte" in html
    assert "data-neighbours" not in html


# --- Costs and the wire ----------------------------------------------------------------------------------------------


def test_it_asks_the_database_as_much_for_10_clients_as_for_200(helene: User) -> None:
    browser = signed_in(helene)
    costs: dict[str, list[int]] = {}
    for count in (10, 200):
        clients = some_clients(count, "", f"Lot {count}")
        published()
        for name, path in (
            ("page", PAGE), ("api", API), ("explorer", "/explorer/"), ("plane", "/api/v1/explorer/"),
            ("neighbours", f"/api/v1/clients/{clients[0].pk}/neighbours/"),
        ):  # fmt: skip
            browser.get(path)
            with CaptureQueriesContext(connection) as asked:
                assert browser.get(path).status_code == 200
            costs.setdefault(name, []).append(len(asked))
    assert all(small == large <= 17 for small, large in costs.values()), costs


def test_the_map_reads_no_heavy_column(portfolio: None, helene: User) -> None:
    browser = signed_in(helene)
    with CaptureQueriesContext(connection) as asked:
        browser.get(API)
    points = [query["sql"] for query in asked if "longitude" in query["sql"] and "name_folded" not in query["sql"]]
    assert points
    assert not any("notes" in sql or "address" in sql for sql in points)


def test_a_tile_server_enters_the_policy_and_the_page_only_when_named(helene: User) -> None:
    tiles = "https://tuiles.example/{z}/{x}/{y}.png"
    assert 'data-tiles=""' in html_of(signed_in(helene))
    settings.TILES_URL, before = tiles, settings.TILES_URL
    try:
        assert f'data-tiles="{tiles}"' in html_of(signed_in(helene))
    finally:
        settings.TILES_URL = before


def test_segments_keep_their_order_in_legend_and_api(portfolio: None, helene: User) -> None:
    browser = signed_in(helene)
    found = collection(browser)
    legend = browser.get(PAGE).context["positions"].legend
    assert [line.slug for line in legend] == [*(segment["slug"] for segment in found["segments"]), ""]
    assert len(found["segments"]) == Segment.objects.count()


@pytest.mark.parametrize("bbox", ["%20", "0,0,1e-320,0", "2,48,2,48"])
def test_cells_take_any_rectangle_that_the_filter_takes(
    helene: User, monkeypatch: pytest.MonkeyPatch, bbox: str
) -> None:
    for at in range(3):
        a_client(f"Client {at}", latitude=48.0, longitude=2.0)
    monkeypatch.setattr("segmentation.api.map.MOST_POINTS", 0)
    assert signed_in(helene).get(f"/api/v1/clients/map/?bbox={bbox}").status_code == 200
