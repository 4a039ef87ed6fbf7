"""The clients most like a business: nearest in the run's scaled space, exactly, without reading everybody.

A place in the plane is a projection of the scaled space, so two clients are never nearer in the space than in the
plane: who is farther in the plane than the fifth nearest found so far need not be looked at.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from clients.querysets import ClientQuerySet
from segmentation.engine.document import Document
from segmentation.engine.encoding import encode
from segmentation.models import Assignment, Run

CHUNK = 300
"""Clients that are encoded together, nearest in the plane first."""
SLACK = 1e-9


@dataclass(frozen=True)
class Likeness:
    """One client and its distance to the business in scaled space."""

    client: int
    distance: float


def most_like(columns: Mapping[str, Sequence[Any]], run: Run, among: ClientQuerySet, count: int = 5) -> list[Likeness]:
    """The `count` clients of `among` nearest to the one row of `columns`, nearest first; what a client lacks is
    filled as the model fills it. Raises DocumentError when the run's model cannot be read."""
    document = Document.from_dict(run.document or {})
    here = encode(columns, document).matrix[0]
    plane = np.array(document.components)
    centre = plane @ (here - np.array(document.origin))
    places = Assignment.objects.filter(run=run, x__isnull=False, client__in=among.order_by().values("pk"))
    seen = [(float(np.hypot(x - centre[0], y - centre[1])), pk) for pk, x, y in places.values_list("client", "x", "y")]
    waiting = iter(sorted(seen))
    best: list[tuple[float, int]] = []  # a heap of (-distance, -client)
    while chunk := list(islice(waiting, CHUNK)):
        if len(best) == count and chunk[0][0] > -best[0][0] + SLACK:
            break
        for client, distance in _distances([pk for _, pk in chunk], here, run, document):
            heapq.heappush(best, (-distance, -client))
            if len(best) > count:
                heapq.heappop(best)
    return [Likeness(-client, -distance) for distance, client in sorted(best, reverse=True)]


def _distances(clients: Sequence[int], here: Any, run: Run, document: Document) -> list[tuple[int, float]]:
    rows = list(Assignment.objects.filter(run=run, client__in=clients).values_list("client", "values", "values_now"))
    seen = [now or then for _, then, now in rows]  # the place in the plane is of today's facts too
    columns = {name: [values.get(name) for values in seen] for name, _ in document.spans()}
    away = np.linalg.norm(encode(columns, document).matrix - here, axis=1)
    return [(client, float(distance)) for (client, *_), distance in zip(rows, away, strict=True)]
