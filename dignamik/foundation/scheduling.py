"""Work at set times: each tick of a schedule asks once, however many workers look at the clock."""

from __future__ import annotations

from datetime import datetime

from croniter import croniter
from django.utils import timezone

from dignamik.foundation.locks import Busy, exclusive
from dignamik.foundation.models import Job


class Schedule:
    """One worker's eye on the clock. `expression` as cron has it, in local time; "" is no schedule.

    A tick that passed while no worker was there is made up for once. Before the first scheduled job only ticks after
    this worker's start count: a schedule that was just set starts with its next time.
    """

    kind: str
    """Of the jobs that it asks for; each keeps its tick."""

    def __init__(self, expression: str, started: datetime) -> None:
        self.expression = expression
        self.started = started
        self.seen: datetime | None = None

    def ask(self, tick: datetime) -> Job | None:
        """Queue the job of this tick, with `tick` (ISO) in its payload; None while another one waits or goes."""
        raise NotImplementedError

    def tend(self, now: datetime) -> Job | None:
        """Ask for what is due, if anything. While another job of the kind waits or goes, the tick stays due."""
        if not self.expression:
            return None
        tick: datetime = croniter(self.expression, timezone.localtime(now)).get_prev(datetime)
        if tick == self.seen:
            return None
        found = None
        try:
            with exclusive(f"schedule-{self.kind}"):
                if tick > self._served():
                    found = self.ask(tick)
                    if found is None:
                        return None
        except Busy:
            return None
        self.seen = tick
        return found

    def _served(self) -> datetime:
        """The last tick that asked for a job."""
        last = Job.objects.filter(kind=self.kind, trigger=Job.Trigger.SCHEDULE).first()
        return datetime.fromisoformat(last.payload["tick"]) if last else self.started
