"""Runs at set times: each tick of the schedule asks for one run, however many workers look at the clock."""

from __future__ import annotations

from datetime import datetime

from croniter import croniter
from django.utils import timezone

from dignamik.foundation.locks import Busy, exclusive
from dignamik.foundation.models import Job
from segmentation.runs.requesting import AlreadyAsked, demands, request_run


class Schedule:
    """One worker's eye on the clock. `expression` as cron has it, in local time; "" is no schedule.

    A tick that passed while no worker was there is made up for once. Before the first scheduled run only ticks after
    this worker's start count: a schedule that was just set starts with its next time.
    """

    def __init__(self, expression: str, started: datetime) -> None:
        self.expression = expression
        self.started = started
        self.seen: datetime | None = None

    def tend(self, now: datetime) -> Job | None:
        """Ask for the run that is due, if any. While another run waits or goes, the tick stays due."""
        if not self.expression:
            return None
        tick: datetime = croniter(self.expression, timezone.localtime(now)).get_prev(datetime)
        if tick == self.seen:
            return None
        try:
            with exclusive("schedule-run"):
                found = self._ask(tick) if tick > self._served() else None
        except (AlreadyAsked, Busy):
            return None
        self.seen = tick
        return found

    def _ask(self, tick: datetime) -> Job:
        return request_run(by=None, trigger=Job.Trigger.SCHEDULE, tick=tick.isoformat())

    def _served(self) -> datetime:
        """The last tick that asked for a run."""
        last = demands().filter(trigger=Job.Trigger.SCHEDULE).first()
        return datetime.fromisoformat(last.payload["tick"]) if last else self.started
