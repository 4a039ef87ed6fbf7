"""`manage.py work`: the worker that does what people asked for in the background."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from clients.dedupe.searching import Searching
from clients.intake.files.keeping import Sweeping
from clients.intake.source.working import SyncSchedule
from dignamik.foundation.jobs import work_once
from dignamik.work import KINDS
from segmentation.runs.refreshing import Upkeep
from segmentation.runs.scheduling import Schedule

PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = (
        "Exécute les calculs demandés ou planifiés, place les clients qu’aucune page n’a placés, cherche les doublons. "
        "SIGTERM : finit la tâche en cours, puis s’arrête."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="fait les tâches en attente, puis s’arrête")

    def handle(self, *args: Any, **options: Any) -> None:
        self.leaving = False
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)
        self.schedule = Schedule(settings.RETRAIN_SCHEDULE, timezone.now())
        self.sync_schedule = SyncSchedule(settings.SYNC_SCHEDULE, timezone.now())
        self.upkeep = Upkeep()
        self.sweeping = Sweeping()
        self.searching = Searching()
        while not self.leaving:
            job = self._work()
            if job is None:
                if options["once"]:
                    break
                time.sleep(PAUSE_SECONDS)

    def _work(self) -> object | None:
        """One job. A database that is away for a moment is waited for, not died of."""
        try:
            close_old_connections()
            self.sync_schedule.tend(timezone.now())  # first: a run that is due too sees the fresh data
            self.schedule.tend(timezone.now())
            self.upkeep.tend(timezone.now())
            self.sweeping.tend(timezone.now())
            self.searching.tend(timezone.now())
            job = work_once(KINDS)
        except (OperationalError, InterfaceError) as problem:
            self.stderr.write(f"Base de données injoignable, nouvel essai : {problem}")
            connection.close()
            return None
        if job is not None:
            job.refresh_from_db()
            self.stdout.write(f"{job} : {job.get_state_display()}")
        return job

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self.leaving = True
