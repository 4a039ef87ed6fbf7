"""Asking for a run from a page, the admin, the API or a schedule, and following it.

A worker carries it out (`segmentation.runs.working`): nothing here, nor what imports it, loads scikit-learn.
"""

from __future__ import annotations

from typing import Any

from dignamik.foundation import jobs
from dignamik.foundation.models import Job

KIND = "run"


class AlreadyAsked(Exception):
    """A run is waiting or going: one at a time is enough for everybody."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__("Un calcul est déjà demandé ou en cours.")


def request_run(
    *, by: Any, trigger: Job.Trigger, clusters: int | None = None, seed: int | None = None, why: str = ""
) -> Job:
    """Queue a run. Raises AlreadyAsked while another waits or goes."""
    pending = in_hand()
    if pending is not None:
        raise AlreadyAsked(pending)
    return jobs.ask(KIND, {"clusters": clusters, "seed": seed, "why": why}, trigger=trigger, by=by)


def in_hand() -> Job | None:
    """The run job that waits or goes, if any."""
    return Job.objects.filter(kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by("pk").first()


def expected_seconds() -> float | None:
    """How long the latest finished runs took, in the middle; None before the first."""
    done = Job.objects.filter(kind=KIND, state=Job.State.DONE, started_at__isnull=False)[:5]
    spans = sorted(
        (job.finished_at - job.started_at).total_seconds() for job in done if job.finished_at and job.started_at
    )
    return spans[len(spans) // 2] if spans else None
