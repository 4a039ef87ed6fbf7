"""Bring a run's placements up to what the book of record says now: at once, without touching what the run decided.

Whoever is new to the run is placed by scoring. Whose facts changed gets a new standing; the segment shown stays until
another run is published (`models.Assignment` says which column is which). Numpy only: web processes come here.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone

from clients.models import Client
from clients.querysets import ClientQuerySet
from segmentation.engine.document import Document
from segmentation.engine.errors import DocumentError
from segmentation.models import Assignment, Run, Segment
from segmentation.runs import bulk, frames
from segmentation.runs.placing import placed, segments_by_cluster

BATCH = frames.CHUNK
"""Clients of one transaction: while it lasts, other placements of the run wait."""
PAUSE = timedelta(seconds=30)
log = logging.getLogger(__name__)


def bring_up_to_date(clients: Collection[int] | None = None) -> int:
    """For whoever has written client facts: refresh the published run, for these clients or all that need it.

    Returns how many placements were written. A model that cannot be read leaves them as they are; the log says so.
    """
    run = Run.objects.current()
    if run is None:
        return 0
    try:
        return refresh(run, clients)
    except DocumentError as problem:
        log.warning("%s: placements not brought up to date. %s", run, problem)
        return 0


def refresh(run: Run, clients: Collection[int] | None = None) -> int:
    """Place or score again whoever needs it, among these clients or all present ones; the same facts write nothing new.

    Returns how many placements were written. Raises DocumentError.
    """
    wanted = behind(run)
    if clients is not None and len(clients) <= BATCH:
        wanted = wanted.filter(pk__in=clients)
    pks = list(wanted.order_by("pk").values_list("pk", flat=True))
    if clients is not None:
        asked = set(clients)
        pks = [pk for pk in pks if pk in asked]
    if not pks:
        return 0
    document, segments = Document.from_dict(run.document or {}), segments_by_cluster(run)
    batches = (pks[start : start + BATCH] for start in range(0, len(pks), BATCH))
    return sum(_refresh(run, document, segments, batch) for batch in batches)


def behind(run: Run) -> ClientQuerySet:
    """Present clients that do not object to profiling and that the run has not placed, or whose facts changed since.

    By the change that a placement knows of, not by the clock: what a long import commits after a run was made on an
    earlier day's facts is seen all the same.
    """
    place = FilteredRelation("assignments", condition=Q(assignments__run=run.pk))
    clients = Client.objects.present().profiled().alias(place=place).alias(facts_at=F("place__facts_at"))
    return clients.filter(Q(facts_at=None) | ~Q(facts_at=F("changed_at")))


class Upkeep:
    """A worker's part: what no face brought up to date, looked for now and then (one query over all clients)."""

    def __init__(self) -> None:
        self.next: datetime | None = None

    def tend(self, now: datetime) -> int:
        """Bring everything up to date if the last time is long enough ago; returns how many placements were written."""
        if self.next is not None and now < self.next:
            return 0
        self.next = now + PAUSE
        return bring_up_to_date()


# --- Steps -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Held:
    """What the run decided of one client. `segment` as a key; None: nothing yet, too little was known."""

    segment: int | None
    fitted: bool
    late: bool
    values: dict[str, Any]


@transaction.atomic
def _refresh(run: Run, document: Document, segments: Mapping[int, Segment], pks: Sequence[int]) -> int:
    # One at a time for a run: whoever comes second reads what the first one's transaction has recorded.
    Run.objects.select_for_update(no_key=True).only("pk").get(pk=run.pk)
    frame = frames.read(Client.objects.filter(pk__in=pks), max(run.as_of, timezone.localdate()), clock=run.as_of)
    held = _held(run, pks)
    labels: dict[int | None, int] = {segment.pk: label for label, segment in segments.items()}
    shown = [labels.get(held[pk].segment) if pk in held else None for pk in frame.pks]
    now = timezone.now()
    rows = []
    for at, place in enumerate(placed(frame.columns, document, segments, shown)):
        pk, seen = frame.pks[at], frame.values(at)
        before = held.get(pk)
        if before is None:
            decided = _Held(None, fitted=False, late=True, values=seen)
        elif before.segment is None:
            decided = replace(before, late=before.late or place.segment is not None, values=seen)
        else:
            decided = before
            place = replace(place, segment=segments[labels[before.segment]])
        rows.append(
            bulk.row(
                run.pk, pk, place, decided.values, fitted=decided.fitted, late=decided.late,
                values_now=None if seen == decided.values else seen, facts_at=frame.changed_at[at], scored_at=now,
            )
        )  # fmt: skip
    return len(bulk.write_over(rows))


def _held(run: Run, pks: Sequence[int]) -> dict[int, _Held]:
    rows = Assignment.objects.filter(run=run, client__in=pks)
    found = rows.values_list("client", "segment", "fitted", "late", "values")
    return {client: _Held(*decided) for client, *decided in found}
