"""Runs at set times (`RETRAIN_SCHEDULE`)."""

from __future__ import annotations

from datetime import datetime

from dignamik.foundation import scheduling
from dignamik.foundation.models import Job
from segmentation.runs.requesting import KIND, AlreadyAsked, request_run


class Schedule(scheduling.Schedule):
    kind = KIND

    def ask(self, tick: datetime) -> Job | None:
        try:
            return request_run(by=None, trigger=Job.Trigger.SCHEDULE, tick=tick.isoformat())
        except AlreadyAsked:
            return None
