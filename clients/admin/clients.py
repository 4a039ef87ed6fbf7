"""One client, all its facts, and who changed them. What is written here goes through `clients.recording`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from clients import recording
from clients.admin.forms import ClientForm, DistinctRows, ReadingForm, TurnoverForm
from clients.admin.lists import LookedAfter, Placed, Present
from clients.confidential import CONTACT_DETAILS, sees_contact_details
from clients.models import Client, Demo, Followers, HeldService, Turnover
from clients.places import fold, fold_town
from clients.querysets import SEES_EVERYTHING
from dignamik.foundation.administration import HistoryAdmin, ReadOnlyAdmin
from dignamik.foundation.auditing import Kind


class Readings(admin.TabularInline):  # type: ignore[type-arg]
    model = Followers
    form = ReadingForm
    formset = DistinctRows
    extra = 0


class Turnovers(admin.TabularInline):  # type: ignore[type-arg]
    model = Turnover
    form = TurnoverForm
    formset = DistinctRows
    extra = 0


class HeldServices(admin.TabularInline):  # type: ignore[type-arg]
    model = HeldService
    formset = DistinctRows
    extra = 0


@admin.register(Client)
class ClientAdmin(HistoryAdmin):
    form = ClientForm
    recorded: ClassVar[Mapping[str, str]] = {"deleted": Kind.DELETED}  # the rest by `clients.recording`
    inlines = (HeldServices, Readings, Turnovers)
    list_display: tuple[Any, ...] = (
        "name", "category", "city", "department", "status", "account_manager", "latest_turnover", "followers",
    )  # fmt: skip
    list_select_related = ("category", "account_manager")
    list_filter: ClassVar[tuple[Any, ...]] = (
        "status", "sector", "do_not_contact", Placed, LookedAfter, Present, "category", "department",
        ("account_manager", admin.RelatedOnlyFieldListFilter),
    )  # fmt: skip
    search_fields = ("name_folded",)
    search_help_text = _(
        "Nom, ville, identifiant d’origine ou e-mail (pour qui le voit) ; sans tenir compte des accents."
    )
    autocomplete_fields = ("category", "account_manager")
    actions = None  # clients are not deleted by the dozen
    readonly_fields: ClassVar[tuple[Any, ...]] = (
        "department", "position_precision", "latest_turnover", "followers", "account_manager_name", "next_follow_up",
        "created_at", "changed_at", "withdrawn_at",
    )  # fmt: skip
    fieldsets: ClassVar[tuple[Any, ...]] = (
        (None, {"fields": ("name", "category", "sector", "status", "client_since", "source_id")}),
        ("Contact", {"fields": ("email", "phone", "website", "has_website", "do_not_contact")}),
        (
            _("Adresse"),
            {
                "fields": (
                    "address", "postal_code", "city", "department", "latitude", "longitude", "position_precision",
                ),
                "description": _("Sans coordonnées, le client prend le point de sa commune. Videz-les pour y revenir."),
            },
        ),
        (
            _("Suivi"),
            {"fields": ("account_manager", "account_manager_name", "next_follow_up", "services_known", "notes")},
        ),
        (
            _("Calculé"),
            {"fields": ("latest_turnover", "followers", "created_at", "changed_at", "withdrawn_at")},
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        """Whoever sees every client also sees withdrawn ones (behind a filter); others their own portfolio."""
        if request.user.has_perm(SEES_EVERYTHING):
            return super().get_queryset(request)
        return Client.objects.visible_to(request.user)

    @admin.display(description=_("dernier CA"), ordering="turnover", empty_value="–")
    def latest_turnover(self, client: Client) -> str | None:
        """The amount with its year, which is no number to group by thousands."""
        if client.turnover is None:
            return None
        amount = number_format(client.turnover, 2, force_grouping=True)
        return _("%(amount)s\u00a0€ (%(year)s)") % {"amount": amount, "year": client.turnover_year}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Client], search_term: str
    ) -> tuple[QuerySet[Client], bool]:
        for word in fold(search_term).split():
            queryset = queryset.filter(
                Q(name_folded__contains=word)
                | Q(city_folded__contains=fold_town(word) or word)  # "st" is "saint" there
                | Q(postal_code__startswith=word)
                | Q(source_id__icontains=word)
                | (Q(email__icontains=word) if sees_contact_details(request.user) else Q(pk__in=()))
            )
        return queryset, False

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        """Without what this person may not see; the forms of the page and of each version are made from these."""
        fieldsets = super().get_fieldsets(request, obj)
        if sees_contact_details(request.user):
            return fieldsets
        return [
            (title, {**said, "fields": [name for name in said["fields"] if name not in CONTACT_DETAILS]})
            for title, said in fieldsets
        ]

    def set_history_delta_changes(self, request: HttpRequest, historical_records: Any, **settings: Any) -> None:
        """Each version beside the one before, likewise."""
        super().set_history_delta_changes(request, historical_records, **settings)
        if sees_contact_details(request.user):
            return
        hidden = {capfirst(Client._meta.get_field(name).verbose_name) for name in CONTACT_DETAILS}  # type: ignore[union-attr]
        for record in historical_records:
            changes = getattr(record, "history_delta_changes", ())
            record.history_delta_changes = [change for change in changes if str(change["field"]) not in hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> tuple[Any, ...]:
        """The source's identifier ties a client to its source: given once, never moved."""
        return self.readonly_fields if obj is None else (*self.readonly_fields, "source_id")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A client of the source would be back with the next sync: it is withdrawn there, not deleted here."""
        if isinstance(obj, Client) and obj.source_id:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:  # noqa: FBT001
        recording.save(obj, changed=form.changed_data, user=request.user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        changed = [str(formset.model._meta.model_name) for formset in formsets if formset.has_changed()]
        if changed:
            recording.facts_changed(form.instance, changed)


@admin.register(Demo)
class DemoAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "planted_on")
