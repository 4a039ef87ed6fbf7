"""Which segments a client may belong to, given what is unknown about it.

A squared distance to a centre is a sum over columns, so the difference of two of them is linear in the unknown
scaled numbers. Segment c is possible when some point of the box of observed ranges is nearer to c than to every other
centre: a maximin of linear functions, that is a zero-sum game, solved here by multiplicative weights (Freund and
Schapire, 1999) for all clients at once, with numpy alone. Unknown words are tried one by one.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from segmentation.engine.cleaning import Bools, Floats, Ints
from segmentation.engine.document import Document
from segmentation.engine.encoding import Encoded

ROUNDS = 600
"""Enough for a gap of a few thousandths of the lines' range; closer calls count as possible."""
CHUNK = 20_000
"""Rows treated at once: bounds memory, not the answer."""
MOST_CHOICES = 600
"""Beyond this many combinations of unknown words, the columns with the longest vocabulary keep their filled value."""


def possible_segments(encoded: Encoded, document: Document, labels: Ints) -> tuple[tuple[int, ...], ...]:
    """Per client the labels it may get, its present one among them; one label when nothing is unknown."""
    found: list[tuple[int, ...]] = [(int(label),) for label in labels]
    gaps = np.flatnonzero(encoded.unknown.any(axis=1))
    if document.k == 1 or not gaps.size:
        return tuple(found)
    reached = np.zeros((len(labels), document.k), dtype=bool)
    reached[gaps, labels[gaps]] = True
    numbers = len(document.numeric)
    patterns, member = np.unique(encoded.unknown[gaps, numbers:], axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = gaps[member.reshape(-1) == number]
        for choice in _word_choices(pattern, document):
            for start in range(0, len(rows), CHUNK):
                part = rows[start : start + CHUNK]
                tried = encoded.matrix[part]
                for span, columns in choice:
                    tried[:, span] = columns
                reached[part] |= _wins(tried, encoded.unknown[part, :numbers], document)
    for row in gaps:
        found[row] = tuple(int(label) for label in np.flatnonzero(reached[row]))
    return tuple(found)


def _word_choices(pattern: Bools, document: Document) -> list[list[tuple[slice, Floats]]]:
    """Every combination of values of the unknown words, as scaled columns to write; one empty choice when none is."""
    spans = dict(document.spans())
    open_words = [feature for feature, gap in zip(document.categorical, pattern, strict=True) if gap]
    open_words.sort(key=lambda feature: feature.width)
    options: list[list[tuple[slice, Floats]]] = []
    total = 1
    for feature in open_words:
        # One row a word; without "autre", a word that training never saw fills no column.
        rows = np.eye(feature.width) if feature.rare else np.eye(feature.width + 1, feature.width)
        total *= len(rows)
        if total > MOST_CHOICES:
            break
        options.append([(spans[feature.name], row) for row in rows * feature.weight])
    return [list(choice) for choice in product(*options)]


def _wins(matrix: Floats, open_: Bools, document: Document) -> Bools:
    """Clients x segments: is some point of the client's box nearest to the segment?

    The box is the observed range in the open columns and the client's own value in the others.
    """
    centres = document.centre_matrix()
    numbers = len(document.numeric)
    own = matrix[:, :numbers]
    least = np.array([(item.low - item.mean) / item.scale for item in document.numeric])
    most = np.array([(item.high - item.mean) / item.scale for item in document.numeric])
    low, high = np.where(open_, least, own), np.where(open_, most, own)
    words = ((matrix[:, None, numbers:] - centres[None, :, numbers:]) ** 2).sum(axis=2)
    # The squared distance to c, less the part |v|² that all centres share: words + |spot|² - 2 v·spot.
    spots = centres[:, :numbers]
    base = words + (spots**2).sum(axis=1)
    reached = np.zeros((len(matrix), len(centres)), dtype=bool)
    for c in range(len(centres)):
        others = np.delete(np.arange(len(centres)), c)
        offset, slope = base[:, others] - base[:, [c]], 2 * (spots[c] - spots[others])
        # The point of the box nearest to the centre settles most cases; the game is for the others.
        nearest = np.clip(spots[c], low, high)
        reached[:, c] = (offset + nearest @ slope.T >= 0).all(axis=1)
        rest = np.flatnonzero(~reached[:, c])
        reached[rest, c] = _game(offset[rest], slope, low[rest], high[rest])
    return reached


def _game(offset: Floats, slope: Floats, low: Floats, high: Floats) -> Bools:
    """Is there v in [low, high] with offset + slope @ v >= 0 in every line?

    Shapes: offset n x m, slope m x p, low and high n x p. The weights look for a mixture of lines that no v satisfies
    (then: no) while the best replies, and their mean, look for such a v (then: yes).
    """
    middle = offset + (low + high) / 2 @ slope.T
    reach = (high - low) / 2 @ np.abs(slope).T
    answer = np.ones(len(offset), dtype=bool)
    answer[(middle + reach < 0).any(axis=1)] = False
    rows = np.flatnonzero(answer & ~(middle >= 0).all(axis=1))
    offset, low, high = offset[rows], low[rows], high[rows]
    width = np.maximum((np.abs(middle) + reach)[rows].max(axis=1, initial=0.0, keepdims=True), 1e-12)
    step = np.sqrt(8 * np.log(max(2, len(slope))) / ROUNDS) / (2 * width)
    losses, mean = np.zeros_like(offset), np.zeros_like(low)
    for turn in range(1, ROUNDS + 1):
        if not rows.size:
            break
        weights = np.exp(-step * (losses - losses.min(axis=1, keepdims=True)))
        weights /= weights.sum(axis=1, keepdims=True)
        pull = weights @ slope
        reply = np.where(pull > 0, high, low)
        no = (weights * offset).sum(axis=1) + (pull * reply).sum(axis=1) < 0
        gains = offset + reply @ slope.T
        losses += gains
        mean += (reply - mean) / turn
        yes = (gains >= 0).all(axis=1) | (offset + mean @ slope.T >= 0).all(axis=1)
        answer[rows[no]] = False
        going = ~(yes | no)
        if not going.all():
            rows, offset, low, high = rows[going], offset[going], low[going], high[going]
            losses, mean, step = losses[going], mean[going], step[going]
    return answer
