"""Where a run that was asked for stands, in the words of the pages that follow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from dignamik.foundation.models import Job
from segmentation.models import Run
from segmentation.runs.requesting import expected_seconds

SILENCE = timedelta(seconds=15)
"""A job that waits longer than this while none is going has no worker."""


@dataclass(frozen=True)
class Following:
    """A job that is a run, as its page tells it. `expected` in seconds; `busy`: another job is going meanwhile."""

    job: Job
    now: datetime
    expected: float | None
    busy: bool
    run: Run | None

    @property
    def waits(self) -> bool:
        return self.job.state == Job.State.QUEUED

    @property
    def goes(self) -> bool:
        return self.job.state == Job.State.RUNNING

    @property
    def ended(self) -> bool:
        return not (self.waits or self.goes)

    @property
    def percent(self) -> int:
        return round(self.job.progress * 100)

    @property
    def silent(self) -> bool:
        """Whether it looks as if no worker were there."""
        return self.waits and not self.busy and self.now - self.job.asked_at > SILENCE

    @property
    def lasts(self) -> str:
        """How long runs take here, in words; "" before the first."""
        if self.expected is None:
            return ""
        if self.expected < 90:
            return _("environ %(seconds)s\u00a0s") % {"seconds": max(1, round(self.expected))}
        return _("environ %(minutes)s\u00a0min") % {"minutes": round(self.expected / 60)}


def follow(job: Job) -> Following:
    """The job with what surrounds it."""
    number = job.result.get("run")
    return Following(
        job=job,
        now=timezone.now(),
        expected=expected_seconds(),
        busy=Job.objects.filter(state=Job.State.RUNNING).exclude(pk=job.pk).exists(),
        run=Run.objects.only("pk", "state").filter(pk=number).first() if number else None,
    )
