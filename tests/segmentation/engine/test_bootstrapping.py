"""Bootstrap Jaccard: groups that are there come back, groups that are not don't, and draws stop when that is clear."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from segmentation.engine.bootstrapping import Bootstrap, bootstrap, extended
from segmentation.engine.evidence import Distances
from segmentation.engine.recipe import Effort, Gates
from tests.segmentation.engine.tables import heaps, plane_recipe

RECIPE = plane_recipe(effort=Effort(bootstraps=30, bootstraps_least=10))


def drawn(points: np.ndarray, labels: np.ndarray, k: int) -> Bootstrap:
    return bootstrap(points, Distances.between(points, limit=1_000, seed=0), labels, k, RECIPE)


def test_distinct_heaps_come_back_in_every_draw_and_the_fewest_draws_are_enough() -> None:
    found = drawn(heaps(3, 30), np.repeat([0, 1, 2], 30), 3)
    assert min(found.jaccards) > 0.99
    assert found.draws == 10


def test_a_heap_cut_at_random_does_not_come_back() -> None:
    points = np.concatenate([heaps(1, 60), [40.0, 0.0] + 0.1 * heaps(1, 60)])
    labels = np.repeat([0, 1], 60)
    labels[:60] = np.where(np.arange(60) % 2, 0, 2)
    found = drawn(points, labels, 3).jaccards
    assert found[1] > 0.95
    assert max(found[0], found[2]) < 0.60


def test_draws_go_on_while_a_cluster_is_near_a_bound() -> None:
    near = np.array([[0.55, 0.9], [0.66, 0.9]] * 5)
    assert not Bootstrap(np.array([]), near).settled(Gates())
    below = np.array([[0.30, 0.9], [0.32, 0.6]] * 5)
    assert Bootstrap(np.array([]), below).settled(Gates())
    above = np.array([[0.95, 0.90], [0.96, 0.92]] * 5)
    assert Bootstrap(np.array([]), above).settled(Gates())


def test_further_draws_keep_those_made() -> None:
    points, labels = heaps(3, 30, apart=2.0), np.repeat([0, 1, 2], 30)
    distances = Distances.between(points, limit=1_000, seed=0)
    few = bootstrap(points, distances, labels, 3, dataclasses.replace(RECIPE, effort=Effort(bootstraps=4)))
    more = extended(few, points, distances, RECIPE, 9)
    assert (few.draws, more.draws) == (4, 9)
    np.testing.assert_array_equal(more.found[:4], few.found)


def test_a_cluster_that_a_draw_misses_counts_only_where_it_was_met() -> None:
    found = Bootstrap(np.array([]), np.array([[0.8, np.nan], [0.6, 0.5]]))
    assert found.jaccards == pytest.approx((0.7, 0.5))
    assert Bootstrap(np.array([]), np.full((2, 1), np.nan)).jaccards == (0.0,)
