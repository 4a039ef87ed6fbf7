"""The Django admin of runs and segments, and the segment of each client beside its facts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.admin import ClientAdmin
from clients.admin.lists import Choice
from clients.models import Client
from clients.querysets import EXERCISES_RIGHTS
from dignamik.foundation import french
from dignamik.foundation.administration import HistoryAdmin, ReadOnlyAdmin, named
from segmentation.admin.run_life import RunLife
from segmentation.disclosure import runs_open_to
from segmentation.models import STANDINGS, Profile, Publication, Run, Segment
from segmentation.pointer import run_shown
from segmentation.querysets import with_segment
from segmentation.retelling import retold, speaks_french
from segmentation.runs.refreshing import bring_up_to_date

# In the order of static/css/tokens.css.
COLOUR_NAMES = (
    gettext_lazy("bleu"),
    "orange",
    gettext_lazy("vert"),
    gettext_lazy("rose"),
    gettext_lazy("bleu ciel"),
    gettext_lazy("vermillon"),
    gettext_lazy("violet"),
    gettext_lazy("gris"),
)
NOT_PLACED = gettext_lazy("pas encore placé")


class InSegment(Choice):
    """By the segment of the run that people see."""

    title = "segment"
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        segments = Segment.objects.in_run(run_shown(request))
        return [*segments.values_list("slug", "name"), ("aucun", _("sans segment"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(segment_slug=None if self.value() == "aucun" else self.value())


admin.site.unregister(Client)


@admin.register(Client)
class PortfolioAdmin(ClientAdmin):
    """Clients with their segment and standing, read-only: a run decides them, not a person."""

    list_display: tuple[Any, ...] = (
        ClientAdmin.list_display[0], "segment_shown", "standing_shown", *ClientAdmin.list_display[1:],
    )  # fmt: skip
    list_filter: ClassVar[tuple[Any, ...]] = (InSegment, *ClientAdmin.list_filter)
    readonly_fields: ClassVar[tuple[Any, ...]] = (
        *ClientAdmin.readonly_fields, "segment_shown", "standing_shown", "rights",
    )  # fmt: skip
    fieldsets: ClassVar[tuple[Any, ...]] = (
        ClientAdmin.fieldsets[0],
        ("Segmentation", {"fields": ("segment_shown", "standing_shown")}),
        *ClientAdmin.fieldsets[1:],
    )

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        """With the way to the rights of the person, for whoever exercises them."""
        found = super().get_fieldsets(request, obj)
        if obj is None or not request.user.has_perm(EXERCISES_RIGHTS):
            return found
        return (*found, ("Droits de la personne", {"fields": ("rights",)}))

    @admin.display(description="opposition, accès, effacement")
    def rights(self, client: Client) -> str:
        return format_html('<a href="{}">Ouvrir la page de ses droits</a>', reverse("client-rights", args=[client.pk]))

    def get_queryset(self, request: HttpRequest) -> Any:
        clients: Any = super().get_queryset(request)
        return with_segment(clients, run_shown(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        bring_up_to_date([form.instance.pk])

    @admin.display(description="segment", ordering="segment_name")
    def segment_shown(self, client: Any) -> str:
        return getattr(client, "segment_name", None) or "–"

    @admin.display(description=gettext_lazy("classement"), ordering="standing")
    def standing_shown(self, client: Any) -> str:
        standing = getattr(client, "standing", None)
        return str(dict(STANDINGS)[standing]) if standing else str(NOT_PLACED)


@admin.register(Run)
class RunAdmin(RunLife, ReadOnlyAdmin):
    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["css/admin.css"]}

    list_display = ("__str__", "state", "as_of", "k", "clients", "verdict_shown", "published_at")
    list_filter = ("state",)
    ordering = ("-pk",)  # grouping drops the model's own
    list_select_related = ("requested_by",)
    fields = (
        "state", "as_of", "created_at", "finished_at", "published_at", "publications_shown", "asked_by",
        "k", "clusters", "asked_why", "seed", "recipe_version", "clients", "scored", "verdict_shown", "gates",
        "candidates", "notes_shown", "error",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """As on the pages: runs that were never published are for those who may see drafts."""
        runs: QuerySet[Run] = super().get_queryset(request)
        runs = runs.filter(pk__in=runs_open_to(request.user).order_by().values("pk"))
        return runs.defer("document", "recipe").annotate(published_at=Max("publications__at"))

    @admin.display(description="publications")
    def publications_shown(self, run: Run) -> SafeString | str:
        lines = [
            (
                f"{french.moment(row.at)}, {named(row.by) or row.without_account}",
                _("\u00a0: %(reason)s") % {"reason": row.reason} if row.reason else "",
            )
            for row in run.publications.select_related("by")
        ]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}{}</li>", lines)) if lines else "–"

    @admin.display(description=gettext_lazy("demandé par"))
    def asked_by(self, run: Run) -> str:
        if run.requested_by:
            return named(run.requested_by)
        return (
            _("%(requested_name)s, en ligne de commande") % {"requested_name": run.requested_name}
            if run.requested_name
            else "–"
        )

    @admin.display(description=gettext_lazy("pourquoi ce nombre"))
    def asked_why(self, run: Run) -> str:
        return str(run.choice.get("asked_why") or "–")

    @admin.display(description=gettext_lazy("publié le"), ordering="published_at")
    def published_at(self, run: Any) -> str:
        return date_format(localtime(run.published_at), "DATETIME_FORMAT") if run.published_at else "–"

    @admin.display(description="verdict")
    def verdict_shown(self, run: Run) -> str:
        passed = run.verdict.get("passed")
        return "–" if passed is None else _("contrôles passés") if passed else _("retenu par un contrôle")

    @admin.display(description=gettext_lazy("contrôles"))
    def gates(self, run: Run) -> SafeString | str:
        gates = run.verdict.get("gates") or []
        lines = (("✓" if gate.get("passed") else "✗", retold(gate.get("says", gate.get("name", "")))) for gate in gates)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} {}</li>", lines)) if gates else "–"

    @admin.display(description=gettext_lazy("mesures par nombre de groupes"))
    def candidates(self, run: Run) -> SafeString | str:
        rows = [
            (k, *(shown(run.scores[k].get(name)) for name in ("inertia", "silhouette", "stability", "smallest")))
            for k in sorted(run.scores, key=int)
        ]
        if not rows:
            return "–"
        head = (_("groupes"), _("inertie"), "silhouette", _("stabilité"), _("plus petit groupe"))
        return format_html(
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
            format_html_join("", "<th scope='col'>{}</th>", ((name,) for name in head)),
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        )

    @admin.display(description=gettext_lazy("remarques"))
    def notes_shown(self, run: Run) -> str:
        return " ".join(retold(str(note)) for note in run.notes) or "–"


def shown(value: Any) -> str:
    """A figure as French people write it; a dash where it was not measured."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return str(value)
    return f"{value:.3f}".replace(".", ",") if speaks_french() else f"{value:.3f}"


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ("run", "at", "by", "reason")
    list_select_related = ("run", "by")


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    colour = forms.TypedChoiceField(label=gettext_lazy("couleur"), choices=list(enumerate(COLOUR_NAMES)), coerce=int)

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())


@admin.register(Segment)
class SegmentAdmin(HistoryAdmin):
    """People name, describe and colour a segment; runs make it. Its address never changes."""

    form = SegmentForm
    list_display = ("name", "slug", "colour_name", "name_is_suggested", "created_at")
    search_fields = ("name", "slug")
    fields = ("name", "description", "colour", "slug", "name_is_suggested", "created_at")
    readonly_fields = ("slug", "name_is_suggested", "created_at")

    @admin.display(description=gettext_lazy("couleur"), ordering="colour")
    def colour_name(self, segment: Segment) -> str:
        return str(COLOUR_NAMES[segment.colour])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:  # noqa: FBT001
        if "name" in form.changed_data:
            obj.name_is_suggested = False
        super().save_model(request, obj, form, change)


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    list_display = ("segment", "run", "size")
    list_select_related = ("segment", "run")
    list_filter = (("segment", admin.RelatedOnlyFieldListFilter),)
    fields = ("run", "segment", "size", "based_on")

    @admin.display(description=gettext_lazy("ce qui fonde le nom proposé"))
    def based_on(self, profile: Profile) -> str:
        return " ".join(map(str, profile.data.get("based_on", []))) or "–"
