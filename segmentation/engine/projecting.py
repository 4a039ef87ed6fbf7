"""The point nearest to the origin beyond every line: the geometry of the smallest change, exact in a few dozen steps.

Least distance programming by way of non-negative least squares (Lawson and Hanson, "Solving Least Squares Problems",
1974, chapter 23). Numpy alone: web processes ask for it and must not load scipy.
"""

from __future__ import annotations

import numpy as np

from segmentation.engine.cleaning import Floats

SLACK = 1e-9
"""Below this a number is taken for zero; slopes are brought to length 1 before."""
STEPS_PER_LINE = 10
"""Never met: a search takes about as many steps as there are lines."""


def nearest_point(slope: Floats, bound: Floats) -> Floats | None:
    """The shortest z with slope @ z >= bound in every line; None where there is none.

    Shapes: slope m x p, bound m, the answer p.
    """
    lengths = np.sqrt((slope**2).sum(axis=1))
    flat = lengths <= SLACK
    if (bound[flat] > SLACK).any():
        return None
    slope, bound = slope[~flat] / lengths[~flat, None], bound[~flat] / lengths[~flat]
    aim = np.zeros(slope.shape[1] + 1)
    aim[-1] = 1.0
    table = np.vstack([slope.T, bound])
    rest = aim - table @ _non_negative(table, aim)
    if rest[-1] <= SLACK:
        return None
    found = -rest[:-1] / rest[-1]
    return found if (slope @ found >= bound - 1e-7).all() else None


def _non_negative(table: Floats, aim: Floats) -> Floats:
    """The u >= 0 with the least |table @ u - aim|."""
    columns = table.shape[1]
    found = np.zeros(columns)
    used = np.zeros(columns, dtype=bool)
    for _ in range(STEPS_PER_LINE * (columns + 1)):
        pull = np.where(used, -np.inf, table.T @ (aim - table @ found))
        if columns == 0 or pull.max() <= SLACK:
            break
        used[int(pull.argmax())] = True
        while True:
            wanted = np.zeros(columns)
            wanted[used] = np.linalg.lstsq(table[:, used], aim, rcond=None)[0]
            short = used & (wanted <= 0)
            if not short.any():
                found = wanted
                break
            # As far towards what is wanted as nothing falls below zero; what reaches zero is out.
            share = float((found[short] / np.maximum(found[short] - wanted[short], SLACK**2)).min())
            found = found + share * (wanted - found)
            used &= found > SLACK * SLACK
            found[~used] = 0.0
    return found
