"""The plain recipe of the literature, as most published segmentations run it: the rival in every table here.

Raw counts filled with the mean, one-hot sectors, everything z-scored, KMeans with `n_init=10`, and the k of the best
silhouette between 2 and 10. It gets the words that flatter it: with the 23 trades one-hot beside or instead of the six
sectors its agreement with the planted groups falls by a third.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from tests.planted import FOLLOWERS

KS = range(2, 11)
STARTS = 10
SUBSTANTIAL = 0.25
"""Below this silhouette "no substantial structure has been found" (Kaufman and Rousseeuw, 1990, table 4)."""


@dataclass(frozen=True)
class Plain:
    """One plain segmentation: `labels` follow the rows of the frame."""

    labels: npt.NDArray[np.int64]
    k: int
    silhouette: float

    @property
    def structure(self) -> bool:
        """Whether its own test (Kaufman and Rousseeuw) calls this a structure."""
        return self.silhouette > SUBSTANTIAL


def plain_matrix(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Every column z-scored: clients x (numbers + sectors)."""
    numbers = frame[[*FOLLOWERS, "turnover", "seniority_years"]].astype(float)
    words = pd.get_dummies(frame["sector"])
    table = np.hstack([numbers.fillna(numbers.mean()).to_numpy(float), words.to_numpy(float)])
    spread = table.std(axis=0)
    return np.asarray((table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def plain(frame: pd.DataFrame, *, seed: int = 0, starts: int = STARTS) -> Plain:
    """Segment `frame`; the k with the best silhouette wins."""
    matrix = plain_matrix(frame)
    found = []
    for k in KS:
        labels = KMeans(k, n_init=starts, random_state=seed).fit_predict(matrix)
        found.append(Plain(labels.astype(np.int64), k, float(silhouette_score(matrix, labels))))
    return max(found, key=lambda item: item.silhouette)
