"""The queue: which action for which client, under the filters of the portfolio; and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.web.views import ClientList
from dignamik.foundation.downloads import send
from dignamik.foundation.exporting import Column, Sheet
from dignamik.foundation.filterbar import Options
from segmentation.advice.queueing import TO_DECIDE, AdviceFilter, Line, Queue
from segmentation.disclosure import figures_are_open
from segmentation.models import Decision, Play, Segment
from segmentation.querysets import with_segment
from segmentation.web.advice import DECIDES, READS, deciding
from segmentation.web.portfolio import Portfolio

TABS = {
    TO_DECIDE: gettext_lazy("À décider"),
    Decision.Kind.PLANNED: gettext_lazy("Planifiées"),
    Decision.Kind.SNOOZED: gettext_lazy("Plus tard"),
    Decision.Kind.REFUSED: gettext_lazy("Écartées"),
    Decision.Kind.DONE: gettext_lazy("Faites"),
}
EXPORTED: tuple[Column[Line], ...] = (
    Column("Priorité", lambda line: line.play.get_priority_display(), 10),
    Column("Numéro", lambda line: line.client.pk, 9),
    Column("Client", lambda line: line.client.name, 36),
    Column("Ville", lambda line: line.client.city, 24),
    Column("Segment", lambda line: line.play.segment.name, 36),
    Column("Action", lambda line: line.play.title, 36),
    Column("Service", lambda line: line.play.get_service_display(), 22),
    Column("Objectif", lambda line: line.play.get_goal_display(), 16),
    Column("Raison", lambda line: line.reason, 60),
    Column("Suivi", lambda line: line.decision.get_kind_display() if line.decision else _("à décider"), 12),
    Column("Issue", lambda line: line.decision.get_outcome_display() if line.decision else None, 22),
    Column("Jour", lambda line: line.decision.until if line.decision else None, 12),
    Column("Commentaire", lambda line: line.decision.comment if line.decision else None, 40),
)
EXPORT_CHUNK = 500


@dataclass(frozen=True)
class Tab:
    """One kind of line, and how many there are under the filters in force."""

    label: str
    count: int
    url: str
    here: bool


class AdviceTable(tables.Table):
    """Headings only: a row has forms in it, which its template draws."""

    priority = tables.Column(verbose_name=gettext_lazy("Priorité"))
    name = tables.Column(verbose_name="Client")
    play = tables.Column(verbose_name=gettext_lazy("Action"))
    reason = tables.Column(verbose_name=gettext_lazy("Raison"))
    actions = tables.Column(verbose_name=gettext_lazy("Décision"))


class Recommendations(Portfolio):
    """One line a client and play. Unknown filters leave no line, as on every list."""

    permission_required = ("clients.view_client", READS)  # type: ignore[assignment]
    filterset_class = AdviceFilter
    table_class = AdviceTable
    template_name = "segmentation/recommendations.html"
    fragment_name = "segmentation/_recommendations_results.html"
    export_name = "recommandations"
    chooses_columns = False
    default_size = 25  # a line carries its forms: half as long a page is usable twice as soon
    faces = ()  # the map and the explorer know nothing of plays
    bar = ("q", "segment", "play", "service", "goal")  # type: ignore[assignment]  # narrowed to four by Portfolio
    drawer: tuple[str, ...] = ("sector", "status", *ClientList.drawer, "standing", "moved", "due", "outcome")

    def scope(self) -> Any:
        return with_segment(self.visible(), self.run)

    def source_of(self, name: str) -> str:
        """Lines are counted here, not clients: only what suggests without counting."""
        return super().source_of(name) if name == "city" else ""

    def options_of(self, name: str) -> Options | None:
        if name == "play":
            plays = Play.objects.filter(active=True, segment__in=Segment.objects.in_run(self.run))
            ordered = plays.select_related("segment").order_by("title", "segment")
            return [(str(play.pk), f"{play.title} ({play.segment.name})") for play in ordered]
        return super().options_of(name)

    @cached_property
    def queue(self) -> Queue:
        """Of a valid query string only."""
        return Queue.of(self.filterset, self.run, quoted=figures_are_open(self.run, self.request.user))

    @cached_property
    def page(self) -> Page[Any]:
        rows: Any = [] if self.problems else self.queue.rows()
        paginator = Paginator(rows, self.page_size)
        return paginator.get_page(self._whole("page", None) or 1)

    @cached_property
    def table(self) -> Any:
        table = AdviceTable([], order_by=(), request=self.request)
        if not self.request.user.has_perm(DECIDES):
            table.columns.hide("actions")
        return table

    @cached_property
    def lines(self) -> Sequence[Line]:
        """The lines of the page at hand."""
        return self.queue.lines(self.page.object_list)

    @cached_property
    def tabs(self) -> Sequence[Tab]:
        if self.problems:
            return []
        counts = self.queue.counts(listed=self.page.paginator.count)
        return [
            Tab(
                str(label),
                counts[kind],
                self.url(decision="" if kind == TO_DECIDE else kind),
                kind == self.queue.wanted,
            )
            for kind, label in TABS.items()
        ]

    @property
    def to_decide(self) -> bool:
        return not self.problems and self.queue.wanted == TO_DECIDE

    @property
    def here(self) -> str:
        """This page of the list, to come back to."""
        return self.request.get_full_path()

    def context(self) -> dict[str, Any]:
        return self.run_context() | deciding(self.request.user)

    def export(self) -> HttpResponseBase:
        """Exactly the filtered lines, of all pages."""
        if self.problems:
            return render(self.request, "400.html", {"problems": self.problems}, status=400)
        rows = list(self.queue.rows())
        sheet = Sheet(self.export_name, EXPORTED, self.all_lines(rows))
        told = self.filterset.told()
        return send(self.request, sheet, self.query.get("export", ""), rows=len(rows), filters=told)

    def all_lines(self, rows: Sequence[Any]) -> Iterator[Line]:
        """A chunk of rows at a time, each with its facts in one query."""
        for start in range(0, len(rows), EXPORT_CHUNK):
            with translation.override("fr"):  # as the rest of the file
                lines = self.queue.lines(rows[start : start + EXPORT_CHUNK])
            yield from lines
