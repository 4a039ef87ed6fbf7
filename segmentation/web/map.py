"""The map: the portfolio's clients where they are, under the table's own filters. The points come from the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from clients.places import DEPARTMENTS
from segmentation.web.portfolio import Portfolio
from segmentation.web.shapes import SHAPES

TOWNS_SHOWN = 60


@dataclass(frozen=True)
class LegendLine:
    """One segment on the map: how many of the filtered clients have a position. `slug` "" is no segment."""

    slug: str
    name: str
    colour: int | None
    placed: int


@dataclass(frozen=True)
class Town:
    """How many of the filtered clients a town has, and the list of them."""

    name: str
    department: str
    count: int
    url: str


@dataclass(frozen=True)
class Positions:
    """What the map shows, in figures and addresses."""

    placed: int
    unplaced: int
    unplaced_url: str
    list_url: str
    visits_url: str
    source: str
    legend: Sequence[LegendLine]
    towns: Sequence[Town]


class MapPage(Portfolio):
    """The portfolio as a map; its fragment carries the legend, and the address of the points for the script."""

    template_name = "segmentation/map.html"
    has_table = False
    fragment_name = "segmentation/_map_results.html"

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "positions": None if self.problems else self.positions(),
            "shapes": SHAPES,
            "tiles_url": settings.TILES_URL,
        }

    def positions(self) -> Positions:
        groups = self.filterset.qs.order_by().values("segment_slug").annotate(placed=Count("latitude"), all=Count("pk"))
        counts = {group["segment_slug"] or "": (group["placed"], group["all"]) for group in groups}
        placed = sum(with_position for with_position, _ in counts.values())
        return Positions(
            placed=placed,
            unplaced=sum(everybody for _, everybody in counts.values()) - placed,
            unplaced_url=self.address(reverse("clients"), placed="false"),
            list_url=self.address(reverse("clients")),
            visits_url=self.address(reverse("visits"), ordering="", page_size="", columns=""),
            source=self.address(reverse("api-client-map"), page_size="", columns=""),
            legend=self.legend({slug: with_position for slug, (with_position, _) in counts.items()}),
            towns=self.towns(),
        )

    def legend(self, placed: dict[str, int]) -> list[LegendLine]:
        lines = [LegendLine(slug, name, colour, placed.get(slug, 0)) for slug, name, colour in self.segments]
        return [*lines, LegendLine("", _("Sans segment"), None, placed.get("", 0))]

    def towns(self) -> list[Town]:
        """The towns with most of these clients. One town written in two ways counts once."""
        rows = self.filterset.qs.order_by().exclude(city="").values_list("city_folded", "department", "city")
        found: dict[tuple[str, str], Counter[str]] = {}
        for folded, department, city, count in rows.annotate(count=Count("pk")):
            found.setdefault((folded, department), Counter())[city] += count
        most = sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))[:TOWNS_SHOWN]
        return [self.town(department, spellings) for (_, department), spellings in most]

    def town(self, code: str, spellings: Counter[str]) -> Town:
        """Under its most frequent spelling, not in capitals if there is a choice."""
        name = min(spellings, key=lambda city: (city.isupper(), -spellings[city], city))
        department = DEPARTMENTS.get(code)
        address = self.address(reverse("clients"), city=name, department=code)
        return Town(name, department.name if department else "", spellings.total(), address)
