"""Silhouette, null and starts, against hand-computed and library values."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples, silhouette_score

from segmentation.engine.clustering import START_TOLERANCE, partition, refined
from segmentation.engine.evidence import Distances, between, sampled, shuffled, silhouette
from segmentation.engine.starting import Starter
from tests.segmentation.engine.tables import heaps


def test_the_silhouette_of_four_points_on_a_line_is_the_one_computed_by_hand() -> None:
    # 0 and 1 against 5 and 6: a = 1; b = 5.5 or 4.5; s = (5.5 - 1) / 5.5 and (4.5 - 1) / 4.5, twice each.
    points = np.array([[0.0], [1.0], [5.0], [6.0]])
    found = silhouette(Distances.between(points, limit=10, seed=0), np.array([0, 0, 1, 1]), 2)
    assert found is not None
    assert found.overall == pytest.approx((4.5 / 5.5 + 3.5 / 4.5) / 2, abs=1e-6)
    assert found.by_cluster == pytest.approx((found.overall, found.overall), abs=1e-6)


def test_the_silhouette_equals_the_library_s_singletons_included() -> None:
    points = heaps(3, 20, apart=3.0)
    labels = np.repeat([0, 1, 2], 20)
    labels[0] = 3
    found = silhouette(Distances.between(points, limit=100, seed=0), labels, 4)
    assert found is not None
    assert found.overall == pytest.approx(silhouette_score(points, labels), abs=1e-5)
    each = silhouette_samples(points, labels)
    assert found.by_cluster == pytest.approx([each[labels == label].mean() for label in range(4)], abs=1e-5)


def test_one_cluster_has_no_silhouette() -> None:
    distances = Distances.between(heaps(1, 10), limit=100, seed=0)
    assert silhouette(distances, np.zeros(10, dtype=np.int64), 1) is None


def test_shuffling_keeps_each_unit_whole_and_its_margins() -> None:
    points = np.arange(30, dtype=float).reshape(10, 3)
    mixed = shuffled(points, ((0,), (1, 2)), seed=1)
    assert sorted(mixed[:, 0]) == sorted(points[:, 0])
    np.testing.assert_array_equal(mixed[:, 2] - mixed[:, 1], np.ones(10))
    assert (mixed[:, 1] - mixed[:, 0] != 1).any()


def test_a_sample_is_sorted_without_repetition_and_the_same_for_a_seed() -> None:
    picked = sampled(1_000, 50, 3)
    assert len(set(picked)) == 50
    assert picked.tolist() == sorted(picked) == sampled(1_000, 50, 3).tolist()


def test_clusters_come_by_falling_size() -> None:
    points = np.concatenate([heaps(1, 5) + 20, heaps(1, 30)])
    found = partition(points, 2, starts=5, seed=0)
    assert found.sizes.tolist() == [30, 5]


def test_the_published_start_is_kept_unless_clearly_beaten() -> None:
    points = heaps(3, 20)
    best = partition(points, 3, starts=10, seed=0)
    kept = partition(points, 3, starts=10, seed=0, warm=best.centres[[2, 0, 1]])
    assert kept.inertia <= best.inertia * (1 + START_TOLERANCE)
    bad = np.stack([points[0], points[1], points[2]]) + 100.0
    assert partition(points, 3, starts=10, seed=0, warm=bad).inertia == pytest.approx(best.inertia)


def test_starts_drawn_from_known_distances_end_where_the_library_s_own_end() -> None:
    points = heaps(4, 40)
    distances = Distances.between(points, limit=1_000, seed=0)
    ours = partition(points, 4, starts=5, seed=0, starter=distances.starter)
    assert ours.inertia == pytest.approx(partition(points, 4, starts=5, seed=0).inertia)
    assert ours.sizes.tolist() == [40] * 4


def test_starts_may_be_drawn_from_a_sample_of_the_rows() -> None:
    points = heaps(4, 100)
    distances = Distances.between(points, limit=60, seed=0)
    found = partition(points, 4, starts=3, seed=0, starter=distances.starter)
    assert len(found.labels) == 400
    assert found.sizes.tolist() == [100] * 4


def test_a_row_that_counts_twice_weighs_as_much_as_two_rows() -> None:
    points = np.array([[0.0], [1.0], [10.0]])
    distances = Distances.between(points, limit=10, seed=0)
    twice = Starter(distances.matrix, np.arange(3), np.arange(3), np.array([2.0, 1.0, 1.0]))
    found = partition(points, 2, starts=3, seed=0, starter=twice)
    assert sorted(found.centres.ravel()) == pytest.approx([1 / 3, 10.0])


def test_refining_keeps_the_numbers_of_the_clusters() -> None:
    points = np.concatenate([heaps(1, 5) + 20, heaps(1, 30)])
    small_first = np.array([[20.0, 0.0], [8.0, 0.0]]) + 1
    assert np.bincount(refined(points, small_first).labels).tolist() == [5, 30]


def test_clients_between_two_centres_are_those_whose_margin_is_small() -> None:
    # Centres at 0 and 10. At 5 the margin is 0; at 4.9, (26.01 - 24.01) / 50.02 = 0.04; at 4,
    # (36 - 16) / 52 = 0.38; on a centre 1.
    rows, centres = np.array([[5.0], [4.9], [4.0], [0.0]]), np.array([[0.0], [10.0]])
    assert between(rows, centres) == pytest.approx(0.5)
    assert between(rows, centres[:1]) == 0.0
