"""Is there a point of a box on the right side of every line? Answered exactly, for thousands of boxes at once.

The simplex method (Dantzig 1951; Bland's rule, 1977, against cycles) on one small tableau a row, all rows pivoting
together: numpy alone, no solver. "Exactly" means up to rounding: lines missed by less than `SLACK` count as reached.
"""

from __future__ import annotations

import numpy as np

from segmentation.engine.cleaning import Bools, Floats, Ints

SLACK = 1e-9
"""Below this a number is taken for zero; the figures compared are squared distances in scaled space, around 1."""
QUICK_PIVOTS = 60
"""Pivots by the steepest column, which is quick and may cycle; then by the lowest number, which cannot."""
MOST_PIVOTS = 5_000
"""Never met; a row still open then is answered yes."""


def feasible(offset: Floats, slope: Floats, low: Floats, high: Floats, *, above: float = -SLACK) -> Bools:
    """Per row: is there v in [low, high] with offset + slope @ v > above in every line?

    Shapes: offset n x m, slope m x p, low and high p. With no lines, or no columns, the answer needs no search.
    """
    answer = (offset + np.maximum(slope * low, slope * high).sum(axis=1) > above).all(axis=1)
    if not slope.size:
        return np.asarray(answer)
    rows = np.flatnonzero(answer)
    if rows.size:
        answer[rows] = _search(offset[rows] + slope @ low, slope, high - low, above)
    return np.asarray(answer)


def _search(offset: Floats, slope: Floats, width: Floats, above: float) -> Bools:
    """Maximise t with t <= offset + slope @ u and 0 <= u <= width, as far as the sign of t - above is known."""
    lines, columns = slope.shape
    worst = offset.min(axis=1)
    # The dictionary: slack variables of the lines and of the widths in rows; t - worst, then u, in columns; then the
    # right sides. The last row is the objective, its last cell the best t so far.
    table = np.zeros((len(offset), lines + columns + 1, columns + 2))
    table[:, :lines, 0] = 1.0
    table[:, :lines, 1:-1] = -slope
    table[:, :lines, -1] = offset - worst[:, None]
    table[:, lines:-1, 1:-1] = np.eye(columns)
    table[:, lines:-1, -1] = width
    table[:, -1, 0] = -1.0
    table[:, -1, -1] = worst
    basis = np.tile(np.arange(columns + 1, lines + 2 * columns + 1), (len(offset), 1))
    free = np.tile(np.arange(columns + 1), (len(offset), 1))
    answer = np.ones(len(offset), dtype=bool)
    rows = np.arange(len(offset))
    for turn in range(MOST_PIVOTS):
        yes = table[:, -1, -1] > above
        stuck = (table[:, -1, :-1] >= -SLACK).all(axis=1)
        answer[rows[stuck & ~yes]] = False
        going = ~(yes | stuck)
        if not going.any():
            break
        if not going.all():
            table, basis, free, rows = table[going], basis[going], free[going], rows[going]
        entering = _entering(table, free, bland=turn >= QUICK_PIVOTS)
        leaving = _leaving(table, basis, entering)
        _pivot(table, leaving, entering)
        each = np.arange(len(table))
        basis[each, leaving], free[each, entering] = free[each, entering], basis[each, leaving]
    return answer


def _entering(table: Floats, free: Ints, *, bland: bool) -> Ints:
    costs = table[:, -1, :-1]
    if not bland:
        return np.asarray(costs.argmin(axis=1))
    return np.asarray(np.where(costs < -SLACK, free, np.iinfo(np.int64).max).argmin(axis=1))


def _leaving(table: Floats, basis: Ints, entering: Ints) -> Ints:
    """The row that stops the entering column first; of equal ones, that of the lowest variable."""
    column = np.take_along_axis(table, entering[:, None, None], axis=2)[:, :-1, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(column > SLACK, table[:, :-1, -1] / column, np.inf)
    first = room <= room.min(axis=1, keepdims=True) + SLACK
    return np.asarray(np.where(first, basis, np.iinfo(np.int64).max).argmin(axis=1))


def _pivot(table: Floats, leaving: Ints, entering: Ints) -> None:
    """Swap the two variables, in place."""
    each = np.arange(len(table))
    pivot = table[each, leaving, entering]
    row = table[each, leaving] / pivot[:, None]
    column = table[each, :, entering].copy()
    table -= column[:, :, None] * row[:, None, :]
    table[each, :, entering] = -column / pivot[:, None]
    table[each, leaving] = row
    table[each, leaving, entering] = 1.0 / pivot
