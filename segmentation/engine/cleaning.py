"""What counts as known. One reading of raw values for training and for scoring (numpy only)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.floating[Any]]
"""Floats of either width: large matrices are float32."""
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


def clean_numbers(values: Iterable[Any], largest: float) -> Floats:
    """Numbers with NaN for unknown: None, NaN, infinities, text that is no number, and sizes beyond `largest`."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
        numbers = values.astype(np.float64)
    else:
        values = list(values)
        plain = set(map(type, values)) <= {float, type(None)}
        numbers = np.array(values if plain else [_number(value) for value in values], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        numbers[~(np.abs(numbers) <= largest)] = np.nan
    return numbers


def _number(value: Any) -> float:
    if value is None or isinstance(value, bool):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def clean_words(values: Iterable[Any]) -> Words:
    """Stripped words with None for unknown: None, NaN, NA and blanks are one and the same."""
    return np.array([_word(value) for value in values] + [None], dtype=object)[:-1]


def _word(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    # NaN is the only value that differs from itself; pandas' NA has no truth value, its text is "<NA>".
    if value is None or str(value) in ("<NA>", "NaT", "nan"):
        return None
    return str(value)


def signed_log(values: Floats) -> Floats:
    """sign(x) * log(1 + |x|): keeps 0, the order and negative amounts (credit notes); NaN stays NaN."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=np.float64)


def transformed(values: Floats, transform: str) -> Floats:
    """The column as its recipe bends it."""
    return signed_log(values) if transform == "signed_log" else values


def restored(values: Floats, transform: str) -> Floats:
    """The inverse of `transformed`: back to the client's own units."""
    if transform == "signed_log":
        return np.asarray(np.sign(values) * np.expm1(np.abs(values)), dtype=np.float64)
    return values


def same_length(columns: Iterable[Sequence[Any]]) -> int:
    """The common length of the columns; raises ValueError when they differ."""
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise ValueError(f"columns differ in length: {sorted(lengths)}")
    return lengths.pop() if lengths else 0
