"""Gates: what passes, what warns, what holds, in French with figures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from segmentation.engine.features import read
from segmentation.engine.lineage import match
from segmentation.engine.quality import cramers_v, judge, lineage_gates
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


def test_cramers_v_is_corrected_for_its_bias() -> None:
    # chi² = 100 * (30 * 40 - 10 * 20)² / (40 * 60 * 50 * 50) = 16.67; raw V = 0.408.
    # Corrected: sqrt((0.1667 - 1 / 99) / (2 - 1 / 99 - 1)) = 0.398.
    labels = np.repeat([0, 0, 1, 1], [30, 10, 20, 40])
    words = pd.Series(np.repeat(["a", "b", "a", "b"], [30, 10, 20, 40]))
    assert cramers_v(labels, words) == pytest.approx(0.3977, abs=1e-4)


@pytest.mark.parametrize(
    ("jaccard", "holds", "warns", "said"),
    [
        (0.75, False, False, "Chaque segment se retrouve"),
        (0.74, False, True, "1 segment aux contours incertains"),
        (0.60, False, True, "1 segment aux contours incertains"),
        (0.59, True, False, "1 segment ne se retrouve pas d’un échantillon à l’autre"),
    ],
)
def test_a_doubtful_segment_warns_and_a_lost_one_holds(jaccard: float, holds: bool, warns: bool, said: str) -> None:
    found = train(two_heaps(), plane_recipe())
    candidate = dataclasses.replace(found.candidates[0], jaccards=(0.9, jaccard))
    verdict = judge(candidate, found.names, read(two_heaps(), plane_recipe()), found.labels, RECIPE)
    assert verdict.passed is not holds
    assert bool(verdict.warnings) is warns
    assert any(said in item.says and f"{jaccard:.2f}".replace(".", ",") in item.says for item in verdict.gates)


def test_a_doubtful_segment_is_named_beside_a_lost_one() -> None:
    found = train(two_heaps(), plane_recipe())
    candidate = dataclasses.replace(found.candidates[0], jaccards=(0.70, 0.48))
    verdict = judge(candidate, found.names, read(two_heaps(), plane_recipe()), found.labels, RECIPE)
    by_name = {item.name: item for item in verdict.gates}
    stability, contours = by_name["stability"], by_name["contours"]
    assert not stability.passed and stability.value == 0.48 and found.names[1].name in stability.says
    assert not contours.passed and contours.level == "warn" and contours.value == 0.70
    assert contours.says.startswith("1 autre segment aux contours incertains")
    assert found.names[0].name in contours.says


def test_unknown_words_do_not_count_in_cramers_v() -> None:
    words = pd.Series(["a", None, "b", None] * 25, dtype=object)
    assert cramers_v(np.array([0, 1, 1, 0] * 25), words) == pytest.approx(1.0, abs=0.05)


def test_a_run_that_continues_the_published_one_passes() -> None:
    old = {pk: "a" if pk < 50 else "b" for pk in range(100)}
    gates = lineage_gates(match({pk: int(pk < 50) for pk in range(100)}, old), RECIPE)
    assert all(item.passed for item in gates)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({pk: 2 if pk >= 100 else int(pk < 50) for pk in range(120)}, "1 nouveau."),
        ({pk: 2 if pk < 22 else int(pk < 50) for pk in range(100)}, "1 issu d’une scission."),
        (dict.fromkeys(range(100), 0), "1 issu d’une fusion, 1 disparu."),
        (dict.fromkeys(range(50), 0), "1 disparu."),
    ],
)
def test_any_kinship_other_than_the_same_holds_the_run(new: dict[int, int], said: str) -> None:
    old = {pk: "a" if pk < 50 else "b" for pk in range(100)}
    lineage, _ = lineage_gates(match(new, old), RECIPE)
    assert (lineage.passed, lineage.level) == (False, "hold")
    assert lineage.says.endswith(said)
    assert not Verdict.of([lineage]).passed


def test_more_than_a_tenth_moved_holds_the_run() -> None:
    old = {pk: "a" if pk < 50 else "b" for pk in range(100)}
    _, moved = lineage_gates(match({pk: int(pk < 62) for pk in range(100)}, old), RECIPE)
    assert not moved.passed
    assert (moved.value, moved.level) == (0.12, "hold")
    assert "12 clients sur 100" in moved.says


def test_a_tenth_moved_is_not_more_than_a_tenth() -> None:
    old = {pk: "a" if pk < 50 else "b" for pk in range(100)}
    assert lineage_gates(match({pk: int(pk < 60) for pk in range(100)}, old), RECIPE)[1].passed
