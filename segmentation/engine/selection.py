"""How many groups: the evidence for each k, and the rule that turns it into a choice.

Elbow and silhouette contradict each other on such data: the silhouette favours two or three broad groups, the raw
inertia falls for ever. Both are therefore read against column-shuffled data, which has the same margins and no groups:

1. k is *admissible* when its silhouette and its inertia beat those of shuffled data, when every cluster comes back in
   bootstrap samples (Jaccard, Hennig 2007), and when the smallest cluster is not tiny.
2. The elbow is read on the gap, log(inertia of shuffled data / inertia) (after Tibshirani, Walther and Hastie 2001,
   with shuffled columns for reference): the k-th group must bring at least `rule.gain` of the gap reached at k, and so
   must each group added to a smaller admissible k, on average. Otherwise a late rise counts, where many groups at last
   spell out every combination of words, beyond a plateau on which further groups brought nothing.
3. Among admissible k past step 2 whose silhouette (mean over clusters) keeps `rule.silhouette_kept` of the best, the
   largest wins: the finest picture that the evidence carries.

With no admissible k the answer is "no structure". The choice is *contested* when another bound on the gain, from half
to one and a half, would give another k; the published number of groups is then kept if it is admissible and no smaller
nor larger than all of those. A published number also stays in the running when one of its clusters falls below the
bound on Jaccard by no more than `DOUBT`: which side of the bound such a mean falls on is chance, and the gate on
stability judges that cluster anyway.

The sentence says how many clients stand between two segments, and that segments overlap when these are many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from segmentation.engine.recipe import Recipe, Rule
from segmentation.engine.wording import percent

STRICTNESS = (0.5, 0.75, 1.25, 1.5)
"""By how much the bound on the gain is bent to see whether the choice hangs on it."""
DOUBT = 0.05
"""How far the mean Jaccard of some tens of bootstrap samples strays between two runs on nearly the same clients."""

OVERLAP = 0.10
"""From this share of clients on a frontier the segments are said to overlap. Distinct planted groups stay below it."""


@dataclass(frozen=True)
class Candidate:
    """The evidence for one k. Figures are None where they have no meaning (one group, too few rows).

    `silhouette` is the mean over rows, `balanced` the mean over clusters, `null_silhouette` and `null_inertia` the
    same on column-shuffled data (mean of the draws), `null_spread` the standard deviation of the null silhouettes.
    `jaccards` has one bootstrap Jaccard a cluster, by cluster number, the mean of `draws` samples; `smallest` is the
    size of the smallest cluster, `frontier` the share of clients that stand between two clusters.
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
    draws: int = 0
    frontier: float | None = None

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

    @property
    def gap(self) -> float | None:
        """log(inertia of shuffled data / inertia): 0 when the groups explain no more than chance."""
        if not self.null_inertia or self.inertia <= 0:
            return None
        return math.log(self.null_inertia / self.inertia)


@dataclass(frozen=True)
class Choice:
    """The number of groups kept, and why. `rule` and `why` are French sentences.

    `structure` is False when no candidate stands out from shuffled data, `imposed` True when a person fixed k.
    `elbow` is the last k that brings enough, `best_silhouette` the k of the highest silhouette, `runner_up` the k that
    would come next, `contested` those that another strictness of the rule would choose.
    """

    k: int
    rule: str
    why: str
    runner_up: int | None = None
    structure: bool = True
    imposed: bool = False
    elbow: int | None = None
    best_silhouette: int | None = None
    contested: tuple[int, ...] = ()


def choose(candidates: tuple[Candidate, ...], recipe: Recipe, rows: int, published: int | None = None) -> Choice:
    """Apply the rule. `published` is the number of groups in service."""
    fit = admissible(candidates, recipe, rows)
    best_silhouette = max(candidates, key=lambda item: item.silhouette or -1.0).k
    if not fit:
        strongest = max(candidates, key=lambda item: (item.above_null or -1.0, -item.k))
        why = "Aucun nombre de segments ne se distingue des mêmes données mélangées\u00a0: aucune structure trouvée."
        return Choice(strongest.k, spoken(recipe, rows), why, structure=False, best_silhouette=best_silhouette)
    ladder = _gains(candidates)
    winner = _winner(fit, ladder, recipe.rule, 1.0)
    running = admissible(candidates, recipe, rows, published)
    others = {_winner(running, ladder, recipe.rule, strictness) for strictness in (1.0, *STRICTNESS)} - {winner}
    between = range(min({winner, *others}), max({winner, *others}) + 1)
    undecided = published in between and any(item.k == published for item in running)
    kept = published if published is not None and undecided else winner
    contested = tuple(sorted((others | {winner}) - {kept}))
    elbow = max((item.k for item in candidates if ladder[item.k] >= recipe.rule.gain), default=None)
    choice = Choice(
        k=kept,
        rule=spoken(recipe, rows),
        why="",
        runner_up=_runner_up(fit, kept, contested),
        elbow=elbow,
        best_silhouette=best_silhouette,
        contested=contested,
    )
    return replace(choice, why=_why(choice, candidates, kept_for_published=kept != winner))


def imposed(candidates: tuple[Candidate, ...], recipe: Recipe, rows: int, k: int) -> Choice:
    """A person fixed k: what the rule would have said stays on record."""
    ruled = choose(candidates, recipe, rows)
    asked = recipe.clusters or k
    why = f"Nombre de segments imposé\u00a0: {asked}."
    if asked != k:
        why += f" Les données n’en permettent que {k}."
    if not ruled.structure:
        why += " La règle ne trouve aucune structure."
    elif ruled.k == k:
        why += " La règle donne le même nombre."
    else:
        why += f" La règle donnerait {ruled.k}."
    runner_up = ruled.k if ruled.k != k else ruled.runner_up
    return replace(ruled, k=k, why=why, imposed=True, runner_up=runner_up)


def single(sentence: str) -> Choice:
    """One group only: no two clients differ."""
    return Choice(1, "", sentence, structure=False)


def admissible(
    candidates: tuple[Candidate, ...], recipe: Recipe, rows: int, published: int | None = None
) -> tuple[Candidate, ...]:
    """Candidates that pass step 1; the published number of groups with the benefit of the doubt."""
    gates = recipe.gates
    return tuple(
        item
        for item in candidates
        if (item.above_null or 0.0) >= gates.above_null
        and (item.gap or 0.0) >= gates.above_null
        and (item.stability or 0.0) >= gates.jaccard_hold - (DOUBT if item.k == published else 0.0)
        and item.smallest >= gates.smallest(rows)
    )


def spoken(recipe: Recipe, rows: int) -> str:
    """The rule as a French sentence, with its figures."""
    gates, rule = recipe.gates, recipe.rule
    return (
        f"Un nombre de segments est recevable si sa silhouette et son inertie font mieux que les mêmes données "
        f"mélangées (d’au moins {_fr(gates.above_null)}), si chaque segment se retrouve par rééchantillonnage (Jaccard "
        f"d’au moins {_fr(gates.jaccard_hold)}) et si le plus petit compte au moins {gates.smallest(rows)} clients. "
        f"Parmi les recevables, on retient le plus grand dont le dernier segment apporte encore au moins "
        f"{rule.gain * 100:.0f}\u00a0% de la structure (le coude), comme en moyenne tout segment ajouté à un nombre "
        f"recevable plus petit, sans que la silhouette moyenne par segment descende sous "
        f"{rule.silhouette_kept * 100:.0f}\u00a0% de la meilleure."
    )


def _gains(candidates: tuple[Candidate, ...]) -> dict[int, float]:
    """What the last group of each k brings, as a share of the gap reached; the first k is read against no group."""
    gains, before, previous = {}, 0.0, 1
    for item in candidates:
        gap = item.gap or 0.0
        # An imposed k may lie beyond the range: its gain is then spread over the steps in between.
        gains[item.k] = (gap - before) / gap / (item.k - previous) if gap > 0 else 0.0
        before, previous = gap, item.k
    return gains


def _winner(fit: tuple[Candidate, ...], gains: dict[int, float], rule: Rule, strictness: float) -> int:
    best = max(item.balanced or 0.0 for item in fit)
    bound = rule.gain * strictness
    worth = [
        item.k
        for item in fit
        if (item.balanced or 0.0) >= rule.silhouette_kept * best
        and gains[item.k] >= bound
        and all(_mean_gain(item, fewer) >= bound for fewer in fit if fewer.k < item.k)
    ]
    return max(worth) if worth else max(fit, key=lambda item: item.balanced or 0.0).k


def _mean_gain(item: Candidate, fewer: Candidate) -> float:
    """What each group beyond a smaller number brings on average, as a share of the gap reached."""
    gap = item.gap or 0.0
    return (gap - (fewer.gap or 0.0)) / gap / (item.k - fewer.k) if gap > 0 else 0.0


def _runner_up(fit: tuple[Candidate, ...], k: int, contested: tuple[int, ...]) -> int | None:
    """A contested k first; else the admissible one with the best silhouette."""
    if contested:
        return min(contested, key=lambda other: (abs(other - k), other))
    rest = [item for item in fit if item.k != k]
    return max(rest, key=lambda item: item.balanced or 0.0).k if rest else None


def _why(choice: Choice, candidates: tuple[Candidate, ...], *, kept_for_published: bool) -> str:
    chosen = next(item for item in candidates if item.k == choice.k)
    parts = [
        f"{choice.k} segments\u00a0: silhouette {_fr(chosen.silhouette)} contre {_fr(chosen.null_silhouette)} sur "
        f"données mélangées, stabilité {_fr(chosen.stability)}, plus petit segment {chosen.smallest} clients."
    ]
    if choice.best_silhouette != choice.k or choice.elbow != choice.k:
        elbow = "aucun coude net" if choice.elbow is None else f"coude à {choice.elbow}"
        parts.append(f"La silhouette seule choisirait {choice.best_silhouette}\u00a0; {elbow}.")
    if kept_for_published:
        parts.append("Le nombre publié est conservé, car les données ne tranchent pas.")
    said = "" if chosen.frontier is None else f"{percent(chosen.frontier)} des clients sont entre deux segments."
    overlap = chosen.frontier is not None and chosen.frontier >= OVERLAP
    if overlap:
        said = f"Les segments se recouvrent\u00a0: {said}"
    parts += [said] if said else []
    if choice.contested:
        rivals = " ou ".join(str(k) for k in choice.contested)
        undecided = f"{rivals} se défendrait aussi."
        parts.append(undecided if overlap or kept_for_published else f"Les données ne tranchent pas\u00a0: {undecided}")
    elif choice.runner_up is not None:
        parts.append(f"Second choix\u00a0: {choice.runner_up}.")
    return " ".join(parts)


def _fr(value: float | None) -> str:
    return "inconnue" if value is None else f"{value:.2f}".replace(".", ",")
