"""Which segments a client may belong to, given what is unknown about it.

A squared distance to a centre is a sum over columns, so the difference of two of them is linear in the unknown
scaled numbers. Segment c is possible when some point of the box of observed ranges is nearer to c than to every other
centre: a maximin of linear functions, that is a zero-sum game, solved here by multiplicative weights (Freund and
Schapire, 1999) for all clients and segments at once, with numpy alone. Unknown words are tried one by one.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from segmentation.engine.cleaning import Floats, Ints
from segmentation.engine.document import Document
from segmentation.engine.encoding import Encoded

ROUNDS = 400
CHUNK = 2_000
"""Rows treated at once: bounds memory, not the answer."""
MOST_CHOICES = 600
"""Beyond this many combinations of unknown words, the columns with the longest vocabulary keep their filled value."""


def possible_segments(encoded: Encoded, document: Document, labels: Ints) -> tuple[tuple[int, ...], ...]:
    """Per client the labels it may get, its present one among them; one label when nothing is unknown."""
    found: list[tuple[int, ...]] = [(int(label),) for label in labels]
    gaps = np.flatnonzero(encoded.unknown.any(axis=1))
    if document.k == 1 or not gaps.size:
        return tuple(found)
    patterns, member = np.unique(encoded.unknown[gaps], axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = gaps[member.reshape(-1) == number]
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            reached = _reached(encoded.matrix[part], pattern, document)
            reached[np.arange(len(part)), labels[part]] = True
            for row, some in zip(part, reached, strict=True):
                found[row] = tuple(int(label) for label in np.flatnonzero(some))
    return tuple(found)


def _reached(matrix: Floats, pattern: np.ndarray[tuple[int], np.dtype[np.bool_]], document: Document) -> np.ndarray:
    """Clients x segments: which can be reached when the columns of `pattern` are unknown."""
    numbers = len(document.numeric)
    open_ = np.flatnonzero(pattern[:numbers])
    low, high = _box(document, open_)
    reached = np.zeros((len(matrix), document.k), dtype=bool)
    for choice in _word_choices(pattern[numbers:], document):
        tried = matrix.copy()
        for span, column in choice:
            tried[:, span] = column
        reached |= _wins(tried, open_, low, high, document.centre_matrix())
    return reached


def _box(document: Document, open_: Ints) -> tuple[Floats, Floats]:
    """The scaled range of each open column, as far as training saw it."""
    features = [document.numeric[at] for at in open_]
    low = np.array([(item.low - item.mean) / item.scale for item in features])
    high = np.array([(item.high - item.mean) / item.scale for item in features])
    return low, high


def _word_choices(pattern: np.ndarray, document: Document) -> list[list[tuple[slice, Floats]]]:
    """Every combination of values of the unknown words, as scaled columns to write; one empty choice when none is."""
    spans = dict(document.spans())
    open_words = [feature for feature, gap in zip(document.categorical, pattern, strict=True) if gap]
    open_words.sort(key=lambda feature: feature.width)
    options: list[list[tuple[slice, Floats]]] = []
    total = 1
    for feature in open_words:
        total *= feature.width
        if total > MOST_CHOICES:
            break
        options.append([(spans[feature.name], row) for row in np.eye(feature.width) * feature.weight])
    return [list(choice) for choice in product(*options)]


def _wins(matrix: Floats, open_: Ints, low: Floats, high: Floats, centres: Floats) -> np.ndarray:
    """Clients x segments: is some point of the box nearest to the segment?"""
    closed = np.delete(matrix, open_, axis=1)
    fixed = np.stack([((closed - np.delete(centre, open_)) ** 2).sum(axis=1) for centre in centres], axis=1)
    if not open_.size:
        return np.asarray(fixed <= fixed.min(axis=1, keepdims=True) + 1e-12)
    spots = centres[:, open_]
    # Distance to c, less the part |v|² that all centres share: fixed + |spot|² - 2 v·spot.
    base = fixed + (spots**2).sum(axis=1)
    reached = np.zeros((len(matrix), len(centres)), dtype=bool)
    for c in range(len(centres)):
        others = np.delete(np.arange(len(centres)), c)
        offset = base[:, others] - base[:, [c]]
        slope = 2 * (spots[c] - spots[others])
        reached[:, c] = _game(offset, slope, low, high)
    return reached


def _game(offset: Floats, slope: Floats, low: Floats, high: Floats) -> np.ndarray:
    """Is there v in [low, high] with offset + slope @ v >= 0 in every line? (offset n x m, slope m x p)

    For one open column the answer is an interval and exact. For more, the weights look for a mixture of lines that no v
    satisfies (then: no), while the best replies, averaged, look for such a v (then: yes).
    """
    if slope.shape[1] == 1:
        return _interval(offset, slope[:, 0], low[0], high[0])
    reach = np.abs(offset) + np.abs(slope) @ np.maximum(np.abs(low), np.abs(high))
    step = np.sqrt(8 * np.log(max(2, slope.shape[0])) / ROUNDS) / np.maximum(reach.max(axis=1, keepdims=True), 1e-12)
    losses = np.zeros_like(offset)
    mean = np.zeros((len(offset), slope.shape[1]))
    yes = np.zeros(len(offset), dtype=bool)
    no = np.zeros(len(offset), dtype=bool)
    for turn in range(1, ROUNDS + 1):
        weights = np.exp(-step * (losses - losses.min(axis=1, keepdims=True)))
        weights /= weights.sum(axis=1, keepdims=True)
        pull = weights @ slope
        reply = np.where(pull > 0, high, low)
        no |= (weights * offset).sum(axis=1) + (pull * reply).sum(axis=1) < 0
        gains = offset + reply @ slope.T
        losses += gains
        mean += (reply - mean) / turn
        yes |= (gains >= 0).all(axis=1) | ((offset + mean @ slope.T) >= 0).all(axis=1)
        if (yes | no).all():
            break
    return yes


def _interval(offset: Floats, slope: Floats, low: float, high: float) -> np.ndarray:
    """The one-column case: each line bounds v from below or above."""
    rising, falling, flat = slope > 0, slope < 0, slope == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = -offset / slope
    least = np.maximum(low, np.where(rising, bound, -np.inf).max(axis=1, initial=-np.inf))
    most = np.minimum(high, np.where(falling, bound, np.inf).min(axis=1, initial=np.inf))
    return np.asarray((least <= most) & (offset >= 0)[:, flat].all(axis=1))
