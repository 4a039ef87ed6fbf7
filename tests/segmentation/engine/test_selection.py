"""The rule for k, on evidence written by hand and on planted portfolios."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from segmentation.engine.recipe import Effort, default_recipe
from segmentation.engine.selection import OVERLAP, Candidate, admissible, choose, imposed
from segmentation.engine.training import train
from tests.planted import noise_portfolio, planted_portfolio

RECIPE = default_recipe()
LIGHT = dataclasses.replace(RECIPE, k_max=8, effort=Effort(starts=10, bootstraps=20, null_draws=6, evidence_starts=2))
"""Less effort than in service: enough for these verdicts."""


def candidate(k: int, gap: float, silhouette: float = 0.30, jaccard: float = 0.9, smallest: int = 40) -> Candidate:
    """Evidence for k with inertia 100 and the null's inertia set by `gap`; the null's silhouette is 0.15."""
    return Candidate(
        k=k,
        inertia=100.0,
        silhouette=silhouette,
        balanced=silhouette,
        null_silhouette=0.15,
        null_spread=0.01,
        null_inertia=100.0 * float(np.exp(gap)),
        jaccards=(0.99,) * (k - 1) + (jaccard,),
        smallest=smallest,
    )


LADDER = (candidate(2, 0.20), candidate(3, 0.35), candidate(4, 0.45), candidate(5, 0.46), candidate(6, 0.47))


def test_the_last_group_that_brings_a_tenth_of_the_structure_is_the_elbow() -> None:
    choice = choose(LADDER, RECIPE, 400)
    assert (choice.k, choice.elbow) == (4, 4)
    assert choice.structure


def test_elbow_and_silhouette_may_contradict_each_other_and_the_sentence_says_so() -> None:
    broad = dataclasses.replace(LADDER[0], silhouette=0.33, balanced=0.33)
    choice = choose((broad, *LADDER[1:]), RECIPE, 400)
    assert (choice.k, choice.best_silhouette) == (4, 2)
    assert "La silhouette seule choisirait 2" in choice.why


def test_a_silhouette_that_falls_too_far_stops_the_elbow() -> None:
    poor = tuple(dataclasses.replace(item, balanced=0.23) if item.k == 4 else item for item in LADDER)
    assert choose(poor, RECIPE, 400).k == 3


@pytest.mark.parametrize(
    "flaw", [{"jaccards": (0.9, 0.9, 0.9, 0.59)}, {"smallest": 4}, {"silhouette": 0.16}, {"null_inertia": 101.0}]
)
def test_a_flawed_candidate_is_not_admissible(flaw: dict[str, object]) -> None:
    flawed = tuple(dataclasses.replace(item, **flaw) if item.k == 4 else item for item in LADDER)  # type: ignore[arg-type]
    assert 4 not in [item.k for item in admissible(flawed, RECIPE, 400)]
    assert choose(flawed, RECIPE, 400).k != 4


def test_nothing_above_shuffled_data_is_no_structure() -> None:
    flat = tuple(candidate(k, 0.005, silhouette=0.155) for k in range(2, 6))
    choice = choose(flat, RECIPE, 400)
    assert not choice.structure
    assert "aucune structure" in choice.why


def test_a_close_call_is_said_and_the_published_number_wins_it() -> None:
    close = (*LADDER[:3], candidate(5, 0.49), candidate(6, 0.50))
    alone = choose(close, RECIPE, 400)
    assert (alone.k, alone.contested, alone.runner_up) == (4, (5,), 5)
    assert "se défendrait aussi" in alone.why
    kept = choose(close, RECIPE, 400, published=5)
    assert (kept.k, kept.contested) == (5, (4,))
    assert "publié" in kept.why


def test_a_late_rise_beyond_a_plateau_is_not_followed() -> None:
    # Ten groups spell out every combination of words: the last ones bring a tenth each, those before them nothing.
    plateau = tuple(candidate(k, 0.20, silhouette=0.26) for k in range(3, 8))
    late = (candidate(2, 0.20), *plateau, candidate(8, 0.23), candidate(9, 0.27), candidate(10, 0.31, silhouette=0.34))
    choice = choose(late, RECIPE, 400)
    assert (choice.k, choice.elbow, choice.best_silhouette) == (2, 10, 10)
    assert "La silhouette seule choisirait 10" in choice.why


def test_a_jump_after_a_flat_step_is_followed() -> None:
    ladder = (candidate(2, 0.20), candidate(3, 0.21), candidate(4, 0.40), candidate(5, 0.41))
    assert choose(ladder, RECIPE, 400).k == 4


def test_two_uniform_groups_are_not_split_by_trade() -> None:
    # Both groups hold every sector alike; ten clusters that sort clients by sector look neat.
    assert train(planted_portfolio(2, 412, strength=1.4).frame, RECIPE).choice.k == 2


@pytest.mark.parametrize(("share", "said"), [(0.04, "4\u00a0% des clients"), (0.13, "Les segments se recouvrent")])
def test_it_says_how_many_clients_stand_between_two_segments(share: float, said: str) -> None:
    ladder = tuple(dataclasses.replace(item, frontier=share) for item in LADDER)
    why = choose(ladder, RECIPE, 400).why
    assert said in why
    assert ("se recouvrent" in why) == (share >= OVERLAP)


def test_a_published_number_between_two_that_are_defended_is_kept() -> None:
    # 4 brings a little less than half the bound: the rule takes 3, a laxer one 5; nobody would take 4 afresh.
    ladder = (*LADDER[:2], candidate(4, 0.367), candidate(5, 0.395))
    assert (choose(ladder, RECIPE, 400).k, choose(ladder, RECIPE, 400).contested) == (3, (5,))
    assert choose(ladder, RECIPE, 400, published=4).k == 4


def test_a_published_number_gets_the_benefit_of_the_doubt_about_one_cluster() -> None:
    doubtful = (*LADDER[:2], candidate(4, 0.45, jaccard=0.57), candidate(5, 0.46, jaccard=0.4))
    assert choose(doubtful, RECIPE, 400).k == 3
    assert choose(doubtful, RECIPE, 400, published=4).k == 4
    worse = (*LADDER[:2], candidate(4, 0.45, jaccard=0.5))
    assert choose(worse, RECIPE, 400, published=4).k == 3


def test_a_published_number_out_of_the_question_is_not_kept() -> None:
    assert choose(LADDER, RECIPE, 400, published=2).k == 4


def test_an_imposed_number_keeps_the_rule_s_answer_as_runner_up() -> None:
    choice = imposed(LADDER, RECIPE.with_clusters(6), 400, 6)
    assert (choice.k, choice.runner_up, choice.imposed) == (6, 4, True)
    assert "La règle donnerait 4" in choice.why


def test_the_rule_is_a_french_sentence_with_its_figures() -> None:
    rule = choose(LADDER, RECIPE, 1_600).rule
    assert all(figure in rule for figure in ("0,02", "0,60", "16 clients", "10\u00a0%", "80\u00a0%"))


@pytest.mark.parametrize("groups", [2, 3, 4, 5, 6])
def test_it_finds_the_planted_number_of_distinct_groups_or_says_that_it_is_a_close_call(groups: int) -> None:
    planted = planted_portfolio(groups, 2, strength=1.4, missing=0.02)
    choice = train(planted.frame, LIGHT).choice
    assert groups == choice.k or groups in choice.contested
    assert abs(choice.k - groups) <= 1


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_it_comes_within_one_when_groups_overlap_and_says_so(groups: int) -> None:
    planted = planted_portfolio(groups, 4, strength=0.8)
    choice = train(planted.frame, LIGHT).choice
    assert abs(choice.k - groups) <= 1
    assert groups == 2 or "Les segments se recouvrent" in choice.why  # two groups still stand apart at that strength


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_finds_no_structure_in_noise_and_the_run_is_held(seed: int) -> None:
    found = train(noise_portfolio(seed).frame, LIGHT)
    assert not found.choice.structure
    assert not found.verdict.passed
