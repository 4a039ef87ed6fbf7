"""Clients that are not on the map, or not exactly: why, and a field to put each there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.querysets import APPROXIMATE, ClientQuerySet
from clients.web import places
from clients.web.columns import IDENTITY, facts_for
from clients.web.place_form import Fix, fix_of, why
from clients.web.views import ClientList
from dignamik.foundation.exporting import Column
from dignamik.foundation.filterbar import Chip
from segmentation.filters import PortfolioFilter
from segmentation.querysets import with_segment
from segmentation.runs.refreshing import bring_up_to_date
from segmentation.web.reading import ReadsRun

DOUBTED = (Client.PlaceProblem.COORDINATES.value, Client.PlaceProblem.FAR.value)
PARTS: Mapping[str, tuple[Any, Mapping[str, Sequence[str]], Q]] = {
    "unplaced": (_("Sans position"), {"placed": ["false"]}, Q(latitude=None)),
    "approximate": (_("Position approximative"), {"precision": APPROXIMATE}, Q(position_precision__in=APPROXIMATE)),
    "doubted": (
        _("Coordonnées à vérifier"), {"placed": ["true"], "misplaced": DOUBTED},
        Q(latitude__isnull=False, place_problem__in=DOUBTED),
    ),
}  # fmt: skip
"""Name → label, the filters of the list that give exactly these clients, and the same as a condition."""
CONTROLS = ("placed", "precision", "misplaced")
"""What the parts stand for; without any of these the page shows the first part."""


@dataclass(frozen=True)
class Part:
    """One kind of client to place, how many there are under the other filters, and where they are listed."""

    label: Any
    count: int
    url: str
    here: bool


class PlacesPage(ReadsRun, ClientList):
    """The reader's clients to place, under the filters of every list."""

    filterset_class = PortfolioFilter
    template_name = "segmentation/places.html"
    fragment_name = "segmentation/_places_results.html"
    export_name = "clients-a-placer"
    has_table = False
    chooses_columns = False
    default_size = 25
    drawer = tuple(name for name in ClientList.drawer if name not in ("turnover", "followers", "follow_up"))

    @cached_property
    def query(self) -> QueryDict:
        """What the address says, and the first part where it names none."""
        asked = self.request.GET
        if any(name in asked for name in CONTROLS):
            return asked
        query = asked.copy()
        query.update({"placed": "false"})
        return query

    def scope(self) -> ClientQuerySet:
        return with_segment(self.visible().select_related("category", "account_manager"), self.run)

    def export_columns(self) -> Sequence[Column[Any]]:
        return (*IDENTITY, Column("Raison", why, 50), *facts_for(self.request.user))

    @cached_property
    def chips(self) -> list[Chip]:
        """Without those of the parts, which have their own tabs."""
        labels = {str(self.filterset.form.fields[name].label) for name in CONTROLS}
        return [chip for chip in super().chips if chip.label not in labels]

    @cached_property
    def parts(self) -> list[Part]:
        """One query for all of them."""
        others = self._changed(dict.fromkeys(CONTROLS, ()))
        counts = self.filtered_by(others).qs.order_by().aggregate(
            **{name: Count("pk", filter=condition) for name, (_label, _filters, condition) in PARTS.items()}
        )  # fmt: skip
        return [self._part(name, counts[name]) for name in PARTS]

    def _part(self, name: str, count: int) -> Part:
        label, filters, _condition = PARTS[name]
        wanted = dict.fromkeys(CONTROLS, ()) | dict(filters)
        query = self._changed(wanted)
        said = {control: sorted(self.query.getlist(control)) for control in CONTROLS if self.query.getlist(control)}
        here = said == {control: sorted(values) for control, values in filters.items()}
        return Part(label, count, f"{self.request.path}?{query.urlencode()}", here)

    @property
    def fixes(self) -> list[Fix]:
        """The page's clients, each with its form."""
        return [fix_of(client, self.request.user) for client in self.page.object_list if isinstance(client, Client)]

    def context(self) -> dict[str, Any]:
        return self.run_context()


class FixPlace(places.FixPlace):
    """A town that becomes known may be a fact that the model looks at; the client's change is, in any case."""

    def written(self, client: Client) -> None:
        bring_up_to_date([client.pk])
