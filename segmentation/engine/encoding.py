"""The recipe's second executor: raw columns to scaled columns with numpy and a document, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.engine.cleaning import Bools, Floats, clean_numbers, clean_words, same_length, transformed
from segmentation.engine.document import CategoricalFeature, Document, NumericFeature
from segmentation.engine.errors import FrameError


@dataclass(frozen=True)
class Encoded:
    """`matrix` (n x d, scaled), `unknown` (n x source columns, in the order of `names`), `raw` numbers (n x p)."""

    matrix: Floats
    unknown: Bools
    names: tuple[str, ...]
    raw: Floats


def encode(columns: Mapping[str, Sequence[Any]], document: Document) -> Encoded:
    """Scale `columns` as the document says. A column that is absent raises FrameError: absent is not unknown."""
    names = tuple(name for name, _ in document.spans())
    absent = [name for name in names if name not in columns]
    if absent:
        raise FrameError(f"Colonnes absentes du tableau : {', '.join(absent)}.")
    rows = same_length([columns[name] for name in names])
    matrix = np.zeros((rows, document.width))
    unknown = np.zeros((rows, len(names)), dtype=bool)
    raw = np.zeros((rows, len(document.numeric)))
    for at, feature in enumerate(document.numeric):
        raw[:, at] = clean_numbers(columns[feature.name], document.largest)
        unknown[:, at] = np.isnan(raw[:, at])
        matrix[:, at] = scaled(raw[:, at], feature)
    start = len(document.numeric)
    for at, words in enumerate(document.categorical, start=start):
        values = clean_words(columns[words.name])
        unknown[:, at] = [value is None for value in values]
        matrix[:, start : start + words.width] = one_hot(values, words)
        start += words.width
    return Encoded(matrix, unknown, names, raw)


def scaled(values: Floats, feature: NumericFeature) -> Floats:
    """One numeric column: transformed, filled where unknown, winsorised, scaled."""
    bent = transformed(values, feature.transform)
    bent = np.where(np.isnan(bent), feature.fill, bent)
    return np.asarray((np.clip(bent, feature.low, feature.high) - feature.mean) / feature.scale, dtype=np.float64)


def one_hot(values: Sequence[Any] | np.ndarray[Any, Any], feature: CategoricalFeature) -> Floats:
    """One categorical column as 0/weight columns (n x width)."""
    places = {word: at for at, word in enumerate(feature.vocabulary)}
    other = len(feature.vocabulary) if feature.rare else -1
    spots = np.array([places.get(feature.fill if v is None else v, other) for v in values], dtype=np.int64)
    block = np.zeros((len(spots), feature.width))
    placed = spots >= 0
    block[np.flatnonzero(placed), spots[placed]] = feature.weight
    return block
