"""Which run a reader sees, and which of its figures."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest

from segmentation.disclosure import figures_are_open
from segmentation.models import Run

HEAVY = ("document", "recipe", "scores", "choice", "verdict", "notes")


class ReadsRun:
    """For views: the run whose segments the page shows."""

    request: HttpRequest

    @cached_property
    def run(self) -> Run | None:
        """The published run, or the draft that this reader may see before the first publication."""
        return Run.objects.defer(*HEAVY).shown_to(self.request.user)

    @property
    def is_draft(self) -> bool:
        return self.run is not None and self.run.state != Run.State.PUBLISHED

    def sees_figures_of(self, run: Run) -> bool:
        return figures_are_open(run, self.request.user)

    def run_context(self) -> dict[str, Any]:
        return {"run": self.run, "is_draft": self.is_draft}


def labels_of(recipe: Any) -> dict[str, str]:
    """Column → what people read, for a stored recipe."""
    columns = [*(recipe or {}).get("numeric", ()), *(recipe or {}).get("categorical", ())]
    return {column["name"]: column.get("label") or column["name"] for column in columns}
