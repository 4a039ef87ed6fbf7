"""Asking for a run from the page of runs, and following it until it ends."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from dignamik.foundation.pages import RolePage
from segmentation.runs.following import follow
from segmentation.runs.forms import AskForm as BareAskForm
from segmentation.runs.requesting import ALREADY, ASKS, AlreadyAsked, demands, in_hand, request_run


class AskForm(BareAskForm):
    """In the clothes of the pages."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs |= {"class": "form-control", "autocomplete": "off"}


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
            messages.info(self.request, ALREADY)
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
