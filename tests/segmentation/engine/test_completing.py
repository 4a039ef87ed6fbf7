"""Which missing field would make most clients firm: counted by filling it, value by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segmentation.engine import completing
from segmentation.engine.cleaning import restored
from segmentation.engine.completing import Gain, rank_gaps, settling
from segmentation.engine.recipe import Block
from segmentation.engine.scoring import FIRM, PROVISIONAL, score
from segmentation.engine.training import Fit, train
from tests.planted import agency_portfolio
from tests.segmentation.engine.tables import columns_of, plane_recipe, two_heaps, word_recipe

Columns = dict[str, list[Any]]


@pytest.fixture(scope="module")
def gappy() -> Columns:
    return columns_of(agency_portfolio(31, clients=60, missing=0.25).frame)


def filled(columns: Columns, row: int, name: str, value: Any) -> Columns:
    return {key: [value if key == name and at == row else cell for at, cell in enumerate(cells)]
            for key, cells in columns.items()}  # fmt: skip


def values(fit: Fit, name: str, steps: int = 40) -> list[Any]:
    """Values of a column all over the range that training saw; every word."""
    number = next((item for item in fit.document.numeric if item.name == name), None)
    if number is None:
        word = next(item for item in fit.document.categorical if item.name == name)
        return [*word.vocabulary, "mot jamais vu"]
    places = np.linspace(number.low, number.high, steps)
    return list(restored(places, number.transform))


def swept(columns: Columns, row: int, name: str, fit: Fit) -> bool:
    """Whether the client has one possible segment left, whatever the value of that column."""
    options = values(fit, name)
    tried: Columns = {key: [cells[row]] * len(options) for key, cells in columns.items()} | {name: options}
    return all(len(some) == 1 for some in score(tried, fit.document).possible)


def test_the_clients_counted_are_those_that_a_sweep_of_the_field_makes_firm(fit: Fit, gappy: Columns) -> None:
    standing = score(gappy, fit.document).standing
    compared = 0
    for gain in rank_gaps(gappy, fit.document):
        waiting = [row for row in np.flatnonzero(standing == PROVISIONAL).tolist() if missing(gappy, gain.name, row)]
        assert gain.missing == len(waiting)
        assert list(gain.rows) == [row for row in waiting if swept(gappy, row, gain.name, fit)]
        compared += len(waiting)
    assert compared > 20


def test_the_points_tried_first_decide_nothing_that_the_exact_search_would_not(
    fit: Fit, gappy: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = score(gappy, fit.document)
    quick = settling(gappy, fit.document, placed)
    monkeypatch.setattr(completing, "_refuted", lambda column, cells, matrix: np.zeros(len(matrix), dtype=bool))
    assert settling(gappy, fit.document, placed) == quick
    assert any(quick)


def missing(columns: Columns, name: str, row: int) -> bool:
    value = columns[name][row]
    return value is None or value != value


def test_filling_a_field_makes_the_client_firm_and_lowers_its_counter_by_exactly_one(fit: Fit, gappy: Columns) -> None:
    before = by_name(rank_gaps(gappy, fit.document))
    gain = next(gain for gain in before.values() if gain.firm)
    for row in gain.rows[:2]:
        for value in values(fit, gain.name, steps=3):
            after_columns = filled(gappy, row, gain.name, value)
            after = by_name(rank_gaps(after_columns, fit.document))
            assert after[gain.name].firm == gain.firm - 1
            assert after[gain.name].missing == gain.missing - 1
            assert score(after_columns, fit.document).standing[row] != PROVISIONAL


def by_name(gains: tuple[Gain, ...]) -> dict[str, Gain]:
    return {gain.name: gain for gain in gains}


def test_the_field_that_helps_most_comes_first(fit: Fit, gappy: Columns) -> None:
    gains = rank_gaps(gappy, fit.document)
    assert [gain.firm for gain in gains] == sorted((gain.firm for gain in gains), reverse=True)
    assert all(gain.missing >= gain.firm for gain in gains)
    assert {gain.label for gain in gains} >= {"Chiffre d’affaires", "Abonnés Instagram"}


def test_of_two_gaps_that_decide_together_neither_is_enough_alone() -> None:
    found = train(two_heaps(), plane_recipe())
    (first, second) = rank_gaps({"x": [None], "y": [None]}, found.document)
    assert {first.name, second.name} == {"x", "y"}
    assert (first.missing, first.firm, second.firm) == (1, 0, 0)


def test_a_single_gap_always_settles() -> None:
    found = train(two_heaps(), plane_recipe())
    (gain,) = rank_gaps({"x": [0.0, None], "y": [0.0, 0.1]}, found.document)
    assert (gain.name, gain.missing, gain.rows) == ("x", 1, (1,))


def test_a_word_settles_where_the_other_gap_weighs_too_little_to_matter() -> None:
    frame = two_heaps()
    frame["trade"] = ["a"] * 10 + ["b"] * 8 + ["c", "d"]
    light, heavy = word_recipe(blocks=(Block("x", 0.1), Block("trade", 10.0))), word_recipe()
    alone = by_name(rank_gaps({"x": [None], "trade": [None]}, train(frame, light).document))
    assert (alone["trade"].firm, alone["x"].firm) == (1, 0)
    together = by_name(rank_gaps({"x": [None], "trade": [None]}, train(frame, heavy).document))
    assert together["trade"].firm == 0


def test_nobody_waiting_is_an_empty_ranking(fit: Fit) -> None:
    known = columns_of(agency_portfolio(5, clients=20, missing=0.0).frame)
    assert not rank_gaps(known, fit.document)
    assert set(score(known, fit.document).standing) <= {FIRM, "outside"}
    assert rank_gaps({name: [] for name in known}, fit.document) == ()
