"""One planted portfolio, two recipes: how well each finds the groups, and how much each moves when it is run again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from benchmarks.ceiling import ceiling
from benchmarks.plain import plain, plain_matrix
from segmentation.engine.lineage import match
from segmentation.engine.recipe import Recipe
from segmentation.engine.selection import OVERLAP
from segmentation.engine.training import Fit, train
from tests.planted import Portfolio

KEPT = 0.9
"""Share of the clients that a retrain sees in the churn test."""
STARTS = 50
"""Starts of KMeans at the planted k."""


@dataclass(frozen=True)
class Scenario:
    """Portfolios of one kind. `groups` 0 is noise: nothing is planted in it."""

    name: str
    groups: int
    draw: Callable[[int], Portfolio]


@dataclass(frozen=True)
class Marks:
    """What one recipe earned on one portfolio. Churn is the share of shared clients whose group changes, once the
    groups of both runs are matched: after a retrain on 90 % of the rows, and on the same rows with another seed.

    `doubt`: the run says that its k, or its groups, may be other ones (another k is defended, segments overlap, or a
    check holds it). `given` is the agreement at the planted k in the recipe's own space, whatever k its rule chose.
    """

    rand: float
    k: int
    structure: bool
    doubt: bool
    given: float
    churn_rows: float
    churn_seed: float


@dataclass(frozen=True)
class Line:
    """A scenario with both recipes' marks on each of its portfolios, and what each of them lets anybody know."""

    scenario: Scenario
    ours: tuple[Marks, ...]
    plain: tuple[Marks, ...]
    ceilings: tuple[float, ...]


Labels = npt.NDArray[np.int64]


def judge(scenario: Scenario, seeds: range, recipe: Recipe) -> Line:
    """Both recipes on each seed's portfolio."""
    draws = [scenario.draw(seed) for seed in seeds]
    return Line(
        scenario,
        tuple(_ours(draw, recipe, seed) for draw, seed in zip(draws, seeds, strict=True)),
        tuple(_plain(draw, seed) for draw, seed in zip(draws, seeds, strict=True)),
        tuple(ceiling(draw) for draw in draws),
    )


def _ours(planted: Portfolio, recipe: Recipe, seed: int) -> Marks:
    """As in service: a retrain starts from the model that is published."""
    frame = planted.frame
    first = train(frame, recipe)
    fewer = train(_part(frame, seed), recipe, published=first.document)
    again = train(frame, recipe.with_seed(987 + seed), published=first.document)
    labels = pd.Series(first.labels, index=first.index)
    return Marks(
        rand=float(adjusted_rand_score(planted.truth, labels.loc[frame.index])),
        k=first.k,
        structure=first.choice.structure,
        doubt=doubtful(first),
        given=_given(planted, np.asarray(first.pipeline[:-1].transform(frame), dtype=np.float64)),
        churn_rows=churn(labels, pd.Series(fewer.labels, index=fewer.index)),
        churn_seed=churn(labels, pd.Series(again.labels, index=again.index)),
    )


def _plain(planted: Portfolio, seed: int) -> Marks:
    frame = planted.frame
    first = plain(frame)
    part = _part(frame, seed)
    labels = pd.Series(first.labels, index=frame.index)
    return Marks(
        rand=float(adjusted_rand_score(planted.truth, first.labels)),
        k=first.k,
        structure=first.structure,
        doubt=False,
        given=_given(planted, plain_matrix(frame)),
        churn_rows=churn(labels, pd.Series(plain(part).labels, index=part.index)),
        churn_seed=churn(labels, pd.Series(plain(frame, seed=987 + seed).labels, index=frame.index)),
    )


def doubtful(fit: Fit) -> bool:
    """Whether the run tells its reader that k or the groups are not sure."""
    chosen = next(item for item in fit.candidates if item.k == fit.k)
    return bool(fit.choice.contested) or not fit.verdict.passed or (chosen.frontier or 0.0) >= OVERLAP


def _given(planted: Portfolio, matrix: npt.NDArray[np.float64]) -> float:
    if not planted.habits:
        return float("nan")
    found = KMeans(len(planted.habits), n_init=STARTS, random_state=0).fit_predict(matrix)
    return float(adjusted_rand_score(planted.truth, found))


def _part(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    return frame.sample(frac=KEPT, random_state=seed).sort_index()


def churn(before: pd.Series, after: pd.Series) -> float:
    """Share of the clients in both whose group is another one, matched as the product matches (Hungarian).

    Both recipes get the matching; a group that continues nothing counts its clients as moved.
    """
    old = {int(pk): f"s{label}" for pk, label in before.items()}  # type: ignore[call-overload]
    new = {int(pk): int(label) for pk, label in after.items()}  # type: ignore[call-overload]
    return match(new, old).moved_share


def averaged(marks: tuple[Marks, ...], groups: int) -> dict[str, float]:
    """Means over portfolios; `exact` and `near` are the shares whose k is the planted one, or at most one off."""
    return {
        "rand": mean(item.rand for item in marks),
        "k": mean(item.k for item in marks),
        "exact": mean(item.k == groups for item in marks),
        "near": mean(abs(item.k - groups) <= 1 for item in marks),
        "structure": mean(item.structure for item in marks),
        "doubt": mean(item.doubt for item in marks),
        "given": mean(item.given for item in marks),
        "churn_rows": mean(item.churn_rows for item in marks),
        "churn_seed": mean(item.churn_seed for item in marks),
    }
