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
    `margin` is (second² - nearest²) / (second² + nearest²): 0 on the frontier, 1 on the centre. Clients that are shown
    in a given segment have their own in the place of the nearest; their margin is below 0 where the second is nearer.
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


def score(
    columns: Mapping[str, Sequence[Any]], document: Document, shown: Sequence[int | None] | None = None
) -> Scores:
    """Place each client of `columns` (one sequence a recipe column). Raises FrameError when a column is absent.

    `shown` are labels that clients keep whatever their columns say now (None: the nearest); standing and possible
    labels are of the columns alone.
    """
    encoded = encode(columns, document)
    squares = squared_distances(encoded.matrix, document.centre_matrix())
    by_data, _ = own_and_second(squares)
    labels, second = own_and_second(squares, shown)
    rows = np.arange(len(labels))
    nearest, next_ = squares[rows, labels], squares[rows, second]
    if document.k == 1:
        next_ = np.full_like(nearest, np.nan)
    # Row by row, not as a product of matrices: a client scored alone stands where it stood among all, to the bit.
    shift = encoded.matrix - np.array(document.origin)
    position = np.stack([(shift * np.array(axis)).sum(axis=1) for axis in document.components], axis=1)
    possible = possible_segments(encoded, document, by_data)
    return Scores(
        labels=labels,
        distances=np.sqrt(nearest),
        second=second,
        second_distances=np.sqrt(next_),
        margin=_margin(nearest, next_),
        x=position[:, 0],
        y=position[:, 1],
        standing=_standing(encoded, document, by_data, possible),
        possible=possible,
        imputed=tuple(tuple(encoded.names[at] for at in np.flatnonzero(row)) for row in encoded.unknown),
    )


def squared_distances(matrix: Floats, centres: Floats) -> Floats:
    """Squared Euclidean distances (n x k), centre by centre: exact where a client sits on a centre."""
    return np.stack([((matrix - centre) ** 2).sum(axis=1) for centre in centres], axis=1)


def own_and_second(squares: Floats, shown: Sequence[int | None] | None = None) -> tuple[Ints, Ints]:
    """Labels of each client's own centre (the nearest, unless `shown`) and of the nearest other; ties go to the lower
    label. With one centre both are 0."""
    order = np.argsort(squares, axis=1, kind="stable")
    nearest, next_ = order[:, 0].astype(np.int64), order[:, min(1, squares.shape[1] - 1)].astype(np.int64)
    if shown is None:
        return nearest, next_
    own = np.array([at if label is None else label for at, label in zip(nearest, shown, strict=True)], dtype=np.int64)
    return own, np.where(own == nearest, next_, nearest)


def _margin(nearest: Floats, second: Floats) -> Floats:
    total = nearest + second
    # With one cluster there is no second centre (NaN): nothing to be unsure between.
    share = np.divide(second - nearest, total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(np.where(np.isnan(second), 1.0, np.clip(share, -1.0, 1.0)))


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
