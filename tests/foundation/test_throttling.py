"""So many requests a minute and person, counted by all workers together."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from dignamik.foundation.models import RequestCount
from dignamik.foundation.throttling import counted
from tests.conftest import ROOT
from tests.contract import check, refused, signed_in

LIST, SCORE = "/api/v1/clients/", "/api/v1/score/"
WORKERS, EACH = 4, 50


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """A clock that stands still until the test moves it, ten seconds into a window."""
    hands = {"now": 1_000_000_020 * 60.0 + 10}
    monkeypatch.setattr("dignamik.foundation.throttling.time.time", lambda: hands["now"])
    return hands


@pytest.fixture(autouse=True)
def few(settings: Any) -> None:
    settings.API_RATES = {"read": 3, "write": 2}


def test_too_many_requests_are_told_when_to_come_back(helene: User, clock: dict[str, float]) -> None:
    browser = signed_in(helene)
    assert [browser.get(LIST).status_code for _ in range(3)] == [200] * 3
    response = browser.get(LIST)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "50"
    check(refused(response), LIST, 429)
    clock["now"] += 50
    assert browser.get(LIST).status_code == 200


def test_writes_have_a_count_of_their_own(helene: User, clock: dict[str, float]) -> None:
    browser = signed_in(helene)
    said = [browser.post(SCORE, {}, content_type="application/json").status_code for _ in range(3)]
    assert said == [409, 409, 429]
    assert browser.get(LIST).status_code == 200


def test_one_persons_requests_cost_nobody_else_any(helene: User, amelie: User, clock: dict[str, float]) -> None:
    for _ in range(5):
        signed_in(helene).get(LIST)
    assert signed_in(helene).get(LIST).status_code == 429  # another session, the same person
    assert signed_in(amelie).get(LIST).status_code == 200


def test_it_counts_people_and_no_strangers(amelie: User) -> None:
    assert [Browser().get(LIST).status_code for _ in range(5)] == [401] * 5
    assert not RequestCount.objects.exists()


def test_a_clock_that_runs_behind_starts_no_count_anew(db: None) -> None:
    assert [counted("x", window) for window in (7, 7, 6, 7, 8)] == [1, 2, 3, 4, 1]


def test_a_key_keeps_one_row_for_ever(db: None) -> None:
    for window in range(20):
        counted("x", window)
    assert RequestCount.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_worker_misses_what_another_counts(outside_environment: dict[str, str]) -> None:
    """Four processes, at the same moment: each number is given once."""
    code = f"""
import time, django; django.setup()
from dignamik.foundation.throttling import counted
counted("warm", 1)
time.sleep(max(0, {time.time() + 4} - time.time()))
print(*(counted("x", 1) for _ in range({EACH})))
"""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=outside_environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(WORKERS)
    ]
    given = [int(number) for worker in workers for number in worker.communicate(timeout=60)[0].split()]
    assert sorted(given) == list(range(1, WORKERS * EACH + 1))
