"""The plan of actions, by segment: every play with its conditions in words and whom it concerns now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from clients.models import Client
from dignamik.foundation.filtering import StrictFilterSet
from dignamik.foundation.pages import RolePage
from segmentation.advice.advising import Playbook, counts
from segmentation.disclosure import runs_open_to
from segmentation.models import Play, Segment
from segmentation.web.advice import READS
from segmentation.web.reading import ReadsRun

CHANGES = "segmentation.change_play"
ADDS = "segmentation.add_play"
ACTIVE, ARCHIVED, ALL = "active", "archived", "all"
STATES = {ACTIVE: _("Actives"), ARCHIVED: _("Archivées"), ALL: _("Toutes")}


def plays_open_to(user: Any) -> QuerySet[Play]:
    """Plays of segments that this person may know of: a draft's stay hidden from those who see no drafts."""
    known = Segment.objects.filter(profiles__run__in=runs_open_to(user))
    return Play.objects.filter(segment__in=known.values("pk")).select_related("segment")


class PlaybookFilter(StrictFilterSet):
    state = django_filters.ChoiceFilter(label=_("État"), method="in_state", choices=list(STATES.items()))
    segment = django_filters.CharFilter(label="Segment", field_name="segment__slug", max_length=80)

    def in_state(self, queryset: QuerySet[Play], name: str, value: str) -> QuerySet[Play]:
        return queryset if value == ALL else queryset.filter(active=value == ACTIVE)


@dataclass(frozen=True)
class PlayLine:
    """One play, its conditions in words, and how many of the reader's clients it concerns now (None: archived)."""

    play: Play
    conditions: Sequence[str]
    clients: int | None

    @property
    def url(self) -> str:
        return f"{reverse('recommendations')}?{urlencode({'play': self.play.pk})}"


@dataclass(frozen=True)
class PlanOfSegment:
    """The plays of one segment, most urgent first. Not `current`: the run shown no longer has the segment."""

    segment: Segment
    lines: Sequence[PlayLine]
    current: bool


@dataclass(frozen=True)
class StateTab:
    label: str
    count: int
    url: str
    here: bool


class PlaybookPage(ReadsRun, RolePage, TemplateView):
    permission_required = ("clients.view_client", READS)
    template_name = "segmentation/playbook.html"
    http_method_names = ["get", "head", "options"]

    @cached_property
    def filterset(self) -> PlaybookFilter:
        given = self.request.GET.copy()
        given.setdefault("state", ACTIVE)
        return PlaybookFilter(given, queryset=plays_open_to(self.request.user))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data(**kwargs)
        return self.render_to_response(context, status=400 if context["problems"] else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        problems = self.filterset.problems
        context = super().get_context_data(**kwargs) | self.run_context()
        return context | {
            "problems": problems,
            "plans": [] if problems else self.plans(),
            "tabs": [] if problems else self.tabs(),
            "chosen": self.chosen,
            "may_add": self.request.user.has_perm(ADDS),
            "may_change": self.request.user.has_perm(CHANGES),
        }  # fmt: skip

    @cached_property
    def segments(self) -> Sequence[Segment]:
        return list(Segment.objects.in_run(self.run))

    @property
    def chosen(self) -> Segment | None:
        """The one segment that the address asks for."""
        slug = self.request.GET.get("segment", "")
        return next((segment for segment in self.segments if segment.slug == slug), None)

    def plans(self) -> list[PlanOfSegment]:
        found = list(self.filterset.qs.order_by("priority", "pk").prefetch_related("conditions"))
        active = Play.objects.filter(pk__in=[play.pk for play in found])
        concerned = counts(Playbook.of(self.run, plays=active), Client.objects.visible_to(self.request.user))
        lines: dict[int, list[PlayLine]] = {}
        for play in found:
            words = [str(condition) for condition in play.conditions.all()]
            lines.setdefault(play.segment_id, []).append(PlayLine(play, words, concerned.get(play.pk)))
        shown = [self.chosen] if self.chosen else [] if self.request.GET.get("segment") else self.segments
        plans = [PlanOfSegment(segment, lines.pop(segment.pk, ()), current=True) for segment in shown]
        gone = {play.segment_id: play.segment for play in found if play.segment_id in lines}
        return plans + [PlanOfSegment(segment, lines[pk], current=False) for pk, segment in gone.items()]

    def tabs(self) -> list[StateTab]:
        here = self.filterset.data["state"]
        slug = self.request.GET.get("segment", "")
        known = plays_open_to(self.request.user)
        states = list((known.filter(segment__slug=slug) if slug else known).values_list("active", flat=True))
        numbers = {ACTIVE: states.count(True), ARCHIVED: states.count(False), ALL: len(states)}
        return [
            StateTab(str(label), numbers[state], self.address(state, slug), state == here)
            for state, label in STATES.items()
        ]

    def address(self, state: str, slug: str) -> str:
        said = {"segment": slug, "state": "" if state == ACTIVE else state}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{self.request.path}{'?' if query else ''}{query}"
