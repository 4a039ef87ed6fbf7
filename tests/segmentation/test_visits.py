"""A day's visits: the filtered clients in a sensible order, and what is left out said aloud."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.web.visits import MOST_STOPS
from tests.published import a_client, published, some_clients
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/map/visits/"


def at(name: str, longitude: float, latitude: float = 46.0, manager: str = "amelie", **fields: Any) -> Client:
    return a_client(name, manager, longitude=longitude, latitude=latitude, **fields)


def page(user: User, query: str = "", status: int = 200) -> str:
    response = signed_in(user).get(f"{PAGE}?{query}")
    assert response.status_code == status
    return re.sub(r"\s+", " ", body(response))


def order(html: str) -> list[str]:
    pks = [int(pk) for pk in re.findall(r'<tr data-pk="(\d+)"', html)]
    names = Client.objects.in_bulk(pks)
    return [names[pk].name for pk in pks]


def test_each_visit_goes_to_the_nearest_next(amelie: User) -> None:
    at("Loin", 5.0), at("Près", 1.0), at("Entre", 2.5)
    html = page(amelie)
    assert order(html) in (["Loin", "Entre", "Près"], ["Près", "Entre", "Loin"])
    assert "à vol d’oiseau" in html


def test_it_starts_where_one_says(amelie: User) -> None:
    at("À Nantes", -1.55, 47.2), at("À Lyon", 4.83, 45.76), at("À Tours", 0.7, 47.4)
    assert order(page(amelie, "start=Nantes")) == ["À Nantes", "À Tours", "À Lyon"]
    assert order(page(amelie, "start=69003 Lyon")) == ["À Lyon", "À Tours", "À Nantes"]


@pytest.mark.parametrize("start", ["Nullepart-les-Bains", "99999", "%00"])
def test_a_start_that_is_nowhere_is_refused(amelie: User, start: str) -> None:
    at("Un client", 1.0)
    html = page(amelie, f"start={start}", status=400)
    assert "Un client" not in html
    assert "Départ" in html


def test_it_wants_few_enough_for_a_day(amelie: User) -> None:
    some_clients(MOST_STOPS + 1, "amelie")
    html = page(amelie)
    assert "C’est trop pour une journée" in html
    assert order(html) == []


def test_who_is_not_to_be_contacted_is_in_no_round(amelie: User) -> None:
    at("Bienvenue", 1.0), at("Silence", 2.0, do_not_contact=True)
    html = page(amelie)
    assert order(html) == ["Bienvenue"]
    assert "Silence" not in html
    assert "1 client à ne pas démarcher est laissé de côté" in html


def test_who_has_no_position_is_listed_apart(amelie: User) -> None:
    at("Placé", 1.0)
    a_client("Perdu de vue", "amelie", city="", postal_code="")
    html = page(amelie)
    assert order(html) == ["Placé"]
    assert "Perdu de vue" in html.split("Sans position")[1]


def test_a_colleagues_client_is_in_no_round(amelie: User, karim: User) -> None:
    at("Le mien", 1.0), at("Le sien", 1.1, manager="karim")
    html = page(amelie)
    assert "Le mien" in html and "Le sien" not in html


def test_it_takes_the_filters_of_the_map_and_gives_them_back_without_the_start(amelie: User) -> None:
    at("Dedans", 1.0), at("Dehors", 6.0)
    published()
    html = page(amelie, "area=0,45,2,45,2,47,0,47&start=Tours")
    assert order(html) == ["Dedans"]
    faces = re.findall(r'href="(/clients/\?[^"]*area[^"]*)"', html)
    assert faces and not any("start" in face for face in faces)
    assert signed_in(amelie).get(faces[0].replace("&amp;", "&")).status_code == 200


def test_areas_are_said_in_words_on_their_chips(amelie: User) -> None:
    at("Dedans", 1.0)
    html = page(amelie, "area=0,45,2,45,2,47,0,47&near=1,46,20&bbox=0,45,2,47")
    for words in ("forme à 4 sommets", "à 20\u00a0km de 46,00\u00a0; 1,00", "rectangle"):
        assert words.replace("\u00a0", " ") in html.replace("\u00a0", " ")
    wrong = page(amelie, "near=x,y", status=400)
    assert "x,y" in wrong


def test_nobody_to_visit_is_said(amelie: User) -> None:
    assert "Aucune visite à ordonner" in page(amelie)


def test_it_asks_the_database_as_much_for_3_clients_as_for_30(amelie: User) -> None:
    browser = signed_in(amelie)
    counts = []
    for wanted in (3, 30):
        some_clients(wanted, "amelie")
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(PAGE).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 14


def test_a_filter_opened_on_this_page_is_counted_whatever_the_start(amelie: User) -> None:
    some_clients(4, "amelie")
    plain, started = (
        signed_in(amelie).get(f"/clients/facets/status/?{query}") for query in ("q=client", "q=client&start=Nantes")
    )
    assert (plain.status_code, started.status_code) == (200, 200)
    assert body(started) == body(plain)
