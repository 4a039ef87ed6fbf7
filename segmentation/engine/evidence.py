"""What speaks for a number of groups: the silhouette, and the same on data without groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentation.engine.cleaning import Ints, Numbers
from segmentation.engine.clustering import distances_to
from segmentation.engine.explaining import FRONTIER
from segmentation.engine.starting import Starter


@dataclass(frozen=True)
class Distances:
    """All distances between `rows` (positions in the full matrix), computed once and shared by every k."""

    rows: Ints
    matrix: Numbers

    @classmethod
    def between(cls, matrix: Numbers, *, limit: int, seed: int) -> Distances:
        """Euclidean distances on all rows, or on `limit` of them drawn with `seed`."""
        rows = sampled(len(matrix), limit, seed)
        part = matrix[rows].astype(np.float32)
        squares = distances_to(part, part)
        np.fill_diagonal(squares, 0.0)
        return cls(rows, np.sqrt(squares))

    @property
    def starter(self) -> Starter:
        """Starts of KMeans on the full matrix, drawn among `rows`."""
        return Starter.among(self.matrix, self.rows)


@dataclass(frozen=True)
class Silhouette:
    """Rousseeuw (1987): `overall` is the mean over rows, `by_cluster` the mean in each cluster (0 for a singleton)."""

    overall: float
    by_cluster: tuple[float, ...]

    @property
    def balanced(self) -> float:
        """The mean over clusters: not carried by the largest one (arXiv 2401.05831)."""
        return float(np.mean(self.by_cluster))


def silhouette(distances: Distances, labels: Ints, k: int) -> Silhouette | None:
    """Silhouette of full-length `labels`; None when fewer than two clusters meet the sampled rows."""
    own = labels[distances.rows]
    sizes = np.bincount(own, minlength=k)
    if (sizes > 0).sum() < 2 or len(own) <= (sizes > 0).sum():
        return None
    member = np.eye(k, dtype=np.float32)[own]
    sums = (distances.matrix @ member).astype(np.float64)
    rows = np.arange(len(own))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(sizes > 0, sums / sizes, np.inf)
    means[rows, own] = np.inf
    nearest = means.min(axis=1)
    widest = np.maximum(inside, nearest)
    values = np.divide(nearest - inside, widest, out=np.zeros_like(widest), where=widest > 0)
    values[sizes[own] == 1] = 0.0
    totals = np.bincount(own, weights=values, minlength=k)
    by_cluster = tuple(float(total / size) if size else 0.0 for total, size in zip(totals, sizes, strict=True))
    return Silhouette(float(values.mean()), by_cluster)


def between(matrix: Numbers, centres: Numbers) -> float:
    """The share of rows that stand on the frontier of two clusters (see `scoring.Scores.margin`); 0 with one."""
    if len(centres) < 2:
        return 0.0
    nearest = np.partition(distances_to(matrix, centres.astype(matrix.dtype)), 1, axis=1)[:, :2]
    return float((nearest[:, 1] - nearest[:, 0] < FRONTIER * nearest.sum(axis=1)).mean())


def shuffled(matrix: Numbers, units: tuple[tuple[int, ...], ...], seed: int) -> Numbers:
    """The null: each unit of columns permuted on its own. Margins stay, whatever ties the units together goes.

    The columns of one word, and words that share a block (a trade belongs to one sector), stay together: their tie is
    a fact of the vocabulary, not a group of clients.
    """
    rng = np.random.default_rng(seed)
    mixed = matrix.copy()
    for unit in units:
        mixed[:, unit] = matrix[rng.permutation(len(matrix))][:, unit]
    return mixed


def sampled(total: int, limit: int, seed: int) -> Ints:
    """Sorted positions: all of them, or `limit` drawn without repetition."""
    if total <= limit:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, size=limit, replace=False))
