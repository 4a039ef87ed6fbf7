"""How many of a reader's clients stand in each segment, what they turn over, and how sure their places are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from clients.models import Client
from clients.querysets import ClientQuerySet
from segmentation.models import STANDINGS, Assignment, Run, Segment
from segmentation.querysets import OBJECTED
from segmentation.web.standing import NOT_PLACED, told


@dataclass
class SegmentTally:
    """One segment, counted over the clients of one reader. Turnover is of the latest known year of each client."""

    segment: Segment
    size: int = 0
    active: int = 0
    turnover: Decimal | None = None
    turnover_known: int = 0
    share: float | None = None
    turnover_share: float | None = None


@dataclass(frozen=True)
class StandingTally:
    """How many clients have a standing; `value` is what the list filters by, "" when it has no such filter."""

    value: str
    label: str
    count: int
    says: str


@dataclass(frozen=True)
class Tally:
    """Everything about one run and one reader's clients."""

    clients: int
    active: int
    placed: int
    segments: Sequence[SegmentTally] = field(default_factory=list)
    standings: Sequence[StandingTally] = field(default_factory=list)


def tally(run: Run | None, clients: ClientQuerySet) -> Tally:
    """Two queries, whatever the number of clients, and one for the segments."""
    active = Count("pk", filter=Q(status=Client.Status.ACTIVE))
    objected = Count("pk", filter=Q(profiling_objected_at__isnull=False))
    total = clients.order_by().aggregate(all=Count("pk"), active=active, objected=objected)
    if run is None:
        return Tally(total["all"], total["active"], 0)
    groups = _groups(run, clients)
    counts = {segment.pk: SegmentTally(segment) for segment in Segment.objects.in_run(run)}
    for group in groups:
        if group["segment"] in counts:
            _add(counts[group["segment"]], group)
    segments = list(counts.values())
    _share(segments)
    unseen = total["all"] - total["objected"] - sum(group["size"] for group in groups)
    standings = _standings(groups, objected=total["objected"], unseen=unseen)
    return Tally(total["all"], total["active"], sum(item.size for item in segments), segments, standings)


@dataclass(frozen=True)
class SegmentChange:
    """A segment with what became of its size since an earlier run; None where the earlier run did not have it."""

    tally: SegmentTally
    change: int | None


def changes(segments: Sequence[SegmentTally], before: Run | None, clients: ClientQuerySet) -> list[SegmentChange]:
    """How many more or fewer of these clients each segment has than in the run `before`; one query."""
    if before is None:
        return [SegmentChange(item, None) for item in segments]
    mine = Assignment.objects.filter(run=before, client__in=clients.order_by().values("pk"), segment__isnull=False)
    then = dict(mine.order_by().values_list("segment").annotate(size=Count("pk")))
    known = set(before.profiles.values_list("segment", flat=True))
    return [
        SegmentChange(item, item.size - then.get(item.segment.pk, 0) if item.segment.pk in known else None)
        for item in segments
    ]


def _groups(run: Run, clients: ClientQuerySet) -> list[dict[str, Any]]:
    """One row a segment and standing, as dictionaries."""
    mine = Assignment.objects.filter(run=run, client__in=clients.order_by().values("pk")).order_by()
    found = mine.values("segment", "standing").annotate(
        size=Count("pk"),
        active=Count("pk", filter=Q(client__status=Client.Status.ACTIVE)),
        turnover=Sum("client__turnover"),
        turnover_known=Count("client__turnover"),
    )
    return [dict(row) for row in found]


def _add(counted: SegmentTally, group: dict[str, Any]) -> None:
    counted.size += group["size"]
    counted.active += group["active"]
    counted.turnover_known += group["turnover_known"]
    if group["turnover"] is not None:
        counted.turnover = (counted.turnover or Decimal(0)) + group["turnover"]


def _share(segments: Sequence[SegmentTally]) -> None:
    """Shares of the placed clients and of their known turnover; none where the whole is not above 0."""
    placed = sum(item.size for item in segments)
    turnover = sum((item.turnover for item in segments if item.turnover is not None), Decimal(0))
    for item in segments:
        item.share = item.size / placed if placed else None
        if item.turnover is not None and turnover > 0:
            item.turnover_share = float(item.turnover / turnover)


def _standings(groups: Sequence[dict[str, Any]], *, objected: int, unseen: int) -> list[StandingTally]:
    found = [
        StandingTally(
            value, str(label), sum(group["size"] for group in groups if group["standing"] == value), told(value)
        )
        for value, label in Assignment.Standing.choices
    ]
    if objected:
        found.append(StandingTally(OBJECTED, str(dict(STANDINGS)[OBJECTED]), objected, told(OBJECTED)))
    if unseen:
        found.append(StandingTally("", _("pas encore placé"), unseen, str(NOT_PLACED)))
    return found
