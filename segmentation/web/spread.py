"""The bins of a small histogram over figures that span several powers of ten: 1, 2, 5, 10, 20, 50…"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

SMALLEST_CROWD = 5  # fewer clients are a list, not a spread
MOST_BINS = 12
STEPS = (1, 2, 5)  # within each power of ten
# The first edge after 0 lies this many powers of ten below the largest figure; fewer where that makes too many bins.
REACHES = (3, 2, 1)
CENT = Decimal("0.01")

Number = int | Decimal


@dataclass(frozen=True)
class Bin:
    """Clients whose figure lies between two ends, both included; `share` of the fullest bin, 0 to 1."""

    low: Number
    high: Number
    label: str
    count: int
    share: float


def edges_between(low: Number, high: Number) -> list[int]:
    """Round numbers from below `low` to above `high`, 0 among them where the figures reach it; ascending, 2 at least.

    The edges next to 0 move away from it until there are at most `MOST_BINS` bins.
    """
    digits = max(_digits(Decimal(low)), _digits(Decimal(high)))
    for reach in REACHES:
        smallest = 10 ** max(0, digits - reach)
        below = [-value for value in _round_numbers(smallest, -low)] if low < 0 else []
        edges = sorted({0, *below, *_round_numbers(smallest, max(high, 0))})
        first = max((value for value in edges if value <= low), default=edges[0])
        last = min((value for value in edges if value > high), default=edges[-1])
        edges = [value for value in edges if first <= value <= last]
        if len(edges) - 1 <= MOST_BINS:
            break
    return edges


def ranges_between(edges: Sequence[int], *, cents: bool) -> list[tuple[Number, Number]]:
    """Between neighbouring edges, as the filters count: both ends included, and no figure in two of them."""
    step = CENT if cents else 1
    return [(start, end - step) for start, end in pairwise(edges)]


def _round_numbers(smallest: int, most: Number) -> list[int]:
    """Upwards from `smallest`, one beyond `most` included."""
    found: list[int] = []
    power = smallest
    while True:
        for step in STEPS:
            found.append(step * power)
            if step * power > most:
                return found
        power *= 10


def _digits(value: Decimal) -> int:
    """Before the decimal comma, the sign aside."""
    return max(1, value.adjusted() + 1)
