"""Which run a reader sees, and which of its figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from segmentation.disclosure import figures_are_open, runs_open_to
from segmentation.models import Run
from segmentation.pointer import run_shown
from segmentation.querysets import RunQuerySet
from segmentation.retelling import retold

FINISHED = (Run.State.TRAINED, Run.State.HELD, Run.State.PUBLISHED)
OFFERED = 20
"""Runs that a page offers to compare with, the latest."""


class ReadsRun:
    """For views: the run whose segments the page shows."""

    request: HttpRequest

    @cached_property
    def run(self) -> Run | None:
        """The published run, or the draft that this reader may see before the first publication."""
        return run_shown(self.request)

    @property
    def is_draft(self) -> bool:
        return self.run is not None and self.run.state != Run.State.PUBLISHED

    def sees_figures_of(self, run: Run) -> bool:
        return figures_are_open(run, self.request.user)

    def run_context(self) -> dict[str, Any]:
        return {"run": self.run, "is_draft": self.is_draft}


def finished(user: Any) -> RunQuerySet:
    """Runs that this person may read and that placed clients."""
    return runs_open_to(user).filter(state__in=FINISHED)


def pairing(user: Any, a: Run | None = None, b: Run | None = None) -> dict[str, Any]:
    """What the form that compares two runs needs: runs to choose from, the latest first, and the pair it proposes.

    The runs named are always among them; without one the latest are proposed, the older on the left.
    """
    latest = finished(user).only("pk", "as_of", "state").order_by("-pk")[:OFFERED]
    runs: Sequence[Run] = sorted({*latest, *(run for run in (a, b) if run is not None)}, key=lambda run: -run.pk)
    right = b or next((run for run in runs if run != a), None)
    left = a or next((run for run in runs if run != right), None)
    return {"choices": runs, "left": left, "right": right}


def labels_of(recipe: Any) -> dict[str, str]:
    """Column → what people read, for a stored recipe."""
    columns = [*(recipe or {}).get("numeric", ()), *(recipe or {}).get("categorical", ())]
    return {column["name"]: retold(column.get("label") or column["name"]) for column in columns}
