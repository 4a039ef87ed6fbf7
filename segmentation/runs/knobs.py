"""The knobs of a recipe that people turn: their names, their bounds, and a recipe as a flat list of them.

A knob's name is its path in the recipe, its parts joined by two underscores: `gates__moved_share`,
`blocks__followers__weight`, `columns__turnover__used`. What is no knob is carried over from the recipe one starts from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from segmentation.engine.bounds import GATES, MOST_WEIGHT, RULE, Bounds
from segmentation.engine.errors import RecipeError
from segmentation.engine.recipe import (
    FEWEST_SEGMENTS,
    MOST_SEGMENTS,
    CategoricalColumn,
    NumericColumn,
    Recipe,
    default_recipe,
)
from segmentation.runs.frames import COLUMNS

Kind = Literal["whole", "number", "percent"]
LEAST_WEIGHT = 0.01
"""Of a block or a column: what should count for nothing is left out instead."""
WEIGHTS: Bounds = (LEAST_WEIGHT, MOST_WEIGHT)


@dataclass(frozen=True)
class Knob:
    """One number of the recipe. Bounds in the recipe's own unit: a percentage lies between 0 and 1."""

    name: str
    label: str | Promise
    help: str | Promise
    bounds: Bounds
    kind: Kind = "number"


@dataclass(frozen=True)
class Group:
    """Knobs that people look at together."""

    title: str | Promise
    help: str | Promise
    knobs: tuple[Knob, ...]


GROUPS = (
    Group(
        _("Nombre de segments"),
        _("Ce que la règle essaie, et ce qu’elle retient."),
        (
            Knob("k_min", _("Essayer à partir de"), "", (FEWEST_SEGMENTS, MOST_SEGMENTS), "whole"),
            Knob("k_max", _("Essayer jusqu’à"), "", (FEWEST_SEGMENTS, MOST_SEGMENTS), "whole"),
            Knob(
                "rule__gain", _("Apport du dernier segment"), _("Part de la structure qu’il doit apporter, au moins."),
                RULE["gain"], "percent",
            ),
            Knob(
                "rule__silhouette_kept", _("Silhouette à garder"),
                _("Part de la meilleure silhouette sous laquelle on ne descend pas."),
                RULE["silhouette_kept"], "percent",
            ),
        ),
    ),
    Group(
        _("Nettoyage"),
        _("Ce que deviennent les valeurs extrêmes et les mots rares."),
        (
            Knob(
                "winsor", _("Valeurs extrêmes ramenées"),
                _("Part de chaque extrémité d’une donnée, ramenée au quantile."),
                (0.0, 0.24), "percent",
            ),
            Knob(
                "rare_below", _("Catégorie rare au-dessous de"),
                _("Une valeur portée par moins de clients que cela devient «\u00a0autre\u00a0»."), (1, 1_000), "whole",
            ),
        ),
    ),
    Group(
        _("Contrôles"),
        _(
            "Au-delà de ces seuils, le calcul est signalé, ou retenu\u00a0: le publier demande alors une raison écrite."
        ),
        (
            Knob(
                "gates__above_null", _("Écart aux données mélangées"),
                _("Ce que la silhouette et l’inertie doivent gagner sur les mêmes données mélangées."),
                GATES["above_null"],
            ),
            Knob(
                "gates__jaccard_hold", _("Stabilité qui retient"),
                _("Indice de Jaccard\u00a0: un segment au-dessous retient le calcul."), GATES["jaccard_hold"],
            ),
            Knob(
                "gates__jaccard_warn", _("Stabilité qui signale"),
                _("Un segment au-dessous est signalé, sans retenir le calcul."), GATES["jaccard_warn"],
            ),
            Knob(
                "gates__smallest_count", _("Plus petit segment, en clients"),
                _("Un segment plus petit retient le calcul."), GATES["smallest_count"], "whole",
            ),
            Knob(
                "gates__smallest_share", _("Plus petit segment, en part"),
                _("De même, en part des clients analysés\u00a0; la plus exigeante des deux bornes s’applique."),
                GATES["smallest_share"], "percent",
            ),
            Knob(
                "gates__moved_share", _("Clients qui changent de segment"),
                _("Une part plus grande, par rapport au calcul publié, retient le calcul."), GATES["moved_share"],
                "percent",
            ),
            Knob(
                "gates__redundancy", _("Répétition d’une donnée"),
                _("V de Cramér corrigé\u00a0: au-dessus, les segments répètent le secteur, c’est signalé."),
                GATES["redundancy"],
            ),
        ),
    ),
    Group(
        "Effort",
        _("Plus d’effort donne des segments plus stables et un calcul plus long."),
        (
            Knob("effort__starts", _("Départs par nombre de segments"), "", (1, 500), "whole"),
            Knob(
                "effort__bootstraps", _("Rééchantillonnages au plus"),
                _(
                    "Ils mesurent la stabilité\u00a0; un nombre de segments dont la réponse est claire s’arrête "
                    "plus tôt."
                ),
                (2, 500), "whole",
            ),
        ),
    ),
)  # fmt: skip

BLOCKS = {
    "followers": _("Abonnés"),
    "turnover": _("Chiffre d’affaires"),
    "seniority": _("Ancienneté"),
    "activity": _("Activité"),
}
NOTHING_TELLING = _(
    "Gardez le chiffre d’affaires ou un réseau au moins\u00a0: sans eux, rien ne dit qui peut être classé."
)
TRANSFORMS = {"signed_log": _("logarithme"), "identity": _("telle quelle")}

AnyColumn = NumericColumn | CategoricalColumn


def columns_of(recipe: Recipe) -> tuple[AnyColumn, ...]:
    """What a recipe looks at, numbers first."""
    return (*recipe.numeric, *recipe.categorical)


def known_columns(recipe: Recipe) -> dict[str, AnyColumn]:
    """What a recipe may look at: its own columns, and those of the default recipe that it leaves out."""
    mine = {column.name: column for column in columns_of(recipe)}
    house = [column for column in columns_of(default_recipe()) if column.name in COLUMNS]
    return {column.name: mine.pop(column.name, column) for column in house} | mine


def knobs_of(recipe: Recipe) -> list[Knob]:
    """Every number that may be turned, weights included, in the order of the pages."""
    weights = [
        Knob(f"blocks__{block.name}__weight", BLOCKS.get(block.name, block.name), "", WEIGHTS)
        for block in recipe.blocks
    ]
    return [*weights, *(knob for group in GROUPS for knob in group.knobs)]


def values_of(recipe: Recipe) -> dict[str, Any]:
    """The recipe, flat. A column that is left out keeps the share and transform it would come back with."""
    plain = recipe.to_dict()
    plain["blocks"] = {block["name"]: block for block in plain["blocks"]}
    values = {knob.name: _at(plain, knob.name) for knob in knobs_of(recipe)}
    for name, column in known_columns(recipe).items():
        values[f"columns__{name}__used"] = name in recipe.columns
        values[f"columns__{name}__share"] = column.share
        if isinstance(column, NumericColumn):
            values[f"columns__{name}__transform"] = column.transform
    return values


def _at(plain: Mapping[str, Any], name: str) -> Any:
    found: Any = plain
    for part in name.split("__"):
        found = found[part]
    return found


def turned(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with these values in place of its own. Raises RecipeError on what cannot work."""
    plain = recipe.to_dict()
    for knob in (knob for group in GROUPS for knob in group.knobs):
        *path, last = knob.name.split("__")
        (plain[path[0]] if path else plain)[last] = values[knob.name]
    for block in plain["blocks"]:
        block["weight"] = values[f"blocks__{block['name']}__weight"]
    known = known_columns(recipe)
    kept = [_turned(column, values) for name, column in known.items() if values[f"columns__{name}__used"]]
    plain["numeric"] = [asdict(column) for column in kept if isinstance(column, NumericColumn)]
    plain["categorical"] = [asdict(column) for column in kept if isinstance(column, CategoricalColumn)]
    # A column that comes back finds its block again, should this recipe have lost it.
    missing = {column.block for column in kept} - {block["name"] for block in plain["blocks"]}
    plain["blocks"] += [asdict(block) for block in default_recipe().blocks if block.name in missing]
    telling = {*default_recipe().needs_any, *recipe.needs_any}
    plain["needs_any"] = [column.name for column in kept if column.name in telling]
    if kept and telling and not plain["needs_any"]:
        raise RecipeError(str(NOTHING_TELLING), about="names")
    return Recipe.from_dict(plain)


def _turned(column: AnyColumn, values: Mapping[str, Any]) -> AnyColumn:
    share = values[f"columns__{column.name}__share"]
    if isinstance(column, NumericColumn):
        return replace(column, share=share, transform=values[f"columns__{column.name}__transform"])
    return replace(column, share=share)
