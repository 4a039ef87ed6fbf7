"""What of the whole base a person may read: which runs, and whose figures.

Whatever lists or counts clients goes through `Client.objects.visible_to`; this is about figures of everybody at once.
"""

from __future__ import annotations

from typing import Any

from clients.querysets import SEES_EVERYTHING
from segmentation.models import Profile, Run
from segmentation.querysets import SEES_DRAFTS, RunQuerySet

# In a smaller group a figure begins to describe somebody.
SMALLEST_GROUP = 5


def runs_open_to(user: Any) -> RunQuerySet:
    """Runs that were published once; queued, held and failed ones too for those who may see drafts."""
    runs = Run.objects.all()
    if user.has_perm(SEES_DRAFTS):
        return runs
    return runs.filter(pk__in=Run.objects.filter(publications__isnull=False).values("pk"))


def figures_are_open(run: Run | None, user: Any) -> bool:
    """Whether this person may read sizes, profiles and quality of this run.

    Everybody when each of its groups has at least five members; else those who see every client anyway.
    """
    if run is None:
        return False
    if user.has_perm(SEES_EVERYTHING):
        return True
    sizes = list(Profile.objects.filter(run=run).values_list("size", flat=True))
    return bool(sizes) and min(sizes) >= SMALLEST_GROUP
