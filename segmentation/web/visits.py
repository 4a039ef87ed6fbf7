"""A day's visits: the filtered clients in a sensible order, with distances, to print and take along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as looked_up
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.places import Place, resolve, tour, unplaced_reason
from clients.querysets import ClientQuerySet
from dignamik.foundation.listing import Face
from segmentation.filters import PortfolioFilter
from segmentation.querysets import with_segment
from segmentation.web.portfolio import FACES, Portfolio

MOST_STOPS = 30
APPROXIMATE = {Client.Precision.POSTAL_CODE, Client.Precision.DEPARTMENT}
FIELDS = (
    "name", "city", "postal_code", "address", "phone", "latitude", "longitude", "position_precision", "do_not_contact",
    "category__name",
)  # fmt: skip


def written(text: str) -> tuple[str, str]:
    """A town and a postal code, from both in any order."""
    parts = text.split()
    return " ".join(part for part in parts if not part.isdecimal()), "".join(part for part in parts if part.isdecimal())


def known_place(text: str) -> None:
    reason = unplaced_reason(*written(text), say=looked_up) if text.strip() else None
    if reason:
        raise ValidationError(reason)


class VisitsFilter(PortfolioFilter):
    """The portfolio's filters, and where the round starts, which filters nothing."""

    start = django_filters.CharFilter(label=_("Départ"), method="unfiltered", validators=[known_place], max_length=120)

    def unfiltered(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        return queryset


@dataclass(frozen=True)
class Stop:
    """One visit. `km` from the stop before, `total` from the start, as the crow flies."""

    client: Client
    km: float
    total: float
    approximate: bool


@dataclass(frozen=True)
class Round:
    """The visits in their order, and who is left out: without a position, or not to be contacted."""

    stops: list[Stop]
    unplaced: list[Client]
    silent: int
    start: Place | None

    @property
    def km(self) -> float:
        return self.stops[-1].total if self.stops else 0.0


class VisitsPage(Portfolio):
    filterset_class = VisitsFilter
    template_name = "segmentation/visits.html"
    fragment_name = "segmentation/_visits.html"
    bar = ("start", "q", "segment", "status")
    drawer = ("sector", *(name for name in Portfolio.drawer if name != "sector"))

    def scope(self) -> ClientQuerySet:
        if self.query.get("export"):
            return super().scope()
        return with_segment(self.visible().select_related("category").only(*FIELDS), self.run)

    @property
    def faces(self) -> Sequence[Face]:  # type: ignore[override]
        """The other pages know of no start."""
        return [Face(str(label), self.address(reverse(name), start=""), here=False) for name, label in FACES]

    @property
    def map_url(self) -> str:
        return self.address(reverse("map"), start="", ordering="")

    def context(self) -> dict[str, Any]:
        found: dict[str, Any] = {"round": None, "most": MOST_STOPS, "count": 0}
        if not self.problems:
            found["count"] = self.page.paginator.count
            if found["count"] <= MOST_STOPS:
                found["round"] = round_of(self.filterset.qs, resolve(*written(self.query.get("start", ""))))
        return super().context() | found


def round_of(clients: Iterable[Client], start: Place | None) -> Round:
    """Order the visits; do-not-contact clients are in no round."""
    everybody = list(clients)
    willing = [client for client in everybody if not client.do_not_contact]
    placed = [client for client in willing if client.latitude is not None]
    positions = [(client.latitude or 0.0, client.longitude or 0.0) for client in placed]
    stops, total = [], 0.0
    for at, km in tour(positions, (start.latitude, start.longitude) if start else None):
        total += km
        stops.append(Stop(placed[at], km, total, placed[at].position_precision in APPROXIMATE))
    unplaced = [client for client in willing if client.latitude is None]
    return Round(stops, unplaced, len(everybody) - len(willing), start)
