"""A sync whose process is killed at any point leaves nothing half done, and the next one works."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User

from clients import figures, recording
from clients.intake.errors import IntakeError
from clients.intake.source import attempting, syncing, working
from clients.intake.source.attempting import Wanted, follow
from clients.models import Client, Followers, SourceSync, Turnover
from dignamik.foundation.jobs import reap, work_once
from dignamik.foundation.models import Job
from dignamik.work import KINDS
from tests import postgres, sources
from tests.outside import Start, manage, wait_for

pytestmark = pytest.mark.postgres
DEAD = 86
"""The exit code of a process that these tests cut off."""
inside: Any = syncing
kept: Any = attempting
writing: Any = recording
hanging: Any = figures
"""The modules, to put other functions into them."""


def _die(*args: Any, **kwargs: Any) -> None:
    os._exit(DEAD)  # no handler runs, no connection is closed politely


def _then_die(real: Callable[..., Any]) -> Callable[..., None]:
    def dying(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        _die()

    return dying


def killed_sync(url: str, point: str) -> None:
    """A sync whose process is gone at this point."""
    if point == "the source read, nothing written":
        inside.record = _die
    elif point == "clients written, their figures not":
        writing._write_clients = _then_die(recording._write_clients)
    elif point == "followers written, turnover not":
        writing.write_readings = _then_die(hanging.write_readings)
    elif point == "all written, nothing committed":
        kept._done = _then_die(attempting._done)
    follow(Wanted(SourceSync.Trigger.COMMAND, url=url))


def book() -> tuple[int, int, int]:
    return Client.objects.count(), Followers.objects.count(), Turnover.objects.count()


POINTS = [
    "the source read, nothing written",
    "clients written, their figures not",
    "followers written, turnover not",
    "all written, nothing committed",
]


@pytest.mark.parametrize("point", POINTS)
def test_killed_before_the_commit_nothing_is_there_and_the_next_sync_works(
    outside: Start, source_database: str, point: str
) -> None:
    sources.camel(source_database, sources.people(40))
    assert outside(killed_sync, source_database, point).end() == DEAD
    assert book() == (0, 0, 0)
    assert [each.state for each in SourceSync.objects.all()] == ["running"], "nobody could say that it had ended"
    report = follow(Wanted(SourceSync.Trigger.COMMAND, url=source_database))
    assert report.recorded.clients.created == Client.objects.count() == 40
    assert [each.state for each in SourceSync.objects.all()] == ["done", "failed"]
    assert "Interrompue" in SourceSync.objects.all()[1].error


def stuck_worker(url: str, there: str) -> None:
    """A worker that says so once it has written, and then does not come back."""
    record = inside.record

    def never_back(*args: Any) -> None:
        record(*args)
        Path(there).touch()
        wait_for(Path(there + ".never"), 120)

    inside.record = never_back
    django_settings.SOURCE_DATABASE_URL = url
    manage("work", "--once")


def test_only_one_sync_goes_at_a_time_and_one_whose_worker_is_killed_is_taken_over(
    outside: Start, postgres_server: postgres.Server, tmp_path: Path, settings: Any
) -> None:
    there = str(tmp_path / "there")
    with postgres_server.database() as url:
        sources.camel(url, sources.people(40))
        settings.SOURCE_DATABASE_URL = url
        job = working.request_sync(by=User.objects.create_user("chef"), trigger=Job.Trigger.WEB)
        assert job is not None
        worker = outside(stuck_worker, url, there)
        wait_for(Path(there))
        assert work_once(KINDS) is None, "it is alive, however slow"
        with pytest.raises(IntakeError, match="déjà en cours"):
            follow(Wanted(SourceSync.Trigger.COMMAND, url=url))
        worker.process.kill()
        worker.process.join()
        assert book() == (0, 0, 0)
        assert reap() == 1
        assert work_once(KINDS) is not None
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("done", 2)
    assert Client.objects.count() == 40
    assert [each.state for each in SourceSync.objects.all()] == ["done", "failed"]
