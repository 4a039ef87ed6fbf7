"""The playbook in the Django admin: plays with their conditions, whom each concerns now, and the decisions taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from dignamik.foundation import french
from dignamik.foundation.administration import HistoryAdmin, ReadOnlyAdmin
from dignamik.foundation.auditing import Kind
from segmentation.advice import versions
from segmentation.advice.effect import Effect, effect
from segmentation.models import Condition, Decision, Play, Run

NOT_YET = gettext_lazy("Choisissez un segment et un service pour voir qui elle concerne.")
ARCHIVED = gettext_lazy("Action archivée\u00a0: elle n’est proposée à personne.")
NOBODY = gettext_lazy("Aucun client aujourd’hui.")


class PlayForm(forms.ModelForm):  # type: ignore[type-arg]
    """`seen`: the version that its reader began from."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["seen"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        """Tell what somebody else saved meanwhile; saved again, what stands in the form replaces it."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        now, seen = self.instance.version, said.get("seen")
        if self.instance.pk and seen != now:
            self.data = {**self.data.dict(), "seen": str(now)}  # type: ignore[attr-defined]
            raise ValidationError([_told(self.instance), *_changes(self.instance, seen or 0)])
        return said


class Conditions(admin.TabularInline):  # type: ignore[type-arg]
    model = Condition
    extra = 0
    verbose_name_plural = gettext_lazy(
        "conditions (toutes doivent tenir\u00a0; ce qui est inconnu n’en remplit aucune)"
    )


@admin.register(Play)
class PlayAdmin(HistoryAdmin):
    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["css/admin.css"]}
        js: ClassVar[list[Any]] = [forms.Script("js/admin-playbook.js", type="module")]

    form = PlayForm
    recorded: ClassVar[Mapping[str, str]] = {"deleted": Kind.DELETED}  # the rest by `advice.versions`
    inlines = (Conditions,)
    list_display = ("title", "segment", "service", "goal", "priority", "active", "version")
    list_filter = (("segment", admin.RelatedOnlyFieldListFilter), "service", "goal", "priority", "active")
    list_select_related = ("segment",)
    search_fields = ("title", "pitch")
    fields: ClassVar[tuple[Any, ...]] = (
        "segment", "title", "pitch", "service", "goal", "priority", "active", "clients_now", "sentences",
        "written_versions", "seen",
    )  # fmt: skip
    readonly_fields = ("clients_now", "sentences", "written_versions")

    def get_readonly_fields(self, request: HttpRequest, obj: Play | None = None) -> Sequence[str]:  # type: ignore[override]
        """The segment is chosen once: decisions were taken on a play of that segment."""
        return (*self.readonly_fields, "segment") if obj else self.readonly_fields

    # --- What a play does ------------------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("clients concernés aujourd’hui"))
    def clients_now(self, play: Play) -> str:
        """Over the whole base: who edits the playbook answers for everybody's."""
        if play.pk is None:
            return str(NOT_YET)
        found = self._effect(play)
        if found.clients is None:
            return found.problem
        return french.grouped(found.clients) if Play.objects.filter(pk=play.pk, active=True).exists() else str(ARCHIVED)

    @admin.display(description=gettext_lazy("ce que liraient les premiers"))
    def sentences(self, play: Play) -> SafeString:
        found = self._effect(play) if play.pk else Effect(None)
        lines = format_html_join("", "<li><b>{}</b> {}</li>", ((who.name, said) for who, said in found.sentences))
        nothing = NOBODY if found.clients == 0 else "–"
        address = reverse("play-preview", args=[play.pk]) if play.pk else reverse("play-new-preview")
        shown = format_html("<ul>{}</ul>", lines) if lines else nothing
        return format_html('<div data-play-preview="{}">{}</div>', address, shown)

    @admin.display(description="versions")
    def written_versions(self, play: Play) -> SafeString | str:
        found = versions.versions(play) if play.pk else []
        lines = (
            (
                item.number,
                french.moment(item.at),
                item.by,
                _("\u00a0; ").join(map(str, item.changes)) or item.reason or _("création"),
            )
            for item in found
        )
        return (
            format_html("<ul>{}</ul>", format_html_join("", _("<li><b>Version {}</b>, {}, {}\u00a0: {}</li>"), lines))
            if found
            else "–"
        )

    def _effect(self, play: Play) -> Effect:
        """Of the play as saved, read anew: the form's own copy may be unsaved."""
        saved = Play.objects.get(pk=play.pk)
        return effect(Run.objects.current(), saved, list(saved.conditions.all()), Client.objects.present())

    def set_history_delta_changes(self, request: HttpRequest, historical_records: Any, *args: Any, **said: Any) -> None:
        """Conditions included, in the words of the page."""
        records = list(historical_records)
        for record, before in pairwise(records):
            changed = versions.differences(versions.of_record(before), versions.of_record(record))
            record.history_delta_changes = [
                {"field": item.label, "old": item.before, "new": item.after} for item in changed
            ]

    # --- Writing, by the one door ------------------------------------------------------------------------------------

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except versions.CannotChange as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Play, form: Any, change: bool) -> None:  # noqa: FBT001
        """With its conditions, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        form.save_m2m()
        conditions = []
        for formset in formsets:
            formset.save(commit=False)  # for the admin's own log of what changed
            kept = [row for row in formset.forms if row not in formset.deleted_forms]
            conditions += [row.instance for row in kept if row.instance.pk or row.has_changed()]
        versions.save(form.instance, conditions, seen=form.cleaned_data.get("seen") or 0, by=request.user)


def _told(play: Play) -> str:
    """Who saved the play since this version, and what to do."""
    latest = versions.version(play, play.version)
    who = latest.by if latest else versions.HOUSE
    return _(
        "%(who)s a enregistré la version %(version)s pendant que vous écriviez. Rien n’est "
        "enregistré encore\u00a0: relisez, puis enregistrez de nouveau pour garder ce que vous avez "
        "écrit. Ce qui a changé\u00a0:"
    ) % {"who": who, "version": play.version}


def _changes(play: Play, seen: int) -> list[str]:
    """What others changed since a version, a line each."""
    base, now = versions.version(play, seen), versions.version(play, play.version)
    return [str(item) for item in versions.differences(base.content, now.content)] if base and now else []


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
