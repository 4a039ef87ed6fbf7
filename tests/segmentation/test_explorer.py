"""The explorer: clients in the plane of their run, what the plane shows and what it does not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from dignamik.foundation import french
from segmentation.api import explorer as explorer_api
from segmentation.models import Assignment, Run
from tests.contract import check, every_page, signed_in
from tests.published import a_client, a_run, place_all, published, some_clients
from tests.test_faces_agree import in_the_export, on_the_page, random_queries

pytestmark = pytest.mark.django_db

PAGE, API = "/explorer/", "/api/v1/explorer/"


def plane(browser: Browser, query: str = "", status: int = 200) -> dict[str, Any]:
    response = browser.get(f"{API}?{query}")
    assert response.status_code == status, response.content
    found: dict[str, Any] = response.json()
    return found


def points(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns as one dictionary a client, words for ranks."""
    columns = found["points"]
    named = columns["name"] or [None] * len(columns["id"])
    ranks = zip(
        columns["id"],
        columns["x"],
        columns["y"],
        columns["segment"],
        columns["standing"],
        columns["sector"],
        named,
        strict=True,
    )
    return [
        {
            "id": pk, "x": x, "y": y, "name": name, "standing": found["standings"][standing],
            "segment": None if segment is None else found["segments"][segment]["slug"],
            "sector": None if sector is None else found["sectors"][sector],
        }
        for pk, x, y, segment, standing, sector, name in ranks
    ]  # fmt: skip


def html_of(user: User, query: str = "", status: int = 200) -> str:
    response = signed_in(user).get(f"{PAGE}?{query}")
    assert response.status_code == status
    return re.sub(r"[ \n]+", " ", response.content.decode())


@pytest.fixture
def run(cast: dict[str, User]) -> Run:
    some_clients(40, "amelie", "Client É")
    some_clients(20, "karim", "Client K")
    a_client("Rien de connu", "amelie", at=29)
    return published()


def test_its_points_are_the_tables_clients_that_have_a_position(run: Run, amelie: User) -> None:
    browser = signed_in(amelie)
    for query in random_queries(25):
        found = plane(browser, query)
        table = {row["id"] for row in every_page(browser, f"/api/v1/clients/?{query}")}
        placed = Assignment.objects.filter(run=run, x__isnull=False, client__in=table)
        assert {point["id"] for point in points(found)} == set(placed.values_list("client", flat=True)), query
        assert found["placed"] + found["without"] == len(table), query


def test_a_point_is_where_the_run_put_it(run: Run, amelie: User) -> None:
    found = plane(signed_in(amelie))
    check(found, API)
    assert found["run"] == run.pk
    assert found["explained"] == pytest.approx(run.document["explained"])  # type: ignore[index]
    for point in points(found):
        place = Assignment.objects.select_related("segment", "client").get(run=run, client=point["id"])
        assert (point["x"], point["y"]) == pytest.approx((place.x, place.y), abs=1e-4)
        assert point["sector"] == (place.client.sector or None)
        assert point["standing"] == place.standing
        assert point["name"] == place.client.name
        assert point["segment"] == (place.segment.slug if place.segment else None)


def test_clients_without_a_position_are_counted_and_not_drawn(run: Run, amelie: User) -> None:
    found = plane(signed_in(amelie))
    assert found["without"] > 0
    assert "Rien de connu" not in {point["name"] for point in points(found)}
    assert f"{found['without']} sans position" in html_of(amelie)


def test_the_page_says_what_the_plane_shows_and_what_it_hides(run: Run, amelie: User) -> None:
    shown = sum(run.document["explained"])  # type: ignore[index]
    html = html_of(amelie)
    assert f"Les deux axes montrent {french.percent(shown)} de la variance" in html
    assert french.percent(1 - shown) in html
    assert "Axe 1, " in html
    assert "Axe 2, " in html


def test_the_table_says_where_each_segment_stands(run: Run, helene: User) -> None:
    spots = signed_in(helene).get(PAGE).context["spots"]
    for spot in spots:
        places = Assignment.objects.filter(run=run, segment__slug=spot.slug, x__isnull=False)
        assert spot.count == places.count()
        if spot.count:
            assert spot.x == pytest.approx(sum(place.x or 0 for place in places) / spot.count)
    standing = {spot.name for spot in spots if spot.count}
    assert all(spot.nearest in standing - {spot.name} for spot in spots if spot.count)


def test_colleagues_clients_are_not_in_it(run: Run, amelie: User, karim: User) -> None:
    assert "Client K" not in str(plane(signed_in(amelie)))
    assert "Client É" not in str(plane(signed_in(karim)))
    assert sum(spot.count for spot in signed_in(karim).get(PAGE).context["spots"]) == plane(signed_in(karim))["placed"]


@pytest.mark.parametrize("query", ["citty=Angers", "followers_min=x", "segment=nowhere", "page=2", "placed=maybe"])
def test_it_refuses_what_it_does_not_understand(query: str, run: Run, helene: User) -> None:
    check(plane(signed_in(helene), query, 400), API, 400)
    if query != "page=2":
        html = html_of(helene, query, 400)
        assert "Ces filtres n’ont pas été compris" in html
        assert 'data-explorer-source=""' in html


def test_it_wants_a_role(run: Run, sacha: User) -> None:
    assert Browser().get(API).status_code == 401
    plane(signed_in(sacha), status=403)


def test_above_a_bound_points_bear_no_names(run: Run, helene: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_api, "MOST_NAMED", 10)
    found = plane(signed_in(helene))
    check(found, API)
    assert found["points"]["name"] is None
    assert len(points(found)) == found["placed"]


def test_a_drawn_shape_keeps_those_inside_it_on_every_face(run: Run, helene: User) -> None:
    browser = signed_in(helene)
    everybody = points(plane(browser))
    wanted = {point["id"] for point in everybody if point["x"] < 0}
    assert 0 < len(wanted) < len(everybody)
    shape = "plane=-99,-99,0,-99,0,99,-99,99"
    assert {point["id"] for point in points(plane(browser, shape))} == wanted
    assert {row["id"] for row in every_page(browser, f"/api/v1/clients/?{shape}")} == wanted
    assert set(on_the_page(browser, shape)) == set(in_the_export(browser, shape)) == wanted


def test_the_arrows_say_where_the_data_lead(run: Run, helene: User) -> None:
    document = run.document or {}
    names = [item["label"] for item in document["numeric"]]
    weights = [abs(value) for value in document["components"][0][: len(names)]]
    strongest = names[weights.index(max(weights))]
    html = html_of(helene)
    assert "Où mènent les données" in html
    assert f"Plus\u00a0: {strongest[:1].lower()}{strongest[1:]} → à " in html


def test_before_the_first_run_it_says_so(helene: User, anais: User) -> None:
    some_clients(12)
    assert "Pas encore de segments" in html_of(helene)
    check(plane(signed_in(helene)), API)
    place_all(a_run("held"))
    assert points(plane(signed_in(helene))) == []
    assert points(plane(signed_in(anais))) != []
    assert "Brouillon" in html_of(anais)


def test_above_its_bound_it_draws_some_and_says_how_many(
    run: Run, helene: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer_api, "MOST_POINTS", 20)
    found = plane(signed_in(helene))
    assert found["one_in"] > 1
    assert 0 < len(points(found)) < found["placed"]


def test_a_run_without_a_readable_model_still_shows_its_points(run: Run, helene: User) -> None:
    Run.objects.filter(pk=run.pk).update(document=None)
    assert points(plane(signed_in(helene)))
    shown = re.sub(r"<template.*?</template>", "", html_of(helene), flags=re.S)  # what scripts may say
    assert "de la variance" not in shown
