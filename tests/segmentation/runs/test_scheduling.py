"""Runs at set times: one a tick, however many workers, and nothing for the past before the first."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from dignamik.foundation.checks import refuse_a_schedule_that_no_clock_reads
from dignamik.foundation.models import Job
from segmentation.runs.requesting import request_run
from segmentation.runs.scheduling import Schedule

PARIS = ZoneInfo("Europe/Paris")
MONDAYS = "0 5 * * 1"
SUNDAY = datetime(2026, 11, 22, 18, tzinfo=PARIS)
MONDAY = datetime(2026, 11, 23, 5, 0, 1, tzinfo=PARIS)
WEEK = timedelta(days=7)


def test_without_a_schedule_nothing_is_asked_for(db: None) -> None:
    assert Schedule("", SUNDAY).tend(MONDAY + WEEK) is None
    assert not Job.objects.exists()


def test_a_tick_asks_for_one_run_in_local_time(db: None) -> None:
    schedule = Schedule(MONDAYS, SUNDAY)
    assert schedule.tend(SUNDAY + timedelta(hours=1)) is None
    assert schedule.tend(MONDAY - timedelta(seconds=2)) is None
    job = schedule.tend(MONDAY)
    assert job is not None
    assert (job.trigger, job.asked_by, job.payload["tick"]) == ("schedule", None, "2026-11-23T05:00:00+01:00")
    assert schedule.tend(MONDAY + timedelta(seconds=1)) is None
    Job.objects.update(state="done")
    assert schedule.tend(MONDAY + timedelta(hours=1)) is None
    assert schedule.tend(MONDAY + WEEK) is not None


def test_another_worker_asks_no_second_time_for_the_same_tick(db: None) -> None:
    assert Schedule(MONDAYS, SUNDAY).tend(MONDAY) is not None
    Job.objects.update(state="done")
    assert Schedule(MONDAYS, SUNDAY).tend(MONDAY + timedelta(seconds=5)) is None
    assert Schedule(MONDAYS, MONDAY).tend(MONDAY + timedelta(days=1)) is None
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_four_workers_that_see_the_tick_at_once_ask_for_one_run() -> None:
    start = threading.Barrier(4)

    def tend() -> None:
        schedule = Schedule(MONDAYS, SUNDAY)
        start.wait()
        for second in range(3):
            schedule.tend(MONDAY + timedelta(seconds=second))
            Job.objects.update(state="done")
        connection.close()

    threads = [threading.Thread(target=tend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Job.objects.count() == 1


def test_a_schedule_that_was_just_set_does_not_make_up_for_the_past(db: None) -> None:
    assert Schedule(MONDAYS, MONDAY).tend(MONDAY + timedelta(days=1)) is None
    assert not Job.objects.exists()


def test_what_was_missed_while_no_worker_was_there_is_made_up_for_once(db: None) -> None:
    Schedule(MONDAYS, SUNDAY).tend(MONDAY)
    Job.objects.update(state="done")
    back = MONDAY + 3 * WEEK + timedelta(days=1)
    assert Schedule(MONDAYS, back).tend(back) is not None
    Job.objects.update(state="done")
    assert Schedule(MONDAYS, back).tend(back) is None
    assert Job.objects.count() == 2


def test_a_tick_waits_for_the_run_that_somebody_asked_for(db: None) -> None:
    mine = request_run(by=None, trigger=Job.Trigger.WEB)
    schedule = Schedule(MONDAYS, SUNDAY)
    assert schedule.tend(MONDAY) is None
    Job.objects.filter(pk=mine.pk).update(state="done")
    assert schedule.tend(MONDAY + timedelta(minutes=1)) is not None


@pytest.mark.parametrize("written", ["", MONDAYS, "*/10 * * * *"])
def test_a_schedule_that_cron_reads_is_accepted(settings: object, written: str) -> None:
    settings.RETRAIN_SCHEDULE = written  # type: ignore[attr-defined]
    assert refuse_a_schedule_that_no_clock_reads() == []


@pytest.mark.parametrize("written", ["tous les lundis", "0 5 * *", "61 5 * * 1", "0 0 5 * * 1", "@weekly"])
def test_a_schedule_that_cron_does_not_read_is_refused_at_start(settings: object, written: str) -> None:
    settings.RETRAIN_SCHEDULE = written  # type: ignore[attr-defined]
    (error,) = refuse_a_schedule_that_no_clock_reads()
    assert "RETRAIN_SCHEDULE" in error.msg
