"""What differs between the recipes of two runs, in words: each knob is said, and only those that differ are kept.

A knob that this version does not know how to say is named as it is stored: a difference is never passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dignamik.foundation import french
from segmentation.models import Run
from segmentation.web.runs import FILLS, TREATMENTS

UNSAID = "non précisé"
SCALES = {"column": "une échelle par donnée", "pooled": "une échelle commune"}
# Said with the run itself, or no knob at all.
NOT_KNOBS = {"format", "seed", "clusters"}
KNOBS = {
    "rare_below": "Clients en dessous desquels une valeur compte comme « autre »",
    "winsor": "Part ramenée au seuil à chaque extrémité",
    "largest": "Nombre tenu pour une erreur de saisie au-delà de",
    "gates.jaccard_hold": "Contrôle : stabilité en dessous de laquelle le calcul est retenu",
    "gates.jaccard_warn": "Contrôle : stabilité en dessous de laquelle il avertit",
    "gates.smallest_count": "Contrôle : plus petit segment, en clients",
    "gates.smallest_share": "Contrôle : plus petit segment, en part des clients",
    "gates.above_null": "Contrôle : avance sur les données mélangées",
    "gates.moved_share": "Contrôle : part de clients déplacés au plus",
    "gates.redundancy": "Contrôle : redondance au plus (V de Cramér)",
    "rule.gain": "Règle : apport du dernier segment au moins",
    "rule.silhouette_kept": "Règle : part de la meilleure silhouette à garder",
    "effort.starts": "Effort : départs",
    "effort.starts_above_many": "Effort : départs sur un grand portefeuille",
    "effort.many_rows": "Effort : clients à partir desquels le portefeuille est grand",
    "effort.sample_rows": "Effort : clients de l’échantillon d’essai",
    "effort.silhouette_rows": "Effort : clients sur lesquels la silhouette est mesurée",
    "effort.bootstraps": "Effort : rééchantillonnages au plus",
    "effort.bootstraps_least": "Effort : rééchantillonnages au moins",
    "effort.bootstrap_rows": "Effort : clients d’un rééchantillonnage",
    "effort.null_draws": "Effort : tirages de données mélangées",
    "effort.evidence_starts": "Effort : départs des mesures de preuve",
}
SHARES = {"winsor", "gates.smallest_share", "gates.moved_share", "rule.gain", "rule.silhouette_kept"}

Said = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Difference:
    """One knob that the two runs set differently, as each set it."""

    label: str
    a: str
    b: str


def differences(a: Run, b: Run) -> list[Difference]:
    """What the second run set differently from the first, in the order of a recipe."""
    old, new = _said(a), _said(b)
    found = []
    for key in dict.fromkeys((*new, *old)):
        label = _spaced((new.get(key) or old[key])[0])
        was, now = (said[key][1] if key in said else UNSAID for said in (old, new))
        if was != now:
            found.append(Difference(label, was, now))
    return found


def _spaced(text: str) -> str:
    """With the no-break spaces of French typography."""
    return text.replace(" : ", "\u00a0: ").replace("« ", "«\u00a0").replace(" »", "\u00a0»")


def _said(run: Run) -> Said:
    """Every knob of a run: key → label and value, in words."""
    recipe: Mapping[str, Any] = run.recipe if isinstance(run.recipe, Mapping) else {}
    number = f"{run.clusters}, imposé" if run.clusters else "choisi par la règle"
    said: Said = {"clusters": ("Nombre de segments", number), "seed": ("Graine", str(run.seed))}
    labels: dict[str, str] = {}
    for kind in ("numeric", "categorical"):
        for column in recipe.get(kind, ()):
            name = str(column.get("name"))
            labels[name] = str(column.get("label") or name)
            said[f"column.{name}"] = (labels[name], _column(column))
    for block in recipe.get("blocks", ()):
        said[f"block.{block.get('name')}"] = _block(block, recipe, labels)
    if "needs_any" in recipe:
        needed = ", ".join(labels.get(name, name) for name in recipe["needs_any"])
        said["needs_any"] = ("Données dont une au moins doit être connue", needed or "aucune")
    if "k_min" in recipe and "k_max" in recipe:
        said["k"] = ("Nombres de segments essayés", f"de {recipe['k_min']} à {recipe['k_max']}")
    handled = NOT_KNOBS | {"numeric", "categorical", "blocks", "needs_any", "k_min", "k_max"}
    for key, value in _flat({name: value for name, value in recipe.items() if name not in handled}):
        said[key] = (KNOBS.get(key, f"« {key} »"), _value(key, value))
    return said


def _flat(knobs: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in knobs.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _column(column: Mapping[str, Any]) -> str:
    parts = []
    if "transform" in column:
        parts.append(TREATMENTS.get(column["transform"], str(column["transform"])))
    if "imputation" in column:
        parts.append(f"inconnu\u00a0: {FILLS.get(column['imputation'], column['imputation'])}")
    if not parts:
        parts.append("une colonne par valeur")
    # What it weighs in its block, which block that is, and anything that a later version adds.
    said = {"name", "label", "transform", "imputation"}
    words = {"share": "part", "block": "bloc", "unit": "unité"}
    parts += [f"{words.get(key, key)} {_value(key, value)}" for key, value in column.items() if key not in said]
    return "\u00a0; ".join(parts)


def _block(block: Mapping[str, Any], recipe: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[str, str]:
    name = block.get("name")
    columns = [column for kind in ("numeric", "categorical") for column in recipe.get(kind, ())]
    inside = ", ".join(labels[str(column["name"])] for column in columns if column.get("block") == name)
    parts = [f"poids {_value('weight', block.get('weight'))}"]
    parts += [
        SCALES.get(str(value), str(value)) if key == "scale" else f"{key} {_value(key, value)}"
        for key, value in block.items()
        if key not in {"name", "weight"}
    ]
    return f"Bloc « {name} » ({inside or 'aucune donnée'})", ", ".join(parts)


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return UNSAID if value is None else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return value
    if key in SHARES:
        return f"{value * 100:g}".replace(".", ",") + "\u00a0%"
    return french.grouped(value) if value == int(value) else f"{value:g}".replace(".", ",")
