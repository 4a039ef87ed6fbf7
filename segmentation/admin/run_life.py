"""The life of a run in the Django admin: asking for one, following and stopping it, publishing, going back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import jobs
from dignamik.foundation.mailing import admin_addresses
from dignamik.foundation.models import Job
from segmentation.models import Run
from segmentation.runs import recipes
from segmentation.runs.following import follow
from segmentation.runs.forms import AskForm, publish_as_posted
from segmentation.runs.publishing import PUBLISHES, offered
from segmentation.runs.requesting import ALREADY, ASKS, LARGEST_SEED, AlreadyAsked, demands, in_hand, request_run

LIST = "admin:segmentation_run_changelist"


class AskWithSeed(AskForm):
    """In the admin, a run may have a seed of its own too."""

    seed = forms.IntegerField(
        label=gettext_lazy("Graine"), required=False, min_value=0, max_value=LARGEST_SEED,
        help_text=gettext_lazy("Vide\u00a0: celle de la recette. Une autre graine ne doit déplacer personne."),
    )  # fmt: skip


class RunLife:
    """For the admin of runs: its own addresses, and what its two templates need."""

    admin_site: Any
    opts: Any
    message_user: Any
    get_queryset: Any

    def get_urls(self) -> list[Any]:
        own = [
            path("ask/", self._guarded(self.ask_view), name="segmentation_run_ask"),
            path("jobs/<int:pk>/cancel/", self._guarded(self.cancel_view), name="segmentation_run_cancel"),
            path("<int:pk>/publish/", self._guarded(self.publish_view), name="segmentation_run_publish"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def _guarded(self, view: Any) -> Any:
        return self.admin_site.admin_view(view)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more: dict[str, Any] = {"may_ask": request.user.has_perm(ASKS)}
        if more["may_ask"]:
            pending = in_hand()
            more["following"] = follow(pending) if pending else None
        return super().changelist_view(request, more | (extra_context or {}))  # type: ignore[misc,no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.get_queryset(request).filter(pk=object_id).first() if object_id.isdecimal() else None
        more = offered(run, request.user, Run.objects.only("pk").current()) if run else {}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))  # type: ignore[misc,no-any-return]

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        """The form, and its answer: the list, with the run that waits above it."""
        if not request.user.has_perm(ASKS):
            raise PermissionDenied
        form = AskWithSeed(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                request_run(by=request.user, trigger=Job.Trigger.ADMIN, **form.cleaned_data)
            except AlreadyAsked:
                self.message_user(request, ALREADY, messages.WARNING)
            else:
                self.message_user(request, _("Calcul demandé\u00a0: un exécutant s’en charge."), messages.SUCCESS)
            return HttpResponseRedirect(reverse(LIST))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Lancer un calcul"),
            "opts": self.opts,
            "form": form,
            "recipe": recipes.in_force(),
            "alerted": admin_addresses(),
        }
        return TemplateResponse(request, "admin/segmentation/run/ask.html", context)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(ASKS):
            raise PermissionDenied
        jobs.cancel(get_object_or_404(demands(), pk=pk))
        self.message_user(request, _("Calcul annulé, à sa prochaine étape s’il est en cours."), messages.SUCCESS)
        return HttpResponseRedirect(reverse(LIST))

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish, publish in spite of a check, or go back: the same rules and words as on the run's page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perms(["segmentation.view_run", PUBLISHES]):
            raise PermissionDenied
        run = get_object_or_404(self.get_queryset(request), pk=pk)
        answer = publish_as_posted(run, request.POST, by=request.user)
        self.message_user(request, answer.sentence, messages.SUCCESS if answer.done else messages.ERROR)
        return HttpResponseRedirect(reverse("admin:segmentation_run_change", args=[run.pk]))
