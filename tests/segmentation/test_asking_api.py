"""Asking for a run over the API: strict bodies, one run at a time, and where it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from tests.contract import check, schema, signed_in

RUNS, JOBS = "/api/v1/runs/", "/api/v1/runs/jobs/"


def post(user: User, **asked: Any) -> Any:
    return signed_in(user).post(RUNS, asked, content_type="application/json")


def test_a_run_is_queued_and_can_be_followed(anais: User) -> None:
    response = post(anais, clusters=4, seed=7, why="Comme l’an dernier")
    assert response.status_code == 202
    check(response.json(), RUNS, 202, "post")
    job = Job.objects.get()
    assert (job.trigger, job.asked_by) == ("api", anais)
    assert job.payload == {"clusters": 4, "seed": 7, "why": "Comme l’an dernier"}
    followed = signed_in(anais).get(f"{JOBS}{job.pk}/").json()
    check(followed, f"{JOBS}{{id}}/")
    assert followed == response.json()
    assert (followed["state"], followed["run"], followed["progress"]) == ("queued", None, 0.0)


def test_nothing_said_lets_the_rule_choose(anais: User) -> None:
    assert post(anais).status_code == 202
    assert Job.objects.get().payload == {"clusters": None, "seed": None, "why": ""}


def test_a_second_one_is_a_conflict_that_names_the_first(anais: User, adele: User) -> None:
    first = post(anais).json()["id"]
    response = post(adele)
    assert response.status_code == 409
    check(response.json(), RUNS, 409, "post")
    assert f"n° {first}" in response.json()["detail"]
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"clusters": 4}, "why"),
        ({"clusters": 4, "why": " "}, "why"),
        ({"clusters": 1, "why": "x"}, "clusters"),
        ({"clusters": 51, "why": "x"}, "clusters"),
        ({"clusters": "4", "why": "x"}, "clusters"),
        ({"clusters": True, "why": "x"}, "clusters"),
        ({"clusters": 4.5, "why": "x"}, "clusters"),  # 4.0 is an integer of JSON
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"why": "x" * 501}, "why"),
        ({"why": "a\0b"}, "why"),
        ({"why": None}, "why"),
        ({"publish": True}, "publish"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field_and_asks_for_nothing(
    anais: User, asked: dict[str, Any], field: str
) -> None:
    response = post(anais, **asked)
    assert response.status_code == 400
    assert set(response.json()["errors"]) == {field}
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["amelie", "helene", "sacha"])
def test_who_may_not_ask_is_refused(cast: dict[str, User], name: str) -> None:
    assert post(cast[name]).status_code == 403
    assert not Job.objects.exists()


def test_a_job_of_another_kind_is_no_run(anais: User) -> None:
    other = jobs.ask("import", {"path": "secret.csv"}, trigger=Job.Trigger.WEB)
    browser = signed_in(anais)
    assert browser.get(f"{JOBS}{other.pk}/").status_code == 404
    assert browser.get(f"{JOBS}x/").status_code == 404


def test_the_schema_says_how_to_ask() -> None:
    assert {"202", "400", "401", "403", "409"} <= set(schema()["paths"][RUNS]["post"]["responses"])
