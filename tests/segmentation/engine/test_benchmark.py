"""The benchmark of judgement at small size: the recipe against the plain one of the literature, on planted portfolios.

The floors stand well below what was measured, and well above the plain recipe.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ceiling import ceiling
from benchmarks.judgement import run, silent, table
from benchmarks.judging import Line, Marks, Scenario, averaged
from benchmarks.plain import plain
from tests.planted import FOLLOWERS, agency_portfolio, noise_portfolio, planted_portfolio, skewed


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
    assert all(heading in printed[0] for heading in ("at planted k", "ceiling", "within one", "doubt"))
    assert len({len(row) for row in printed if " | " in row}) == 1


def test_no_recipe_beats_the_one_who_knows_the_habits(planted: list[Line]) -> None:
    for line in planted:
        for mark, most in zip(line.ours, line.ceilings, strict=True):
            assert max(mark.rand, mark.given) <= most + 0.05
            assert most > 0.7


def test_groups_that_overlap_lower_what_can_be_known() -> None:
    clear, blurred = (ceiling(planted_portfolio(5, 9, strength=strength)) for strength in (1.4, 0.7))
    assert clear > 0.9
    assert 0.3 < blurred < 0.8


def test_bending_amounts_takes_no_knowledge_away_and_noise_has_none() -> None:
    drawn = agency_portfolio(2, outliers=5)
    assert ceiling(skewed(drawn, 1.6)) == ceiling(drawn) > 0.7
    assert np.isnan(ceiling(noise_portfolio(2)))


def test_noise_is_doubted_and_a_far_number_without_a_word_of_doubt_is_counted(lines: list[Line]) -> None:
    assert all(mark.doubt for line in lines if not line.scenario.groups for mark in line.ours)

    def mark(k: int, *, doubt: bool) -> Marks:
        return Marks(0.5, k, structure=True, doubt=doubt, given=0.5, churn_rows=0.0, churn_seed=0.0)

    marks = (mark(4, doubt=False), mark(5, doubt=False), mark(6, doubt=True), mark(2, doubt=False))
    line = Line(Scenario("four", 4, agency_portfolio), marks, marks, (0.9,) * 4)
    assert silent([line]) == "k more than one off: ours 2 of 4 portfolios, 1 of them without a word of doubt"


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
