"""KMeans as the engine runs it: many starts, one thread, clusters in an order that the data decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from segmentation.engine.cleaning import Floats, Ints, Numbers
from segmentation.engine.starting import Starter

START_TOLERANCE = 0.001
"""A start from the published centres keeps its place unless another is better by more than 0.1 % of inertia."""
EXACT, ROUGH = 1e-6, 1e-4
"""When a fit stops moving (scikit-learn's `tol`): for the partition that is kept, and for evidence around it."""


@dataclass(frozen=True)
class Partition:
    """Labels (n), centres (k x d) and inertia; clusters by falling size, then by their first member."""

    labels: Ints
    centres: Floats
    inertia: float

    @property
    def sizes(self) -> Ints:
        """Members per cluster."""
        return np.bincount(self.labels, minlength=len(self.centres)).astype(np.int64)


def partition(
    matrix: Numbers,
    k: int,
    *,
    starts: int,
    seed: int,
    warm: Floats | None = None,
    starter: Starter | None = None,
    tol: float = EXACT,
) -> Partition:
    """Best of `starts` k-means++ starts, or the fit that starts from `warm` centres when no start clearly beats it.

    A `starter` draws the starts from distances that are already known and, where it covers every row, weighs the rows.
    """
    init = "k-means++" if starter is None else starter.init()
    weights = starter.weights if starter is not None and len(starter.rows) == len(matrix) else None
    model = KMeans(k, init=init, n_init=starts, random_state=seed, tol=tol)
    best = _fit(model.fit(matrix, sample_weight=weights))
    if warm is not None and warm.shape == best.centres.shape:
        kept = warm_fit(matrix, warm)
        if best.inertia >= kept.inertia * (1 - START_TOLERANCE):
            return kept
    return best


def warm_fit(matrix: Numbers, centres: Floats) -> Partition:
    """One fit that starts from given centres."""
    return _fit(KMeans(len(centres), init=centres.astype(matrix.dtype), n_init=1, tol=EXACT).fit(matrix))


def refined(matrix: Numbers, centres: Floats) -> Partition:
    """The same from centres found on a part of the rows, or at lower precision: clusters keep their numbers."""
    model = KMeans(len(centres), init=centres.astype(matrix.dtype), n_init=1, tol=EXACT).fit(matrix)
    return Partition(
        model.labels_.astype(np.int64), np.asarray(model.cluster_centers_, np.float64), float(model.inertia_)
    )


def whole(matrix: Numbers) -> Partition:
    """Everyone in one group: what is left when no two rows differ."""
    centre = matrix.mean(axis=0, keepdims=True, dtype=np.float64)
    return Partition(np.zeros(len(matrix), dtype=np.int64), centre, float(((matrix - centre) ** 2).sum()))


def distances_to(matrix: Numbers, centres: Numbers) -> Numbers:
    """Squared distances (n x k), by one product; rounding below zero is cut off."""
    squares = (matrix**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None] - 2 * matrix @ centres.T
    return np.asarray(np.maximum(squares, 0.0))


def _fit(model: KMeans) -> Partition:
    labels = np.asarray(model.labels_, dtype=np.int64)
    k = len(model.cluster_centers_)
    sizes = np.bincount(labels, minlength=k)
    first = np.full(k, len(labels))
    np.minimum.at(first, labels, np.arange(len(labels)))
    order = np.lexsort((first, -sizes))
    rank = np.empty(k, dtype=np.int64)
    rank[order] = np.arange(k)
    centres = np.asarray(model.cluster_centers_, dtype=np.float64)[order]
    return Partition(rank[labels], centres, float(model.inertia_))
