"""One client, all its facts, and who changed them. What is written here goes through `clients.recording`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from clients import recording
from clients.admin.exchange import FileExchange
from clients.admin.forms import ClientForm, DistinctRows, ReadingForm, TurnoverForm
from clients.admin.lists import LookedAfter, Placed, Present
from clients.admin.seen import SeenForm
from clients.confidential import CONTACT_DETAILS, sees_contact_details
from clients.edits import edits_of
from clients.facts import Origin
from clients.models import Client, Demo, Followers, HeldService, Turnover
from clients.places import fold, fold_town
from clients.querysets import SEES_EVERYTHING
from dignamik.foundation.administration import HistoryAdmin, ReadOnlyAdmin, is_key
from dignamik.foundation.auditing import Kind

KEPT = _("%(row)s\u00a0: modifié entre-temps par %(who)s, et gardé\u00a0: %(what)s.")


MOST_VERSIONS, EDITS_A_PAGE = 1000, 25


class Rows(admin.TabularInline):  # type: ignore[type-arg]
    """What hangs on a client, each row with what its reader saw of it."""

    form = SeenForm
    formset = DistinctRows
    extra = 0

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if self.has_change_permission(request, obj) else [name for name in fields if name != "seen"]


class Readings(Rows):
    model = Followers
    form = ReadingForm


class Turnovers(Rows):
    model = Turnover
    form = TurnoverForm


class HeldServices(Rows):
    model = HeldService


@admin.register(Client)
class ClientAdmin(FileExchange, HistoryAdmin):
    form = ClientForm
    object_history_list_template = "admin/client_history.html"
    recorded: ClassVar[Mapping[str, str]] = {"deleted": Kind.DELETED}  # the rest by `clients.recording`
    inlines = (HeldServices, Readings, Turnovers)
    list_display: tuple[Any, ...] = (
        "name", "category", "city", "department", "status", "account_manager", "latest_turnover", "followers",
    )  # fmt: skip
    list_select_related = ("category", "account_manager")
    list_filter: ClassVar[tuple[Any, ...]] = (
        "status", "sector", "do_not_contact", "is_personal", Placed, LookedAfter, Present, "category", "department",
        ("account_manager", admin.RelatedOnlyFieldListFilter),
    )  # fmt: skip
    search_fields = ("name_folded",)
    search_help_text = _(
        "Nom, ville, identifiant d’origine ou e-mail (pour qui le voit) ; sans tenir compte des accents."
    )
    autocomplete_fields = ("category", "account_manager")
    readonly_fields: ClassVar[tuple[Any, ...]] = (
        "department", "position_precision", "latest_turnover", "followers", "account_manager_name", "next_follow_up",
        "created_at", "changed_at", "withdrawn_at", "profiling_objected_at",
    )  # fmt: skip
    fieldsets: ClassVar[tuple[Any, ...]] = (
        (None, {"fields": ("name", "category", "sector", "status", "client_since", "source_id")}),
        ("Contact", {"fields": ("email", "phone", "website", "has_website", "do_not_contact", "is_personal")}),
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
            {
                "fields": (
                    "latest_turnover", "followers", "created_at", "changed_at", "withdrawn_at", "profiling_objected_at",
                )
            },
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
        sets = super().get_fieldsets(request, obj)
        if not sees_contact_details(request.user):
            sets = [
                (title, {**said, "fields": [name for name in said["fields"] if name not in CONTACT_DETAILS]})
                for title, said in sets
            ]
        if obj is None or not self.has_change_permission(request, obj):
            return sets
        return [*sets[:-1], (sets[-1][0], {**sets[-1][1], "fields": (*sets[-1][1]["fields"], "seen")})]

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

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """First what people read, figures and services included, a page at a time; then the stored versions."""
        self._check_reach(request, object_id)
        client = self.get_queryset(request).get(pk=object_id)
        hidden = () if sees_contact_details(request.user) else CONTACT_DETAILS
        edits = Paginator(edits_of(client, MOST_VERSIONS, hidden=hidden), EDITS_A_PAGE).get_page(
            request.GET.get("edits")
        )
        return super().history_view(request, object_id, {**(extra_context or {}), "edits": edits})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Client | None:
        """Before it is written the client is locked, so that what the form compares with is still so when it writes."""
        if request.method == "POST" and is_key(object_id) and connection.in_atomic_block:
            list(Client.objects.select_for_update().filter(pk=object_id).values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A client of the source would be back with the next sync: it is withdrawn there, not deleted here."""
        if isinstance(obj, Client) and obj.source_id:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:  # noqa: FBT001
        recording.save(obj, changed=form.changed_data, user=request.user)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        """As the library does, with the way in for the history of each row."""
        for row in (written := formset.save(commit=False)):
            row._change_reason = Origin.ADMIN.value
            row.save()
        for row in formset.deleted_objects:
            row._change_reason = Origin.ADMIN.value
            row.delete()
        if written:
            formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        changed = [str(formset.model._meta.model_name) for formset in formsets if formset.has_changed()]
        if changed:
            recording.facts_changed(form.instance, changed, figures=figures_of(formsets))
        for row in (form, *(row for of in formsets for row in of)):
            if change and row.merged:
                said = {"row": row.instance, "who": row.by, "what": ", ".join(row.merged)}
                self.message_user(request, KEPT % said, messages.INFO)


def figures_of(formsets: Any) -> set[str]:
    """The readings and turnovers that a person wrote or deleted, as `local_fields` calls them; where a row changed its
    day or year, the old one too."""
    found = set()
    for of in formsets:
        if of.model is HeldService:
            continue  # no source speaks of them
        rows = [*of.new_objects, *(row for row, _names in of.changed_objects), *of.deleted_objects]
        before = [
            of.model(**{name: row.initial[name] for name in row.told})
            for row in of.initial_forms
            if row.instance.pk and row.has_changed()
        ]
        found |= {recording.figure_key(row) for row in (*rows, *before)}
    return found


@admin.register(Demo)
class DemoAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "planted_on")
