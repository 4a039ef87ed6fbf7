"""How far a client's turnover or followers are from those of its segment: too far to be believed without a look.

Modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993): beyond 3.5 times the scaled median
absolute deviation from the median. Taken on signed logarithms, because both figures spread over orders of magnitude
and turnover may be negative; and never within ten times the median, however alike a segment's clients are. Zero is
left alone: half of a segment may have no audience at all, which is a fact and no typing error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.db.models import Q

from segmentation.models import Assignment, Run

MEASURES = ("turnover", "followers")
FARTHEST = 3.5
SCALE = 1.4826  # of the MAD, to the standard deviation where figures are normal
NARROWEST = 1.0  # in powers of ten
FEWEST = 20
"""Known values of a segment, other than zero, below which there is no range to be far from."""
KEPT_AS = "_segmentation_ranges"

Range = tuple[float, float]
Ranges = Mapping[int, Mapping[str, Range]]


def ranges(run: Run) -> Ranges:
    """Segment → measure → (lowest, highest) still believed, from what is known of all present clients. One query."""
    rows = Assignment.objects.filter(run=run, segment__isnull=False, client__withdrawn_at=None)
    known: dict[int, dict[str, list[float]]] = {}
    for segment, *values in rows.values_list("segment", *(f"client__{name}" for name in MEASURES)):
        found = known.setdefault(segment, {name: [] for name in MEASURES})
        for name, value in zip(MEASURES, values, strict=True):
            if value:
                found[name].append(float(value))
    return {
        segment: {name: believed(values) for name, values in found.items() if len(values) >= FEWEST}
        for segment, found in known.items()
    }


def believed(values: Sequence[float]) -> Range:
    """The range around the median of these values, in their own unit."""
    logs = _signed_log(np.asarray(values, dtype=float))
    middle = float(np.median(logs))
    spread = float(np.median(np.abs(logs - middle)))
    reach = max(NARROWEST, FARTHEST * SCALE * spread)
    low, high = _back(np.asarray([middle - reach, middle + reach]))
    return float(low), float(high)


def ranges_for(request: Any, run: Run) -> Ranges:
    """The ranges of a run, read once a request."""
    asked = getattr(request, "_request", request)
    found: dict[int, Ranges] = getattr(asked, KEPT_AS, None) or {}
    if run.pk not in found:
        found[run.pk] = ranges(run)
        if asked is not None:
            setattr(asked, KEPT_AS, found)
    return found[run.pk]


def beyond(found: Ranges, measure: str) -> Q:
    """Clients (with their `place`, see `querysets.with_segment`) beyond the range of their segment."""
    terms = [
        Q(place__segment=segment) & (Q(**{f"{measure}__lt": low}) | Q(**{f"{measure}__gt": high})) & ~Q(**{measure: 0})
        for segment, of in found.items()
        for name, (low, high) in of.items()
        if name == measure
    ]
    return reduce(or_, terms, Q(pk__in=()))


def _signed_log(values: Any) -> Any:
    return np.sign(values) * np.log10(1 + np.abs(values))


def _back(logs: Any) -> Any:
    return np.sign(logs) * (10 ** np.abs(logs) - 1)
