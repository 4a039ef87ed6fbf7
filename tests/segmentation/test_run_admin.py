"""The life of a run in the Django admin: asked for, followed, stopped, published, gone back to, as on the pages."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.utils import timezone

from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from segmentation.models import Publication, Run
from segmentation.runs.requesting import request_run
from tests.contract import signed_in
from tests.published import a_run
from tests.reading import body

LIST = "/admin/segmentation/run/"
ASK = f"{LIST}ask/"


def says(response: HttpResponseBase) -> str:
    return html.unescape(body(response)).replace("\u00a0", " ")


def page(user: User, run: Run) -> str:
    return says(signed_in(user).get(f"{LIST}{run.pk}/change/"))


# --- Asking ----------------------------------------------------------------------------------------------------------


def test_a_run_is_asked_for_from_the_list(anais: User, adele: User) -> None:
    browser = signed_in(anais)
    assert f'href="{ASK}"' in says(browser.get(LIST))
    form = says(browser.get(ASK))
    assert "recette d’origine" in form and "adele@dignamik.example" in form
    response = browser.post(ASK, {"clusters": "4", "why": "Comme l’an dernier", "seed": "7"}, follow=True)
    job = Job.objects.get()
    assert (job.kind, job.trigger, job.asked_by) == ("run", "admin", anais)
    assert job.payload == {"clusters": 4, "seed": 7, "why": "Comme l’an dernier"}
    assert response.redirect_chain == [(LIST, 302)]
    assert "Calcul demandé : un exécutant s’en charge." in says(response)


def test_without_a_number_the_rule_chooses(adele: User) -> None:
    signed_in(adele).post(ASK, {"clusters": "", "why": "", "seed": ""})
    assert Job.objects.get().payload == {"clusters": None, "seed": None, "why": ""}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"clusters": "4"}, "Écrivez pourquoi"),
        ({"clusters": "4", "why": "  "}, "Écrivez pourquoi"),
        ({"clusters": "1", "why": "un"}, "supérieure ou égale à 2"),
        ({"clusters": "31", "why": "trop"}, "inférieure ou égale à 30"),
        ({"clusters": "quatre", "why": "mots"}, "nombre entier"),
        ({"clusters": "4", "why": "x" * 501}, "500"),
        ({"seed": "-1"}, "supérieure ou égale à 0"),
        ({"seed": "2147483648"}, "inférieure ou égale"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused_in_words(adele: User, said: dict[str, str], sentence: str) -> None:
    response = signed_in(adele).post(ASK, said)
    assert response.status_code == 200
    assert sentence in says(response)
    assert not Job.objects.exists()


def test_a_second_demand_is_led_to_the_first(anais: User, adele: User) -> None:
    request_run(by=adele, trigger=Job.Trigger.WEB)
    response = signed_in(anais).post(ASK, {}, follow=True)
    assert "déjà demandé" in says(response)
    assert Job.objects.count() == 1


def test_nobody_is_told_that_an_email_leaves_when_there_is_no_address(anais: User) -> None:
    assert "aucun courriel ne part" in says(signed_in(anais).get(ASK))


# --- Following -------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_run_that_goes_and_how_long_it_takes(anais: User) -> None:
    now = timezone.now()
    done = jobs.ask("run", {}, trigger=Job.Trigger.WEB)
    span = {"started_at": now - timedelta(seconds=12), "finished_at": now}
    Job.objects.filter(pk=done.pk).update(state="done", **span)
    job = request_run(by=anais, trigger=Job.Trigger.ADMIN, clusters=4, why="Comme l’an dernier")
    browser = signed_in(anais)
    waiting = says(browser.get(LIST))
    assert "En file d’attente" in waiting and f'href="{ASK}"' not in waiting
    assert "4 segments imposés, « Comme l’an dernier »" in waiting
    Job.objects.filter(pk=job.pk).update(state="running", step="Essai de 4 segments", progress=0.44)
    going = says(browser.get(LIST))
    assert "Essai de 4 segments : 44 %" in going
    assert "Les derniers calculs ont duré environ 12 s." in going
    assert f'href="/runs/jobs/{job.pk}/"' in going


def test_a_run_is_stopped_from_the_list(anais: User, adele: User) -> None:
    job = request_run(by=anais, trigger=Job.Trigger.ADMIN)
    signed_in(adele).post(f"{LIST}jobs/{job.pk}/cancel/")
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    going = request_run(by=anais, trigger=Job.Trigger.ADMIN)
    Job.objects.filter(pk=going.pk).update(state="running")
    signed_in(adele).post(f"{LIST}jobs/{going.pk}/cancel/")
    going.refresh_from_db()
    assert going.cancel_asked


def test_a_job_of_another_kind_is_not_stopped_here(adele: User) -> None:
    other = jobs.ask("import", {}, trigger=Job.Trigger.WEB)
    assert signed_in(adele).post(f"{LIST}jobs/{other.pk}/cancel/").status_code == 404


# --- Publishing ------------------------------------------------------------------------------------------------------


def publish(user: User, run: Run, **said: str) -> str:
    return says(signed_in(user).post(f"{LIST}{run.pk}/publish/", said, follow=True))


def test_a_trained_run_is_published_without_a_reason(anais: User) -> None:
    a_run()
    run = a_run("trained")
    assert "Publier ce calcul" in page(anais, run) and 'name="reason"' not in page(anais, run)
    assert "tout le monde le voit maintenant" in publish(anais, run)
    assert Run.objects.current() == run
    assert Publication.objects.latest("pk").by == anais


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_a_held_run_wants_a_written_reason(anais: User, reason: str) -> None:
    before, run = a_run(), a_run("held")
    assert "Pourquoi le publier malgré les contrôles ?" in page(anais, run)
    assert "Rien n’a été publié." in publish(anais, run, reason=reason)
    assert Run.objects.current() == before
    publish(anais, run, reason="Vu avec Hélène")
    assert Run.objects.current() == run
    assert "Vu avec Hélène" in page(anais, run)


def test_going_back_wants_a_reason_too(adele: User) -> None:
    older, latest = a_run(), a_run()
    assert "Pourquoi y revenir ?" in page(adele, older)
    assert "Rien n’a été publié." in publish(adele, older)
    assert Run.objects.current() == latest
    publish(adele, older, reason="Le dernier surprend")
    assert Run.objects.current() == older


@pytest.mark.parametrize("state", ["queued", "training", "failed"])
def test_what_is_not_trained_is_not_offered_nor_published(adele: User, state: str) -> None:
    run = a_run(state)
    assert "/publish/" not in page(adele, run)
    assert "ne peut pas être publié" in publish(adele, run, reason="Si")
    assert Run.objects.current() is None


def test_the_published_run_is_not_offered_again(adele: User) -> None:
    run = a_run()
    assert "/publish/" not in page(adele, run)
    assert "déjà publié" in publish(adele, run, reason="Encore")
    assert Publication.objects.count() == 1


# --- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["amelie", "helene"])
def test_staff_without_the_role_neither_asks_nor_stops_nor_publishes(cast: dict[str, User], name: str) -> None:
    person = cast[name]
    person.is_staff = True
    person.save()
    current, held = a_run(), a_run("held")
    job = request_run(by=cast["anais"], trigger=Job.Trigger.WEB)
    browser = signed_in(person)
    listed = says(browser.get(LIST))
    assert ASK not in listed and "En file d’attente" not in listed
    assert "/publish/" not in page(person, current)
    answers = [browser.get(ASK), browser.post(ASK, {}), browser.post(f"{LIST}jobs/{job.pk}/cancel/")]
    answers.append(browser.post(f"{LIST}{held.pk}/publish/", {"reason": "Si"}))
    assert [answer.status_code for answer in answers] == [403] * 4
    # Drafts are for those who judge runs, here as on the pages.
    assert f"{LIST}{held.pk}/" not in listed
    assert browser.get(f"{LIST}{held.pk}/change/").status_code == 302
    job.refresh_from_db()
    assert (Run.objects.current(), job.state) == (current, "queued")


def test_nothing_happens_by_following_a_link(adele: User) -> None:
    run = a_run("trained")
    job = request_run(by=adele, trigger=Job.Trigger.WEB)
    browser: Any = signed_in(adele)
    for address in (f"{LIST}{run.pk}/publish/", f"{LIST}jobs/{job.pk}/cancel/"):
        assert browser.get(address).status_code == 405
    job.refresh_from_db()
    assert (Run.objects.current(), job.state) == (None, "queued")
