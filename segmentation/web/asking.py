"""Asking for a run from the page of runs, and following it until it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from dignamik.foundation.pages import RolePage
from segmentation.engine.recipe import FEWEST_SEGMENTS, MOST_SEGMENTS
from segmentation.models import Run
from segmentation.runs.requesting import (
    LONGEST_WHY,
    AlreadyAsked,
    demands,
    expected_seconds,
    in_hand,
    request_run,
)

ASKS = "segmentation.add_run"
SILENCE = timedelta(seconds=15)
"""A job that waits longer than this while none is going has no worker."""


class AskForm(forms.Form):
    clusters = forms.IntegerField(
        label="Nombre de segments", required=False, min_value=FEWEST_SEGMENTS, max_value=MOST_SEGMENTS,
        help_text="Vide\u00a0: la règle choisit, preuves à l’appui.",
    )  # fmt: skip
    why = forms.CharField(
        label="Pourquoi ce nombre\u00a0?", required=False, max_length=LONGEST_WHY,
        help_text="Demandé si vous imposez un nombre\u00a0; gardé avec le calcul.",
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs |= {"class": "form-control", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("clusters") is not None and not said.get("why") and "why" not in self.errors:
            self.add_error("why", "Écrivez pourquoi vous imposez ce nombre.")
        return said


@dataclass(frozen=True)
class Following:
    """A job that is a run, as its page tells it. `expected` in seconds; `busy`: another job is going meanwhile."""

    job: Job
    now: datetime
    expected: float | None
    busy: bool
    run: Run | None

    @property
    def waits(self) -> bool:
        return self.job.state == Job.State.QUEUED

    @property
    def goes(self) -> bool:
        return self.job.state == Job.State.RUNNING

    @property
    def ended(self) -> bool:
        return not (self.waits or self.goes)

    @property
    def percent(self) -> int:
        return round(self.job.progress * 100)

    @property
    def silent(self) -> bool:
        """Whether it looks as if no worker were there."""
        return self.waits and not self.busy and self.now - self.job.asked_at > SILENCE

    @property
    def lasts(self) -> str:
        """How long runs take here, in words; "" before the first."""
        if self.expected is None:
            return ""
        if self.expected < 90:
            return f"environ {max(1, round(self.expected))}\u00a0s"
        return f"environ {round(self.expected / 60)}\u00a0min"


def follow(job: Job) -> Following:
    """The job with what surrounds it."""
    number = job.result.get("run")
    return Following(
        job=job,
        now=timezone.now(),
        expected=expected_seconds(),
        busy=Job.objects.filter(state=Job.State.RUNNING).exclude(pk=job.pk).exists(),
        run=Run.objects.only("pk", "state").filter(pk=number).first() if number else None,
    )


class Asks:
    """For the page of runs: the form that asks for one, or the run that was asked for already."""

    request: HttpRequest
    permission_required: str

    def has_permission(self) -> bool:
        needed = [self.permission_required, *([ASKS] if self.request.method == "POST" else [])]
        return self.request.user.has_perms(needed)

    def asking(self, form: AskForm | None = None) -> dict[str, Any]:
        """What the template needs; nothing for who may not ask."""
        if not self.request.user.has_perm(ASKS):
            return {}
        pending = in_hand()
        if pending is not None:
            return {"following": follow(pending)}
        return {"ask": form or AskForm()}

    def ask(self, form: AskForm) -> HttpResponseRedirect:
        """Queue what a valid form says; whoever comes second is led to the first one's run."""
        said = form.cleaned_data
        try:
            job = request_run(by=self.request.user, trigger=Job.Trigger.WEB, clusters=said["clusters"], why=said["why"])
        except AlreadyAsked as already:
            job = already.job
            messages.info(
                self.request, "Un calcul est déjà demandé ou en cours\u00a0: le voici. Le vôtre n’a pas été ajouté."
            )
        return HttpResponseRedirect(reverse("run-job", args=[job.pk]))


class JobPage(RolePage, View):
    """One run that was asked for: how far it is, and what became of it. htmx asks for the middle of the page."""

    permission_required = ASKS
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        following = follow(get_object_or_404(demands().select_related("asked_by"), pk=pk))
        alone = request.headers.get("HX-Request") == "true"
        template = "segmentation/_job.html" if alone else "segmentation/job.html"
        response = render(request, template, {"following": following})
        patch_vary_headers(response, ["HX-Request"])
        return response


class CancelJob(RolePage, View):
    """Stop a run that waits or goes."""

    permission_required = ASKS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        jobs.cancel(get_object_or_404(demands(), pk=pk))
        return HttpResponseRedirect(reverse("run-job", args=[pk]))
