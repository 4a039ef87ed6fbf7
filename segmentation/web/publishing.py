"""Publishing a run, or going back to one, from its page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.generic import View

from dignamik.foundation.pages import RolePage
from segmentation.disclosure import runs_open_to
from segmentation.models import Run
from segmentation.runs.publishing import CannotPublish, publish

PUBLISHES = "segmentation.publish_run"
LONGEST_REASON = 500
PUBLISHABLE = {Run.State.TRAINED, Run.State.HELD, Run.State.PUBLISHED}


class PublishForm(forms.Form):
    reason = forms.CharField(label="Raison", required=False, max_length=LONGEST_REASON)


def publishing(run: Run, user: Any, current: Run | None) -> dict[str, Any]:
    """What the page of a run needs to offer its publication; nothing where there is none to offer."""
    if run == current or run.state not in PUBLISHABLE or not user.has_perm(PUBLISHES):
        return {"may_publish": False}
    return {
        "may_publish": True,
        "goes_back": run.state == Run.State.PUBLISHED,
        "reason_is_needed": run.state != Run.State.TRAINED,
        "longest_reason": LONGEST_REASON,
    }


class PublishRun(RolePage, View):
    """Move the pointer to this run; then back to its page."""

    permission_required = ("segmentation.view_run", PUBLISHES)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        run = get_object_or_404(runs_open_to(request.user).only("pk", "state"), pk=pk)
        form = PublishForm(request.POST)
        try:
            if not form.is_valid():
                raise CannotPublish(" ".join(map(str, form.errors["reason"])))
            publish(run, by=request.user, reason=form.cleaned_data["reason"])
        except CannotPublish as refusal:
            messages.error(request, f"Rien n’a été publié. {refusal}")
        else:
            messages.success(request, f"{run} publié\u00a0: tout le monde le voit maintenant.")
        return HttpResponseRedirect(run.get_absolute_url())
