"""What readers see of the published run, for tests that ask whether it stayed as it was."""

from __future__ import annotations

from typing import Any

from segmentation.models import Assignment, Profile, Publication, Run, Segment

EVERYTHING = [field.attname for field in Assignment._meta.concrete_fields]


def shown() -> dict[str, str | None]:
    """Each client's displayed segment."""
    placed = Assignment.objects.filter(run=Run.objects.current())
    return {str(client): segment for client, segment in placed.values_list("client__source_id", "segment__slug")}


def in_service() -> dict[str, Any]:
    """The published run to the last bit: placements with every column, profiles, segments, the pointer itself."""
    run = Run.objects.current()
    return {
        "publication": Publication.objects.values_list("pk", flat=True).first(),
        "run": Run.objects.filter(pk=run.pk).values().first() if run else None,
        "placements": list(Assignment.objects.filter(run=run).order_by("client").values_list(*EVERYTHING)),
        "profiles": list(Profile.objects.filter(run=run).order_by("cluster").values()),
        "segments": list(Segment.objects.order_by("pk").values()),
    }


def leftovers() -> int:
    """Rows of runs that never came to an end: nobody may ever find one."""
    ended = Run.objects.filter(state__in=[Run.State.TRAINED, Run.State.HELD, Run.State.PUBLISHED])
    profiled = Segment.objects.filter(profiles__isnull=False)
    return (
        Assignment.objects.exclude(run__in=ended).count()
        + Profile.objects.exclude(run__in=ended).count()
        + Segment.objects.exclude(pk__in=profiled).count()
    )
