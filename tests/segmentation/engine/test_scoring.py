"""Placing clients with a stored model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segmentation.engine.errors import FrameError
from segmentation.engine.recipe import Block
from segmentation.engine.scoring import FIRM, NOT_CLASSIFIABLE, OUTSIDE, PROVISIONAL, score
from segmentation.engine.training import Fit, train
from tests.planted import agency_portfolio
from tests.segmentation.engine.tables import columns_of, plane_recipe, two_heaps

UNKNOWN: dict[str, Any] = {
    "followers_facebook": None, "followers_instagram": None, "followers_linkedin": None, "followers_tiktok": None,
    "followers_youtube": None, "turnover": None, "seniority_years": 3.0, "sector": "Restauration",
    "category": "Pizzeria",
}  # fmt: skip


def one(**changes: Any) -> dict[str, list[Any]]:
    """A table of one client of whom nothing but `changes`, age and trade is known."""
    return {name: [value] for name, value in {**UNKNOWN, **changes}.items()}


@pytest.fixture(scope="module")
def plane() -> Fit:
    return train(two_heaps(), plane_recipe(needs_any=("x", "y")))


def test_training_rows_score_as_they_were_trained(fit: Fit) -> None:
    assert len(fit.scores) == len(fit.index)
    assert fit.scores.labels.tolist() == fit.labels.tolist()
    assert OUTSIDE not in set(fit.scores.standing)


def test_a_client_on_a_centre_is_at_distance_zero_with_a_full_margin(plane: Fit) -> None:
    middle = two_heaps().iloc[:10].mean()
    placed = score({"x": [middle["x"]], "y": [middle["y"]]}, plane.document)
    assert placed.distances[0] == pytest.approx(0.0, abs=1e-9)
    assert placed.margin[0] == pytest.approx(1.0)
    assert placed.standing.tolist() == [FIRM]


def test_a_client_half_way_has_no_margin(plane: Fit) -> None:
    middle = two_heaps().mean()
    placed = score({"x": [middle["x"]], "y": [middle["y"]]}, plane.document)
    assert placed.margin[0] == pytest.approx(0.0, abs=1e-9)
    assert placed.distances[0] == pytest.approx(placed.second_distances[0])
    assert placed.second[0] != placed.labels[0]


def test_an_unknown_value_that_decides_nothing_leaves_the_client_firm() -> None:
    frame = two_heaps()
    frame["y"] = [0.0, 0.1] * 10
    found = train(frame, plane_recipe(blocks=(Block("x", 10.0), Block("y"))))
    placed = score({"x": [0.0], "y": [None]}, found.document)
    assert placed.standing.tolist() == [FIRM]
    assert placed.imputed == (("y",),)


def test_an_unknown_value_that_decides_leaves_both_segments_possible() -> None:
    frame = two_heaps()
    frame["x"] = [*range(10), *range(10)]
    placed = score({"x": [5.0], "y": [None]}, train(frame, plane_recipe()).document)
    assert placed.standing.tolist() == [PROVISIONAL]
    assert placed.possible == ((0, 1),)


def test_nothing_known_is_not_classifiable(plane: Fit) -> None:
    assert score({"x": [None], "y": [float("nan")]}, plane.document).standing.tolist() == [NOT_CLASSIFIABLE]


def test_a_client_without_followers_and_turnover_is_not_classifiable(fit: Fit) -> None:
    assert score(one(), fit.document).standing.tolist() == [NOT_CLASSIFIABLE]
    assert score(one(followers_youtube=0), fit.document).standing.tolist() != [NOT_CLASSIFIABLE]
    assert score(one(turnover=0), fit.document).standing.tolist() != [NOT_CLASSIFIABLE]


@pytest.mark.parametrize("x", [-5.0, 15.0])
def test_a_value_beyond_training_is_outside(plane: Fit, x: float) -> None:
    assert score({"x": [x], "y": [0.0]}, plane.document).standing.tolist() == [OUTSIDE]


def test_a_value_just_beyond_training_is_not(plane: Fit) -> None:
    assert score({"x": [10.3], "y": [10.1]}, plane.document).standing.tolist() == [FIRM]


def test_a_point_far_from_every_member_is_outside(plane: Fit) -> None:
    assert score({"x": [1.0], "y": [9.0]}, plane.document).standing.tolist() == [OUTSIDE]


def test_filling_the_unknown_value_makes_the_client_firm(plane: Fit) -> None:
    assert score({"x": [10.0], "y": [10.0]}, plane.document).standing.tolist() == [FIRM]


def test_an_absent_column_is_refused_because_absent_is_not_unknown(plane: Fit) -> None:
    with pytest.raises(FrameError, match="absentes du tableau : y"):
        score({"x": [1.0]}, plane.document)


def test_columns_of_different_lengths_are_refused(plane: Fit) -> None:
    with pytest.raises(ValueError, match="differ in length"):
        score({"x": [1.0], "y": [1.0, 2.0]}, plane.document)


def test_no_client_gives_empty_answers(plane: Fit) -> None:
    assert len(score({"x": [], "y": []}, plane.document)) == 0


def test_one_client_alone_is_placed_as_in_a_crowd(fit: Fit) -> None:
    crowd = {name: [value] * 3 for name, (value,) in one(turnover=90_000.0, followers_facebook=120).items()}
    alone = one(turnover=90_000.0, followers_facebook=120)
    together, single = score(crowd, fit.document), score(alone, fit.document)
    assert together.labels[1] == single.labels[0]
    assert together.margin[1] == single.margin[0]
    assert together.possible[1] == single.possible[0]


def test_positions_are_centred_on_the_training_clients(fit: Fit) -> None:
    assert fit.scores.x.mean() == pytest.approx(0.0, abs=1e-9)
    assert fit.scores.y.mean() == pytest.approx(0.0, abs=1e-9)
    assert fit.scores.x.var(ddof=1) > fit.scores.y.var(ddof=1)


def test_margins_lie_between_zero_and_one(fit: Fit) -> None:
    assert ((fit.scores.margin >= 0) & (fit.scores.margin <= 1)).all()
    assert (fit.scores.distances <= fit.scores.second_distances).all()
    assert np.isfinite(fit.scores.x).all()


def test_a_client_shown_in_a_segment_is_measured_from_it_and_judged_by_its_data(fit: Fit) -> None:
    columns = columns_of(agency_portfolio(31, clients=60, missing=0.1).frame)
    free = score(columns, fit.document)
    wanted = [(int(label) + 1) % fit.k for label in free.labels]
    kept: list[int | None] = [label if row % 2 else None for row, label in enumerate(wanted)]

    shown = score(columns, fit.document, kept)

    for row in range(len(shown)):
        if kept[row] is None:
            assert (shown.labels[row], shown.second[row]) == (free.labels[row], free.second[row])
            assert shown.margin[row] == free.margin[row] >= 0
            continue
        own, other = shown.distances[row] ** 2, shown.second_distances[row] ** 2
        assert (shown.labels[row], shown.second[row]) == (kept[row], free.labels[row])
        assert shown.second_distances[row] == free.distances[row]
        assert shown.margin[row] == pytest.approx((other - own) / (other + own)) and shown.margin[row] <= 0
    assert shown.standing.tolist() == free.standing.tolist()
    assert (shown.possible, shown.imputed) == (free.possible, free.imputed)


def test_a_client_scored_alone_stands_where_it_stood_among_all(fit: Fit) -> None:
    columns = columns_of(agency_portfolio(31, clients=40, missing=0.1).frame)
    among = score(columns, fit.document)
    for row in range(len(among)):
        alone = score({name: [values[row]] for name, values in columns.items()}, fit.document)
        for name in ("x", "y", "distances", "second_distances", "margin"):
            assert getattr(alone, name)[0] == getattr(among, name)[row], name
