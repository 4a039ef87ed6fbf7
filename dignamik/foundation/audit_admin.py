"""The audit trail in the Django admin: to search and to read."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dignamik.foundation.administration import ReadOnlyAdmin
from dignamik.foundation.audit import AuditEvent

NOBODY = "–"
TITLE = _("Journal d’audit")
# What details are called; what is not here is shown under its own name.
LABELS: dict[str, Any] = {
    "active": _("actif"),
    "adoption": _("mise en vigueur n°"),
    "became": _("objet"),
    "before": _("d’avant le"),
    "beside": _("avec"),
    "chosen": _("choisis"),
    "clusters": _("segments imposés"),
    "created": _("créés"),
    "days": _("jours"),
    "fields": _("champs"),
    "filters": _("filtres"),
    "forced": _("forcé"),
    "format": _("format"),
    "held": _("retenu par un contrôle"),
    "job": _("tâche"),
    "known": _("compte connu"),
    "method": _("méthode"),
    "moment": _("moment dans l’historique"),
    "number": _("numéro"),
    "of": _("de"),
    "owner": _("compte du jeton n°"),
    "permissions": _("permissions"),
    "prospect": _("prospect"),
    "publication": _("publication n°"),
    "roles": _("rôles"),
    "route": _("adresse"),
    "scopes": _("droits"),
    "seed": _("graine"),
    "sheet": _("liste"),
    "staff": _("équipe"),
    "status": _("réponse"),
    "superuser": _("superutilisateur"),
    "trigger": _("depuis"),
    "unchanged": _("inchangés"),
    "updated": _("mis à jour"),
    "version": _("version"),
    "with_reason": _("avec une raison"),
    "withdrawn": _("retirés"),
}
YES, NO, WITHHELD = _("oui"), _("non"), _("valeur non gardée")


class Who(admin.SimpleListFilter):
    """The people who have an event, whether their account is still there or not."""

    title = pgettext_lazy("holder", "personne")
    parameter_name = "username"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        names = AuditEvent.objects.order_by("username").values_list("username", flat=True).distinct()
        return [(name, name) for name in names if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(username=self.value()) if self.value() is not None else queryset


class About(admin.SimpleListFilter):
    """The sorts of objects that events are about."""

    title = _("sorte d’objet")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        found = AuditEvent.objects.order_by("model").values_list("model", flat=True).distinct()
        return sorted(((name, sort_of(name)) for name in found if name), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(model=self.value()) if self.value() is not None else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("moment", "who", "kind", "object_shown", "count", "said", "surface")
    list_display_links = ("moment",)
    list_filter = (Who, "surface", About, "kind")
    date_hierarchy = "at"
    search_fields = ("username", "=object_id", "=request_number")
    search_help_text = _(
        "Identifiant d’une personne, numéro d’un objet, ou numéro d’une demande comme dans le journal."
    )
    fields = (
        "moment",
        "kind",
        "who",
        "account",
        "surface",
        "ip",
        "request_number",
        "object_shown",
        "versions_shown",
        "count",
        "said",
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": TITLE, **(extra_context or {})})

    @admin.display(description=_("quand"), ordering="at")
    def moment(self, event: AuditEvent) -> str:
        """To the second: it is read beside the log."""
        return f"{timezone.localtime(event.at):%d/%m/%Y %H:%M:%S}"

    @admin.display(description=_("qui"), ordering="username")
    def who(self, event: AuditEvent) -> str:
        return event.username or NOBODY

    @admin.display(description=_("objet"), ordering="object_id")
    def object_shown(self, event: AuditEvent) -> SafeString | str:
        """By number, with a way to it: never its name, which an erasure would have to find here."""
        if not event.object_id:
            return NOBODY
        text = f"{sort_of(event.model)} n°\u00a0{event.object_id}"
        try:
            address = reverse(f"admin:{event.model.replace('.', '_')}_change", args=[event.object_id])
        except NoReverseMatch:
            return text
        return format_html('<a href="{}">{}</a>', address, text)

    @admin.display(description=_("lignes d’historique"))
    def versions_shown(self, event: AuditEvent) -> str:
        return ", ".join(f"n°\u00a0{number}" for number in event.history) or NOBODY

    @admin.display(description=_("précisions"))
    def said(self, event: AuditEvent) -> str:
        told = [f"{LABELS.get(name, name)}\u00a0: {in_words(value)}" for name, value in event.details.items()]
        return " ; ".join(told) or NOBODY


def sort_of(label: str) -> str:
    """What people call the objects of a model; its own name where it is gone."""
    try:
        model: type[Model] = apps.get_model(label)
    except (LookupError, ValueError):
        return label
    return str(model._meta.verbose_name)


def in_words(value: Any) -> str:
    if value is None:
        return NOBODY
    if isinstance(value, bool):
        return str(YES if value else NO)
    if isinstance(value, dict):
        said = (
            f"{name} ({WITHHELD})" if inner is None else f"{name} = {in_words(inner)}" for name, inner in value.items()
        )
        return ", ".join(said) or NOBODY
    if isinstance(value, list):
        return ", ".join(map(in_words, value)) or NOBODY
    return str(value)
