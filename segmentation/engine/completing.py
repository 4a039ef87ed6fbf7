"""Which missing field, once collected, would make most clients firm.

For each provisional client and each of its unknown columns: would the client be firm if that column alone were known,
whatever its value in the range that training saw? With one gap it always would. With several, a number of the answer is
no when two segments can be reached with one and the same value of it: the same exact search as for possible segments,
on two copies of the other gaps at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from segmentation.engine.cleaning import Bools, Floats, Ints
from segmentation.engine.document import Document
from segmentation.engine.encoding import encode
from segmentation.engine.feasibility import SLACK, feasible
from segmentation.engine.possible import Cells, patterns
from segmentation.engine.scoring import PROVISIONAL, Scores, score, squared_distances

MOST_TRIED = 4
"""Words tried before the exact search: bounds memory, not the answer."""


@dataclass(frozen=True)
class Gain:
    """One column. `missing` provisional clients lack it; `rows` are those of them that it alone would make firm.

    Collecting it for one client of `rows` takes that client, and no other, out of `rows`.
    """

    name: str
    label: str
    missing: int
    rows: tuple[int, ...]

    @property
    def firm(self) -> int:
        """How many clients would become firm."""
        return len(self.rows)


def rank_gaps(
    columns: Mapping[str, Sequence[Any]], document: Document, scores: Scores | None = None
) -> tuple[Gain, ...]:
    """The columns that provisional clients lack, by falling gain. `columns` and `scores` as for `scoring.score`.

    `rows` are positions in `columns`. Raises FrameError when a column is absent.
    """
    placed = score(columns, document) if scores is None else scores
    settled = settling(columns, document, placed)
    missing = Counter(
        name for row in np.flatnonzero(placed.standing == PROVISIONAL).tolist() for name in placed.imputed[row]
    )
    labels = {item.name: item.label for item in document.numeric} | {
        item.name: item.label for item in document.categorical
    }
    gains = [
        Gain(name, labels[name], count, tuple(row for row, names in enumerate(settled) if name in names))
        for name, count in missing.items()
    ]
    return tuple(sorted(gains, key=lambda gain: (-gain.firm, -gain.missing, gain.name)))


def settling(columns: Mapping[str, Sequence[Any]], document: Document, scores: Scores) -> tuple[tuple[str, ...], ...]:
    """Per client the unknown columns that would each, alone, make it firm; none for who is not provisional.

    `columns` and `scores` as for `scoring.score`. Raises FrameError when a column is absent.
    """
    encoded = encode(columns, document)
    waiting = scores.standing == PROVISIONAL
    found: list[tuple[str, ...]] = [()] * len(scores)
    for gaps, rows in patterns(encoded.unknown & waiting[:, None]):
        cells = Cells(document, gaps)
        reach = np.zeros((len(rows), document.k), dtype=bool)
        for at, row in enumerate(rows):
            reach[at, list(scores.possible[row])] = True
        for column in np.flatnonzero(gaps).tolist():
            open_ = np.flatnonzero(~_refuted(column, cells, encoded.matrix[rows]))
            sure = open_[_settled_by(column, cells, encoded.matrix[rows[open_]], reach[open_])]
            for row in rows[sure].tolist():
                found[row] = (*found[row], encoded.names[column])
    return tuple(found)


def _refuted(column: int, cells: Cells, matrix: Floats) -> Bools:
    """Per client: do a few points with one and the same value of `column` lie in different segments?

    Cheap, and enough for most clients with several gaps: the exact search is left with the others. Other unknown words
    stay at the word that fills them, which is one that they may turn out to be.
    """
    document, numbers = cells.document, len(cells.document.numeric)
    low, high = cells.box
    ends = np.stack([low, high, *(np.where(np.eye(len(low), dtype=bool)[at], high, low) for at in range(len(low)))])
    if column < numbers:
        own = cells.open_numbers == column
        tried = [np.where(own, low + share * (high - low), ends) for share in (0.0, 0.5, 1.0)]
        points, added = np.stack(tried), np.zeros((len(tried), document.k))
    else:
        added = cells.options(document.categorical[column - numbers])[:MOST_TRIED]
        points = np.tile(ends, (len(added), 1, 1))
    fixed = np.ones(document.width, dtype=bool)
    fixed[cells.open_numbers] = False
    if column >= numbers:
        fixed[document.spans()[column][1]] = False
    centres = document.centre_matrix()
    known = squared_distances(matrix[:, fixed], centres[:, fixed])
    spots = ((points[:, :, None] - centres[:, cells.open_numbers]) ** 2).sum(axis=3) + added[:, None]
    squares = known[:, None, None] + spots[None]
    labels, ranked = squares.argmin(axis=3), np.sort(squares, axis=3)
    clear = ranked[..., 1] - ranked[..., 0] > SLACK
    apart = (labels != labels[..., :1]) & clear & clear[..., :1]
    return np.asarray(apart.any(axis=(1, 2)))


def _settled_by(column: int, cells: Cells, matrix: Floats, reach: Bools) -> Bools:
    """Per client: does knowing `column` leave one segment only? `reach` (clients x k) are those possible now."""
    if cells.gaps.sum() == 1:
        return np.ones(len(matrix), dtype=bool)
    numbers = len(cells.document.numeric)
    if column >= numbers:
        return _settled_by_word(column, cells, matrix)
    sure = np.ones(len(matrix), dtype=bool)
    for one, other in combinations(range(cells.document.k), 2):
        rows = np.flatnonzero(sure & reach[:, one] & reach[:, other])
        if rows.size:
            sure[rows] = ~_share_a_value(column, cells, matrix[rows], (one, other))
    return sure


def _settled_by_word(column: int, cells: Cells, matrix: Floats) -> Bools:
    """Every word in turn leaves one segment."""
    document = cells.document
    words = document.categorical[column - len(document.numeric)]
    span = dict(document.spans())[words.name]
    rest = cells.gaps.copy()
    rest[column] = False
    fixed = Cells(document, rest)
    sure = np.ones(len(matrix), dtype=bool)
    rows = np.eye(words.width) if words.rare else np.eye(words.width + 1, words.width)
    for row in rows * words.weight:
        tried = matrix.copy()
        tried[:, span] = row
        sure &= fixed.reached(tried).sum(axis=1) == 1
    return sure


def _share_a_value(column: int, cells: Cells, matrix: Floats, pair: tuple[int, int]) -> Bools:
    """Per client: is there a value of the number `column` with which both segments of `pair` can be reached?

    Touching in a frontier is not enough: at the value where one segment takes over from the other both are reached.
    """
    open_: Ints = cells.open_numbers
    low, high = cells.box
    shared = open_ == column
    (first, slope), (second, slant) = (cells.lines(matrix, cluster) for cluster in pair)
    blank = np.zeros((len(slope), int((~shared).sum())))
    slopes = np.block([[slope[:, shared], slope[:, ~shared], blank], [slant[:, shared], blank, slant[:, ~shared]]])
    least = np.concatenate([low[shared], low[~shared], low[~shared]])
    most = np.concatenate([high[shared], high[~shared], high[~shared]])
    found = np.zeros(len(matrix), dtype=bool)
    for choice in cells.choices(pair[0]):
        for rival in cells.choices(pair[1]):
            rows = np.flatnonzero(~found)
            offset = np.concatenate([first[rows] + choice, second[rows] + rival], axis=1)
            found[rows] = feasible(offset, slopes, least, most, above=SLACK)
    return found
