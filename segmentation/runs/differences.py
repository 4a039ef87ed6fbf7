"""Recipes in words: what one says, and what changed from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.engine.errors import RecipeError
from segmentation.engine.recipe import NumericColumn, Recipe
from segmentation.runs.knobs import BLOCKS, GROUPS, TRANSFORMS, Knob, columns_of, knobs_of, known_columns, values_of


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was, in words."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.label}\u00a0: {self.before} → {self.after}"


@dataclass(frozen=True)
class Setting:
    """One knob of a recipe and where it stands, in words."""

    label: str
    value: str


def said(knob: Knob, value: Any) -> str:
    """A knob's value as French people write it."""
    number = round(value * 100, 6) if knob.kind == "percent" else value
    text = plain(number)
    return f"{text}\u00a0%" if knob.kind == "percent" else text


def settings_of(stored: Any) -> list[tuple[str, list[Setting]]]:
    """A stored recipe's knobs by group, weights and columns aside; nothing when it cannot be read any more."""
    try:
        recipe = Recipe.from_dict(stored)
    except RecipeError:
        return []
    values = values_of(recipe)
    return [
        (group.title, [Setting(knob.label, said(knob, values[knob.name])) for knob in group.knobs]) for group in GROUPS
    ]


def said_of_columns(stored: Any) -> list[str]:
    """What a stored recipe looks at, a line each; nothing when it cannot be read any more."""
    try:
        recipe = Recipe.from_dict(stored)
    except RecipeError:
        return []
    lines = []
    for column in columns_of(recipe):
        block = recipe.block(column.block)
        bend = f"{TRANSFORMS[column.transform]}, " if isinstance(column, NumericColumn) else ""
        title = BLOCKS.get(block.name, block.name)
        lines.append(
            f"{column.label or column.name}\u00a0: {bend}part {plain(column.share)} du bloc "
            f"«\u00a0{title}\u00a0», de poids {plain(block.weight)}"
        )
    return lines


def plain(number: float) -> str:
    """A bare number as French people write it."""
    return f"{number:g}".replace(".", ",")


def differences(old: Recipe, new: Recipe) -> list[Difference]:
    """Everything in which `new` is not `old`, in the order of the form."""
    before, after = values_of(old), values_of(new)
    knobs = {knob.name: knob for knob in (*knobs_of(old), *knobs_of(new))}
    return [*_columns(old, new, before, after), *_knobs(knobs, before, after), *_others(old, new)]


def _knobs(knobs: Mapping[str, Knob], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name, knob in knobs.items():
        was, now = before.get(name), after.get(name)
        if was != now:
            label = f"Poids de «\u00a0{knob.label}\u00a0»" if name.startswith("blocks__") else knob.label
            yield Difference(
                label,
                "–" if was is None else said(knob, was),
                "–" if now is None else said(knob, now),
            )


def _columns(old: Recipe, new: Recipe, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name, column in (known_columns(old) | known_columns(new)).items():
        label = column.label or name
        was, now = name in old.columns, name in new.columns
        if was != now:
            yield Difference(label, *("utilisée" if used else "laissée de côté" for used in (was, now)))
        elif now:
            share, bend = f"columns__{name}__share", f"columns__{name}__transform"
            if before[share] != after[share]:
                yield Difference(f"{label}, part dans son bloc", plain(before[share]), plain(after[share]))
            if before.get(bend) != after.get(bend):
                yield Difference(f"{label}, transformation", TRANSFORMS[before[bend]], TRANSFORMS[after[bend]])


def _others(old: Recipe, new: Recipe) -> Iterator[Difference]:
    """What no form turns, by its technical name: it changes when the house's own recipe does."""
    before, after = _flat(old), _flat(new)
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield Difference(f"«\u00a0{name}\u00a0»", str(before[name]), str(after[name]))


def _flat(recipe: Recipe) -> dict[str, Any]:
    """The recipe's other values by path. What only one recipe has is said by its column or its block."""
    plain = recipe.to_dict()
    flat: dict[str, Any] = {}
    for key in ("numeric", "categorical", "blocks"):
        for item in plain.pop(key):
            hidden = {"name", "share", "transform", "weight"}
            flat |= {f"{key}.{item['name']}.{field}": value for field, value in item.items() if field not in hidden}
    turned = {knob.name for knob in knobs_of(recipe)} | {"needs_any"}
    for key, value in plain.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{field}": inner for field, inner in value.items() if f"{key}__{field}" not in turned}
        elif key not in turned:
            flat[key] = value
    return flat
