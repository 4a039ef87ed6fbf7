"""Asking for a run from a page, the admin, the API or a schedule, and following it.

A worker carries it out (`segmentation.runs.working`): nothing here, nor what imports it, loads scikit-learn.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import jobs
from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.locks import Busy, exclusive
from dignamik.foundation.models import Job
from segmentation.models import Run

KIND = "run"
ASKS = "segmentation.add_run"
WHY_IS_NEEDED = gettext_lazy("Écrivez pourquoi vous imposez ce nombre.")
ALREADY = gettext_lazy("Un calcul est déjà demandé ou en cours\u00a0: le voici. Le vôtre n’a pas été ajouté.")
LARGEST_SEED = 2**31 - 1
LONGEST_WHY = 500
LATEST = 5
"""Finished runs that the expected duration looks at."""
PATIENCE = 5.0
"""Seconds that one waits for somebody who is asking at the same moment."""


class AlreadyAsked(Exception):
    """A run is waiting or going: one at a time is enough for everybody."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(_("Un calcul est déjà demandé ou en cours."))


def request_run(
    *, by: Any, trigger: Job.Trigger, clusters: int | None = None, seed: int | None = None, why: str = "", **more: Any
) -> Job:
    """Queue a run; `more` is kept with the demand. Raises AlreadyAsked while another waits or goes."""
    with _one_at_a_time():
        pending = in_hand()
        if pending is not None:
            raise AlreadyAsked(pending)
        demand = {"clusters": clusters, "seed": seed, "why": why, **more}
        with transaction.atomic():
            job = jobs.ask(KIND, demand, trigger=trigger, by=by)
            note(Kind.RUN_ASKED, by, about=job, trigger=str(trigger), clusters=clusters, seed=seed)
        return job


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two people who ask in the same second get one run. Raises Busy when somebody asks for ever."""
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(exclusive("ask-run"))
                break
            except Busy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        yield


def demands() -> QuerySet[Job]:
    """The jobs that are runs, latest first."""
    return Job.objects.filter(kind=KIND)


def in_hand() -> Job | None:
    """The run job that waits or goes, if any."""
    return demands().filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by("pk").first()


def expected_seconds() -> float | None:
    """How long the latest finished runs took, in the middle; None before the first.

    Where none was asked for yet, what runs at a terminal took.
    """
    done = demands().filter(state=Job.State.DONE, started_at__isnull=False)[:LATEST]
    spans = sorted(
        (job.finished_at - job.started_at).total_seconds() for job in done if job.finished_at and job.started_at
    )
    if not spans:
        others = Run.objects.filter(finished_at__isnull=False).exclude(state=Run.State.FAILED).order_by("-pk")[:LATEST]
        moments = others.values_list("created_at", "finished_at")
        spans = sorted((end - start).total_seconds() for start, end in moments if end)
    return spans[len(spans) // 2] if spans else None
