"""The playbook in the Django admin: plays with their conditions, whom each concerns now, and the decisions taken."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from simple_history.utils import update_change_reason

from clients.models import Client
from dignamik.foundation import french
from dignamik.foundation.administration import HistoryAdmin, ReadOnlyAdmin
from segmentation.advice.advising import Playbook, counts, preview
from segmentation.models import Condition, Decision, Play, Run

REASON_LENGTH = 100  # of the history's column
NOT_YET = "Enregistrez l’action pour voir qui elle concerne."
ARCHIVED = "Action archivée\u00a0: elle n’est proposée à personne."
NO_RUN = "Aucun calcul n’est publié, ou son segment n’y est plus."
NOBODY = "Aucun client aujourd’hui."


class Conditions(admin.TabularInline):  # type: ignore[type-arg]
    model = Condition
    extra = 0
    verbose_name_plural = "conditions (toutes doivent tenir\u00a0; ce qui est inconnu n’en remplit aucune)"


@admin.register(Play)
class PlayAdmin(HistoryAdmin):
    inlines = (Conditions,)
    list_display = ("title", "segment", "service", "goal", "priority", "active")
    list_filter = (("segment", admin.RelatedOnlyFieldListFilter), "service", "goal", "priority", "active")
    list_select_related = ("segment",)
    search_fields = ("title", "pitch")
    fields: ClassVar[tuple[Any, ...]] = (
        "segment", "title", "pitch", "service", "goal", "priority", "active", "clients_now", "sentences",
    )  # fmt: skip
    readonly_fields = ("clients_now", "sentences")

    @admin.display(description="clients concernés aujourd’hui")
    def clients_now(self, play: Play) -> str:
        """Over the whole base: who edits the playbook answers for everybody's."""
        playbook, problem = self._playbook(play)
        return problem or french.grouped(counts(playbook, Client.objects.present())[play.pk])

    @admin.display(description="ce que liraient les premiers")
    def sentences(self, play: Play) -> SafeString | str:
        playbook, problem = self._playbook(play)
        if problem:
            return "–"
        found = preview(playbook, playbook.plays[0], Client.objects.present())
        names = Client.objects.in_bulk([item.client for item in found])
        lines = ((names[item.client].name, item.reason) for item in found if item.client)
        return format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}</b> {}</li>", lines)) if found else NOBODY

    def _playbook(self, play: Play) -> tuple[Playbook, str]:
        """The playbook of this play alone, or why there is none. Read anew: the form's own copy may be unsaved."""
        if play.pk is None:
            return Playbook.of(None), NOT_YET
        playbook = Playbook.of(Run.objects.current(), plays=Play.objects.filter(pk=play.pk))
        if playbook.plays:
            return playbook, ""
        return playbook, NO_RUN if play.active else ARCHIVED

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Conditions have no history of their own: the play's says what they became."""
        super().save_related(request, form, formsets, change)
        if any(formset.has_changed() for formset in formsets):
            conditions = " et ".join(str(condition) for condition in form.instance.conditions.all())
            update_change_reason(form.instance, f"si {conditions}"[:REASON_LENGTH] if conditions else "sans condition")


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("at", "client", "play", "kind", "outcome", "until", "by", "current")
    list_select_related = ("client", "play", "by")
    list_filter = ("kind", "outcome", "current", ("play", admin.RelatedOnlyFieldListFilter))
    search_fields = ("client__name_folded", "play__title")
    fields = ("client", "play", "segment", "kind", "outcome", "shown_reason", "comment", "until", "by", "at", "current")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        """Of the clients that this person may see."""
        return super().get_queryset(request).filter(client__in=Client.objects.visible_to(request.user).order_by())
