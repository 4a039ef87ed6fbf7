"""Why a client stands where a run placed it, what would move it, and where it stood before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clients.models import Client
from segmentation.engine.document import Document
from segmentation.engine.explaining import Explanation, explain
from segmentation.engine.levers import Change, smallest_change
from segmentation.models import Assignment, Publication, Run, Segment
from segmentation.runs.frames import PLATFORMS

LEVERS = tuple(f"followers_{platform}" for platform in PLATFORMS)
"""What a client can act on by itself, with an agency's help."""


@dataclass(frozen=True)
class Stay:
    """A client's time in one segment over published runs, from the first publication that put it there."""

    segment: Segment | None
    since: datetime
    run: int


@dataclass(frozen=True)
class Past:
    """Latest stay first. `runs`: how many different runs were ever published."""

    stays: Sequence[Stay]
    runs: int


def reasons(place: Assignment, run: Run) -> Explanation | None:
    """The split of the gap between its segment and the nearest other, on what is known of the client.

    None where there is nothing to split: no segment, only one, or a run that kept no values. Raises DocumentError.
    """
    if place.segment is None or place.second_id is None or not place.known:
        return None
    document = Document.from_dict(run.document or {})
    shown = document.stable.index(place.segment.slug) if place.segment.slug in document.stable else None
    found = explain({name: [value] for name, value in place.known.items()}, document, [shown])
    return found[0] if found else None


def change_towards(place: Assignment, run: Run, target: Segment) -> Change | None:
    """The least rise in followers that would put the client in `target`, from what is known of it now.

    None where none does, and where its data are nearest to `target` already. Raises DocumentError.
    """
    document = Document.from_dict(run.document or {})
    if target.slug not in document.stable or not place.known:
        return None
    return smallest_change(place.known, document.stable.index(target.slug), LEVERS, document)


def past(client: Client) -> Past:
    """The segments that readers saw this client in, over the publications. Two queries."""
    publications = list(Publication.objects.order_by("pk").values_list("run", "at"))
    runs = {run for run, _ in publications}
    places = {
        place.run_id: place
        for place in Assignment.objects.filter(client=client, run__in=runs).select_related("segment").only(
            "run", "segment__name", "segment__slug", "segment__colour"
        )
    }  # fmt: skip
    stays: list[Stay] = []
    for run, at in publications:
        if run in places and (not stays or stays[-1].segment != places[run].segment):
            stays.append(Stay(places[run].segment, at, run))
    return Past(stays[::-1], len(runs))
