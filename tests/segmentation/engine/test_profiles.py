"""Profiles describe known values in the client's own units."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation.engine.errors import FrameError
from segmentation.engine.recipe import Block, CategoricalColumn, NumericColumn
from segmentation.engine.training import Fit, train
from tests.planted import Portfolio
from tests.segmentation.engine.tables import plane_recipe, two_heaps, word_recipe

BY_X = plane_recipe(blocks=(Block("x", 10.0), Block("y")))
"""x decides: segments stay the two heaps when y has gaps."""


def test_medians_are_of_the_known_values_only() -> None:
    frame = two_heaps()
    frame.loc[[1, 2, 3], "y"] = np.nan
    found = train(frame, BY_X)
    profile = found.profiles[found.labels[0]]
    number = profile.number("y")
    assert number is not None
    assert (number.known, number.unknown) == (7, 3)
    assert number.median == pytest.approx(frame["y"].iloc[:10].median())
    assert number.rest_median == pytest.approx(frame["y"].iloc[10:].median())


def test_a_column_unknown_to_a_whole_segment_has_no_figure() -> None:
    frame = two_heaps()
    frame.loc[frame.index[:10], "y"] = np.nan
    found = train(frame, BY_X)
    number = found.profiles[found.labels[0]].number("y")
    assert number is not None
    assert number.known == 0
    assert (number.median, number.q25, number.present, number.rank) == (None, None, None, None)


def test_shares_of_words_are_against_the_rest() -> None:
    frame = two_heaps()
    frame["trade"] = ["a"] * 8 + ["b"] * 2 + ["b"] * 10
    found = train(frame, word_recipe(blocks=(Block("x", 10.0), Block("trade", 0.1))))
    word = found.profiles[found.labels[0]].word("trade")
    assert word is not None
    assert [(item.word, item.count, item.share, item.rest_share) for item in word.shares] == [
        ("a", 8, 0.8, 0.0),
        ("b", 2, 0.2, 1.0),
    ]


def test_sizes_and_shares_add_up(fit: Fit) -> None:
    assert sum(profile.size for profile in fit.profiles) == len(fit.index)
    assert sum(profile.share for profile in fit.profiles) == pytest.approx(1.0)


def test_typical_members_are_the_nearest_and_atypical_the_farthest(fit: Fit) -> None:
    for profile in fit.profiles:
        own = {int(pk): float(d) for pk, d, label in zip(fit.index, fit.scores.distances, fit.labels, strict=True)
               if label == profile.label}  # fmt: skip
        ranked = sorted(own, key=lambda pk: own[pk])
        assert [own[pk] for pk in profile.typical] == [own[pk] for pk in ranked[:5]]
        assert [own[pk] for pk in profile.atypical] == [own[pk] for pk in ranked[::-1][:5]]


def test_presence_is_the_share_of_known_counts_above_zero(fit: Fit, agency: Portfolio) -> None:
    inside = agency.frame.sort_index()["followers_tiktok"][fit.labels == 0].dropna()
    number = fit.profiles[0].number("followers_tiktok")
    assert number is not None
    assert number.present == pytest.approx((inside > 0).mean())


def test_a_total_of_followers_counts_known_networks_only(fit: Fit) -> None:
    totals = [profile.totals for profile in fit.profiles]
    assert all(total is not None and total.known > 0 for total in totals)


def test_turnover_shares_of_the_segments_add_up_to_the_whole(fit: Fit, agency: Portfolio) -> None:
    assert sum(profile.turnover_share or 0.0 for profile in fit.profiles) == pytest.approx(1.0)
    turnover = agency.frame.sort_index()["turnover"]
    expected = turnover[fit.labels == 0].sum() / turnover.sum()
    assert fit.profiles[0].turnover_share == pytest.approx(expected)


def test_a_share_of_a_sum_that_means_nothing_is_not_given() -> None:
    frame = two_heaps()
    frame["x"] = -frame["x"]
    number = train(frame, plane_recipe()).profiles[0].number("x")
    assert number is not None and number.of_total is None


def test_columns_that_the_model_does_not_look_at_are_described_too_and_change_nothing() -> None:
    frame = two_heaps()
    plain = train(frame, plane_recipe())
    frame["department"] = ["Maine-et-Loire"] * 9 + [None] + ["Rhône"] * 10
    frame["people"] = [100.0] * 10 + [900.0] * 10
    extras = (CategoricalColumn("department", "", label="Département"), NumericColumn("people", "", label="Habitants"))
    found = train(frame, plane_recipe(), extras=extras)
    assert found.labels.tolist() == plain.labels.tolist()
    profile = found.profiles[found.labels[0]]
    (word,), (number,) = profile.extra_words, profile.extra_numbers
    assert (word.known, word.unknown, word.shares[0].word, word.shares[0].rest_share) == (9, 1, "Maine-et-Loire", 0.0)
    assert (number.label, number.median, number.rest_median) == ("Habitants", 100.0, 900.0)
    assert profile.words == () and [item.name for item in profile.numbers] == ["x", "y"]


def test_a_segment_that_only_repeats_the_department_is_warned_about() -> None:
    frame = two_heaps()
    frame["department"] = ["Maine-et-Loire"] * 10 + ["Rhône"] * 10
    found = train(frame, plane_recipe(), extras=(CategoricalColumn("department", "", label="Département"),))
    assert any(gate.name == "redundancy" and "département" in gate.says for gate in found.verdict.warnings)


def test_a_column_to_describe_that_the_table_lacks_is_refused() -> None:
    with pytest.raises(FrameError, match="absentes du tableau : department"):
        train(two_heaps(), plane_recipe(), extras=(CategoricalColumn("department", ""),))
