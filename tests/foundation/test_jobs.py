from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dignamik.foundation import jobs
from dignamik.foundation.jobs import Going, Lost, Refused, work_once
from dignamik.foundation.locks import exclusive
from dignamik.foundation.models import Job


def asked(**payload: Any) -> Job:
    return jobs.ask("greet", payload, trigger=Job.Trigger.WEB)


def greet(going: Going) -> Mapping[str, Any]:
    going.tell("Bonjour", 0.5)
    return {"said": f"Bonjour {going.job.payload['name']}"}


KINDS = {"greet": greet}


def test_a_job_is_done_once_and_keeps_its_result(db: None) -> None:
    job = asked(name="Amélie")

    assert work_once(KINDS) == job
    assert work_once(KINDS) is None

    job.refresh_from_db()
    assert (job.state, job.progress, job.attempt) == (Job.State.DONE, 1.0, 1)
    assert job.result == {"said": "Bonjour Amélie"}


def test_jobs_are_done_in_the_order_they_were_asked(db: None) -> None:
    first, second = asked(name="1"), asked(name="2")

    assert [work_once(KINDS), work_once(KINDS)] == [first, second]


def test_a_job_of_an_unknown_kind_waits_for_a_worker_that_knows_it(db: None) -> None:
    job = jobs.ask("bake", {}, trigger=Job.Trigger.WEB)

    assert work_once(KINDS) is None
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_what_breaks_fails_the_job_without_telling_its_insides(db: None) -> None:
    def break_down(going: Going) -> Mapping[str, Any]:
        raise ValueError("SELECT secret")

    job = asked()
    work_once({"greet": break_down})

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "journal" in job.error and "SELECT" not in job.error


def test_a_refusal_is_said_as_it_is(db: None) -> None:
    def refuse(going: Going) -> Mapping[str, Any]:
        raise Refused("Rien à entraîner.")

    job = asked()
    work_once({"greet": refuse})

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "Rien à entraîner.")


def test_a_waiting_job_is_cancelled_at_once(db: None) -> None:
    job = asked()
    jobs.cancel(job)

    assert work_once(KINDS) is None
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_running_job_stops_at_its_next_report(db: None) -> None:
    def interrupted(going: Going) -> Mapping[str, Any]:
        jobs.cancel(going.job)
        going.tell("Trop tard", 0.9)
        raise AssertionError("it went on")

    job = asked()
    work_once({"greet": interrupted})

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_cancelling_what_has_ended_changes_nothing(db: None) -> None:
    job = asked(name="Karim")
    work_once(KINDS)

    jobs.cancel(job)

    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_worker_that_was_taken_over_cannot_write(db: None) -> None:
    def overtaken(going: Going) -> Mapping[str, Any]:
        Job.objects.filter(pk=going.job.pk).update(attempt=2)
        with pytest.raises(Lost):
            going.tell("Encore là", 0.5)
        return {"said": "trop tard"}

    job = asked()
    work_once({"greet": overtaken})

    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.RUNNING, {})


def test_a_dead_workers_job_is_taken_over(db: None) -> None:
    job = asked(name="Hélène")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempt=1)

    work_once(KINDS)

    job.refresh_from_db()
    assert (job.state, job.attempt) == (Job.State.DONE, 2)


def test_a_job_that_kills_its_workers_is_given_up(db: None) -> None:
    job = asked(name="Hélène")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempt=jobs.MOST_ATTEMPTS)

    assert work_once(KINDS) is None
    job.refresh_from_db()
    assert job.state == Job.State.FAILED and "abandonné" in job.error


HOLDER = """
import sys, time, django
django.setup()
from dignamik.foundation.locks import exclusive
with exclusive(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(environment: dict[str, str], name: str) -> subprocess.Popen[str]:
    """Another process that holds a lock until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, name], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_job_in_living_hands_is_left_alone_and_taken_over_after_a_kill(
    transactional_db: None, outside_environment: dict[str, str]
) -> None:
    job = asked(name="Anaïs")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempt=1)
    process = holder(outside_environment, f"job-{job.pk}")
    try:
        assert work_once(KINDS) is None
    finally:
        process.kill()
        process.wait()

    deadline = time.monotonic() + 10  # the server notices a dropped connection within moments
    while work_once(KINDS) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_the_lock_is_free_again_after_its_body(db: None) -> None:
    with exclusive("something"):
        pass
    with exclusive("something"):
        pass


def test_the_worker_finishes_what_waits_and_leaves(
    manage: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    job = jobs.ask("run", {"clusters": None, "seed": None, "why": ""}, trigger=Job.Trigger.API)

    done = manage("work", "--once")

    assert done.returncode == 0, done.stderr
    job.refresh_from_db()
    assert job.state == Job.State.FAILED  # nothing to train on in an empty base
    assert job.error and "Traceback" not in done.stderr
    assert os.linesep in done.stdout
