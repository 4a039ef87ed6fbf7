"""The benchmark of judgement at small size: the recipe against the plain one of the literature, on planted portfolios.

The floors stand well below what was measured, and well above the plain recipe.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.judgement import run, table
from benchmarks.judging import Line, averaged
from benchmarks.plain import plain
from tests.planted import FOLLOWERS, agency_portfolio, skewed


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return run(small=True)


@pytest.fixture(scope="module")
def planted(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.scenario.groups]


def means(lines: list[Line], figure: str) -> tuple[float, float]:
    """Ours and the plain recipe's."""
    ours = [averaged(line.ours, line.scenario.groups)[figure] for line in lines]
    theirs = [averaged(line.plain, line.scenario.groups)[figure] for line in lines]
    return float(np.mean(ours)), float(np.mean(theirs))


def test_it_finds_the_planted_groups_better_than_the_plain_recipe(planted: list[Line]) -> None:
    ours, theirs = means(planted, "rand")
    assert ours > 0.65
    assert ours > theirs + 0.10


def test_its_number_of_groups_is_the_planted_one_or_next_to_it(planted: list[Line]) -> None:
    assert means(planted, "near")[0] >= 0.8


def test_few_clients_change_group_on_a_retrain(planted: list[Line]) -> None:
    # With little effort: in service another seed moves nobody (test_training).
    assert means(planted, "churn_rows")[0] < 0.10
    assert means(planted, "churn_seed")[0] < 0.05


def test_noise_is_never_taken_for_structure_and_planted_groups_are(lines: list[Line]) -> None:
    assert [mark.structure for line in lines if not line.scenario.groups for mark in line.ours] == [False, False]
    assert all(mark.structure for line in lines if line.scenario.groups for mark in line.ours)


def test_the_table_has_a_line_for_each_scenario_and_both_sides(lines: list[Line]) -> None:
    printed = table(lines)
    assert all(any(row.startswith(line.scenario.name) for row in printed) for line in lines)
    assert "ours" in printed[1] and "plain" in printed[1]


def test_the_plain_recipe_sees_every_client() -> None:
    portfolio = agency_portfolio(1, clients=60)
    assert len(plain(portfolio.frame, starts=1).labels) == len(portfolio.frame)


def test_bending_amounts_keeps_order_gaps_and_zeros() -> None:
    portfolio = agency_portfolio(1, clients=60)
    for power in (0.4, 1.6):
        bent = skewed(portfolio, power).frame
        for column in [*FOLLOWERS, "turnover"]:
            assert bent[column].isna().equals(portfolio.frame[column].isna())
            assert bent[column].rank().equals(portfolio.frame[column].rank())
            assert (bent[column] == 0).equals(portfolio.frame[column] == 0)
