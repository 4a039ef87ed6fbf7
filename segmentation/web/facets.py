"""What a filter would find: values with their counts, the spread of a figure, towns that begin like a text.

Each is a fragment that a control asks for when it is opened, under the other filters in force and within what the
reader may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.generic import View

from clients.filters import NOBODY
from clients.models import Client
from clients.places import fold_town
from dignamik.foundation import french
from dignamik.foundation.filterbar import Field
from dignamik.foundation.pages import RolePage
from segmentation.filters import UNPLACED
from segmentation.web.portfolio import FACETS, MEASURES, Portfolio
from segmentation.web.spread import SMALLEST_CROWD, Bin, edges_between, ranges_between
from segmentation.web.visits import VisitsFilter

TOWNS_OFFERED = 12
SHORTEST = 2  # letters of a town before any is suggested
NOTHING = {"segment": UNPLACED, "manager": NOBODY}  # what no value is called, where one can ask for it


@dataclass(frozen=True)
class FacetLine:
    """One value, and how many clients it would find under the other filters (None: not counted)."""

    value: str
    label: str
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Spread:
    """How a figure is spread over `known` clients. No bins where they are too few to be a crowd."""

    known: int
    unknown: int
    bins: Sequence[Bin]


class Facet(Portfolio):
    """One control's fragment: counted values, or the spread of a figure."""

    filterset_class = VisitsFilter  # the form of a round has its start besides, which filters nothing

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        name: str = kwargs["name"]
        if name in FACETS:
            context: dict[str, Any] = {"lines": self.lines(self.field(name))}
            template = "includes/_facet.html"
        elif name in MEASURES:
            context = {"spread": None if self.problems else self.spread(name)}
            template = "includes/_spread.html"
        else:
            raise Http404
        status = 400 if self.problems else 200
        return render(
            request, template, context | {"field": self.field(name), "problems": self.problems}, status=status
        )

    def others(self, *names: str) -> Any:
        """The clients that the filters in force leave, these ones not heeded."""
        query = self._changed(dict.fromkeys(names, ()))
        return self.filtered_by(query).qs.order_by()

    def lines(self, field: Field) -> list[FacetLine]:
        counts = {} if self.problems else self.counts(field.name)
        return [
            FacetLine(value, label, None if self.problems else counts.get(value, 0), value in field.values)
            for value, label in field.options
        ]

    def counts(self, name: str) -> dict[str, int]:
        """One query, whatever the number of clients and values."""
        rows = self.others(name).values_list(FACETS[name]).annotate(clients=Count("pk"))
        return {NOTHING.get(name, "") if value is None else str(value): clients for value, clients in rows}

    def spread(self, name: str) -> Spread:
        """Two queries: where the figure lies, then how many clients are in each bin."""
        low, high = f"{name}_min", f"{name}_max"
        clients = self.others(low, high)
        found = clients.aggregate(known=Count(name), all=Count("pk"), low=Min(name), high=Max(name))
        known, unknown = found["known"], found["all"] - found["known"]
        if known < SMALLEST_CROWD:
            return Spread(known, unknown, ())
        ranges = ranges_between(edges_between(found["low"], found["high"]), cents=name == "turnover")
        counts = clients.aggregate(
            **{f"bin_{at}": Count("pk", filter=Q(**{f"{name}__range": ends})) for at, ends in enumerate(ranges)}
        )
        most = max(counts.values())
        unit = "euros" if name == "turnover" else "count"
        bins = [
            Bin(
                start,
                end,
                _("%(start)s à %(end)s") % {"start": french.grouped(start), "end": french.in_unit(end, unit)},
                count,
                count / most,
            )
            for (start, end), count in zip(ranges, counts.values(), strict=True)
        ]
        return Spread(known, unknown, bins)


class Towns(RolePage, View):
    """Towns of the reader's clients that begin like a text, or have a word that does."""

    permission_required = "clients.view_client"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return render(request, "includes/_towns.html", {"towns": self.towns(request.GET)})

    def towns(self, query: QueryDict) -> list[str]:
        """The commonest first, each under its commonest spelling."""
        text = fold_town(query.get("city", "").replace("\x00", "")[:120])
        if len(text) < SHORTEST:
            return []
        mine = Client.objects.visible_to(self.request.user).order_by()
        mine = mine.filter(Q(city_folded__startswith=text) | Q(city_folded__contains=f" {text}"))
        spellings = mine.values_list("city_folded", "city").annotate(clients=Count("pk"))
        found: dict[str, list[tuple[int, str]]] = {}
        for folded, city, clients in spellings:
            found.setdefault(folded, []).append((clients, city))
        best = sorted(found.values(), key=lambda written: (-sum(count for count, _ in written), written[0][1]))
        return [
            min(written, key=lambda pair: (pair[1].isupper(), -pair[0], pair[1]))[1] for written in best[:TOWNS_OFFERED]
        ]
