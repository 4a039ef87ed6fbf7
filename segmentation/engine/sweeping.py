"""Try every number of groups on one scaled matrix and keep all the evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segmentation.engine.cleaning import Floats, Numbers
from segmentation.engine.clustering import Partition, partition, warm_fit, whole
from segmentation.engine.evidence import Distances, jaccards, sampled, shuffled, silhouette
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
    effort = recipe.effort
    distinct = _distinct(matrix, limit=max(recipe.k_max, recipe.clusters or 0) + 1)
    if distinct < 2:
        sentence = "Tous les clients ont les mêmes valeurs\u00a0: il n’y a qu’un groupe."
        return Sweep(whole(matrix), (), single(sentence), (sentence,))
    rows = sampled(len(matrix), effort.sample_rows, recipe.seed)
    part: Numbers = matrix if len(rows) == len(matrix) else matrix[rows].astype(np.float32)
    warnings: list[str] = []
    ks = _range(recipe, len(matrix), distinct, warnings)
    distances = Distances.between(part, limit=effort.silhouette_rows, seed=recipe.seed)
    nulls = _nulls(part, features, recipe, ks, tell)
    partitions: dict[int, Partition] = {}
    candidates: list[Candidate] = []
    for done, k in enumerate(ks):
        tell(f"Essai de {k} segments", 0.25 + 0.65 * done / len(ks))
        starts = effort.starts if len(part) < effort.many_rows else effort.starts_above_many
        warm = start if start is not None and len(start) == k else None
        partitions[k] = partition(part, k, starts=starts, seed=recipe.seed, warm=warm)
        candidates.append(_candidate(part, partitions[k], distances, nulls[k], recipe))
    known = tuple(candidates)
    in_service = None if start is None else len(start)
    if recipe.clusters:
        choice = imposed(known, recipe, len(matrix), min(recipe.clusters, distinct))
    else:
        choice = choose(known, recipe, len(matrix), in_service)
    best = partitions[choice.k]
    if len(rows) < len(matrix):
        best = warm_fit(matrix, best.centres)
    return Sweep(best, known, choice, tuple(warnings))


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


def _nulls(
    part: Numbers, features: Features, recipe: Recipe, ks: list[int], tell: Callable[[str, float], None]
) -> dict[int, Null]:
    effort = recipe.effort
    rows = sampled(len(part), effort.bootstrap_rows, recipe.seed)
    units = _units(features, part.shape[1])
    figures: dict[int, list[tuple[float | None, float]]] = {k: [] for k in ks}
    for draw in range(effort.null_draws):
        tell("Comparaison avec des données mélangées", 0.05 + 0.2 * draw / effort.null_draws)
        mixed = shuffled(part[rows], units, recipe.seed + draw)
        distances = Distances.between(mixed, limit=effort.silhouette_rows, seed=recipe.seed)
        for k in ks:
            fitted = partition(mixed, k, starts=effort.evidence_starts, seed=recipe.seed)
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


def _candidate(part: Numbers, fitted: Partition, distances: Distances, null: Null, recipe: Recipe) -> Candidate:
    effort = recipe.effort
    k = len(fitted.centres)
    found = silhouette(distances, fitted.labels, k)
    stable = jaccards(
        part,
        fitted.labels,
        k,
        draws=effort.bootstraps,
        rows=effort.bootstrap_rows,
        starts=effort.evidence_starts,
        seed=recipe.seed,
    )
    return Candidate(
        k=k,
        inertia=fitted.inertia,
        silhouette=found.overall if found else None,
        balanced=found.balanced if found else None,
        null_silhouette=null.silhouette,
        null_spread=null.spread,
        null_inertia=null.inertia,
        jaccards=stable,
        smallest=int(fitted.sizes.min()),
    )
