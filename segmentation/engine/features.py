"""Which columns of a table can speak: cleaned, checked, and set aside with the reason when they say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.engine.cleaning import Floats, Ints, clean_numbers, clean_words, transformed
from segmentation.engine.errors import FrameError, NothingToTrain
from segmentation.engine.recipe import CategoricalColumn, NumericColumn, Recipe


@dataclass(frozen=True)
class Features:
    """The cleaned table (rows sorted by index, unknown = NaN / None) and the columns that are kept.

    `numeric` is grouped by block, in the recipe's order of blocks: the order of the scaled matrix.
    """

    table: pd.DataFrame
    index: Ints
    numeric: tuple[NumericColumn, ...]
    categorical: tuple[CategoricalColumn, ...]
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]

    def weight(self, column: NumericColumn | CategoricalColumn, recipe: Recipe) -> float:
        """The column's part of its block's weight, among the columns that are kept."""
        every: tuple[NumericColumn | CategoricalColumn, ...] = (*self.numeric, *self.categorical)
        mates = [item for item in every if item.block == column.block]
        return recipe.block(column.block).weight * column.share / sum(item.share for item in mates)


@dataclass(frozen=True)
class Extras:
    """Columns that the model does not look at but people read: cleaned as the others, rows in the same order."""

    table: pd.DataFrame
    numeric: tuple[NumericColumn, ...]
    words: tuple[CategoricalColumn, ...]


def read_extras(frame: pd.DataFrame, columns: Sequence[NumericColumn | CategoricalColumn], largest: float) -> Extras:
    """Clean the columns of `frame` that are only described. Raises FrameError when one is absent."""
    absent = [column.name for column in columns if column.name not in frame.columns]
    if absent:
        raise FrameError(f"Colonnes absentes du tableau : {', '.join(absent)}.")
    frame = frame.sort_index()
    numeric = tuple(column for column in columns if isinstance(column, NumericColumn))
    words = tuple(column for column in columns if isinstance(column, CategoricalColumn))
    table = pd.DataFrame(index=frame.index)
    for number in numeric:
        table[number.name] = clean_numbers(frame[number.name].tolist(), largest)
    for word in words:
        table[word.name] = pd.Series(clean_words(frame[word.name].tolist()), index=frame.index, dtype=object)
    return Extras(table, numeric, words)


def read(frame: pd.DataFrame, recipe: Recipe) -> Features:
    """Clean `frame` (one row a client, unique integer index). Raises FrameError, NothingToTrain."""
    _check(frame, recipe)
    frame = frame.sort_index()
    table = pd.DataFrame(index=frame.index)
    warnings: list[str] = []
    reasons: dict[str, str] = {}
    for column in recipe.numeric:
        values = clean_numbers(frame[column.name].tolist(), recipe.largest)
        table[column.name] = values
        refused = int(np.isnan(values).sum() - frame[column.name].isna().sum())
        if refused:
            warnings.append(
                f"{_named(column)}\u00a0: {refused} valeur(s) illisible(s) ou démesurée(s), prises comme inconnues."
            )
        reasons[column.name] = _silent_number(values, column, recipe)
    for words in recipe.categorical:
        cleaned = clean_words(frame[words.name].tolist())
        table[words.name] = pd.Series(cleaned, index=frame.index, dtype=object)
        reasons[words.name] = _silent_word(table[words.name], recipe)
    kept = [name for name, reason in reasons.items() if reason != UNKNOWN]
    if not kept:
        raise NothingToTrain("Rien à entraîner\u00a0: aucune des colonnes de la recette n’a de valeur connue.")
    # With nothing but constant columns there is one group: keep them, so that the run can say so.
    if any(not reason for reason in reasons.values()):
        kept = [name for name, reason in reasons.items() if not reason]
    dropped = tuple(name for name in recipe.columns if name not in kept)
    every: dict[str, NumericColumn | CategoricalColumn] = {column.name: column for column in recipe.numeric}
    every.update({column.name: column for column in recipe.categorical})
    warnings += [f"{_named(every[name])}\u00a0: {reasons[name]}, colonne écartée." for name in dropped]
    order = {block.name: at for at, block in enumerate(recipe.blocks)}
    numeric = sorted((c for c in recipe.numeric if c.name in kept), key=lambda column: order[column.block])
    categorical = sorted((c for c in recipe.categorical if c.name in kept), key=lambda column: order[column.block])
    return Features(
        table[[*(column.name for column in numeric), *(column.name for column in categorical)]],
        frame.index.to_numpy(dtype=np.int64),
        tuple(numeric),
        tuple(categorical),
        dropped,
        tuple(warnings),
    )


UNKNOWN = "aucune valeur connue"
CONSTANT = "valeur identique pour (presque) tous"


def _silent_number(values: Floats, column: NumericColumn, recipe: Recipe) -> str:
    known = transformed(values[~np.isnan(values)], column.transform)
    if not known.size:
        return UNKNOWN
    low, high = np.quantile(known, [recipe.winsor, 1 - recipe.winsor])
    return "" if high - low > 1e-9 * max(1.0, abs(float(high))) else CONSTANT


def _silent_word(values: pd.Series, recipe: Recipe) -> str:
    counts = values.value_counts()
    if counts.empty:
        return UNKNOWN
    frequent = int((counts >= recipe.rare_below).sum())
    rare = int((counts < recipe.rare_below).any())
    return "" if frequent + rare > 1 else CONSTANT


def _check(frame: pd.DataFrame, recipe: Recipe) -> None:
    absent = [name for name in recipe.columns if name not in frame.columns]
    if absent:
        raise FrameError(f"Colonnes absentes du tableau : {', '.join(absent)}.")
    if not frame.index.is_unique:
        raise FrameError("Un même client apparaît sur plusieurs lignes du tableau.")
    if len(frame) and not pd.api.types.is_integer_dtype(frame.index):
        raise FrameError("Le tableau est indexé par l’identifiant entier du client.")
    needed = max(10, 2 * (recipe.clusters or recipe.k_min))
    if len(frame) < needed:
        raise NothingToTrain(
            f"Rien à entraîner\u00a0: {len(frame)} client{'s' if len(frame) > 1 else ''} avec des données, "
            f"il en faut au moins {needed}."
        )


def _named(column: NumericColumn | CategoricalColumn) -> str:
    return column.label or column.name
