"""A process killed at any point, a connection cut under it: the published run serves on, the next retrain works."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from clients.recording import record
from dignamik.foundation import jobs
from dignamik.foundation.jobs import work_once
from dignamik.foundation.models import Job
from dignamik.work import KINDS
from segmentation.models import Assignment, Run
from segmentation.runs import bulk, exporting, requesting, retraining
from segmentation.runs.retraining import Asked, retrain
from tests.outside import Start, manage, wait_for
from tests.segmentation.runs.conftest import STAMP, hurry, planted_facts
from tests.segmentation.runs.seen import in_service, leftovers, shown

FOUR = Asked(clusters=4)
inside: Any = retraining
writing: Any = bulk
leaving: Any = exporting
"""The modules, to put other functions into them."""
DEAD = 86
"""The exit code of a process that these tests cut off."""


# --- Killed ----------------------------------------------------------------------------------------------------------


def _die(*args: Any, **kwargs: Any) -> None:
    os._exit(DEAD)  # no handler runs, no connection is closed politely


def _then_die(real: Callable[..., Any]) -> Callable[..., None]:
    def dying(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        _die()

    return dying


def _half_then_die(real: Callable[..., None]) -> Callable[..., None]:
    def dying(rows: Any, *more: Any) -> None:
        real(rows[: len(rows) // 2], *more)
        _die()

    return dying


def _half_a_file(content: Any, file: Any) -> None:
    file.write(b"half")
    file.flush()
    _die()


def killed_retrain(point: str) -> None:
    """A retrain whose process is gone at this point."""
    hurry()
    if point == "after the fit":
        inside.train = _then_die(inside.train)
    elif point == "half of the placements written":
        writing._copy = _half_then_die(bulk._copy)
        writing._insert = _half_then_die(bulk._insert)
    elif point == "before the pointer moves":
        inside.publish = _die
    elif point == "the pointer moved, nothing committed":
        inside.publish = _then_die(inside.publish)
    elif point == "committed, nothing exported":
        inside._export = _die
    elif point == "half of the export written":
        leaving.joblib.dump = _half_a_file
    retrain(FOUR)


BEFORE_COMMIT = [
    "after the fit",
    "half of the placements written",
    "before the pointer moves",
    "the pointer moved, nothing committed",
]
AFTER_COMMIT = ["committed, nothing exported", "half of the export written"]


@pytest.mark.parametrize("point", BEFORE_COMMIT)
def test_killed_before_the_commit_the_old_run_serves_to_the_last_bit_and_the_next_one_works(
    outside: Start, point: str
) -> None:
    record(planted_facts(), STAMP)
    retrain(FOUR)
    before, displayed = in_service(), shown()

    assert outside(killed_retrain, point).end() == DEAD

    assert in_service() == before
    assert leftovers() == 0
    assert retrain(FOUR).state == Run.State.PUBLISHED
    assert shown() == displayed
    assert list(Run.objects.order_by("pk").values_list("state", flat=True)) == ["published", "failed", "published"]


@pytest.mark.parametrize("point", AFTER_COMMIT)
def test_killed_after_the_commit_the_new_run_serves_whole_and_the_next_one_works(outside: Start, point: str) -> None:
    record(planted_facts(), STAMP)
    first, displayed = retrain(FOUR).run, shown()

    assert outside(killed_retrain, point).end() == DEAD

    killed = Run.objects.current()
    assert killed is not None and killed != first
    assert (killed.state, killed.scored, leftovers()) == (Run.State.PUBLISHED, 160, 0)
    assert shown() == displayed
    assert retrain(FOUR).state == Run.State.PUBLISHED
    assert list((Path(settings.DATA_DIR) / "models").glob("*.part")) == []


# --- A worker --------------------------------------------------------------------------------------------------------


def stuck_worker(there: str) -> None:
    """A worker that says so once it has fitted and written, and then does not come back."""
    hurry()
    write = bulk.write

    def never_back(rows: Any) -> None:
        write(rows)
        Path(there).touch()
        wait_for(Path(there + ".never"), 120)

    writing.write = never_back
    manage("work", "--once")


def test_a_run_whose_worker_is_killed_is_taken_over_and_published_once(outside: Start, tmp_path: Path) -> None:
    record(planted_facts(), STAMP)
    job = jobs.ask(requesting.KIND, {"clusters": 4, "seed": None, "why": ""}, trigger=Job.Trigger.WEB)
    there = tmp_path / "there"
    worker = outside(stuck_worker, str(there))
    wait_for(there)
    assert work_once(KINDS) is None  # it lives: nobody else may have its job

    worker.process.kill()

    assert worker.end() == -9
    deadline = time.monotonic() + 10  # the server notices a dropped connection within moments
    while work_once(KINDS) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (Job.State.DONE, 2)
    current = Run.objects.current()
    assert current is not None and job.result == {"run": current.pk, "state": "published"}
    assert list(Run.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "published"]
    assert Assignment.objects.values("run").distinct().count() == 1


# --- The connection --------------------------------------------------------------------------------------------------


def cut_retrain(point: str, there: str, go: str) -> None:
    """A retrain that gives its connection's number at this point and waits there to be cut."""
    hurry()
    module, name = {
        "while it fits": (retraining, "train"),
        "while it writes": (bulk, "write"),
        "once committed": (retraining, "export"),
    }[point]
    real = getattr(module, name)

    def waiting(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        Path(there + ".part").write_text(str(connection.connection.get_backend_pid()))
        Path(there + ".part").rename(there)
        wait_for(Path(go))
        return found

    setattr(module, name, waiting)
    manage("retrain", "--clusters", "4", "--json")


def cut(there: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [int(there.read_text())])
        assert cursor.fetchone() == (True,)


@pytest.mark.postgresql
@pytest.mark.parametrize("point", ["while it fits", "while it writes"])
def test_a_connection_that_is_cut_is_a_french_sentence_and_the_old_run_serves(
    outside: Start, tmp_path: Path, point: str
) -> None:
    record(planted_facts(), STAMP)
    retrain(FOUR)
    before, displayed = in_service(), shown()
    there, go = tmp_path / "there", tmp_path / "go"
    going = outside(cut_retrain, point, str(there), str(go))
    wait_for(there)

    cut(there)
    go.touch()

    assert going.end() == 1, going.said()
    assert "Rien n’a changé pour les lecteurs" in going.said()
    assert "Traceback" not in going.said()
    assert in_service() == before
    assert Run.objects.latest("pk").state == Run.State.FAILED
    assert retrain(FOUR).state == Run.State.PUBLISHED
    assert shown() == displayed and leftovers() == 0


@pytest.mark.postgresql
def test_a_connection_that_is_cut_once_all_is_committed_costs_nothing(outside: Start, tmp_path: Path) -> None:
    record(planted_facts(), STAMP)
    first, displayed = retrain(FOUR).run, shown()
    there, go = tmp_path / "there", tmp_path / "go"
    going = outside(cut_retrain, "once committed", str(there), str(go))
    wait_for(there)

    cut(there)
    go.touch()

    assert going.end() == 0, going.said()
    # That the day's counters were not kept is said in the log; the run is all there.
    assert json.loads(going.said().splitlines()[-1])["state"] == Run.State.PUBLISHED
    current = Run.objects.current()
    assert current is not None and current != first and current.state == Run.State.PUBLISHED
    assert shown() == displayed
    assert retrain(FOUR).state == Run.State.PUBLISHED
