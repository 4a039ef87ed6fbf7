"""The explorer: every client as a point in the plane that shows most of what sets clients apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count
from django.urls import reverse

from dignamik.foundation import french
from segmentation.engine.document import Document
from segmentation.engine.errors import DocumentError
from segmentation.models import Run
from segmentation.web.portfolio import Portfolio
from segmentation.web.reading import labels_of
from segmentation.web.shapes import SHAPES

NAMED_ON_AN_AXIS = 3


@dataclass(frozen=True)
class Spot:
    """Where one segment's clients stand in the plane. `nearest` is the segment whose middle is the closest here."""

    slug: str
    name: str
    colour: int | None
    count: int
    x: float | None
    y: float | None
    nearest: str = ""

    @property
    def middle(self) -> str:
        """(axis 1 ; axis 2), "" without any client."""
        if self.x is None or self.y is None:
            return ""
        return f"{french.grouped(self.x, 1)}\u00a0; {french.grouped(self.y, 1)}"


@dataclass(frozen=True)
class Plane:
    """The two axes: the share of variance of each (0 to 1), and the columns that weigh most on it."""

    shares: tuple[float, float]
    weighing: tuple[Sequence[str], Sequence[str]]

    @property
    def shown(self) -> str:
        return french.percent(sum(self.shares))

    @property
    def hidden(self) -> str:
        return french.percent(1 - sum(self.shares))

    @property
    def axes(self) -> list[str]:
        """What stands along each axis."""
        shares = [french.percent(share) for share in self.shares]
        return [f"Axe {at + 1}, {shares[at]}\u00a0: {', '.join(names)}" for at, names in enumerate(self.weighing)]


class ExplorerPage(Portfolio):
    template_name = "segmentation/explorer.html"
    has_table = False
    fragment_name = "segmentation/_explorer_results.html"

    def context(self) -> dict[str, Any]:
        source = self.address(reverse("api-explorer"), page_size="", columns="")
        found = {"source": "", "spots": [], "placed": 0, "without": 0, "plane": None, "shapes": SHAPES}
        found["list_url"] = self.address(reverse("clients"))
        if not self.problems and self.run is not None:
            spots = self.spots()
            placed = sum(spot.count for spot in spots)
            without = self.page.paginator.count - placed
            found |= {"source": source, "spots": spots, "placed": placed, "without": without, "plane": plane(self.run)}
        return super().context() | found

    def spots(self) -> list[Spot]:
        """One line a segment of the run, over the filtered clients that have a position."""
        rows = self.filterset.qs.order_by().filter(place__x__isnull=False).values("segment_slug")
        rows = rows.annotate(count=Count("pk"), x=Avg("place__x"), y=Avg("place__y"))
        middles = {row["segment_slug"]: (row["count"], row["x"], row["y"]) for row in rows}
        found = [Spot(slug, name, colour, *middles.get(slug, (0, None, None))) for slug, name, colour in self.segments]
        return [Spot(s.slug, s.name, s.colour, s.count, s.x, s.y, _nearest(s, found)) for s in found]


def _nearest(spot: Spot, spots: Sequence[Spot]) -> str:
    away = [
        (math.hypot(other.x - spot.x, other.y - spot.y), other.name)
        for other in spots
        if other.slug != spot.slug
        and other.x is not None and other.y is not None and spot.x is not None and spot.y is not None
    ]  # fmt: skip
    return min(away)[1] if away else ""


def plane(run: Run) -> Plane | None:
    """The axes of a run, from its document; None when the run has none that can be read."""
    data, recipe = Run.objects.values_list("document", "recipe").get(pk=run.pk)
    try:
        document = Document.from_dict(data or {})
    except DocumentError:
        return None
    labels = labels_of(recipe)
    first, second = (_weighing(document, component, labels) for component in document.components)
    return Plane((document.explained[0], document.explained[1]), (first, second))


def _weighing(document: Document, component: Sequence[float], labels: dict[str, str]) -> list[str]:
    """The columns with the largest weights, in the recipe's words; the words of one column count together."""
    weights = [(math.hypot(*component[where]), name) for name, where in document.spans()]
    heaviest = sorted(weights, key=lambda pair: (-pair[0], pair[1]))[:NAMED_ON_AN_AXIS]
    return [_in_a_sentence(labels.get(name, name)) for _, name in heaviest]


def _in_a_sentence(label: str) -> str:
    """Without the capital of a heading; « CA » stays."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
