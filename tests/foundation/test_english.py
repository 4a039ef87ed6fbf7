"""The ground in English: refusals of filters and lists, jobs, keys to the API, passwords."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import translation

from clients.filters import ClientFilter
from clients.models import Client
from dignamik.foundation import jobs
from dignamik.foundation.account import TokenForm
from dignamik.foundation.models import ApiToken, Job
from dignamik.foundation.passwords import NotTheHouse

pytestmark = pytest.mark.django_db


def refusals(query: str) -> list[str]:
    return ClientFilter(QueryDict(query), queryset=Client.objects.all()).problems


@pytest.mark.parametrize(
    ("query", "french", "english"),
    [
        ("citty=x", "« citty » n’est pas un filtre connu.", "“citty” is not a known filter."),
        ("q=a&q=b", "Recherche : Ce filtre ne prend qu’une valeur.", "Search: This filter takes one value only."),
        ("turnover_min=1_0", "CA minimum : Saisissez un nombre.", "Minimum turnover: Enter a number."),
        (
            "near=0,0,9999",
            "Autour d’un point : Ce cercle est hors du monde, ou son rayon n’est pas entre 0 et 500 km.",
            "Around a point: This circle is outside the world, or its radius is not between 0 and 500 km.",
        ),
    ],
)
def test_a_filter_names_itself_and_refuses_in_the_readers_language(query: str, french: str, english: str) -> None:
    assert refusals(query) == [french]
    with translation.override("en"):
        assert refusals(query) == [english]


class Told:
    """The admin's word to whoever acts, without a request around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        for model in (Job, ApiToken):
            keep = lambda request, text, *more: self.said.append(str(text))  # noqa: E731
            monkeypatch.setattr(site._registry[model], "message_user", keep)


@pytest.mark.parametrize(
    ("count", "english"),
    [
        (0, "None of these jobs is waiting or running."),
        (1, "1 job cancelled, at its next step if it is running."),
        (2, "2 jobs cancelled."),
    ],
)
def test_the_admin_counts_jobs_in_english(monkeypatch: pytest.MonkeyPatch, count: int, english: str) -> None:
    told, known = Told(monkeypatch), site._registry[Job]
    for _job in range(count):
        jobs.ask("run", {}, trigger=Job.Trigger.WEB)
    with translation.override("en"):
        known.cancel(None, Job.objects.all())  # type: ignore[attr-defined]
    assert told.said == [english]


def test_what_stops_a_job_is_kept_in_french() -> None:
    """A worker's sentence is stored, and its language is nobody's choice."""
    with translation.override("en"):
        job = jobs.ask("run", {}, trigger=Job.Trigger.WEB)
        Job.objects.filter(pk=job.pk).update(state="running", attempt=jobs.MOST_ATTEMPTS)
        jobs.reap()
        job.refresh_from_db()
        assert job.error == "Interrompu 3 fois de suite : abandonné."
        assert (job.get_state_display(), str(job)) == ("failed", f"run no. {job.pk}")


def test_a_token_says_in_english_what_it_opens(amelie: User) -> None:
    token = ApiToken(user=amelie, name="x", scopes=["read", "runs"])
    assert token.says == "lire, demander des calculs"
    with translation.override("en"):
        form: Any = TokenForm()
        assert token.says == "read, ask for runs"
        assert (str(form["days"].label), form.fields["days"].choices[1][1]) == ("Lifetime", "3 months")
        assert str(ApiToken._meta.get_field("user").verbose_name) == "person"


def test_a_password_is_refused_in_english() -> None:
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        NotTheHouse().validate("dignamik2026!")
    assert refusal.value.messages == ["Your password cannot be “dignamik” with a few more characters."]
