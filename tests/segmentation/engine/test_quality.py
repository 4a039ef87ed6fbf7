"""Gates: what passes, what warns, what holds, in French with figures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from segmentation.engine.lineage import match
from segmentation.engine.quality import cramers_v, lineage_gates
from segmentation.engine.recipe import Gates, Recipe, default_recipe
from segmentation.engine.training import Fit, train
from segmentation.engine.verdict import Gate, Verdict
from tests.planted import Portfolio
from tests.segmentation.engine.tables import plane_recipe, two_heaps

RECIPE = default_recipe()


def gate(fit: Fit, name: str) -> Gate:
    return next(item for item in fit.verdict.gates if item.name == name)


def test_an_honest_run_passes_every_hold(fit: Fit) -> None:
    assert fit.verdict.passed
    assert {item.name for item in fit.verdict.gates} >= {"structure", "stability", "smallest", "redundancy"}


def test_each_gate_is_a_french_sentence_with_its_figure(fit: Fit) -> None:
    for item in fit.verdict.gates:
        assert item.says.endswith(".")
        assert any(character.isdigit() for character in item.says) or item.name == "contours"


def test_a_tiny_segment_holds_the_run() -> None:
    frame = two_heaps()
    frame.loc[[1, 2], ["x", "y"]] = -50.0
    found = train(frame, plane_recipe(clusters=2))
    assert not gate(found, "smallest").passed
    assert not found.verdict.passed
    assert "compte 2 clients" in gate(found, "smallest").says


def test_an_unstable_number_of_segments_holds_the_run(agency: Portfolio, quick: Recipe) -> None:
    found = train(agency.frame, dataclasses.replace(quick, clusters=10, k_max=2))
    assert not gate(found, "stability").passed
    assert not found.verdict.passed


def test_bounds_come_from_the_recipe(agency: Portfolio, quick: Recipe) -> None:
    strict = dataclasses.replace(quick, k_max=4, gates=Gates(smallest_count=200))
    assert not gate(train(agency.frame, strict), "smallest").passed


def test_segments_that_repeat_a_word_are_a_warning_not_a_hold() -> None:
    verdict = Verdict.of([Gate("redundancy", 1.0, 0.9, passed=False, level="warn", says="Redite.")])
    assert verdict.passed
    assert [item.name for item in verdict.warnings] == ["redundancy"]


def test_later_gates_can_turn_a_verdict() -> None:
    verdict = Verdict.of([Gate("a", 1.0, 0.0, passed=True, level="hold", says="Bien.")])
    assert not verdict.plus([Gate("b", 1.0, 0.0, passed=False, level="hold", says="Non.")]).passed


@pytest.mark.parametrize(
    ("labels", "words", "value"),
    [([0, 0, 1, 1] * 25, ["a", "a", "b", "b"] * 25, 1.0), ([0, 1] * 50, ["a"] * 100, 0.0)],
)
def test_cramers_v_is_one_for_a_repetition_and_zero_without_choice(
    labels: list[int], words: list[str], value: float
) -> None:
    assert cramers_v(np.array(labels), pd.Series(words)) == pytest.approx(value, abs=0.02)


def test_cramers_v_is_near_zero_for_shuffled_labels_even_with_many_words() -> None:
    rng = np.random.default_rng(0)
    words = pd.Series([f"ville {number}" for number in rng.integers(100, size=421)])
    assert cramers_v(rng.integers(4, size=421), words) < 0.15


def test_unknown_words_do_not_count_in_cramers_v() -> None:
    words = pd.Series(["a", None, "b", None] * 25, dtype=object)
    assert cramers_v(np.array([0, 1, 1, 0] * 25), words) == pytest.approx(1.0, abs=0.05)


def test_a_run_that_continues_the_published_one_passes() -> None:
    old = {pk: "a" if pk < 50 else "b" for pk in range(100)}
    gates = lineage_gates(match({pk: int(pk < 50) for pk in range(100)}, old), RECIPE)
    assert all(item.passed for item in gates)


def test_a_new_segment_holds_the_run() -> None:
    old = {pk: "a" if pk < 50 else "b" for pk in range(100)}
    new = {pk: 2 if pk >= 100 else int(pk < 50) for pk in range(120)}
    lineage, moved = lineage_gates(match(new, old), RECIPE)
    assert not lineage.passed
    assert "1 nouveau" in lineage.says
    assert moved.passed


def test_more_than_a_tenth_moved_holds_the_run() -> None:
    old = {pk: "a" if pk < 50 else "b" for pk in range(100)}
    _, moved = lineage_gates(match({pk: int(pk < 62) for pk in range(100)}, old), RECIPE)
    assert not moved.passed
    assert "12 clients sur 100" in moved.says
