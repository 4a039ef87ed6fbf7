"""Why a client is where it is. KMeans needs no surrogate: its distances split by column.

The gap between the squared distances to the second and to the nearest centre is a sum over scaled columns; the one-hot
columns of a word are one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.engine.cleaning import restored
from segmentation.engine.document import Document, NumericFeature
from segmentation.engine.encoding import encode
from segmentation.engine.scoring import own_and_second, squared_distances

FRONTIER = 0.10
"""Margin (see `scoring`) below which a client stands on the frontier of two segments."""


@dataclass(frozen=True)
class Contribution:
    """What one column adds to the gap: positive pulls to the nearest segment, negative to the second.

    `value` is the client's own (None when unknown: the filled value is never shown). `typical` and `other` are what the
    two centres stand for: a number in the client's unit (a median-like middle), or the share of members with its word.
    """

    name: str
    label: str
    unit: str
    amount: float
    value: float | str | None
    typical: float | None
    other: float | None


@dataclass(frozen=True)
class Explanation:
    """One client: its own and the second label, `gap` = second² - own², its split by column, largest first."""

    label: int
    second: int
    gap: float
    margin: float
    contributions: tuple[Contribution, ...]

    @property
    def frontier(self) -> bool:
        """Whether the client stands between two segments."""
        return self.margin < FRONTIER


def explain(
    columns: Mapping[str, Sequence[Any]], document: Document, shown: Sequence[int | None] | None = None
) -> tuple[Explanation, ...]:
    """Explain each client of `columns`; contributions sum to the gap. Nothing with one cluster only.

    `shown` as for `scoring.score`: the gap is below 0 where the second centre is nearer than the one shown.
    """
    if document.k < 2:
        return ()
    encoded = encode(columns, document)
    centres = document.centre_matrix()
    squares = squared_distances(encoded.matrix, centres)
    found = []
    pairs = np.stack(own_and_second(squares, shown), axis=1)
    for row, (label, second) in enumerate(pairs.tolist()):
        near, far = float(squares[row, label]), float(squares[row, second])
        point = encoded.matrix[row]
        split = (point - centres[second]) ** 2 - (point - centres[label]) ** 2
        lines = []
        for at, (name, span) in enumerate(document.spans()):
            raw = None if encoded.unknown[row, at] else columns[name][row]
            lines.append(_line(document, at, raw, float(split[span].sum()), (label, second)))
        lines.sort(key=lambda line: -abs(line.amount))
        margin = (far - near) / (far + near) if far + near > 0 else 0.0
        found.append(Explanation(label, second, far - near, margin, tuple(lines)))
    return tuple(found)


def _line(document: Document, at: int, raw: Any, amount: float, pair: tuple[int, int]) -> Contribution:
    if at < len(document.numeric):
        feature = document.numeric[at]
        typical, other = (in_units(document.centres[label][at], feature) for label in pair)
        value = None if raw is None else float(raw)
        return Contribution(feature.name, feature.label, feature.unit, amount, value, typical, other)
    words = document.categorical[at - len(document.numeric)]
    word = None if raw is None else str(raw).strip()
    span = dict(document.spans())[words.name]
    shares: list[float | None] = [None, None]
    if word in words.vocabulary:
        place = span.start + words.vocabulary.index(word)
        shares = [document.centres[label][place] / words.weight for label in pair]
    return Contribution(words.name, words.label, "word", amount, word, shares[0], shares[1])


def in_units(place: float, feature: NumericFeature) -> float:
    """A scaled number in the client's own unit."""
    return float(restored(np.array([place * feature.scale + feature.mean]), feature.transform)[0])
