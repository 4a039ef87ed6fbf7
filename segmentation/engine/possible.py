"""Which segments a client may belong to, given what is unknown about it.

A squared distance to a centre is a sum over columns, so the difference of two of them is linear in the unknown scaled
numbers. Segment c is possible when some point of the box of observed ranges is nearer to c than to every other centre:
a question of linear programming, answered exactly (`feasibility`). Unknown words are tried in each of their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segmentation.engine.cleaning import Bools, Floats, Ints
from segmentation.engine.document import CategoricalFeature, Document
from segmentation.engine.encoding import Encoded
from segmentation.engine.feasibility import feasible

CHUNK = 20_000
"""Rows treated at once: bounds memory, not the answer."""
MOST_CHOICES = 500
"""Beyond this many combinations of unknown words, none of them better than another, the weaker ones are merged into one
that is at least as good as each: a segment may then be called possible wrongly, never impossible wrongly."""


def possible_segments(encoded: Encoded, document: Document, labels: Ints) -> tuple[tuple[int, ...], ...]:
    """Per client the labels it may get, its present one among them; one label when nothing is unknown."""
    found: list[tuple[int, ...]] = [(int(label),) for label in labels]
    if document.k == 1:
        return tuple(found)
    for gaps, rows in patterns(encoded.unknown):
        reached = Cells(document, gaps).reached(encoded.matrix[rows])
        reached[np.arange(len(rows)), labels[rows]] = True
        for row, some in zip(rows.tolist(), reached, strict=True):
            found[row] = tuple(np.flatnonzero(some).tolist())
    return tuple(found)


def patterns(unknown: Bools) -> Iterator[tuple[Bools, Ints]]:
    """Clients with the same gaps together (at most `CHUNK` of them): which columns are unknown, and which rows."""
    rows = np.flatnonzero(unknown.any(axis=1))
    if not rows.size:
        return
    each, member = np.unique(unknown[rows], axis=0, return_inverse=True)
    for number, gaps in enumerate(each):
        own = rows[member.reshape(-1) == number]
        for start in range(0, len(own), CHUNK):
            yield gaps, own[start : start + CHUNK]


@dataclass(frozen=True)
class Cells:
    """The segments' regions, seen by clients whose unknown columns are `gaps` (source columns, as in `spans`)."""

    document: Document
    gaps: Bools

    @property
    def open_numbers(self) -> Ints:
        """Positions of the unknown numbers."""
        return np.flatnonzero(self.gaps[: len(self.document.numeric)])

    @property
    def open_words(self) -> tuple[CategoricalFeature, ...]:
        """The unknown words."""
        gaps = self.gaps[len(self.document.numeric) :]
        return tuple(words for words, gap in zip(self.document.categorical, gaps, strict=True) if gap)

    @property
    def box(self) -> tuple[Floats, Floats]:
        """Least and most of each unknown number, in scaled space: the range on which the model tells values apart."""
        features = [self.document.numeric[at] for at in self.open_numbers]
        least = np.array([(item.low - item.mean) / item.scale for item in features])
        return least, np.array([(item.high - item.mean) / item.scale for item in features])

    def reached(self, matrix: Floats) -> Bools:
        """Clients x segments: is some point of the client's box, with some words, in the segment's region?"""
        reached = np.zeros((len(matrix), self.document.k), dtype=bool)
        for cluster in range(self.document.k):
            offset, slope = self.lines(matrix, cluster)
            for choice in self.choices(cluster):
                open_ = np.flatnonzero(~reached[:, cluster])
                reached[open_, cluster] = feasible(offset[open_] + choice, slope, *self.box)
        return reached

    def lines(self, matrix: Floats, cluster: int) -> tuple[Floats, Floats]:
        """How much farther each other centre is (squared), without the unknown words: `offset + slope @ unknown`.

        Shapes: clients x (k - 1), and (k - 1) x unknown numbers.
        """
        centres, open_ = self.document.centre_matrix(), self.open_numbers
        known = np.ones(self.document.width, dtype=bool)
        for gap, (_, span) in zip(self.gaps, self.document.spans(), strict=True):
            known[span] = not gap
        spots = centres[:, open_]
        squares = ((matrix[:, None, known] - centres[None, :, known]) ** 2).sum(axis=2) + (spots**2).sum(axis=1)
        others = np.delete(np.arange(self.document.k), cluster)
        return squares[:, others] - squares[:, [cluster]], 2 * (spots[cluster] - spots[others])

    def choices(self, cluster: int) -> Floats:
        """What the unknown words add to the lines (choices x (k - 1)); choices that another beats are left out."""
        found = np.zeros((1, self.document.k - 1))
        for words in self.open_words:
            squares = self.options(words)
            added = np.delete(squares - squares[:, [cluster]], cluster, axis=1)
            found = _bounded(_unbeaten((found[:, None] + _unbeaten(added)[None]).reshape(-1, found.shape[1])))
        return found

    def options(self, words: CategoricalFeature) -> Floats:
        """Squared distances to each centre over the columns of one word (values x k).

        Without "autre", a word that training never saw fills no column: one value more.
        """
        rows = np.eye(words.width) if words.rare else np.eye(words.width + 1, words.width)
        block = self.document.centre_matrix()[:, dict(self.document.spans())[words.name]]
        return np.asarray(((rows[:, None] * words.weight - block[None]) ** 2).sum(axis=2))


def _unbeaten(choices: Floats) -> Floats:
    """The choices that no other equals or exceeds in every line."""
    left = np.unique(choices, axis=0)[::-1]
    left = left[np.argsort(-left.sum(axis=1), kind="stable")]
    kept: list[Floats] = []
    while len(left):
        kept.append(left[0])
        left = left[(left > left[0]).any(axis=1)]
    return np.array(kept)


def _bounded(choices: Floats) -> Floats:
    if len(choices) <= MOST_CHOICES:
        return choices
    rest = choices[MOST_CHOICES - 1 :].max(axis=0, keepdims=True)
    return np.concatenate([choices[: MOST_CHOICES - 1], rest])
