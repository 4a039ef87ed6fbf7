"""Clients with their segments: the list and the page that people open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from clients.querysets import ClientQuerySet
from clients.web.columns import IDENTITY, facts_for
from clients.web.views import ClientList, ClientPage
from dignamik.foundation.exporting import Column
from dignamik.foundation.filterbar import Options
from dignamik.foundation.listing import Face
from segmentation.engine.errors import DocumentError, FrameError
from segmentation.filters import UNPLACED, PortfolioFilter
from segmentation.models import STANDINGS, Assignment, Run, Segment
from segmentation.pointer import run_shown
from segmentation.querysets import OBJECTED, with_segment
from segmentation.web import charts, reasons
from segmentation.web.advice import DECIDES, READS, on_client
from segmentation.web.lookalikes import Lookalikes, lookalikes
from segmentation.web.prospects import KEEPS
from segmentation.web.reading import ReadsRun, labels_of
from segmentation.web.saved import SavedViews
from segmentation.web.shapes import SHAPES
from segmentation.web.standing import Badge, badge, margin_in_words
from segmentation.web.tables import PortfolioTable
from segmentation.web.timeline import timeline
from segmentation.web.trail import trail

PLACE: tuple[Column[Any], ...] = (
    Column("Segment", lambda client: client.segment_name, 36),
    Column("Classement", lambda client: _standing(client.standing), 16),
    Column("Marge", lambda client: None if client.margin is None else round(client.margin, 3), 9),
)

# Filters whose values are counted, by the column that holds them; and figures whose spread is drawn.
FACETS = {
    "segment": "segment_slug", "sector": "sector", "status": "status", "category": "category",
    "department": "department", "manager": "account_manager__username", "standing": "standing",
}  # fmt: skip
MEASURES = ("turnover", "followers")
# What can be done with ticked clients. Those who edit everybody's clients (head of sales, administration) assign them.
PLAN, ASSIGN = "plan", "assign"
ASSIGNS = "clients.change_client"
NEARBY = 0.3  # degrees: some 30 km
# The pages that understand the portfolio's query string.
FACES = (("clients", gettext_lazy("Tableau")), ("map", gettext_lazy("Carte")), ("explorer", "Explorer"))


def actions_of(user: Any) -> list[str]:
    """What this person may do with chosen rows, besides exporting them."""
    allowed = {PLAN: user.has_perms((READS, DECIDES)), ASSIGN: user.has_perm(ASSIGNS)}
    return [name for name, may in allowed.items() if may]


def _standing(value: str | None) -> str:
    return str(dict(STANDINGS)[value]) if value else _("pas encore placé")


class Portfolio(ReadsRun, ClientList):
    """The list of clients: table, fragment and export."""

    filterset_class = PortfolioFilter
    table_class = PortfolioTable
    template_name = "segmentation/portfolio.html"
    bar = ("q", "segment", "sector", "status")
    drawer = (*ClientList.drawer, "standing", "moved", "one_question")

    @property
    def faces(self) -> Sequence[Face]:  # type: ignore[override]
        """Table, map, explorer: the same clients under the same query string."""
        here = self.request.resolver_match and self.request.resolver_match.url_name
        return [Face(str(label), self.address(reverse(name)), here=name == here) for name, label in FACES]

    def scope(self) -> ClientQuerySet:
        return with_segment(super().scope(), self.run)

    def source_of(self, name: str) -> str:
        if name == "city":
            return reverse("client-towns")
        counted = name in FACETS or name in MEASURES
        return reverse("client-facet", args=[name]) if counted else ""

    def export_columns(self) -> Sequence[Column[Any]]:
        return (*IDENTITY, *PLACE, *facts_for(self.request.user))

    @cached_property
    def segments(self) -> list[tuple[str, str, int]]:
        """(slug, name, colour) of the run's segments, biggest in training first."""
        return list(Segment.objects.in_run(self.run).values_list("slug", "name", "colour"))

    def options_of(self, name: str) -> Options | None:
        if name == "segment":
            return [*((slug, label) for slug, label, _ in self.segments), (UNPLACED, _("Sans segment"))]
        return super().options_of(name)

    can_be_saved = True

    @property
    def actions(self) -> list[str]:
        """What this reader may do with ticked rows, besides exporting them."""
        return actions_of(self.request.user)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query string, a name and a value at a time."""
        return [(name, value) for name, values in self._changed({}).lists() for value in values]

    @cached_property
    def saved(self) -> SavedViews:
        """The views that this reader may open."""
        match = self.request.resolver_match
        return SavedViews.of(self.request.user, match.url_name or "" if match else "")

    @property
    def query_to_save(self) -> str:
        """What this list would be kept as."""
        return self.address("").removeprefix("?")

    def context(self) -> dict[str, Any]:
        return self.run_context()

    @cached_property
    def table(self) -> PortfolioTable:
        """Before the first run there is nothing to say of segments, so there is no such column."""
        table: PortfolioTable = super().table
        if self.run is None:
            table.columns.hide("segment")
        return table


class PortfolioClient(ReadsRun, ClientPage):
    """One client, with its place in the run that its reader sees."""

    template_name = "segmentation/client.html"

    @cached_property
    def run(self) -> Run | None:
        """With its recipe and its model, which say why the client is where it is."""
        return run_shown(self.request, "document", "recipe")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        place = self.place(context["client"])
        mine = Client.objects.visible_to(self.request.user)
        why = reasons.on_client(context["client"], place, self.run)
        advice = on_client(context["client"], place, self.run, self.request.user)
        return context | self.run_context() | {
            "place": place,
            "trail": trail(self.request, context["client"], with_segment(mine, self.run)),
            "around": self.around(context["client"]),
            "shapes": SHAPES,
            "tiles_url": settings.TILES_URL,
            "followers": charts.followers(context["client"].readings.all()),
            "turnover": charts.turnover(context["client"].turnovers.all()),
            "badge": self.badge(context["client"], place),
            "doubt": self.doubt(place),
            "margin": margin_in_words(place) if place else "",
            "possible": self.possible(place),
            "unknown": self.labels(place, place.unknown if place else ()),
            "settling": self.labels(place, place.settling if place else ()),
            "alike": self.alike(context["client"], place),
            "may_sign": context["client"].status == Client.Status.PROSPECT and self.request.user.has_perm(KEEPS),
            **why,
            **advice,
            "timeline": timeline(context["client"], why["past"], context["log"], advice["advice"], self.request.user),
        }  # fmt: skip

    def around(self, client: Client) -> str:
        """The address of the map near a client; "" without a position."""
        if client.latitude is None or client.longitude is None:
            return ""
        west, south = max(-180.0, client.longitude - NEARBY), max(-90.0, client.latitude - NEARBY)
        east, north = min(180.0, client.longitude + NEARBY), min(90.0, client.latitude + NEARBY)
        return f"{reverse('map')}?bbox={west:.3f},{south:.3f},{east:.3f},{north:.3f}"

    def place(self, client: Client) -> Assignment | None:
        if self.run is None:
            return None
        return Assignment.objects.select_related("segment", "second").filter(run=self.run, client=client).first()

    def badge(self, client: Client, place: Assignment | None) -> Badge | None:
        """Beside the name; before the first run only an objection to profiling is something to say."""
        if client.profiling_objected_at is not None:
            return badge(OBJECTED, None)
        return badge(place.standing if place else None, place.margin if place else None) if self.run else None

    def doubt(self, place: Assignment | None) -> Badge | None:
        """How sure the data of now are. Where they lead elsewhere is said beside it, in `margin`."""
        if place is None:
            return None
        return badge(place.standing, None if place.heads_for else place.margin)

    def possible(self, place: Assignment | None) -> list[Segment]:
        """Segments that the client may get once its unknown data are known; none when it can only be one."""
        slugs = place.possible if place else []
        return list(Segment.objects.filter(slug__in=slugs)) if len(slugs) > 1 else []

    def labels(self, place: Assignment | None, names: Sequence[str]) -> list[str]:
        """Columns of the model, as people call them."""
        if place is None or self.run is None or not names:
            return []
        labels = labels_of(self.run.recipe)
        return [labels.get(name, name) for name in names]

    def alike(self, client: Client, place: Assignment | None) -> Lookalikes | None:
        """For a prospect: the reader's own clients most like it."""
        if self.run is None or place is None or place.x is None or client.status != Client.Status.PROSPECT:
            return None
        columns = {name: [value] for name, value in place.known.items()}
        try:
            return lookalikes(columns, self.run, self.request.user, without=client.pk)
        except (DocumentError, FrameError):
            return None
