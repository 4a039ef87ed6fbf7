"""The same query string means the same clients on the page, in the export and on the API, for each reader."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from clients.models import Category, Client
from segmentation.models import Assignment, Segment
from tests.contract import every_page, signed_in
from tests.published import place_all, published, some_clients

PAGE, API = "/clients/", "/api/v1/clients/"
QUERIES = 40


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
        "lacks": ["turnover", "followers_linkedin", "category"],
        "gap": ["turnover", "followers_facebook", "plusieurs"],
        "placed": ["true", "false"],
        "turnover_min": ["0", "50000", "125000.50"],
        "turnover_max": ["200000", "80000"],
        "followers_min": ["1", "500"],
        "followers_max": ["0", "2000"],
        "bbox": ["-2,46,1,48", "4,45,5,46"],
        "ordering": ["name", "-turnover", "followers", "city", "-margin", "segment", "standing,-name", "manager"],
    }
    for _ in range(count):
        names = rng.sample(sorted(choices), rng.choice((0, 1, 1, 2, 2, 3)))
        yield urlencode({name: rng.choice(choices[name]) for name in names})


@pytest.fixture
def portfolio(cast: dict[str, User]) -> None:
    """Ninety clients in three hands, and a second run in which one of them moved."""
    some_clients(40, "amelie", "Client É")
    some_clients(30, "karim", "Client K")
    some_clients(20, "", "Client sans")
    published()
    later = published()
    later.assignments.all().delete()
    place_all(later)
    moved = later.assignments.exclude(second=None)[0]
    later.assignments.filter(pk=moved.pk).update(segment=moved.second)


@pytest.mark.parametrize("person", ["amelie", "helene"])
def test_page_export_and_api_give_the_same_clients_in_the_same_order(
    person: str, portfolio: None, cast: dict[str, User]
) -> None:
    browser = signed_in(cast[person])
    visible = set(Client.objects.visible_to(cast[person]).values_list("pk", flat=True))
    found_some = 0
    for query in random_queries(QUERIES):
        table = on_the_page(browser, query)
        assert table == in_the_export(browser, query) == on_the_api(browser, query), query
        assert len(set(table)) == len(table), query
        assert set(table) <= visible, query
        found_some += 0 < len(table) < len(visible)
    assert found_some > QUERIES / 4, "most of these queries must filter something"


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
        f"q={'x' * 201}",
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
