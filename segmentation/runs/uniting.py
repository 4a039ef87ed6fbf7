"""What a merge of two clients means for placements and decisions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from clients import merging, unmerging
from clients.duplicates import Merge
from clients.models import Client
from segmentation.models import Assignment, Decision, Run
from segmentation.runs.refreshing import bring_up_to_date
from segmentation.runs.unplacing import take_out


def merge(kept: int, other: int, chosen: dict[str, str], *, by: Any, version: str = "") -> Merge:
    """`clients.merging.merge`, with what stands on the clients. Raises as it does."""
    return merging.merge(kept, other, chosen, by=by, version=version, above=ABOVE)


def undo(pk: int, *, by: Any) -> Merge:
    """`clients.unmerging.undo`, with what stands on the clients. Raises as it does."""
    return unmerging.undo(pk, by=by, above=ABOVE)


def hold_run() -> None:
    """The run's lock comes before those of clients, as when placements are refreshed: else two would wait in a ring."""
    run = Run.objects.current()
    if run is not None:
        Run.objects.select_for_update(no_key=True).only("pk").get(pk=run.pk)


def settle_decisions(kept: int, other: int) -> None:
    """Of two decisions in force on one action the later one stays in force; the earlier one is its history."""
    ours, theirs = (
        {decision.play_id: decision for decision in Decision.objects.filter(client=client, current=True)}
        for client in (kept, other)
    )
    earlier = [min(ours[play], theirs[play], key=lambda each: (each.at, each.pk)).pk for play in ours.keys() & theirs]
    Decision.objects.filter(pk__in=earlier).update(current=False)


def settle_places(clients: Collection[int]) -> None:
    """Who objects to profiling has no place, under whatever name it was placed; the others' are brought up to date."""
    objecting = Client.objects.filter(pk__in=clients, profiling_objected_at__isnull=False).values("pk")
    take_out(Client.objects.filter(Q(pk__in=objecting) | Q(merged_into__in=objecting)).values_list("pk", flat=True))
    bring_up_to_date(clients)


ABOVE = merging.Above(
    begin=hold_run,
    settle=settle_decisions,
    finish=settle_places,
    derived=frozenset({Assignment._meta.label_lower}),
)
