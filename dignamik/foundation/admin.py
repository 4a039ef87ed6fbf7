"""The Django admin of what the house itself keeps: background jobs, keys to the API, wrong guesses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dignamik.foundation import jobs
from dignamik.foundation.account import revoke
from dignamik.foundation.administration import ReadOnlyAdmin
from dignamik.foundation.audit_admin import AuditEventAdmin as AuditEventAdmin
from dignamik.foundation.models import ApiToken, Guess, Job

STOPS = "foundation.change_job"
REVOKES = "foundation.change_apitoken"


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

    @admin.display(description=_("avancement"), ordering="progress")
    def share(self, job: Job) -> str:
        return f"{round(job.progress * 100)}\u00a0%"

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(STOPS)

    @admin.action(description=_("Annuler les tâches choisies"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Job]) -> Any:
        """Those that have ended stay as they are."""
        going = list(chosen.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]))
        for job in going:
            jobs.cancel(job)
        said = ngettext(
            "%(count)s tâche annulée, à sa prochaine étape si elle est en cours.",
            "%(count)s tâches annulées.",
            len(going),
        )
        text = said % {"count": len(going)} if going else _("Aucune de ces tâches n’attend ni n’est en cours.")
        self.message_user(request, text, messages.SUCCESS if going else messages.WARNING)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Whose keys there are, and taking them back. A superuser's are out of anybody else's reach."""

    list_display = ("__str__", "user", "says", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("user", "name", "hint", "says", "created_at", "expires_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        tokens: QuerySet[ApiToken] = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.exclude(user__is_superuser=True)

    @admin.display(description=_("droits"))
    def says(self, token: ApiToken) -> str:
        return token.says

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(REVOKES)

    @admin.action(description=_("Révoquer les jetons choisis"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> Any:
        count = revoke([token.pk for token in chosen])
        said = ngettext("%(count)s jeton révoqué.", "%(count)s jetons révoqués.", count)
        text = said % {"count": count} if count else _("Ces jetons étaient déjà révoqués.")
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


@admin.register(Guess)
class GuessAdmin(ReadOnlyAdmin):
    """Who waits after wrong guesses. Deleting a row lets its key try again at once."""

    list_display = ("key", "count", "last_at", "until")
    search_fields = ("key",)
    fields = ("key", "count", "last_at", "until")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("foundation.delete_guess")
