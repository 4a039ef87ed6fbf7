"""The verdict on a run: each check with its figure, its bound and a French sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segmentation.engine.cleaning import Ints
from segmentation.engine.features import Features
from segmentation.engine.lineage import Lineage
from segmentation.engine.naming import NameSuggestion
from segmentation.engine.recipe import Recipe
from segmentation.engine.selection import Candidate
from segmentation.engine.verdict import Gate, Verdict
from segmentation.engine.wording import percent

CHANGES = {
    "split": ("issu d’une scission", "issus d’une scission"),
    "merged": ("issu d’une fusion", "issus d’une fusion"),
    "new": ("nouveau", "nouveaux"),
    "vanished": ("disparu", "disparus"),
}
"""What a segment that is not the same any more has become: one, several."""

__all__ = ["Gate", "Verdict", "cramers_v", "judge", "lineage_gates", "redundancy_gate"]


def judge(
    candidate: Candidate | None, names: Sequence[NameSuggestion], features: Features, labels: Ints, recipe: Recipe
) -> Verdict:
    """The gates that need no other run: structure, stability and size of each segment, redundancy."""
    if candidate is None:
        says = "Aucune structure\u00a0: tous les clients ont les mêmes valeurs."
        return Verdict.of([Gate("structure", None, recipe.gates.above_null, passed=False, level="hold", says=says)])
    gates = [_structure(candidate, recipe), *_stability(candidate, names, recipe), _smallest(candidate, labels, recipe)]
    gates += [
        redundancy_gate(labels, features.table[column.name], column.label or column.name, recipe)
        for column in features.categorical[:1]
    ]
    return Verdict.of(gates)


def _structure(candidate: Candidate, recipe: Recipe) -> Gate:
    bound = recipe.gates.above_null
    value = candidate.above_null
    if value is not None and candidate.gap is not None:
        # Both the silhouette and the inertia must beat shuffled data; the weaker of the two is the figure.
        value = min(value, candidate.gap)
    passed = value is not None and value >= bound
    if value is None:
        says = "La structure n’a pas pu être mesurée."
    else:
        seen = "nettement au-dessus" if passed else "à peine au-dessus"
        if value <= 0:
            seen = "pas au-dessus"
        says = (
            f"Silhouette {comma(candidate.silhouette)}, {seen} des mêmes données mélangées "
            f"({comma(candidate.null_silhouette)})."
        )
        says = says if passed else f"Aucune structure nette\u00a0: {says[0].lower()}{says[1:]}"
    return Gate("structure", value, bound, passed, "hold", says)


def _stability(candidate: Candidate, names: Sequence[NameSuggestion], recipe: Recipe) -> list[Gate]:
    """Each segment against both bounds: below the first the run is held, between them it warns.

    Both sentences name the least stable of those they speak of.
    """
    gates = recipe.gates
    by_stability = sorted(range(len(candidate.jaccards)), key=lambda label: candidate.jaccards[label])
    weak = sum(jaccard < gates.jaccard_hold for jaccard in candidate.jaccards)
    doubtful = sum(gates.jaccard_hold <= jaccard < gates.jaccard_warn for jaccard in candidate.jaccards)
    value = candidate.jaccards[by_stability[0]]
    least = _least_stable(by_stability[0], value, names)
    if weak:
        lost = "1 segment ne se retrouve pas" if weak == 1 else f"{weak} segments ne se retrouvent pas"
        says = f"{lost} d’un échantillon à l’autre\u00a0: {least}."
    else:
        says = f"Chaque segment se retrouve d’un échantillon à l’autre\u00a0; {least}."
    found = [Gate("stability", value, gates.jaccard_hold, not weak, "hold", says)]
    if doubtful:
        first = by_stability[weak]
        value = candidate.jaccards[first]
        others = f"{doubtful} {'autre' if doubtful == 1 else 'autres'}" if weak else str(doubtful)
        says = f"{others} segment{'' if doubtful == 1 else 's'} aux contours incertains\u00a0: "
        says += f"{_least_stable(first, value, names)}."
    else:
        says = "Aucun segment aux contours incertains."
    if doubtful or not weak:
        found.append(Gate("contours", value, gates.jaccard_warn, not doubtful, "warn", says))
    return found


def _least_stable(label: int, jaccard: float, names: Sequence[NameSuggestion]) -> str:
    name = next((item.name for item in names if item.label == label), f"n°\u00a0{label + 1}")
    return f"le moins stable est «\u00a0{name}\u00a0» (indice de Jaccard {comma(jaccard)}, rééchantillonnage)"


def _smallest(candidate: Candidate, labels: Ints, recipe: Recipe) -> Gate:
    bound = recipe.gates.smallest(len(labels))
    value = int(np.bincount(labels, minlength=candidate.k).min())
    passed = value >= bound
    says = f"Le plus petit segment compte {value} clients (minimum {bound})."
    return Gate("smallest", float(value), float(bound), passed, "hold", says)


def redundancy_gate(labels: Ints, words: pd.Series, label: str, recipe: Recipe) -> Gate:
    """Do the segments repeat a column? `words` follow the rows of `labels`; the column need not be in the recipe.

    For a place take the department, never the town: with hundreds of towns even shuffled labels look tied to them.
    """
    bound = recipe.gates.redundancy
    value = cramers_v(labels, words)
    passed = value <= bound
    what = label.lower()
    says = (
        f"Les segments disent autre chose que la colonne «\u00a0{what}\u00a0» (V de Cramér corrigé {comma(value)})."
        if passed
        else f"Les segments répètent presque la colonne «\u00a0{what}\u00a0» (V de Cramér corrigé {comma(value)})."
    )
    return Gate("redundancy", value, bound, passed, "warn", says)


def cramers_v(labels: Ints, words: pd.Series) -> float:
    """Bias-corrected Cramér's V between labels and words, unknown words left out (Bergsma, JKSS 2013). 0..1."""
    known = words.notna().to_numpy()
    table = pd.crosstab(labels[known], words[known]).to_numpy(dtype=np.float64)
    total = table.sum()
    rows, columns = table.shape if table.size else (0, 0)
    if total < 2 or rows < 2 or columns < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / total
    phi = float(((table - expected) ** 2 / expected).sum() / total)
    corrected = max(0.0, phi - (columns - 1) * (rows - 1) / (total - 1))
    fewer_rows = rows - (rows - 1) ** 2 / (total - 1)
    fewer_columns = columns - (columns - 1) ** 2 / (total - 1)
    smaller = min(fewer_rows, fewer_columns) - 1
    return float(np.sqrt(min(1.0, corrected / smaller))) if smaller > 0 else 0.0


def lineage_gates(lineage: Lineage, recipe: Recipe) -> tuple[Gate, ...]:
    """The gates against the published run: every segment goes on, few clients move."""
    counts = {kind: sum(kin.verdict == kind for kin in lineage.clusters) for kind in ("split", "merged", "new")}
    counts["vanished"] = len(lineage.vanished)
    parts = [f"{count} {CHANGES[kind][count > 1]}" for kind, count in counts.items() if count]
    changes = sum(counts.values())
    says = (
        f"Les segments ne sont plus ceux qui sont publiés\u00a0: {', '.join(parts)}."
        if parts
        else "Chaque segment continue un segment publié."
    )
    bound = recipe.gates.moved_share
    moved = lineage.moved_share
    few = moved <= bound
    told = (
        f"{lineage.moved} clients sur {lineage.shared} changent de segment ({percent(moved)}, "
        f"maximum {percent(bound)})."
    )
    return (
        Gate("lineage", float(changes), 0.0, lineage.unchanged, "hold", says),
        Gate("moved", moved, bound, few, "hold", told),
    )


def comma(value: float | None, digits: int = 2) -> str:
    """A figure as French text."""
    return "inconnue" if value is None else f"{value:.{digits}f}".replace(".", ",")
