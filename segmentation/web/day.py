"""« Ma journée »: whom to call and what to offer today, each thing one click away.

Every section is a query string of a list that exists: its count is that list's, because the same filter set counts it.
Who asked not to be contacted is in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from clients.models import Client
from clients.querysets import ClientQuerySet
from clients.web.contacts import LOGS
from clients.web.tables import origin
from dignamik.foundation.pages import RolePage
from segmentation.advice.advising import Playbook
from segmentation.advice.queueing import AdviceFilter, Queue
from segmentation.disclosure import figures_are_open
from segmentation.filters import PortfolioFilter
from segmentation.models import Run, Visit
from segmentation.querysets import with_segment
from segmentation.web.advice import READS, deciding
from segmentation.web.daylines import Day, Line, about_unknowns, follow_ups, with_advice, with_moves
from segmentation.web.reading import ReadsRun

SHOWN = 6
"""Lines of a section in sight: what one looks over with a coffee. The rest is its list's business."""
FIRST_VISIT = timedelta(days=7)
"""How far back newcomers are shown to somebody who never said what they have seen.

Never to the day on which the base was filled: then everybody would be new.
"""
SHORT = {
    "due": gettext_lazy("relance,relances"),
    "planned": gettext_lazy("action prévue,actions prévues"),
    "new": gettext_lazy("nouveau,nouveaux"),
    "moved": gettext_lazy("changement,changements"),
    "one_question": gettext_lazy("question à poser,questions à poser"),
}
CALLABLE = {"do_not_contact": "false"}
DUE: Mapping[str, str] = {"follow_up": "due", "ordering": "follow_up"}
PLANNED: Mapping[str, str] = {"decision": "planned", "due": "today"}
UNDATED: Mapping[str, str] = {"decision": "planned", "due": "none"}
MOVED: Mapping[str, str] = {"moved": "true", **CALLABLE, "ordering": "name"}
ONE_QUESTION: Mapping[str, str] = {"one_question": "true", **CALLABLE, "ordering": "-turnover"}


@dataclass(frozen=True)
class Section:
    """Some lines of a list, how many it has, and its address."""

    name: str
    title: str
    count: int
    url: str
    lines: Sequence[Any]
    empty: str
    folded: bool = False
    origin: str = ""  # what tells a client's page to go through this list

    @property
    def short(self) -> str:
        """As the summary calls it after its count: singular and plural, for the filter `noun`."""
        return str(SHORT[self.name])

    @property
    def template(self) -> str:
        return f"segmentation/_day_{self.name}.html"


class DayPage(ReadsRun, RolePage, TemplateView):
    permission_required = ("clients.view_client", READS)
    template_name = "segmentation/day.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sections = [self.due, self.planned, self.new, self.moved, self.one_question]
        return super().get_context_data(**kwargs) | self.run_context() | {
            "sections": sections,
            "nothing": not any(section.count for section in sections),
            "day": self.day,
            "seen_at": self.seen_at,
            "founded": self.founded,
            "columns": in_columns(sections),
            "now": self.now.isoformat(),
            "undated": self.queue(UNDATED).rows().count(),
            "undated_url": _address("recommendations", UNDATED),
            "may_log": self.request.user.has_perm(LOGS),
            **deciding(self.request.user),
        }  # fmt: skip

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @cached_property
    def day(self) -> Day:
        return Day(timezone.localdate(self.now))

    @cached_property
    def seen_at(self) -> datetime | None:
        return Visit.objects.filter(user=self.request.user.pk).values_list("at", flat=True).first()

    @cached_property
    def founded(self) -> date | None:
        """The day of the first client of all, while it is too recent for the usual look back."""
        if self.seen_at is not None:
            return None
        first = Client.objects.aggregate(first=Min("created_at"))["first"]
        if first is None or timezone.localdate(first) < self.day.today - FIRST_VISIT:
            return None
        return timezone.localdate(first)

    @property
    def since(self) -> str:
        """From when on somebody is new: since the person said that they had seen everything, else for some days."""
        if self.seen_at is not None:
            return self.seen_at.isoformat()
        start = self.day.today - FIRST_VISIT
        return (self.founded + timedelta(days=1) if self.founded else start).isoformat()

    @cached_property
    def scope(self) -> ClientQuerySet:
        return with_segment(Client.objects.visible_to(self.request.user), self.run)

    def clients(self, query: Mapping[str, str]) -> ClientQuerySet:
        """What the list of clients shows under this query string."""
        found: Any = PortfolioFilter(_data(query), queryset=self.scope, request=self.request).qs
        return found  # type: ignore[no-any-return]

    def queue(self, query: Mapping[str, str]) -> Queue:
        """What the list of recommendations shows under this query string."""
        filterset = AdviceFilter(_data(query), queryset=self.scope, request=self.request)
        if not filterset.is_valid():
            raise ValueError(filterset.problems)  # written here, so ours to mend
        return Queue(filterset, self.playbook)

    @cached_property
    def playbook(self) -> Playbook:
        return Playbook.of(self.run, quoted=figures_are_open(self.run, self.request.user))

    def section(self, name: str, title: str, query: Mapping[str, str], empty: str, *, folded: bool = False) -> Section:
        """Of the list of clients, with the lines that `name` asks for."""
        rows = self.clients(query)
        shown = list(rows.select_related("account_manager").defer("notes", "address", "local_fields")[:SHOWN])
        count = len(shown) if len(shown) < SHOWN else rows.count()
        lines, through = self.lines(name, shown), urlencode(origin(_data(query)))
        return Section(name, title, count, _address("clients", query), lines, empty, folded, through)

    def lines(self, name: str, clients: Sequence[Client]) -> Sequence[Line]:
        if name == "due":
            return follow_ups(clients, self.request.user)
        if name == "moved":
            return with_moves(with_advice(clients, self.playbook))
        if name == "one_question":
            return about_unknowns(clients, self.run)
        return with_advice(clients, self.playbook)

    @property
    def due(self) -> Section:
        return self.section("due", _("À relancer"), DUE, _("Aucune relance n’attend."))

    @property
    def planned(self) -> Section:
        queue = self.queue(PLANNED)
        rows = queue.rows()
        lines = queue.lines(rows[:SHOWN])
        count = len(lines) if len(lines) < SHOWN else rows.count()
        url = _address("recommendations", PLANNED)
        return Section("planned", _("Prévu aujourd’hui"), count, url, lines, _("Rien n’est prévu pour aujourd’hui."))

    @property
    def new(self) -> Section:
        """Who arrived since then."""
        query = {"new_since": self.since, **CALLABLE, "ordering": "name"}
        return self.section("new", _("Nouveaux"), query, _("Personne de nouveau."))

    @property
    def moved(self) -> Section:
        """Since the last publication; folded once the person has seen it."""
        latest = Run.objects.latest_publication()
        seen = latest is not None and self.seen_at is not None and latest < self.seen_at
        empty = _("Personne n’a changé de segment au dernier calcul.")
        return self.section("moved", _("Ont changé de segment"), MOVED, empty, folded=seen)

    @property
    def one_question(self) -> Section:
        empty = _("Aucun classement ne tient à une seule réponse.")
        return self.section("one_question", _("À une question d’un classement ferme"), ONE_QUESTION, empty)


def in_columns(sections: Sequence[Section]) -> tuple[Sequence[Section], Sequence[Section]]:
    """Cut in two where the columns come out as even as they can, the order kept."""
    heights = [1 + len(section.lines) for section in sections]
    cuts = range(1, len(sections))
    best = min(cuts, key=lambda cut: abs(sum(heights[:cut]) - sum(heights[cut:])))
    return sections[:best], sections[best:]


class SeenForm(forms.Form):
    until = forms.CharField(max_length=40)

    def clean_until(self) -> datetime:
        """The moment at which the page was drawn: who arrived since is still to be seen."""
        try:
            until = datetime.fromisoformat(self.cleaned_data["until"])
        except ValueError:
            raise forms.ValidationError("moment") from None
        if until.tzinfo is None or not date(2000, 1, 1) <= until.date() or until > timezone.now():
            raise forms.ValidationError("moment")
        return until


class DaySeen(RolePage, View):
    """The person has seen who is new, up to the moment that the page was drawn."""

    permission_required = ("clients.view_client", READS)
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        form = SeenForm(request.POST)
        if form.is_valid():
            until = form.cleaned_data["until"]
            user: Any = request.user
            visit, fresh = Visit.objects.get_or_create(user=user, defaults={"at": until})
            if not fresh:  # an old tab does not bring back what was seen
                Visit.objects.filter(pk=visit.pk, at__lt=until).update(at=until)
            messages.success(request, _("C’est noté\u00a0: vous avez vu les nouveaux clients et les changements."))
        else:
            messages.error(request, _("Rien n’a été enregistré. Rechargez la page, puis recommencez."))
        return HttpResponseRedirect(reverse("day"))


def _data(query: Mapping[str, str]) -> QueryDict:
    return QueryDict(urlencode(query))


def _address(page: str, query: Mapping[str, str]) -> str:
    return f"{reverse(page)}?{urlencode(query)}"
