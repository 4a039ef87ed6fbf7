"""Asking for background work, and doing it: claim, lock, progress, take-over.

Whoever works on a job holds an exclusive lock for as long as it takes: lock held means alive, however long the job;
lock free means that its worker died, and another may take over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.calls import working
from dignamik.foundation.locks import Busy, exclusive
from dignamik.foundation.logs import request_number
from dignamik.foundation.models import Job

MOST_ATTEMPTS = 3
log = logging.getLogger(__name__)


class Lost(Exception):
    """Another worker has taken this job over: whatever this one still has to say counts for nothing."""


class Cancelled(Exception):
    """Somebody asked the job to stop."""

    def __init__(self) -> None:
        super().__init__("Arrêté à la demande de quelqu’un.")


class Refused(Exception):
    """The job could not be done for a reason that people can read (French)."""


@dataclass(frozen=True)
class Going:
    """A job in a worker's hands; every write is fenced by the attempt's number."""

    job: Job
    attempt: int

    def tell(self, step: str, share: float) -> None:
        """Report progress (0..1). Raises Lost, or Cancelled when somebody asked to stop."""
        self._write(step=step[:120], progress=min(max(share, 0.0), 1.0))
        if Job.objects.filter(pk=self.job.pk, cancel_asked=True).exists():
            raise Cancelled

    def end(self, state: Job.State, **fields: Any) -> None:
        self._write(state=state, finished_at=timezone.now(), **fields)

    def _write(self, **fields: Any) -> None:
        mine = Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING, attempt=self.attempt)
        if not mine.update(**fields):
            raise Lost


Work = Callable[[Going], Mapping[str, Any]]


def ask(kind: str, payload: Mapping[str, Any], *, trigger: Job.Trigger, by: Any = None) -> Job:
    """Queue a job."""
    return Job.objects.create(kind=kind, payload=dict(payload), trigger=trigger, asked_by=by)


def cancel(job: Job) -> None:
    """Stop a job: at once when it waits, at its next report when it runs. One that has ended is left as it is."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
    with transaction.atomic():
        stopped = waiting.update(state=Job.State.CANCELLED, finished_at=timezone.now())
        if not stopped:
            stopped = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_asked=True)
        if stopped:
            note(Kind.JOB_STOPPED, about=job, job=job.kind)


def work_once(kinds: Mapping[str, Work]) -> Job | None:
    """Take over what dead workers left, then do the oldest waiting job. Returns it, or None when nothing waits."""
    reap()
    for job in Job.objects.filter(state=Job.State.QUEUED, kind__in=kinds).order_by("pk")[:20]:
        try:
            with exclusive(f"job-{job.pk}"):
                going = _claim(job)
                if going is not None:
                    _carry_out(going, kinds[job.kind])
                    return job
        except Busy:
            continue
    return None


def reap() -> int:
    """Put back jobs whose worker died; give up on those that died too often. Returns how many were dead."""
    dead = 0
    for job in Job.objects.filter(state=Job.State.RUNNING):
        try:
            with exclusive(f"job-{job.pk}"):
                mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempt=job.attempt)
                if job.attempt < MOST_ATTEMPTS:
                    dead += mine.update(state=Job.State.QUEUED, step="", progress=0.0)
                else:
                    sentence = f"Interrompu {job.attempt} fois de suite : abandonné."
                    dead += mine.update(state=Job.State.FAILED, error=sentence, finished_at=timezone.now())
        except Busy:
            continue
    return dead


def _claim(job: Job) -> Going | None:
    """Ours if nobody was quicker: a conditional UPDATE, then a look at the row count."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED, attempt=job.attempt)
    taken = waiting.update(
        state=Job.State.RUNNING, attempt=F("attempt") + 1, started_at=timezone.now(), cancel_asked=False, error=""
    )
    return Going(job, job.attempt + 1) if taken else None


def _carry_out(going: Going, work: Work) -> None:
    number, at_it = request_number.set(f"job-{going.job.pk}"), working.set(True)
    try:
        _done(going, work)
    finally:
        request_number.reset(number)
        working.reset(at_it)


def _done(going: Going, work: Work) -> None:
    try:
        result = work(going)
        going.end(Job.State.DONE, result=dict(result), progress=1.0)
    except Cancelled:
        going.end(Job.State.CANCELLED)
    except Refused as refusal:
        going.end(Job.State.FAILED, error=str(refusal))
    except Lost:
        log.warning("Job %s was taken over by another worker", going.job.pk)
    except Exception:
        log.exception("Job %s failed", going.job.pk)
        going.end(
            Job.State.FAILED, error="Une erreur inattendue a arrêté cette tâche ; le journal du serveur la décrit."
        )
