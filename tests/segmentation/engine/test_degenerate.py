"""Data as they really come: empty, constant, monstrous, one of a kind."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.engine.errors import NothingToTrain
from segmentation.engine.lineage import match
from segmentation.engine.recipe import Recipe, default_recipe
from segmentation.engine.scoring import score
from segmentation.engine.training import Fit, train
from tests.planted import FOLLOWERS, Portfolio, agency_portfolio
from tests.segmentation.engine.tables import plane_recipe, two_heaps, word_recipe


def test_identical_clients_are_one_group_and_the_run_is_held() -> None:
    frame = two_heaps()
    frame[["x", "y"]] = 3.0
    found = train(frame, plane_recipe(clusters=None))
    assert found.k == 1
    assert found.candidates == ()
    assert not found.choice.structure
    assert not found.verdict.passed
    assert set(found.labels) == {0}


def test_fewer_distinct_clients_than_segments_gives_as_many_segments_as_there_are() -> None:
    frame = two_heaps()
    frame["x"] = [0.0, 10.0] * 10
    frame["y"] = 0.0
    found = train(frame, plane_recipe(clusters=4))
    assert found.k == 2
    assert any("clients différents seulement" in warning for warning in found.warnings)


def test_an_unknown_column_is_set_aside_and_said() -> None:
    frame = two_heaps()
    frame["y"] = np.nan
    found = train(frame, plane_recipe())
    assert found.document.dropped == ("y",)
    assert any("aucune valeur connue" in warning for warning in found.warnings)
    assert [name for name, _ in found.document.spans()] == ["x"]


def test_a_constant_column_is_set_aside_and_said() -> None:
    frame = two_heaps()
    frame["y"] = 0.0
    found = train(frame, plane_recipe())
    assert found.document.dropped == ("y",)


def test_a_table_of_unknowns_is_nothing_to_train_on() -> None:
    frame = two_heaps()
    frame[["x", "y"]] = np.nan
    with pytest.raises(NothingToTrain, match="aucune des colonnes"):
        train(frame, plane_recipe())


def test_infinities_and_monsters_are_counted_and_taken_as_unknown(agency: Portfolio, quick: Recipe) -> None:
    frame = agency.frame.copy()
    frame.loc[frame.index[:4], "turnover"] = [np.inf, -np.inf, 1e308, -1e300]
    found = train(frame, quick)
    assert any(warning.startswith("Chiffre d’affaires\u00a0: 4") for warning in found.warnings)
    assert all("turnover" in found.scores.imputed[row] for row in range(4))
    assert np.isfinite(found.document.centre_matrix()).all()


def test_a_negative_turnover_is_kept(agency: Portfolio, quick: Recipe) -> None:
    frame = agency.frame.copy()
    frame.loc[frame.index[0], "turnover"] = -500.0
    found = train(frame, quick)
    assert found.scores.imputed[0].count("turnover") == 0
    assert next(item for item in found.document.numeric if item.name == "turnover").least == -500.0


def test_a_giant_makes_no_segment_of_its_own_and_moves_few_others(agency: Portfolio, quick: Recipe) -> None:
    frame = agency.frame.copy()
    frame.loc[frame.index[0], ["turnover", "seniority_years"]] = [9e10, 4_000.0]
    found = train(frame, quick)
    assert np.bincount(found.labels).min() > 5
    assert moved(train(agency.frame, quick), found) < 0.05


@pytest.mark.parametrize("column", ["turnover", "followers_facebook"])
def test_a_value_a_million_times_too_large_moves_few_clients(
    agency: Portfolio, quick: Recipe, fit: Fit, column: str
) -> None:
    frame = agency.frame.copy()
    row = frame[column].dropna().index[0]
    frame.loc[row, column] = max(1.0, float(frame.loc[row, column])) * 1e6
    found = train(frame, quick, published=fit.document)
    assert np.bincount(found.labels).min() > 5
    assert moved(fit, found) < 0.05


def moved(before: Fit, after: Fit) -> float:
    """Share of clients whose group is another one once the groups are matched."""
    old = {int(pk): f"s{label}" for pk, label in zip(before.index, before.labels, strict=True)}
    new = {int(pk): int(label) for pk, label in zip(after.index, after.labels, strict=True)}
    return match(new, old).moved_share


def test_a_client_entered_many_times_over_makes_no_segment_of_its_own(agency: Portfolio, quick: Recipe) -> None:
    twins = pd.concat([agency.frame, *[agency.frame.iloc[:1]] * 12], ignore_index=True)
    found = train(twins, quick)
    assert np.bincount(found.labels).min() > 20
    assert len(set(found.labels[len(agency.frame) :])) == 1


def test_one_client_fewer_than_the_least_that_can_be_cut_is_refused() -> None:
    with pytest.raises(NothingToTrain, match="il en faut au moins 10"):
        train(two_heaps().iloc[:9], plane_recipe(clusters=4))


def test_a_published_model_of_other_columns_is_no_hindrance(agency: Portfolio, quick: Recipe, fit: Fit) -> None:
    found = train(two_heaps(), plane_recipe(), published=fit.document)
    assert found.k == 2


def test_five_hundred_trades_of_one_client_each_are_one_other_trade(agency: Portfolio, quick: Recipe) -> None:
    frame = agency.frame.copy()
    frame["category"] = [f"métier {number}" for number in range(len(frame))]
    found = train(frame, quick)
    assert found.document.width < 20
    assert "category" in found.document.dropped


def test_five_hundred_trades_take_seconds_and_leave_the_groups_as_they_were() -> None:
    """With the effort of service; the time bound is the promise, several times what it takes."""
    frame = agency_portfolio(3, clients=500).frame
    plain = train(frame, default_recipe())
    frame["category"] = [f"métier {number}" for number in range(len(frame))]
    began = time.perf_counter()

    found = train(frame, default_recipe())

    assert time.perf_counter() - began < 30
    assert found.document.width <= plain.document.width
    assert found.k == plain.k
    assert adjusted_rand_score(plain.labels, found.labels) > 0.9


def test_a_rare_trade_is_other_and_so_is_an_unseen_one() -> None:
    frame = two_heaps()
    frame["trade"] = ["a"] * 10 + ["b"] * 8 + ["c", "d"]
    found = train(frame, word_recipe())
    (feature,) = found.document.categorical
    assert feature.vocabulary == ("a", "b")
    assert feature.rare
    placed = score({"x": [10.0], "trade": ["jamais vu"]}, found.document)
    assert len(placed) == 1


def test_an_unseen_trade_is_placed_without_error_when_no_trade_is_rare() -> None:
    frame = two_heaps()
    frame["trade"] = ["a"] * 10 + ["b"] * 10
    found = train(frame, word_recipe())
    placed = score({"x": [10.0, 0.0], "trade": ["jamais vu", None]}, found.document)
    assert placed.labels[0] == found.labels[-1]


def test_a_table_of_zeros_only_is_one_group(quick: Recipe, agency: Portfolio) -> None:
    frame = agency.frame.copy()
    frame[[*FOLLOWERS, "turnover", "seniority_years"]] = 0.0
    frame["sector"] = frame["category"] = "Restauration"
    found = train(frame, dataclasses.replace(quick, clusters=None))
    assert found.k == 1
    assert not found.verdict.passed
