"""The same query string means the same clients on page, map, export and API, for each reader."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.utils import timezone

from clients.models import Category, Client
from segmentation.filters import PortfolioFilter
from segmentation.models import Assignment, Segment
from tests.contract import every_page, schema, signed_in
from tests.published import a_client, place_all, published, some_clients

PAGE, MAP, API = "/clients/", "/map/", "/api/v1/clients/"
QUERIES = 50
SEVERAL = {
    "sector", "category", "city", "department", "manager", "status", "segment", "standing", "precision", "misplaced",
}  # fmt: skip


def on_the_page(browser: Browser, query: str) -> list[int]:
    """The clients of every page of the table, in order, by following its links."""
    found: list[int] = []
    address = f"{PAGE}?{query}"
    while address:
        response = browser.get(address)
        assert response.status_code == 200
        listing = response.context["list"]
        for client in listing.page.object_list:
            assert f"/clients/{client.pk}/" in response.content.decode()
            found.append(client.pk)
        address = listing.next_url
    return found


def in_the_export(browser: Browser, query: str) -> list[int]:
    response = browser.get(f"{PAGE}?{query}{'&' if query else ''}export=csv")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    heading, *rows = csv.reader(io.StringIO(text), delimiter=";")
    return [int(row[heading.index("Numéro")]) for row in rows]


def on_the_api(browser: Browser, query: str) -> list[int]:
    return [row["id"] for row in every_page(browser, f"{API}?{query}")]


def on_the_map(browser: Browser, query: str) -> list[int]:
    """The clients that the map shows, and those of the list it names as without a position."""
    page = browser.get(f"{MAP}?{query}")
    assert page.status_code == 200
    positions = page.context["positions"]
    collection = browser.get(positions.source).json()
    placed = [feature["id"] for feature in collection["features"]]
    assert (len(placed), collection["unplaced"]) == (positions.placed, positions.unplaced)
    if not positions.unplaced:
        return placed
    unplaced = on_the_page(browser, positions.unplaced_url.partition("?")[2])
    assert len(unplaced) == positions.unplaced
    return placed + unplaced


def random_queries(count: int) -> Iterator[str]:
    """Filters drawn from what the portfolio holds, each kind often enough, with and without an order."""
    rng = random.Random(20261123)
    towns = sorted(set(Client.objects.values_list("city", flat=True)))
    categories = list(Category.objects.values_list("pk", "name"))
    choices = {
        "q": ["client", "angers", "é 01", "SAINT etienne", "44", "x"],
        "sector": sorted(set(Client.objects.values_list("sector", flat=True))),
        "category": [str(rng.choice(categories)[0]), rng.choice(categories)[1].upper()],
        "city": [*towns, "NANTES", "st etienne"],
        "department": ["49", "44", "42", "69", "2A"],
        "manager": ["amelie", "karim", "aucun"],
        "status": Client.Status.values,
        "segment": [*Segment.objects.values_list("slug", flat=True), "aucun"],
        "standing": Assignment.Standing.values,
        "moved": ["true", "false"],
        "lacks": ["turnover", "followers_linkedin", "category", "phone", "figures"],
        "implausible": ["any", "far_followers", "old_followers", "position"],
        "trained": ["true", "false"],
        "precision": ["commune", "postal_code", "given"],
        "misplaced": ["unknown_town", "no_town", "several_towns"],
        "gap": ["turnover", "followers_facebook", "plusieurs"],
        "placed": ["true", "false"],
        "turnover_min": ["0", "50000", "125000.50"],
        "turnover_max": ["200000", "80000"],
        "followers_min": ["1", "500"],
        "followers_max": ["0", "2000"],
        "bbox": ["-2,46,1,48", "4,45,5,46"],
        "area": ["-3,46,1,46,1,49,-3,49", "4,44,6,44,5,47"],
        "near": ["-0.55,47.47,30", "4.8,45.7,80"],
        "plane": ["-9,-9,0,-9,0,9,-9,9", "0,-9,9,-9,9,9,0,9"],
        "follow_up": ["due", "later", "none"],
        "new_since": ["2026-11-25", "2026-01-01"],
        "do_not_contact": ["true", "false"],
        "changed": ["true", "false"],
        "one_question": ["true"],
        "ordering": ["name", "-turnover", "followers", "city", "-margin", "segment", "standing,-name", "manager"],
    }
    assert set(choices) == set(PortfolioFilter.base_filters), "a new filter is drawn too"
    for _ in range(count):
        names = rng.sample(sorted(choices), rng.choice((0, 1, 1, 2, 2, 3)))
        said = [(name, value) for name in names for value in rng.sample(choices[name], how_many(name, choices, rng))]
        rng.shuffle(said)
        yield urlencode(said)


def how_many(name: str, choices: dict[str, list[str]], rng: random.Random) -> int:
    """One value, or up to three of a filter that takes several."""
    return min(len(choices[name]), rng.choice((1, 2, 3))) if name in SEVERAL else 1


@pytest.fixture
def portfolio(cast: dict[str, User], settings: Any) -> None:
    """Ninety clients in three hands, and a second run in which one of them moved."""
    settings.EXPORTS_AN_HOUR = 1000  # more than a person asks for
    some_clients(40, "amelie", "Client É")
    some_clients(30, "karim", "Client K")
    some_clients(20, "", "Client sans")
    published()
    later = published()
    later.assignments.all().delete()
    place_all(later)
    moved = later.assignments.exclude(second=None)[0]
    later.assignments.filter(pk=moved.pk).update(segment=moved.second)
    today = timezone.localdate()
    for at, client in enumerate(Client.objects.order_by("pk")):  # what no source tells
        days = at % 5 - 2
        Client.objects.filter(pk=client.pk).update(
            do_not_contact=at % 7 == 3,
            next_follow_up=today + timedelta(days=days) if at % 3 else None,
            created_at=datetime(2026, 11, 20 + at % 9, tzinfo=UTC),
        )
    late = Client.objects.order_by("pk")[:20].values("pk")
    Client.objects.filter(pk__in=[row["pk"] for row in late]).update(changed_at=timezone.now() + timedelta(minutes=1))


@pytest.mark.parametrize("person", ["amelie", "helene"])
def test_page_map_export_and_api_give_the_same_clients_in_the_same_order(
    person: str, portfolio: None, cast: dict[str, User]
) -> None:
    browser = signed_in(cast[person])
    visible = set(Client.objects.visible_to(cast[person]).values_list("pk", flat=True))
    found_some = several = 0
    for query in random_queries(QUERIES):
        table = on_the_page(browser, query)
        assert table == in_the_export(browser, query) == on_the_api(browser, query), query
        assert len(set(table)) == len(table), query
        assert sorted(table) == sorted(on_the_map(browser, query)), query
        assert set(table) <= visible, query
        found_some += 0 < len(table) < len(visible)
        several += len(parse_qsl(query)) > len(dict(parse_qsl(query)))
    assert found_some > QUERIES / 4, "most of these queries must filter something"
    assert several > QUERIES / 4, "many of these queries must give a filter several values"


@pytest.mark.parametrize("name", sorted(SEVERAL))
def test_several_values_of_a_filter_mean_the_clients_of_each(name: str, portfolio: None, cast: dict[str, User]) -> None:
    browser = signed_in(cast["helene"])
    if name in ("precision", "misplaced"):
        a_client("Client donné", latitude=47.47, longitude=-0.55)
        a_client("Client nulle part", city="", postal_code="")
        a_client("Client ailleurs", city="Trifouillis", postal_code="")
    place = {"city": "city", "sector": "sector", "department": "department", "status": "status"}
    values = {
        "category": [str(pk) for pk in Category.objects.values_list("pk", flat=True)][:2],
        "manager": ["karim", "aucun"],
        "precision": ["commune", "given"],
        "misplaced": ["no_town", "unknown_town"],
        "segment": [*Segment.objects.filter(assignments__isnull=False).values_list("slug", flat=True)[:1], "aucun"],
        "standing": ["firm", "provisional"],
    }.get(name) or sorted(set(Client.objects.values_list(place[name], flat=True)))[:2]
    each = [set(on_the_page(browser, urlencode({name: value}))) for value in values]
    both = on_the_page(browser, urlencode([(name, value) for value in values]))
    assert len(values) == 2
    assert all(each)
    assert set(both) == each[0] | each[1]


@pytest.mark.parametrize("name", sorted(SEVERAL - {"city"}))
def test_one_unknown_value_among_good_ones_is_an_error_everywhere(
    name: str, portfolio: None, cast: dict[str, User]
) -> None:
    good = {
        "status": "active", "standing": "firm", "department": "49", "manager": "karim", "segment": "aucun",
        "precision": "given", "misplaced": "far",
    }  # fmt: skip
    known = good.get(name) or {"sector": "Restauration", "category": "Restaurant"}[name]
    browser = signed_in(cast["helene"])
    for address in (PAGE, MAP, API, f"{API}map/"):
        assert browser.get(f"{address}?{name}={known}").status_code == 200, address
        assert browser.get(f"{address}?{name}={known}&{name}=nowhere").status_code == 400, address


def test_the_schema_says_which_filters_take_several_values() -> None:
    described = {item["name"]: item for item in schema()["paths"][API]["get"]["parameters"]}
    arrays = {name for name, item in described.items() if item["schema"].get("type") == "array" and name != "ordering"}
    assert arrays == SEVERAL
    assert all(described[name]["explode"] for name in SEVERAL)
    assert set(described["status"]["schema"]["items"]["enum"]) == set(Client.Status.values)


def test_what_has_moved_is_the_same_everywhere(portfolio: None, cast: dict[str, User]) -> None:
    browser = signed_in(cast["helene"])
    moved = on_the_page(browser, "moved=true")
    assert len(moved) == 1
    assert moved == on_the_api(browser, "moved=true") == in_the_export(browser, "moved=true")


@pytest.mark.parametrize(
    "query",
    [
        "citty=Angers", "turnover_min=abc", "turnover_min=1_000", "status=NOPE", "segment=nowhere", "sector=nowhere",
        "category=nowhere", "manager=nobody", "department=999", "bbox=1,2,3", "moved=peut-etre", "standing=sure",
        "ordering=password", "q=%00", "category=%00", "page_size=0", "page_size=201", "page_size=abc",
        f"q={'x' * 201}", "q=a&q=b", "turnover_min=1&turnover_min=2", "ordering=name&ordering=city",
    ],
)  # fmt: skip
def test_what_one_face_refuses_all_refuse_with_no_client_in_the_answer(helene: User, query: str) -> None:
    clients = some_clients(3, "helene", "Refusé")
    browser = signed_in(helene)
    for address in (f"{PAGE}?{query}", f"{PAGE}?{query}&export=csv", f"{API}?{query}"):
        response = browser.get(address)
        assert response.status_code == 400, address
        text = response.content.decode()
        assert all(client.name not in text for client in clients), address
    response = browser.get(f"{PAGE}?{query}", headers={"HX-Request": "true"})
    assert all(client.name not in response.content.decode() for client in clients)
