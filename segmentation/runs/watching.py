"""How complete and how believable the book of record is: counted now, and kept once a day.

Every count is that of a filter of the portfolio (`lacks`, `implausible`, `placed`, `precision`, `misplaced`), by the
same conditions, so that a figure is the length of the list it leads to.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from clients.completeness import FACTS, NETWORKS, known_facts, lacking
from clients.models import Client
from clients.plausibility import ANY, OLD, WRONG, looks_wrong
from clients.querysets import APPROXIMATE, ClientQuerySet
from segmentation.filters import FAR
from segmentation.models import QualitySnapshot, Run
from segmentation.querysets import with_segment
from segmentation.ranges import Ranges, beyond, ranges_for

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quality:
    """Counters over some clients. `completeness`: the mean share of known facts, None without a client."""

    clients: int
    completeness: float | None
    unknown: Mapping[str, int]
    wrong: Mapping[str, int]
    unplaced: int
    approximate: int


def quality_of(
    clients: ClientQuerySet, run: Run | None, request: Any = None, facts: Collection[str] = tuple(FACTS)
) -> Quality:
    """Over these clients, with what their segments of the run say. Two queries, whatever their number."""
    conditions = wrong_by_kind(ranges_for(request, run) if run else {})
    counts = {f"lacks_{name}": Count("pk", filter=lacking(name)) for name in (*facts, *NETWORKS)}
    counts |= {f"wrong_{kind}": Count("pk", filter=condition) for kind, condition in conditions.items()}
    found = with_segment(clients, run).order_by().aggregate(
        all=Count("pk"), known=Sum(known_facts(facts)), unplaced=Count("pk", filter=Q(latitude=None)),
        approximate=Count("pk", filter=Q(position_precision__in=APPROXIMATE)), **counts,
    )  # fmt: skip
    return Quality(
        clients=found["all"],
        completeness=found["known"] / (found["all"] * len(facts)) if found["all"] else None,
        unknown={name: found[f"lacks_{name}"] for name in (*facts, *NETWORKS)},
        wrong={kind: found[f"wrong_{kind}"] for kind in conditions},
        unplaced=found["unplaced"],
        approximate=found["approximate"],
    )


def wrong_by_kind(ranges: Ranges) -> dict[str, Q]:
    """Whom each kind of implausible value concerns; "any": a kind that may be an error, not one that is only old."""
    far = {kind: beyond(ranges, kind.removeprefix("far_")) for kind in FAR}
    errors = {kind: looks_wrong(kind) for kind in WRONG} | far
    return {ANY: reduce(or_, errors.values()), **errors, **{kind: looks_wrong(kind) for kind in OLD}}


# --- Day by day ------------------------------------------------------------------------------------------------------


def take_snapshot() -> QualitySnapshot:
    """Count the whole base, and keep that as the figures of today."""
    now = timezone.now()
    found = quality_of(Client.objects.present(), Run.objects.current())
    row, _ = QualitySnapshot.objects.update_or_create(
        day=timezone.localdate(now),
        defaults={
            "at": now, "clients": found.clients, "completeness": found.completeness, "unplaced": found.unplaced,
            "approximate": found.approximate, "implausible": found.wrong[ANY], "unknown": dict(found.unknown),
        },
    )  # fmt: skip
    return row


def note_quality() -> None:
    """After an import, a sync or a run: bring today's figures up to date. Nothing fails because of them."""
    try:
        with transaction.atomic():
            take_snapshot()
    except (DatabaseError, InterfaceError) as problem:
        log.warning("Quality of the data not kept: %s", problem)


class QualityWatch:
    """A worker's part: the figures of each day, taken when the day is first seen."""

    def __init__(self) -> None:
        self.seen: Any = None

    def tend(self, now: datetime) -> bool:
        """Take today's figures unless they are there. Returns whether it took them."""
        today = timezone.localdate(now)
        if self.seen == today:
            return False
        self.seen = today
        if QualitySnapshot.objects.filter(day=today).exists():
            return False
        note_quality()
        return True
