"""What the controls of the filter bar offer when they are opened: counts, the spread of a figure, towns."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.web.portfolio import FACETS, MEASURES
from segmentation.web.spread import MOST_BINS, edges_between, ranges_between
from tests.published import a_client, published, some_clients
from tests.reading import body, ids_on_pages, signed_in

pytestmark = pytest.mark.django_db


def counts(browser: Browser, name: str, query: str = "") -> dict[str, int]:
    """Value → count, as the control shows them."""
    html = body(browser.get(f"/clients/facets/{name}/?{query}", headers={"HX-Request": "true"}))
    lines = re.findall(r'value="([^"]*)".*?facet-count">([^<]*)<', html)
    return {value: int(re.sub(r"\D", "", count)) for value, count in lines}


def bins(browser: Browser, name: str, query: str = "") -> list[tuple[str, str, int]]:
    """(low, high, count) of each bin."""
    html = body(browser.get(f"/clients/facets/{name}/?{query}"))
    found = re.findall(r'data-low="([^"]*)" data-high="([^"]*)".*?spread-count">([^<]*)<', html)
    return [(low, high, int(re.sub(r"\D", "", count))) for low, high, count in found]


# --- Counts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(FACETS))
def test_a_count_is_the_number_of_rows_that_its_value_leaves(amelie: User, helene: User, name: str) -> None:
    some_clients(24, "amelie")
    some_clients(9, "", "Autre")
    published()
    for reader in (amelie, helene):
        browser = signed_in(reader)
        found = counts(browser, name, "q=client&turnover_min=10000")
        assert found or (reader == amelie and name == "manager")
        for value, count in found.items():
            assert count == len(ids_on_pages(browser, f"q=client&turnover_min=10000&{name}={value}")), value


def test_its_own_choice_does_not_change_a_count(helene: User) -> None:
    some_clients(24)
    browser = signed_in(helene)
    assert counts(browser, "status", "status=active&sector=Restauration") == counts(
        browser, "status", "sector=Restauration"
    )
    assert counts(browser, "sector", "status=active") != counts(browser, "sector")


def test_somebody_elses_clients_are_never_counted(amelie: User, karim: User) -> None:
    some_clients(6, "karim")
    a_client("Chez Amélie", "amelie", at=1, sector="Le secret", postal_code="13001", city="Marseille")
    browser = signed_in(karim)
    assert sum(counts(browser, "status").values()) == 6
    assert "13" not in counts(browser, "department")
    assert "Marseille" not in body(browser.get("/clients/towns/?city=mars"))
    assert counts(browser, "manager", "manager=amelie").get("amelie", 0) == 0


def test_it_keeps_what_is_chosen_and_found_nowhere(karim: User, amelie: User) -> None:
    a_client("Chez Amélie", "amelie", at=1, postal_code="13001", city="Marseille")
    some_clients(6, "karim")
    html = body(signed_in(karim).get("/clients/facets/department/?department=13"))
    assert re.search(r'value="13" checked', html)


def test_it_counts_nothing_where_another_filter_is_not_understood(helene: User) -> None:
    some_clients(6)
    for name in ("sector", "turnover"):
        response = signed_in(helene).get(f"/clients/facets/{name}/?sector=Restauration&turnover_min=abc")
        assert response.status_code == 400
        assert "rien n’est compté" in body(response)
        assert "facet-count" not in body(response)
        assert "data-low" not in body(response)
    # The boxes stay, and stay ticked: an empty control would drop its filter.
    assert 'value="Restauration" checked' in body(
        signed_in(helene).get("/clients/facets/sector/?sector=Restauration&turnover_min=abc")
    )


def test_a_control_without_counts_does_not_exist(helene: User) -> None:
    for name in ("q", "bbox", "password"):
        assert signed_in(helene).get(f"/clients/facets/{name}/").status_code == 404


@pytest.mark.parametrize("name", [*sorted(FACETS), *MEASURES])
def test_it_asks_the_database_as_much_for_20_clients_as_for_200(helene: User, name: str) -> None:
    costs = []
    for count in (20, 200):
        Client.objects.all().delete()
        some_clients(count)
        published()
        browser = signed_in(helene)
        browser.get(f"/clients/facets/{name}/")
        with CaptureQueriesContext(connection) as asked:
            body(browser.get(f"/clients/facets/{name}/?status=active"))
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 12, costs


# --- The spread of a figure -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MEASURES)
def test_each_bin_counts_the_rows_that_its_two_ends_leave(helene: User, name: str) -> None:
    some_clients(40)
    browser = signed_in(helene)
    found = bins(browser, name, "status=active")
    known = Client.objects.filter(status="active", **{f"{name}__isnull": False}).count()
    assert sum(count for _, _, count in found) == known > 10
    assert len(found) > 3
    for low, high, count in found:
        assert count == len(ids_on_pages(browser, f"status=active&{name}_min={low}&{name}_max={high}")), (low, high)


def test_the_ends_in_force_do_not_narrow_the_spread(helene: User) -> None:
    some_clients(40)
    browser = signed_in(helene)
    assert bins(browser, "turnover", "turnover_min=100000") == bins(browser, "turnover")


def test_fewer_than_five_figures_are_no_spread(helene: User) -> None:
    some_clients(6)  # the last of them has no turnover
    browser = signed_in(helene)
    assert bins(browser, "turnover")
    assert "Inconnu pour 1 client." in body(browser.get("/clients/facets/turnover/"))
    Client.objects.filter(name="Client 004").delete()
    html = body(browser.get("/clients/facets/turnover/"))
    assert "Moins de 5 clients" in html
    assert "data-low" not in html


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 0), (5, 5), (0, 57_000), (-500, 2_000_000), (-3000, -200), (-(10**11), 10**11), (Decimal("0.5"), Decimal(2))],
)
def test_the_bins_hold_every_figure_once(low: Decimal, high: Decimal) -> None:
    edges = edges_between(low, high)
    assert edges == sorted(set(edges))
    assert 1 <= len(edges) - 1 <= MOST_BINS
    assert edges[0] <= low
    assert high < edges[-1]
    ranges = ranges_between(edges, cents=True)
    assert all(after[0] - before[1] == Decimal("0.01") for before, after in pairwise(ranges))


# --- Towns ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "towns"),
    [
        ("an", ["Angers"]), ("ANG", ["Angers"]), ("st-et", ["Saint-Étienne"]), ("etienne", ["Saint-Étienne"]),
        ("n", []), ("", []), ("%25", []), ("nantes%00", ["Nantes"]), ("ngers", []),
    ],
)  # fmt: skip
def test_it_suggests_towns_that_begin_like_the_text(helene: User, text: str, towns: list[str]) -> None:
    some_clients(4)
    html = body(signed_in(helene).get(f"/clients/towns/?city={text}"))
    assert re.findall(r'value="([^"]*)"', html) == towns


def test_it_suggests_a_town_once_however_it_is_written(helene: User) -> None:
    some_clients(8)
    a_client("Autrement", at=2, city="SAINT ETIENNE")
    html = body(signed_in(helene).get("/clients/towns/?city=saint"))
    assert re.findall(r'value="([^"]*)"', html) == ["Saint-Étienne"]


# --- The page ---------------------------------------------------------------------------------------------------------


def test_each_value_is_a_chip_of_its_own(helene: User) -> None:
    some_clients(8)
    html = body(signed_in(helene).get("/clients/?city=Angers&city=Nantes&status=active"))
    assert 'class="chip" href="/clients/?city=Nantes&amp;status=active"' in html
    assert 'class="chip" href="/clients/?city=Angers&amp;status=active"' in html
    assert 'class="chip" href="/clients/?city=Angers&amp;city=Nantes"' in html


def test_without_a_script_the_form_sends_everything_that_is_in_force(helene: User) -> None:
    some_clients(8)
    html = body(signed_in(helene).get("/clients/?city=Angers&city=Nantes&sector=Restauration&bbox=-2,46,1,48"))
    for value in ("Angers", "Nantes"):
        assert f'<input type="hidden" name="city" value="{value}" form="filters">' in html
    assert re.search(r'name="sector" value="Restauration" checked', html)
    assert '<input type="hidden" name="bbox" value="-2,46,1,48">' in html


def test_an_empty_list_offers_the_filters_without_which_it_would_not_be(helene: User) -> None:
    some_clients(4)
    html = body(signed_in(helene).get("/clients/?city=Angers&q=nantes"))
    assert "Retirer «&nbsp;Angers&nbsp;»" in html
    html = body(signed_in(helene).get("/clients/?city=Angers&q=introuvable"))
    assert "Retirer «&nbsp;introuvable&nbsp;»" in html
    assert "Retirer «&nbsp;Angers&nbsp;»" not in html
    html = body(signed_in(helene).get("/clients/?q=introuvable&city=Nulle+part"))
    assert "Retirer tous les filtres" in html
