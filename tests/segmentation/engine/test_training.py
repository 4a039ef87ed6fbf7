"""Training finds what was planted, and gives the same answer however the rows come."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.engine.errors import FrameError, NothingToTrain
from segmentation.engine.lineage import match
from segmentation.engine.recipe import Recipe, default_recipe
from segmentation.engine.training import Fit, train
from tests.planted import Portfolio, agency_portfolio, planted_portfolio
from tests.segmentation.engine.tables import plane_recipe, two_heaps


def test_it_finds_two_heaps_exactly() -> None:
    found = train(two_heaps(), plane_recipe())
    assert sorted(np.bincount(found.labels).tolist()) == [10, 10]
    assert len(set(found.labels[:10])) == 1
    assert found.index.tolist() == list(range(1, 21))


def test_it_finds_the_agency_s_four_profiles(agency: Portfolio, fit: Fit) -> None:
    assert fit.k == 4
    assert adjusted_rand_score(agency.truth, fit.labels) > 0.75


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_it_finds_drawn_groups_that_are_set_apart(seed: int, quick: Recipe) -> None:
    planted = planted_portfolio(4, seed, strength=1.2)
    found = train(planted.frame, quick)
    assert adjusted_rand_score(planted.truth, found.labels) > 0.7


def test_another_row_order_gives_every_client_the_same_label(agency: Portfolio, quick: Recipe) -> None:
    once = train(agency.frame, quick)
    again = train(agency.frame.sample(frac=1.0, random_state=8), quick)
    assert once.index.tolist() == again.index.tolist()
    assert once.labels.tolist() == again.labels.tolist()
    assert once.document == again.document


FRESH = """
import hashlib, json
from threadpoolctl import threadpool_info
from segmentation.engine.recipe import default_recipe
from segmentation.engine.training import train
from tests.planted import agency_portfolio
fit = train(agency_portfolio(3).frame, default_recipe())
threads = max(pool["num_threads"] for pool in threadpool_info())
print(json.dumps({"threads": threads, "k": fit.k, "labels": fit.labels.tolist(), "inertia": fit.document.inertia}))
"""


def test_another_number_of_threads_gives_every_client_the_same_label() -> None:
    """A thread pool takes its size when it starts, hence two processes."""
    found = {}
    for threads in ("1", "2"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", FRESH], env=environment, capture_output=True, text=True, check=True
        )
        found[threads] = json.loads(done.stdout)
        assert found[threads].pop("threads") == int(threads)
    inertia = [one.pop("inertia") for one in found.values()]
    assert inertia[0] == pytest.approx(inertia[1], rel=1e-9)  # sums are added in another order
    assert found["1"] == found["2"]


def test_another_column_order_changes_nothing(agency: Portfolio, quick: Recipe) -> None:
    turned = agency.frame[list(reversed(agency.frame.columns))]
    assert train(turned, quick).labels.tolist() == train(agency.frame, quick).labels.tolist()


def test_another_seed_moves_nobody_when_a_model_is_published(agency: Portfolio, fit: Fit, quick: Recipe) -> None:
    slugs = {int(pk): f"s{label}" for pk, label in zip(fit.index, fit.labels, strict=True)}
    for seed in (2, 3, 4, 5):
        again = train(agency.frame, quick.with_seed(seed), published=fit.document)
        lineage = match({int(pk): int(label) for pk, label in zip(again.index, again.labels, strict=True)}, slugs)
        assert lineage.unchanged
        assert lineage.moved == 0


def test_one_percent_of_changed_clients_keeps_the_others_in_place(agency: Portfolio, fit: Fit, quick: Recipe) -> None:
    frame = agency.frame.copy()
    frame.loc[frame.index[:4], "turnover"] = frame["turnover"].max()
    again = train(frame, quick, published=fit.document)
    assert adjusted_rand_score(fit.labels, again.labels) > 0.95


def test_progress_is_told_in_french_and_never_goes_back(agency: Portfolio, quick: Recipe) -> None:
    told: list[tuple[str, float]] = []
    train(agency.frame, quick, on_progress=lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("Terminé", 1.0)


def test_an_imposed_number_is_kept_with_what_the_rule_would_say(agency: Portfolio, quick: Recipe) -> None:
    found = train(agency.frame, quick.with_clusters(6))
    assert found.k == 6
    assert found.choice.imposed
    assert "imposé" in found.choice.why


def test_a_number_beyond_the_range_can_be_imposed(agency: Portfolio, quick: Recipe) -> None:
    found = train(agency.frame, dataclasses.replace(quick, k_max=5, clusters=12))
    assert found.k == 12
    assert [item.k for item in found.candidates] == [2, 3, 4, 5, 12]


@pytest.mark.parametrize("rows", [0, 1, 3, 9])
def test_it_refuses_too_few_clients(rows: int) -> None:
    with pytest.raises(NothingToTrain, match="Rien à entraîner"):
        train(two_heaps().iloc[:rows], plane_recipe())


def test_it_refuses_fewer_than_two_clients_a_segment() -> None:
    with pytest.raises(NothingToTrain, match="au moins 24"):
        train(two_heaps(), plane_recipe(clusters=12))


def test_it_refuses_a_table_without_a_column_of_the_recipe() -> None:
    with pytest.raises(FrameError, match="absentes du tableau : y"):
        train(two_heaps()[["x"]], plane_recipe())


def test_it_refuses_a_client_on_two_rows() -> None:
    frame = two_heaps()
    frame.index = [1, *frame.index[:-1]]
    with pytest.raises(FrameError, match="plusieurs lignes"):
        train(frame, plane_recipe())


def test_it_does_not_touch_the_table_it_is_given(agency: Portfolio, quick: Recipe) -> None:
    before = agency.frame.copy(deep=True)
    train(agency.frame, quick)
    assert agency.frame.equals(before)


def test_many_clients_take_seconds() -> None:
    crowd = agency_portfolio(5, clients=421).frame
    frame = crowd.iloc[np.tile(np.arange(len(crowd)), 60)].reset_index(drop=True)
    began = time.perf_counter()
    found = train(frame, dataclasses.replace(default_recipe(), k_max=5))
    assert len(found.labels) == len(frame) > 20_000
    assert time.perf_counter() - began < 60
