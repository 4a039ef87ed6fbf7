"""Asking for a run from the page: who may, what is refused, and what its page says until it ends."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from segmentation.models import Run
from segmentation.runs.requesting import AlreadyAsked, request_run
from tests.contract import signed_in
from tests.published import a_run
from tests.reading import body

RUNS = "/runs/"


def a_job(by: User | None = None, **fields: object) -> Job:
    """A run that was asked for; `fields` say how far it is."""
    job = request_run(by=by, trigger=Job.Trigger.WEB)
    if "asked_at" in fields:
        Job.objects.filter(pk=job.pk).update(asked_at=fields.pop("asked_at"))
    Job.objects.filter(pk=job.pk).update(**fields)
    job.refresh_from_db()
    return job


def page(user: User, job: Job, *, fragment: bool = False) -> str:
    headers = {"HX-Request": "true"} if fragment else {}
    return body(signed_in(user).get(f"/runs/jobs/{job.pk}/", headers=headers))


# --- Asking ----------------------------------------------------------------------------------------------------------


def test_an_analyst_asks_for_a_run_and_follows_it(anais: User) -> None:
    response = signed_in(anais).post(RUNS, {"clusters": "", "why": ""})
    job = Job.objects.get()
    assert (job.kind, job.state, job.trigger, job.asked_by) == ("run", "queued", "web", anais)
    assert job.payload == {"clusters": None, "seed": None, "why": ""}
    assert response.headers["Location"] == f"/runs/jobs/{job.pk}/"


def test_an_imposed_number_is_kept_with_its_reason(anais: User) -> None:
    signed_in(anais).post(RUNS, {"clusters": "4", "why": "Comme l’an dernier"})
    job = Job.objects.get()
    assert job.payload == {"clusters": 4, "seed": None, "why": "Comme l’an dernier"}
    assert "4 segments imposés, «&nbsp;Comme l’an dernier&nbsp;»" in page(anais, job)


@pytest.mark.parametrize(
    ("clusters", "why", "said"),
    [
        ("4", "", "Écrivez pourquoi"),
        ("4", "   ", "Écrivez pourquoi"),
        ("1", "un seul", "supérieure ou égale à 2"),
        ("31", "trop", "inférieure ou égale à 30"),
        ("quatre", "en lettres", "nombre entier"),
        ("4", "x" * 501, "500"),
        ("4", "a\0b", "nul"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_asks_for_nothing(
    anais: User, clusters: str, why: str, said: str
) -> None:
    response = signed_in(anais).post(RUNS, {"clusters": clusters, "why": why})
    assert response.status_code == 400
    assert said in body(response)
    assert not Job.objects.exists()


def test_who_may_not_ask_is_not_offered_to(amelie: User, helene: User, anais: User) -> None:
    a_run()
    for reader in (amelie, helene):
        browser = signed_in(reader)
        assert "Lancer un calcul" not in body(browser.get(RUNS))
        assert browser.post(RUNS, {}).status_code == 403
    assert "Lancer un calcul" in body(signed_in(anais).get(RUNS))
    assert not Job.objects.exists()


def test_a_second_demand_is_led_to_the_first(anais: User, adele: User) -> None:
    first = a_job(adele)
    response = signed_in(anais).post(RUNS, {}, follow=True)
    assert response.redirect_chain == [(f"/runs/jobs/{first.pk}/", 302)]
    assert "déjà demandé" in body(response)
    assert Job.objects.count() == 1


def test_the_page_of_runs_shows_the_run_that_goes_instead_of_the_form(anais: User, helene: User) -> None:
    a_job(anais)
    html = body(signed_in(anais).get(RUNS))
    assert "Lancer un calcul" not in html
    assert "En file d’attente" in html
    assert "En file d’attente" not in body(signed_in(helene).get(RUNS))


def test_once_a_run_has_ended_another_may_be_asked_for(anais: User) -> None:
    a_job(anais, state="failed")
    assert "Lancer un calcul" in body(signed_in(anais).get(RUNS))
    assert signed_in(anais).post(RUNS, {}).status_code == 302
    assert Job.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_who_ask_in_the_same_second_get_one_run() -> None:
    start, refused = threading.Barrier(4), []

    def ask() -> None:
        start.wait()
        try:
            request_run(by=None, trigger=Job.Trigger.WEB)
        except AlreadyAsked as problem:
            refused.append(problem.job)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [Job.objects.get()] * 3


# --- Following -------------------------------------------------------------------------------------------------------


def test_a_run_that_goes_says_its_step_and_how_far_it_is(anais: User) -> None:
    job = a_job(anais, state="running", step="Essai de 4 segments", progress=0.437)
    html = page(anais, job)
    assert '<progress id="job-progress" max="100" value="44">' in html
    assert "Essai de 4 segments" in html
    assert 'hx-trigger="every 2s"' in html
    assert f'<noscript><p><a href="/runs/jobs/{job.pk}/">' in html


def test_the_middle_of_the_page_alone_goes_to_htmx(anais: User) -> None:
    job = a_job(anais)
    response = signed_in(anais).get(f"/runs/jobs/{job.pk}/", headers={"HX-Request": "true"})
    assert body(response).strip().startswith('<div class="job"')
    assert "HX-Request" in response.headers["Vary"]
    assert "<html" in page(anais, job)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_what_has_ended_asks_no_more(anais: User, state: str) -> None:
    html = page(anais, a_job(anais, state=state, error="Rien à entraîner."), fragment=True)
    assert "hx-get" not in html
    assert "Annuler" not in html
    assert ("Rien à entraîner." in html) == (state == "failed")


@pytest.mark.parametrize(("state", "said"), [("published", "terminé et publié"), ("held", "en attente de validation")])
def test_a_run_that_is_done_leads_to_its_page(anais: User, state: str, said: str) -> None:
    run = a_run(state)
    html = page(anais, a_job(anais, state="done", result={"run": run.pk, "state": state}))
    assert f'<a href="/runs/{run.pk}/">' in html
    assert said in html


def test_the_page_of_a_run_says_why_its_number_was_imposed(anais: User) -> None:
    run = a_run("held", clusters=4, choice={"asked_why": "Comme l’an dernier"})
    assert "«&nbsp;Comme l’an dernier&nbsp;»" in body(signed_in(anais).get(f"/runs/{run.pk}/"))


def test_a_job_that_nobody_takes_is_said_to_have_no_worker(anais: User) -> None:
    silent = "Aucun exécutant ne répond"
    job = a_job(anais)
    assert silent not in page(anais, job)
    Job.objects.filter(pk=job.pk).update(asked_at=timezone.now() - timedelta(seconds=16))
    assert silent in page(anais, job)
    other = jobs.ask("import", {}, trigger=Job.Trigger.WEB)
    Job.objects.filter(pk=other.pk).update(state="running")
    assert silent not in page(anais, job)
    assert "une autre tâche est en cours" in page(anais, job)


def test_how_long_it_takes_is_what_the_latest_took(anais: User) -> None:
    job = a_job(anais)
    assert "ont duré" not in page(anais, job)
    now = timezone.now()
    at_a_terminal = a_run()
    Run.objects.filter(pk=at_a_terminal.pk).update(created_at=now - timedelta(seconds=30), finished_at=now)
    assert "ont duré environ 30\u00a0s" in page(anais, job)
    for seconds in (4, 12, 300):
        done = jobs.ask("run", {}, trigger=Job.Trigger.WEB)
        span = {"started_at": now - timedelta(seconds=seconds), "finished_at": now}
        Job.objects.filter(pk=done.pk).update(state="done", **span)
    assert "ont duré environ 12\u00a0s" in page(anais, job)


def test_a_run_is_cancelled_from_its_page(anais: User, adele: User) -> None:
    waiting = a_job(anais)
    signed_in(adele).post(f"/runs/jobs/{waiting.pk}/cancel/")
    assert "Calcul annulé" in page(anais, waiting)
    going = a_job(anais, state="running")
    signed_in(adele).post(f"/runs/jobs/{going.pk}/cancel/")
    assert "Arrêt demandé" in page(anais, going)


def test_a_job_of_another_kind_is_no_run(anais: User) -> None:
    other = jobs.ask("import", {}, trigger=Job.Trigger.WEB)
    browser = signed_in(anais)
    assert browser.get(f"/runs/jobs/{other.pk}/").status_code == 404
    assert browser.post(f"/runs/jobs/{other.pk}/cancel/").status_code == 404
    assert browser.get("/runs/jobs/0/").status_code == 404


def test_following_costs_the_same_whatever_was_done_before(anais: User, django_assert_max_num_queries: object) -> None:
    job, browser = a_job(anais), signed_in(anais)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        browser.get(f"/runs/jobs/{job.pk}/", headers={"HX-Request": "true"})
