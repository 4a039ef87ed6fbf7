"""Why a client is where it is, and what would move it. KMeans needs no surrogate: its distances split by column.

The gap between the squared distances to the second and to the nearest centre is a sum over scaled columns; the one-hot
columns of a word are one line. Levers are columns the client can act on; the smallest change is a projection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.engine.cleaning import Floats, restored
from segmentation.engine.document import Document, NumericFeature
from segmentation.engine.encoding import encode, scaled
from segmentation.engine.scoring import own_and_second, squared_distances

FRONTIER = 0.10
"""Margin (see `scoring`) below which a client stands on the frontier of two segments."""
SWEEPS = 2_000
"""Rounds of alternating projections; each is a few dozen products, and a handful is usual."""


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


@dataclass(frozen=True)
class Change:
    """The smallest change found: column to (value now, value needed). Other columns stay as they are."""

    target: int
    moves: dict[str, tuple[float, float]]


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
        typical, other = (_in_units(document.centres[label][at], feature) for label in pair)
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


def _in_units(place: float, feature: NumericFeature) -> float:
    return float(restored(np.array([place * feature.scale + feature.mean]), feature.transform)[0])


def smallest_change(client: Mapping[str, Any], target: int, levers: Sequence[str], document: Document) -> Change | None:
    """The least move of `levers` (known counts, upwards only) that puts `client` (one value a column) in `target`.

    None when no such move exists within what training saw, or when the client is there already. The change is rounded
    up to whole counts and checked through `encode`, as any client is scored.
    """
    columns = {name: [value] for name, value in client.items()}
    encoded = encode(columns, document)
    centres = document.centre_matrix()
    if int(squared_distances(encoded.matrix, centres)[0].argmin()) == target:
        return None
    known = {name for name, unknown in zip(encoded.names, encoded.unknown[0], strict=True) if not unknown}
    usable = [at for at, item in enumerate(document.numeric) if item.name in levers and item.name in known]
    if not usable:
        return None
    point = _projected(encoded.matrix[0], usable, target, document)
    features = [document.numeric[at] for at in usable]
    now = {feature.name: float(client[feature.name]) for feature in features}
    wanted = {item.name: _in_units(float(value), item) for item, value in zip(features, point, strict=True)}
    for nudge in (1.0, 1.001, 1.01, 1.05):
        tried = {name: _rounded(now[name], wanted[name] * nudge) for name in now}
        matrix = encode({**columns, **{name: [value] for name, value in tried.items()}}, document).matrix
        reachable = all(tried[item.name] <= max(item.most, now[item.name]) for item in features)
        if reachable and int(squared_distances(matrix, centres)[0].argmin()) == target:
            return Change(target, {name: (now[name], tried[name]) for name in now if tried[name] > now[name]})
    return None


def _rounded(now: float, wanted: float) -> float:
    """Whole counts, upwards; a move of less than half a count is none."""
    return now if wanted < now + 0.5 else float(np.ceil(wanted))


def _projected(point: Floats, usable: list[int], target: int, document: Document) -> Floats:
    """Project the levers on the target's cell and on the box [now, most seen] (Dykstra 1983)."""
    centres = document.centre_matrix()
    start = point[usable]
    features = [document.numeric[at] for at in usable]
    top = np.array([float(scaled(np.array([item.most]), item)[0]) for item in features])
    slopes = 2 * np.delete(centres[target] - centres, target, axis=0)
    # Nearer to the target than to c: slope @ x >= |target|² - |c|², with the other columns moved to the right side.
    bounds = np.delete((centres[target] ** 2).sum() - (centres**2).sum(axis=1), target)
    bounds = bounds - np.delete(slopes, usable, axis=1) @ np.delete(point, usable) + 1e-6
    slopes = slopes[:, usable]
    place, memory = start.copy(), np.zeros((len(slopes) + 1, len(usable)))
    for _ in range(SWEEPS):
        before = place.copy()
        for at, (slope, bound) in enumerate(zip(slopes, bounds, strict=True)):
            tried = place + memory[at]
            length = float(slope @ slope)
            short = bound - float(slope @ tried)
            place = tried + slope * (short / length) if short > 0 and length > 0 else tried
            memory[at] = tried - place
        tried = place + memory[-1]
        place = np.clip(tried, start, np.maximum(top, start))
        memory[-1] = tried - place
        if np.abs(place - before).max() < 1e-10:
            break
    return place
