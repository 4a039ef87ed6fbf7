"""What lies in a drawn polygon, and what lies near a point: the database's answer against the arithmetic's."""

from __future__ import annotations

import random

import pytest
from django.core.exceptions import ValidationError

from clients.filters import ClientFilter
from clients.models import Client
from clients.nearness import NearField
from clients.places import distance_km
from dignamik.foundation.areas import MOST_CORNERS, PolygonField
from tests.published import a_client

pytestmark = pytest.mark.django_db


def at(name: str, longitude: float, latitude: float) -> Client:
    return a_client(name, latitude=latitude, longitude=longitude)


def named(**query: str) -> set[str]:
    found = ClientFilter(query, queryset=Client.objects.all())
    assert not found.problems, found.problems
    return set(found.qs.values_list("name", flat=True))


def inside(corners: list[tuple[float, float]], x: float, y: float) -> bool:
    """The even-odd rule, edge by edge."""
    odd = False
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def written(corners: list[tuple[float, float]]) -> str:
    return ",".join(f"{x},{y}" for x, y in corners)


def test_it_finds_what_is_inside_a_bent_shape_and_not_in_its_notch() -> None:
    at("dedans", 0.5, 45.5), at("encoche", 1.5, 46.5), at("dehors", 3.0, 45.5)
    # A square with a bite taken out of its upper right.
    shape = [(0, 45), (2, 45), (2, 46), (1, 46), (1, 47), (0, 47)]
    assert named(area=written([(float(x), float(y)) for x, y in shape])) == {"dedans"}


def test_it_agrees_with_the_even_odd_rule_on_random_shapes() -> None:
    rng = random.Random(5)
    clients = [at(f"client {n}", rng.uniform(-1, 7), rng.uniform(43, 49)) for n in range(30)]
    for _ in range(12):
        corners = [(round(rng.uniform(-1, 7), 3), round(rng.uniform(43, 49), 3)) for _ in range(rng.randint(3, 12))]
        wanted = {c.name for c in clients if inside(corners, c.longitude or 0, c.latitude or 0)}
        assert named(area=written(corners)) == wanted, corners


def test_a_flat_shape_holds_nobody() -> None:
    at("sur la ligne", 1.0, 46.0)
    assert named(area="0,46,1,46,2,46") == set()


def test_the_largest_shape_is_still_answered() -> None:
    at("dedans", 2.0, 46.0)
    ring = [(2 + (n % 2 + 1) * 0.5 * (1 if n < 30 else -1), 44 + (n if n < 30 else 60 - n) * 0.13) for n in range(60)]
    assert len(ring) == MOST_CORNERS
    assert named(area=written(ring)) == {"dedans"}


def test_clients_without_a_position_are_in_no_area() -> None:
    a_client("nulle part", city="", postal_code="")
    assert named(area="-10,40,10,40,10,55,-10,55") == set()
    assert named(near="2,46,500") == set()


def test_near_means_the_great_circle() -> None:
    rng = random.Random(7)
    clients = [at(f"client {n}", rng.uniform(-1, 7), rng.uniform(43, 49)) for n in range(40)]
    for _ in range(8):
        longitude, latitude, km = rng.uniform(0, 6), rng.uniform(44, 48), rng.uniform(20, 300)
        here = (latitude, longitude)
        wanted = {c.name for c in clients if distance_km(here, (c.latitude or 0, c.longitude or 0)) <= km}
        assert named(near=f"{longitude},{latitude},{km}") == wanted


def test_an_area_joins_other_filters() -> None:
    at("Boulangerie dedans", 0.5, 45.5), at("Garage dedans", 0.6, 45.6), at("Garage dehors", 5, 45.5)
    assert named(area="0,45,1,45,1,46,0,46", q="garage") == {"Garage dedans"}


@pytest.mark.parametrize(
    "text",
    ["1,2", "1,2,3,4", "1,2,3,4,5", "a,b,c,d,e,f", "nan,1,2,3,4,5", "inf,1,2,3,4,5", "1_0,2,3,4,5,6", "١,2,3,4,5,6",
     ",".join(["1"] * 2 * (MOST_CORNERS + 1)), ",,,,,"],
)  # fmt: skip
def test_a_shape_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="sommets"):
        PolygonField().clean(text)


@pytest.mark.parametrize(
    "text", ["1,2", "1,2,0", "1,2,-3", "1,2,501", "181,2,3", "1,91,3", "a,b,c", "nan,1,2", "1,2,3,4"]
)
def test_a_circle_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        NearField().clean(text)
