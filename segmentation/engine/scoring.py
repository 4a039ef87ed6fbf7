"""Place clients with a stored model: numpy and the standard library only, one client or a million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.engine.cleaning import Bools, Floats, Ints, Words
from segmentation.engine.document import Document
from segmentation.engine.encoding import Encoded, encode
from segmentation.engine.possible import possible_segments

FIRM = "firm"
PROVISIONAL = "provisional"
NOT_CLASSIFIABLE = "not_classifiable"
OUTSIDE = "outside"

RANGE_SLACK = 0.10
"""How far beyond the extremes of training a value may lie, as a share of their (transformed) range: accounts age
and grow between two runs, and one more year is no stranger."""


@dataclass(frozen=True)
class Scores:
    """One entry a client, in the order of the columns given.

    `distances` and `second_distances` are Euclidean, in scaled space, to the nearest and the second centre.
    `margin` is (second² - nearest²) / (second² + nearest²): 0 on the frontier, 1 on the centre.
    `possible` lists the labels a client may get once its unknown columns are known; `imputed` those columns.
    """

    labels: Ints
    distances: Floats
    second: Ints
    second_distances: Floats
    margin: Floats
    x: Floats
    y: Floats
    standing: Words
    possible: tuple[tuple[int, ...], ...]
    imputed: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def second_distance(self) -> Floats:
        """The same as `second_distances`."""
        return self.second_distances


def score(columns: Mapping[str, Sequence[Any]], document: Document) -> Scores:
    """Place each client of `columns` (one sequence a recipe column). Raises FrameError when a column is absent."""
    encoded = encode(columns, document)
    squares = squared_distances(encoded.matrix, document.centre_matrix())
    labels, second = _two_nearest(squares)
    rows = np.arange(len(labels))
    nearest, next_ = squares[rows, labels], squares[rows, second]
    if document.k == 1:
        next_ = np.full_like(nearest, np.nan)
    position = (encoded.matrix - np.array(document.origin)) @ np.array(document.components).T
    possible = possible_segments(encoded, document, labels)
    return Scores(
        labels=labels,
        distances=np.sqrt(nearest),
        second=second,
        second_distances=np.sqrt(next_),
        margin=_margin(nearest, next_),
        x=position[:, 0],
        y=position[:, 1],
        standing=_standing(encoded, document, labels, possible),
        possible=possible,
        imputed=tuple(tuple(encoded.names[at] for at in np.flatnonzero(row)) for row in encoded.unknown),
    )


def squared_distances(matrix: Floats, centres: Floats) -> Floats:
    """Squared Euclidean distances (n x k), centre by centre: exact where a client sits on a centre."""
    return np.stack([((matrix - centre) ** 2).sum(axis=1) for centre in centres], axis=1)


def _two_nearest(squares: Floats) -> tuple[Ints, Ints]:
    """Labels of the nearest and second centre; ties go to the lower label. With one centre both are 0."""
    order = np.argsort(squares, axis=1, kind="stable")
    return order[:, 0].astype(np.int64), order[:, min(1, squares.shape[1] - 1)].astype(np.int64)


def _margin(nearest: Floats, second: Floats) -> Floats:
    total = nearest + second
    # With one cluster there is no second centre (NaN): nothing to be unsure between.
    share = np.divide(second - nearest, total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(np.where(np.isnan(second), 1.0, np.clip(share, 0.0, 1.0)))


def _standing(
    encoded: Encoded,
    document: Document,
    labels: Ints,
    possible: tuple[tuple[int, ...], ...],
) -> Words:
    """Not classifiable before outside, outside before provisional: the stronger doubt is the one to show."""
    standing = np.full(len(labels), FIRM, dtype=object)
    standing[np.array([len(some) > 1 for some in possible], dtype=bool)] = PROVISIONAL
    standing[_outside(encoded, document, labels)] = OUTSIDE
    standing[_nothing_known(encoded, document)] = NOT_CLASSIFIABLE
    return standing


def _nothing_known(encoded: Encoded, document: Document) -> Bools:
    """No column of `needs_any` is known (among those the model uses)."""
    asked = [encoded.names.index(name) for name in document.needs_any if name in encoded.names]
    if not asked:
        return np.zeros(len(encoded.matrix), dtype=bool)
    return np.asarray(encoded.unknown[:, asked].all(axis=1))


def _outside(encoded: Encoded, document: Document, labels: Ints) -> Bools:
    """A known number beyond the extremes of training, or farther from the centre than every member of the segment.

    Unknown columns count for nothing here: a filled value says nothing about the client.
    """
    out = np.zeros(len(labels), dtype=bool)
    for at, feature in enumerate(document.numeric):
        low, high = feature.reach(RANGE_SLACK)
        with np.errstate(invalid="ignore"):
            out |= (encoded.raw[:, at] < low) | (encoded.raw[:, at] > high)
    farthest = np.array([group.distances[-1] for group in document.groups])
    apart = (encoded.matrix - document.centre_matrix()[labels]) ** 2
    for at, (_, span) in enumerate(document.spans()):
        apart[encoded.unknown[:, at], span] = 0.0
    return np.asarray(out | (np.sqrt(apart.sum(axis=1)) > farthest[labels] * (1 + RANGE_SLACK) + 1e-9))
