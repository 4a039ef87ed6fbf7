"""Where the pointer stands for one request: read once, so that no answer mixes two runs, whatever is published
meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segmentation.models import Run
from segmentation.querysets import RunQuerySet

HEAVY = ("document", "recipe", "scores", "choice", "verdict", "notes")
KEPT_AS = "_segmentation_pointer"


@dataclass(frozen=True)
class Pointer:
    """The published run and the one that was published before it; heavy columns are fetched when asked for."""

    now: Run | None
    before: Run | None


def pointer(request: Any, *wanted: str) -> Pointer:
    """Of this request, Django's or REST framework's; None: as it stands now.

    `wanted`: heavy columns that the first to ask for the pointer knows it needs.
    """
    asked = getattr(request, "_request", request)
    found: Pointer | None = getattr(asked, KEPT_AS, None)
    if found is None:
        found = Pointer(*_lighter(wanted).two_latest())
        if asked is not None:
            setattr(asked, KEPT_AS, found)
    return found


def run_shown(request: Any, *wanted: str) -> Run | None:
    """The run whose segments this request shows: the published one, or the draft that its reader may see before."""
    return pointer(request, *wanted).now or _lighter(wanted).shown_to(request.user)


def _lighter(wanted: tuple[str, ...]) -> RunQuerySet:
    return Run.objects.defer(*(set(HEAVY) - set(wanted)))
