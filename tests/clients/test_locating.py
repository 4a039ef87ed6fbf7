"""Where clients are put: coordinates that are nowhere are never taken, and a town places again when it changes."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from clients.locating import PositionRefused
from clients.models import Client
from clients.recording import save
from tests.builders import client, facts, recorded

pytestmark = pytest.mark.django_db
ANGERS, SAUMUR = (47.4739, -0.5517), (47.26, -0.077)


def position(of: Client) -> tuple[float | None, float | None, str, str]:
    of.refresh_from_db()
    return of.latitude, of.longitude, of.position_precision, of.place_problem


@pytest.mark.parametrize(
    ("city", "postal_code", "problem"),
    [
        ("", "", "no_town"),
        ("Trifouillis", "", "unknown_town"),
        ("Saint-Denis", "", "several_towns"),
        ("Bordeaux", "75011", "contradiction"),
    ],
)
def test_it_keeps_why_a_client_is_nowhere_and_forgets_it_once_it_is_somewhere(
    city: str, postal_code: str, problem: str
) -> None:
    found = client(city=city, postal_code=postal_code)
    assert position(found) == (None, None, "", problem)
    found.city, found.postal_code = "Angers", "49000"
    save(found, changed={"city", "postal_code"})
    assert position(found)[2:] == ("commune", "")


@pytest.mark.parametrize("pair", [(0.0, 0.0), (-0.55, 47.47), (51.5, -0.12), (float("nan"), 2.0), (95.0, 2.0)])
def test_a_sources_coordinates_outside_france_are_not_taken(pair: tuple[float, float]) -> None:
    latitude, longitude = pair
    placed = client("c1", latitude=latitude, longitude=longitude)
    nowhere = client("c2", name="Autre", city="", postal_code="", latitude=latitude, longitude=longitude)
    assert position(placed)[2:] == ("commune", "")
    assert position(nowhere) == (None, None, "", "coordinates")
    again = recorded(facts("c2", name="Autre", city="", postal_code="", latitude=latitude, longitude=longitude))
    assert again.clients.unchanged == 1


@pytest.mark.parametrize("pair", [(0.0, 0.0), (-0.55, 47.47), (51.5, -0.12), (float("inf"), 2.0), (47.5, None)])
def test_nobody_can_save_coordinates_outside_france(pair: tuple[float, float | None]) -> None:
    found = client()
    found.latitude, found.longitude = pair
    with pytest.raises(PositionRefused):
        save(found, changed={"latitude", "longitude"})
    assert position(found)[2] == "commune"


def test_swapped_coordinates_are_refused_with_the_right_way_round() -> None:
    found = client()
    found.latitude, found.longitude = 55.45, -20.88  # La Réunion
    with pytest.raises(PositionRefused) as refused:
        save(found, changed={"latitude"})
    assert refused.value.corrected == (-20.88, 55.45)


@pytest.mark.parametrize(
    ("city", "postal_code", "pair"),
    [
        ("Ajaccio", "20000", (41.92, 8.74)),
        ("Saint-Denis", "97400", (-20.88, 55.45)),
        ("Cayenne", "97300", (4.93, -52.33)),
        ("Maripasoula", "97370", (4.93, -52.33)),
    ],
)
def test_coordinates_in_corsica_and_overseas_are_where_their_town_is(
    city: str, postal_code: str, pair: tuple[float, float]
) -> None:
    found = client(city=city, postal_code=postal_code, latitude=pair[0], longitude=pair[1])
    assert position(found) == (*pair, "given", "")


def test_coordinates_far_from_the_town_stay_and_are_said_to_be_doubtful() -> None:
    found = client(latitude=43.3, longitude=5.4)  # Marseille, of a client in Angers
    assert position(found) == (43.3, 5.4, "given", "far")


def test_who_moves_to_another_town_leaves_the_coordinates_of_the_old_address(adele: User) -> None:
    found = client(latitude=ANGERS[0], longitude=ANGERS[1])
    found.city, found.postal_code = "Saumur", "49400"
    save(found, changed={"city", "postal_code"}, user=adele)
    latitude, longitude, precision, problem = position(found)
    assert (precision, problem) == ("commune", "")
    assert latitude == pytest.approx(SAUMUR[0], abs=0.05)
    assert longitude == pytest.approx(SAUMUR[1], abs=0.05)
    assert {"latitude", "longitude"} <= set(found.local_fields)


def test_a_town_written_better_keeps_the_coordinates_that_are_in_it() -> None:
    found = client(city="Angres", latitude=ANGERS[0], longitude=ANGERS[1])
    found.city = "Angers"
    save(found, changed={"city"})
    assert position(found) == (*ANGERS, "given", "")


def test_the_migration_finds_the_problems_of_clients_that_are_there_already() -> None:
    nowhere, far = client("c1", city="Saint-Denis", postal_code=""), client("c2", latitude=43.3, longitude=5.4)
    better = client("c3", name="Mieux", city="ANGERS (49)", postal_code="")
    Client.objects.update(place_problem="")
    Client.objects.filter(pk=better.pk).update(latitude=None, longitude=None, position_precision="")
    import_module("clients.migrations.0009_place_problems").find_problems(apps, None)
    assert [position(each)[3] for each in (nowhere, far, better)] == ["several_towns", "far", ""]
    assert position(better)[2] == "commune"
