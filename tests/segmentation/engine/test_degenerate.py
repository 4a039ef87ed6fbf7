"""Data as they really come: empty, constant, monstrous, one of a kind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.engine.errors import NothingToTrain
from segmentation.engine.recipe import Recipe
from segmentation.engine.scoring import score
from segmentation.engine.training import train
from tests.planted import FOLLOWERS, Portfolio
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
    assert adjusted_rand_score(train(agency.frame, quick).labels[1:], found.labels[1:]) > 0.9


def test_five_hundred_trades_of_one_client_each_are_one_other_trade(agency: Portfolio, quick: Recipe) -> None:
    frame = agency.frame.copy()
    frame["category"] = [f"métier {number}" for number in range(len(frame))]
    found = train(frame, quick)
    assert found.document.width < 20
    assert "category" in found.document.dropped


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
