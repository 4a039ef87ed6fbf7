"""Whether each cluster comes back when the clients are drawn again: bootstrap Jaccard, with as few draws as it takes.

Hennig, "Cluster-wise assessment of cluster stability", CSDA 52 (2007). Draws stop early where the answer is clear: when
some cluster is surely below the bound that holds a run, or when every cluster is surely on one side of both bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segmentation.engine.cleaning import Floats, Ints, Numbers
from segmentation.engine.clustering import ROUGH, partition
from segmentation.engine.evidence import Distances
from segmentation.engine.recipe import Gates, Recipe
from segmentation.engine.starting import Starter

BATCH = 5
"""Draws between two looks at the answer."""
SURE = 2.6
"""Standard errors from a bound at which its side counts as known (99 %)."""


@dataclass(frozen=True)
class Bootstrap:
    """Draws made for the clusters of one partition. `found` is draws x k, NaN where a draw missed a whole cluster."""

    labels: Ints
    found: Floats

    @property
    def draws(self) -> int:
        """How many."""
        return len(self.found)

    @property
    def jaccards(self) -> tuple[float, ...]:
        """Mean Jaccard of each cluster; 0 for one that no draw met."""
        met = ~np.isnan(self.found)
        sums = np.where(met, self.found, 0.0).sum(axis=0)
        return tuple((sums / np.maximum(met.sum(axis=0), 1)).tolist())

    def settled(self, gates: Gates) -> bool:
        """Whether further draws would hardly change which bounds are passed."""
        if self.draws < 2:
            return False
        means = np.array(self.jaccards)
        spread = np.nan_to_num(np.nanstd(np.where(np.isnan(self.found), means, self.found), axis=0, ddof=1))
        room = SURE * spread / np.sqrt(self.draws)
        if (means + room < gates.jaccard_hold).any():
            return True
        return all(bool((np.abs(means - bound) > room).all()) for bound in (gates.jaccard_hold, gates.jaccard_warn))


def bootstrap(matrix: Numbers, distances: Distances, labels: Ints, k: int, recipe: Recipe) -> Bootstrap:
    """Draw until the answer is clear, `effort.bootstraps` times at most. `labels` follow the rows of `matrix`."""
    effort = recipe.effort
    found = Bootstrap(labels, np.zeros((0, k)))
    while found.draws < effort.bootstraps:
        until = effort.bootstraps_least if found.draws == 0 else found.draws + BATCH
        found = extended(found, matrix, distances, recipe, min(until, effort.bootstraps))
        if found.settled(recipe.gates):
            break
    return found


def extended(known: Bootstrap, matrix: Numbers, distances: Distances, recipe: Recipe, until: int) -> Bootstrap:
    """The same with further draws, up to `until`. A draw depends on its number and the seed, not on those before it."""
    base = matrix[distances.rows].astype(np.float32)
    labels = known.labels[distances.rows]
    k = known.found.shape[1]
    fresh = [_draw(base, distances, labels, k, recipe, number) for number in range(known.draws, until)]
    return replace(known, found=np.concatenate([known.found, np.reshape(fresh, (-1, k))]))


def _draw(base: Numbers, distances: Distances, labels: Ints, k: int, recipe: Recipe, number: int) -> Floats:
    """Jaccard of each cluster with its best match in one bootstrap sample. Repeated rows count once in the comparison.

    The sample has as many rows as the data, or `effort.bootstrap_rows`.
    """
    effort = recipe.effort
    random = np.random.default_rng([recipe.seed, number])
    picked = random.integers(len(base), size=min(len(base), effort.bootstrap_rows))
    unique, counts = np.unique(picked, return_counts=True)
    if len(unique) <= k:
        return np.full(k, np.nan)
    starter = Starter(distances.matrix, unique, np.arange(len(unique)), counts.astype(np.float64))
    theirs = partition(
        base[unique], k, starts=effort.evidence_starts, seed=recipe.seed + number, starter=starter, tol=ROUGH
    ).labels
    table = np.zeros((k, k))
    np.add.at(table, (labels[unique], theirs), 1)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    best = np.divide(table, union, out=np.zeros_like(table), where=union > 0).max(axis=1)
    return np.where(table.sum(axis=1) > 0, best, np.nan)
