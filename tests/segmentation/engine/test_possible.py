"""The set of possible segments is exact: compared with a dense sweep of the unknown columns."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from segmentation.engine.scoring import score
from segmentation.engine.training import Fit, train
from tests.planted import agency_portfolio
from tests.segmentation.engine.tables import columns_of, two_heaps, word_recipe


def clients(seed: int) -> list[dict[str, Any]]:
    """25 clients of whom everything is known."""
    columns = columns_of(agency_portfolio(seed, clients=25, missing=0.0).frame)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def swept(client: dict[str, Any], gaps: list[str], fit: Fit, steps: int) -> set[int]:
    """Labels met when each gap takes `steps` values over the range seen in training (words: every word)."""
    options: list[list[Any]] = []
    for name in gaps:
        number = next((item for item in fit.document.numeric if item.name == name), None)
        if number is not None:
            bent = np.linspace(number.low, number.high, steps)
            values = np.sign(bent) * np.expm1(np.abs(bent)) if number.transform == "signed_log" else bent
            options.append(values.tolist())
        else:
            word = next(item for item in fit.document.categorical if item.name == name)
            options.append([*word.vocabulary, "mot jamais vu"])
    rows = list(product(*options))
    columns = {name: [value] * len(rows) for name, value in client.items()}
    columns.update({name: [row[at] for row in rows] for at, name in enumerate(gaps)})
    return set(score(columns, fit.document).labels.tolist())


@pytest.mark.parametrize("gap", ["turnover", "followers_facebook", "seniority_years", "sector", "category"])
def test_one_unknown_column_gives_the_set_that_a_sweep_finds(fit: Fit, gap: str) -> None:
    for row in clients(17):
        client = {**row, gap: None}
        (possible,) = score({name: [value] for name, value in client.items()}, fit.document).possible
        assert set(possible) == swept(client, [gap], fit, 400)


@pytest.mark.parametrize(
    "gaps", [["turnover", "followers_instagram"], ["followers_facebook", "seniority_years", "sector"]]
)
def test_several_unknown_columns_miss_nothing_that_a_sweep_finds(fit: Fit, gaps: list[str]) -> None:
    wider = 0
    for row in clients(18):
        client = {**row, **dict.fromkeys(gaps)}
        (possible,) = score({name: [value] for name, value in client.items()}, fit.document).possible
        found = swept(client, gaps, fit, 25)
        assert found <= set(possible)
        wider += len(set(possible) - found)
    assert wider <= 1, "a sliver between two steps of the sweep may be missed by the sweep, not more"


def test_the_present_segment_is_always_possible(fit: Fit) -> None:
    frame = agency_portfolio(19, missing=0.5).frame
    placed = score(columns_of(frame), fit.document)
    assert all(label in possible for label, possible in zip(placed.labels, placed.possible, strict=True))


def test_an_unknown_word_is_tried_in_each_of_its_values() -> None:
    frame = two_heaps()
    frame["trade"] = ["a"] * 10 + ["b"] * 10
    found = train(frame, word_recipe())
    placed = score({"x": [5.05, 0.0], "trade": [None, "a"]}, found.document)
    assert placed.possible[0] == (0, 1)
    assert placed.possible[1] == (found.labels[0],)
