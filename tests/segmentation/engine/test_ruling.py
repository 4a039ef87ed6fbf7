"""The sentence that says a segment: its figures are those of the sentence itself, counted again on the clients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from segmentation.engine.recipe import Block
from segmentation.engine.sentence import ClusterRule, Condition
from segmentation.engine.training import Fit, train
from tests.planted import Portfolio
from tests.segmentation.engine.tables import plane_recipe, two_heaps, word_recipe


def met(rule: ClusterRule, frame: pd.DataFrame) -> np.ndarray:
    """Who meets the rule, read from the raw table."""
    inside = np.ones(len(frame), dtype=bool)
    for condition in rule.conditions:
        if condition.column == "followers":
            values = frame[[name for name in frame if str(name).startswith("followers_")]].sum(axis=1, min_count=1)
        else:
            values = frame[condition.column]
        known = values.notna().to_numpy()
        if condition.operator == ">=":
            inside &= known & (values >= condition.value).to_numpy()
        elif condition.operator == "<":
            inside &= known & (values < condition.value).to_numpy()
        else:
            inside &= known & ((values == condition.value).to_numpy() == (condition.operator == "is"))
    return inside


def test_coverage_precision_and_fidelity_are_a_recount_of_the_sentence(fit: Fit, agency: Portfolio) -> None:
    frame = agency.frame.sort_index()
    for profile in fit.profiles:
        assert profile.rule is not None
        described, inside = met(profile.rule, frame), fit.labels == profile.label
        assert profile.rule.met == described.sum()
        assert profile.rule.coverage == pytest.approx((described & inside).sum() / inside.sum())
        assert profile.rule.precision == pytest.approx((described & inside).sum() / described.sum())
        assert profile.rule.fidelity == pytest.approx((described == inside).mean())


def test_a_rule_is_short_and_says_something(fit: Fit) -> None:
    for profile in fit.profiles:
        assert profile.rule is not None
        assert 1 <= len(profile.rule.conditions) <= 3
        assert profile.rule.coverage > 0.6 and profile.rule.precision > 0.6


def test_two_heaps_are_told_apart_by_one_bound() -> None:
    found = train(two_heaps(), plane_recipe())
    for profile in found.profiles:
        assert profile.rule is not None
        (condition,) = profile.rule.conditions
        assert condition.operator in (">=", "<") and condition.value == pytest.approx(5.1, abs=0.2)
        assert (profile.rule.coverage, profile.rule.precision, profile.rule.fidelity) == (1.0, 1.0, 1.0)


def test_a_word_that_decides_is_the_rule() -> None:
    frame = two_heaps()
    frame["x"] = np.tile([0.0, 1.0], 10)
    frame["trade"] = ["a"] * 12 + ["b"] * 8
    found = train(frame, word_recipe(blocks=(Block("x", 0.1), Block("trade", 10.0))))
    said = {profile.rule.conditions[0].says for profile in found.profiles if profile.rule}
    assert said <= {"trade «\u00a0a\u00a0»", "trade «\u00a0b\u00a0»",
                    "trade autre que «\u00a0a\u00a0»", "trade autre que «\u00a0b\u00a0»"}  # fmt: skip


def test_a_client_of_whom_a_column_is_unknown_does_not_meet_a_rule_about_it() -> None:
    frame = two_heaps()
    frame.loc[frame.index[0], ["x", "y"]] = [np.nan, 0.0]
    for profile in train(frame, plane_recipe()).profiles:
        assert profile.rule is not None
        if any(condition.column == "x" for condition in profile.rule.conditions):
            assert not met(profile.rule, frame)[0]


def test_one_group_needs_no_rule() -> None:
    frame = two_heaps()
    frame[["x", "y"]] = 3.0
    assert train(frame, plane_recipe(clusters=None)).profiles[0].rule is None


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (Condition("t", "CA", "euros", "<", 56_000.0), "CA\u00a0: moins de 56\u202f000\u00a0€"),
        (Condition("x", "Note", "number", ">=", 0.5), "Note\u00a0: au moins 0,5"),
        (Condition("f", "Abonnés TikTok", "count", ">=", 1.0), "Abonnés TikTok\u00a0: au moins un"),
        (Condition("f", "Abonnés TikTok", "count", "<", 1.0), "Abonnés TikTok\u00a0: aucun"),
        (Condition("s", "Secteur", "word", "is not", "Beauté"), "Secteur autre que «\u00a0Beauté\u00a0»"),
    ],
)  # fmt: skip
def test_conditions_are_french(condition: Condition, says: str) -> None:
    assert condition.says == says
