"""Asking for a sync from its page or a schedule, and what a worker does for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clients.intake.errors import IntakeError
from clients.intake.source.attempting import Wanted, follow
from clients.models import SourceSync
from clients.syncs import SYNC_KIND, pending
from dignamik.foundation import jobs
from dignamik.foundation.jobs import Going, Refused
from dignamik.foundation.locks import exclusive
from dignamik.foundation.models import Job
from dignamik.foundation.scheduling import Schedule

READING = "Lecture de la base interne"


def request_sync(*, by: Any, trigger: Job.Trigger, force: bool = False, **more: Any) -> Job | None:
    """Queue a sync; None while another one waits or goes. Raises Busy when somebody asks at the same moment."""
    with exclusive("ask-sync"):
        if pending() is not None:
            return None
        return jobs.ask(SYNC_KIND, {"force": force, **more}, trigger=trigger, by=by)


def carry_out(going: Going) -> Mapping[str, Any]:
    """Follow the source of the settings. Raises Refused with a French sentence.

    A worker that dies leaves nothing behind; whoever takes over reads the source anew.
    """
    going.tell(READING, 0.05)
    job = going.job
    wanted = Wanted(SourceSync.Trigger(job.trigger), by=job.asked_by, force=bool(job.payload.get("force")))
    try:
        report = follow(wanted)
    except IntakeError as problem:
        raise Refused(str(problem)) from None
    return {"clients": report.to_dict()["clients"]}


class SyncSchedule(Schedule):
    """Syncs at set times (`SYNC_SCHEDULE`)."""

    kind = SYNC_KIND

    def ask(self, tick: datetime) -> Job | None:
        return request_sync(by=None, trigger=Job.Trigger.SCHEDULE, tick=tick.isoformat())
