"""Where KMeans starts: k-means++ on distances that are already there.

Every evidence of a run (silhouettes, shuffled data, bootstraps) shares one matrix of distances; seeding from it costs a
few gathers where scikit-learn's own seeding computes the distances anew at each start, which took a third of a run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segmentation.engine.cleaning import Ints, Numbers

Init = Callable[..., npt.NDArray[Any]]


@dataclass(frozen=True)
class Starter:
    """Draws starts among some rows of a matrix.

    `distances` (m x m, Euclidean) are those between the rows that may be drawn; `near` (n) says which of them are in
    play, `rows` (n) where they lie in the matrix that KMeans is given, `weights` (n) how often each counts.
    """

    distances: Numbers
    near: Ints
    rows: Ints
    weights: npt.NDArray[np.float64]

    @classmethod
    def among(cls, distances: Numbers, rows: Ints) -> Starter:
        """All of `rows`, each counted once."""
        return cls(distances, np.arange(len(rows)), rows, np.ones(len(rows)))

    def init(self) -> Init:
        """As scikit-learn calls it: the matrix, k and a random state give k starting centres."""

        def start(X: npt.NDArray[Any], k: int, random_state: np.random.RandomState) -> npt.NDArray[Any]:  # noqa: N803
            return np.asarray(X[self.rows[self.draw(k, random_state)]])

        return start

    def draw(self, k: int, random: np.random.RandomState) -> Ints:
        """Greedy k-means++ (Arthur and Vassilvitskii, 2007): positions of k rows, the best of a few trials at each."""
        trials = 2 + int(np.log(k))
        total = np.cumsum(self.weights)
        chosen = [min(int(np.searchsorted(total, random.random_sample() * total[-1])), len(total) - 1)]
        nearest = self._squares(np.array(chosen))[0]
        while len(chosen) < k:
            total = np.cumsum(nearest * self.weights)
            spots = np.searchsorted(total, random.random_sample(trials) * total[-1])
            spots = np.minimum(spots, len(total) - 1)
            closer = np.minimum(self._squares(spots), nearest)
            best = int((closer @ self.weights).argmin())
            chosen.append(int(spots[best]))
            nearest = closer[best]
        return np.array(chosen, dtype=np.int64)

    def _squares(self, spots: Ints) -> npt.NDArray[Any]:
        """Squared distances from each of `spots` to every row in play."""
        lines = self.distances[self.near[spots]]
        return np.asarray(np.square(lines if len(self.near) == lines.shape[1] else lines[:, self.near]))
