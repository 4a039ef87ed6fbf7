"""How many groups."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.engine.recipe import Recipe


@dataclass(frozen=True)
class Candidate:
    """The evidence for one k. Figures are None where they have no meaning (one group, too few rows).

    `silhouette` is the mean over rows, `balanced` the mean over clusters, `null_silhouette` and `null_inertia` the
    same on column-shuffled data (mean of the draws), `null_spread` the standard deviation of the null silhouettes.
    `jaccards` has one bootstrap Jaccard a cluster, `stability` their smallest, `smallest` the size of the smallest.
    """

    k: int
    inertia: float
    silhouette: float | None
    balanced: float | None
    null_silhouette: float | None
    null_spread: float | None
    null_inertia: float | None
    jaccards: tuple[float, ...]
    smallest: int

    @property
    def stability(self) -> float | None:
        """The least stable cluster's Jaccard."""
        return min(self.jaccards, default=None)

    @property
    def above_null(self) -> float | None:
        """Silhouette above that of shuffled data."""
        if self.silhouette is None or self.null_silhouette is None:
            return None
        return self.silhouette - self.null_silhouette


@dataclass(frozen=True)
class Choice:
    """The number of groups kept, and why. `rule` and `why` are French sentences; `runner_up` is None without one.

    `structure` is False when no candidate stands out from shuffled data; `imposed` True when a person fixed k.
    """

    k: int
    rule: str
    why: str
    runner_up: int | None
    structure: bool
    imposed: bool
    elbow: int | None = None
    best_silhouette: int | None = None


RULE = "x"


def choose(candidates: tuple[Candidate, ...], recipe: Recipe, rows: int) -> Choice:
    best = max(candidates, key=lambda item: item.above_null or 0)
    return Choice(best.k, RULE, "", None, True, False)


def imposed(candidates: tuple[Candidate, ...], recipe: Recipe, ks: list[int]) -> Choice:
    k = max(item.k for item in candidates if item.k <= (recipe.clusters or 2))
    return Choice(k, RULE, "", None, True, True)


def single(sentence: str) -> Choice:
    return Choice(1, RULE, sentence, None, False, False)
