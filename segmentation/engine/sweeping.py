"""Try every number of groups on one scaled matrix and keep all the evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from segmentation.engine.bootstrapping import Bootstrap, bootstrap, extended
from segmentation.engine.cleaning import Floats, Numbers
from segmentation.engine.clustering import ROUGH, Partition, partition, refined, whole
from segmentation.engine.evidence import Distances, between, sampled, shuffled, silhouette
from segmentation.engine.features import Features
from segmentation.engine.recipe import Recipe
from segmentation.engine.selection import Candidate, Choice, choose, imposed, single


@dataclass(frozen=True)
class Sweep:
    """The partition kept (on all rows), the evidence for each k, the choice in words."""

    best: Partition
    candidates: tuple[Candidate, ...]
    choice: Choice
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Null:
    """Column-shuffled data at one k: mean and spread of the silhouette, mean inertia."""

    silhouette: float | None
    spread: float | None
    inertia: float


def sweep(
    matrix: Floats,
    features: Features,
    recipe: Recipe,
    tell: Callable[[str, float], None],
    start: Floats | None,
) -> Sweep:
    """Partition, silhouette, null and bootstrap for each k of the recipe; then the choice, or the imposed k.

    Above `effort.sample_rows` rows the search runs on a sample and the chosen k gets one warm fit on all rows.
    `start` are centres in the same scaled space (the published groups), used at their own k.
    """
    distinct = _distinct(matrix, limit=max(recipe.k_max, recipe.clusters or 0) + 1)
    if distinct < 2:
        sentence = "Tous les clients ont les mêmes valeurs\u00a0: il n’y a qu’un groupe."
        return Sweep(whole(matrix), (), single(sentence), (sentence,))
    warnings: list[str] = []
    ks = _range(recipe, len(matrix), distinct, warnings)
    search = Search.of(matrix, features, recipe)
    nulls = _nulls(search, ks, tell)
    trials: dict[int, Trial] = {}
    for done, k in enumerate(ks):
        tell(f"Essai de {k} segments", 0.25 + 0.6 * done / len(ks))
        warm = start if start is not None and len(start) == k else None
        trials[k] = search.trial(k, nulls[k], warm)
    tell("Choix du nombre de segments", 0.85)
    asked = min(recipe.clusters, distinct) if recipe.clusters else None
    choice = _choice(trials, search, asked, None if start is None else len(start))
    best = trials[choice.k].partition
    if search.part is not matrix:
        best = refined(matrix, best.centres)
    return Sweep(best, tuple(trial.candidate for trial in trials.values()), choice, tuple(warnings))


@dataclass(frozen=True)
class Trial:
    """One k: its partition of the searched rows, its bootstrap draws and its evidence."""

    partition: Partition
    bootstrap: Bootstrap
    candidate: Candidate


@dataclass(frozen=True)
class Search:
    """What every k is tried on: all rows, or a sample; at single precision when they are many.

    `units` are the columns that the null shuffles together, `distances` those that all evidence shares.
    """

    part: Numbers
    rows: int
    distances: Distances
    units: tuple[tuple[int, ...], ...]
    recipe: Recipe

    @classmethod
    def of(cls, matrix: Floats, features: Features, recipe: Recipe) -> Search:
        effort = recipe.effort
        rows = sampled(len(matrix), effort.sample_rows, recipe.seed)
        part: Numbers = matrix if len(matrix) < effort.many_rows else matrix[rows].astype(np.float32)
        distances = Distances.between(part, limit=effort.silhouette_rows, seed=recipe.seed)
        return cls(part, len(matrix), distances, _units(features, matrix.shape[1]), recipe)

    def trial(self, k: int, null: Null, warm: Floats | None) -> Trial:
        """Partition, silhouette and bootstrap for one k."""
        effort = self.recipe.effort
        starts = effort.starts if len(self.part) < effort.many_rows else effort.starts_above_many
        best = partition(self.part, k, starts=starts, seed=self.recipe.seed, warm=warm, starter=self.distances.starter)
        drawn = bootstrap(self.part, self.distances, best.labels, len(best.centres), self.recipe)
        found = silhouette(self.distances, best.labels, len(best.centres))
        candidate = Candidate(
            k=len(best.centres),
            inertia=best.inertia,
            silhouette=found.overall if found else None,
            balanced=found.balanced if found else None,
            null_silhouette=null.silhouette,
            null_spread=null.spread,
            null_inertia=null.inertia,
            jaccards=drawn.jaccards,
            smallest=int(best.sizes.min()),
            draws=drawn.draws,
            frontier=between(self.part, best.centres),
        )
        return Trial(best, drawn, candidate)

    def completed(self, trial: Trial) -> Trial:
        """The same with every bootstrap draw that the recipe grants."""
        drawn = extended(trial.bootstrap, self.part, self.distances, self.recipe, self.recipe.effort.bootstraps)
        candidate = replace(trial.candidate, jaccards=drawn.jaccards, draws=drawn.draws)
        return replace(trial, bootstrap=drawn, candidate=candidate)


def _choice(trials: dict[int, Trial], search: Search, asked: int | None, in_service: int | None) -> Choice:
    """The rule's choice (or the imposed k), made again once the k it points at has all its bootstrap draws."""
    while True:
        known = tuple(trial.candidate for trial in trials.values())
        if asked:
            choice = imposed(known, search.recipe, search.rows, asked)
        else:
            choice = choose(known, search.recipe, search.rows, in_service)
        if trials[choice.k].bootstrap.draws >= search.recipe.effort.bootstraps:
            return choice
        trials[choice.k] = search.completed(trials[choice.k])


def _range(recipe: Recipe, rows: int, distinct: int, warnings: list[str]) -> list[int]:
    """The k to try: never more than distinct rows, nor so many that groups must be tiny; the imposed k always."""
    top = min(recipe.k_max, distinct, max(recipe.k_min, rows // recipe.gates.smallest_count))
    ks = set(range(min(recipe.k_min, top), top + 1))
    if recipe.clusters:
        wanted = min(recipe.clusters, distinct)
        if wanted < recipe.clusters:
            warnings.append(
                f"{distinct} clients différents seulement\u00a0: {wanted} segments au lieu de {recipe.clusters}."
            )
        ks.add(wanted)
    return sorted(ks)


def _distinct(matrix: Floats, limit: int) -> int:
    """How many different rows, counted up to `limit`."""
    seen: set[bytes] = set()
    for row in np.round(matrix, 9) + 0.0:
        seen.add(row.tobytes())
        if len(seen) >= limit:
            break
    return len(seen)


def _nulls(search: Search, ks: list[int], tell: Callable[[str, float], None]) -> dict[int, Null]:
    recipe, effort, part = search.recipe, search.recipe.effort, search.part
    rows = sampled(len(part), effort.bootstrap_rows, recipe.seed)
    figures: dict[int, list[tuple[float | None, float]]] = {k: [] for k in ks}
    for draw in range(effort.null_draws):
        tell("Comparaison avec des données mélangées", 0.05 + 0.2 * draw / effort.null_draws)
        mixed = shuffled(part[rows].astype(np.float32), search.units, recipe.seed + draw)
        distances = Distances.between(mixed, limit=effort.silhouette_rows, seed=recipe.seed)
        for k in ks:
            fitted = partition(
                mixed, k, starts=effort.evidence_starts, seed=recipe.seed, starter=distances.starter, tol=ROUGH
            )
            found = silhouette(distances, fitted.labels, k)
            figures[k].append((found.overall if found else None, fitted.inertia * len(part) / len(rows)))
    return {k: _null(draws) for k, draws in figures.items()}


def _null(draws: list[tuple[float | None, float]]) -> Null:
    values = [value for value, _ in draws if value is not None]
    inertia = float(np.mean([inertia for _, inertia in draws]))
    return Null(float(np.mean(values)), float(np.std(values)), inertia) if values else Null(None, None, inertia)


def _units(features: Features, width: int) -> tuple[tuple[int, ...], ...]:
    """Columns that are shuffled together: one number, or all words of the table."""
    numbers = len(features.numeric)
    units = [(at,) for at in range(numbers)]
    return (*units, tuple(range(numbers, width))) if width > numbers else tuple(units)
