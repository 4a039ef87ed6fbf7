"""Why here: the split of the gap, exact and in the client's own units."""

from __future__ import annotations

from typing import Any

import pytest

from segmentation.engine.explaining import explain
from segmentation.engine.scoring import score
from segmentation.engine.training import Fit, train
from tests.planted import agency_portfolio
from tests.segmentation.engine.tables import columns_of, plane_recipe, two_heaps


def table(seed: int, clients: int, missing: float) -> dict[str, list[Any]]:
    return columns_of(agency_portfolio(seed, clients=clients, missing=missing).frame)


def test_contributions_sum_to_the_gap_of_squared_distances(fit: Fit) -> None:
    columns = table(31, 200, 0.2)
    placed = score(columns, fit.document)
    for row, told in enumerate(explain(columns, fit.document)):
        gap = placed.second_distances[row] ** 2 - placed.distances[row] ** 2
        assert told.gap == pytest.approx(gap, abs=1e-6)
        assert sum(line.amount for line in told.contributions) == pytest.approx(gap, abs=1e-6)
        assert (told.label, told.second) == (placed.labels[row], placed.second[row])


def test_the_gap_is_below_zero_where_the_second_centre_is_nearer_than_the_one_shown(fit: Fit) -> None:
    columns = table(31, 40, 0.2)
    kept: list[int | None] = [(int(label) + 1) % fit.k for label in score(columns, fit.document).labels]
    placed = score(columns, fit.document, kept)
    for row, told in enumerate(explain(columns, fit.document, kept)):
        assert (told.label, told.second) == (kept[row], placed.second[row])
        assert told.gap < 0
        assert sum(line.amount for line in told.contributions) == pytest.approx(told.gap, abs=1e-6)
        assert told.margin == pytest.approx(placed.margin[row])


def test_the_columns_of_a_word_are_one_line(fit: Fit) -> None:
    (told,) = explain(table(31, 1, 0.0), fit.document)
    assert sorted(line.name for line in told.contributions) == sorted(name for name, _ in fit.document.spans())


def test_the_first_line_is_the_one_that_weighs_most(fit: Fit) -> None:
    amounts = [abs(line.amount) for line in explain(table(31, 1, 0.0), fit.document)[0].contributions]
    assert amounts == sorted(amounts, reverse=True)


def test_an_imputed_value_is_never_shown() -> None:
    found = train(two_heaps(), plane_recipe())
    (told,) = explain({"x": [1.0], "y": [None]}, found.document)
    shown = {line.name: line.value for line in told.contributions}
    assert shown == {"x": 1.0, "y": None}


def test_values_and_centres_are_in_the_client_s_own_units() -> None:
    found = train(two_heaps(), plane_recipe())
    (told,) = explain({"x": [10.0], "y": [10.0]}, found.document)
    line = next(line for line in told.contributions if line.name == "x")
    assert line.typical == pytest.approx(two_heaps()["x"].iloc[10:].mean())
    assert line.other == pytest.approx(two_heaps()["x"].iloc[:10].mean())


def test_a_client_between_two_segments_stands_on_the_frontier() -> None:
    found = train(two_heaps(), plane_recipe())
    between, inside = explain({"x": [5.0, 0.0], "y": [5.0, 0.0]}, found.document)
    assert between.frontier
    assert not inside.frontier
