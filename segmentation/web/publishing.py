"""Publishing a run, or going back to one, from its page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.generic import View

from dignamik.foundation.pages import RolePage
from segmentation.disclosure import runs_open_to
from segmentation.runs.forms import publish_as_posted
from segmentation.runs.publishing import PUBLISHES


class PublishRun(RolePage, View):
    """Move the pointer to this run; then back to its page."""

    permission_required = ("segmentation.view_run", PUBLISHES)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        run = get_object_or_404(runs_open_to(request.user).only("pk", "state"), pk=pk)
        answer = publish_as_posted(run, request.POST, by=request.user)
        messages.add_message(request, messages.SUCCESS if answer.done else messages.ERROR, answer.sentence)
        return HttpResponseRedirect(run.get_absolute_url())
