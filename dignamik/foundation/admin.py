"""The Django admin of background jobs: to look at, and to stop."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from dignamik.foundation import jobs
from dignamik.foundation.administration import ReadOnlyAdmin
from dignamik.foundation.models import Job

STOPS = "foundation.change_job"


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "trigger", "asked_by", "asked_at", "step", "share", "finished_at")
    list_filter = ("state", "kind", "trigger")
    list_select_related = ("asked_by",)
    fields = (
        "kind", "state", "trigger", "asked_by", "asked_at", "attempt", "started_at", "finished_at", "step", "share",
        "cancel_asked", "payload", "result", "error",
    )  # fmt: skip
    actions = ("cancel",)

    @admin.display(description="avancement", ordering="progress")
    def share(self, job: Job) -> str:
        return f"{round(job.progress * 100)}\u00a0%"

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(STOPS)

    @admin.action(description="Annuler les tâches choisies", permissions=["cancel"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Job]) -> Any:
        """Those that have ended stay as they are."""
        going = list(chosen.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]))
        for job in going:
            jobs.cancel(job)
        said = "tâche annulée, à sa prochaine étape si elle est en cours" if len(going) == 1 else "tâches annulées"
        text = f"{len(going)} {said}." if going else "Aucune de ces tâches n’attend ni n’est en cours."
        self.message_user(request, text, messages.SUCCESS if going else messages.WARNING)
