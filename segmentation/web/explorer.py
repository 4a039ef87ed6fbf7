"""The explorer: every client as a point in the plane that shows most of what sets clients apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Avg, Count
from django.urls import reverse
from django.utils.translation import gettext as _

from dignamik.foundation import french
from segmentation.engine.document import Document
from segmentation.engine.errors import DocumentError
from segmentation.models import Run
from segmentation.web.portfolio import Portfolio
from segmentation.web.reading import labels_of
from segmentation.web.shapes import SHAPES

NAMED_ON_AN_AXIS = 3
ARROWS = 8
"""Data drawn as arrows: more would cover one another."""
FAINT = 0.15
"""Of the longest arrow: a shorter one points nowhere to speak of."""


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
        return _("%(x)s\u00a0; %(y)s") % {"x": french.grouped(self.x, 1), "y": french.grouped(self.y, 1)}


@dataclass(frozen=True)
class Arrow:
    """Where more of one datum (or having one word) leads in the plane; the loadings of the two components."""

    label: str
    x: float
    y: float

    @property
    def length(self) -> float:
        return math.hypot(self.x, self.y)

    @property
    def way(self) -> str:
        """In words: « à droite et en haut ». A share of less than a third of the length is no direction of its own."""
        across = _("à droite") if self.x > 0 else _("à gauche")
        up = _("en haut") if self.y > 0 else _("en bas")
        parts = [(self.x, across), (self.y, up)]
        return _(" et ").join(word for share, word in parts if abs(share) > self.length / 3)


@dataclass(frozen=True)
class Plane:
    """The two axes: the share of variance of each (0 to 1), the columns that weigh most on it, and the longest
    arrows."""

    shares: tuple[float, float]
    weighing: tuple[Sequence[str], Sequence[str]]
    arrows: Sequence[Arrow] = ()

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
        return [
            _("Axe %(number)s, %(share)s\u00a0: %(names)s")
            % {"number": at + 1, "share": shares[at], "names": ", ".join(names)}
            for at, names in enumerate(self.weighing)
        ]


class ExplorerPage(Portfolio):
    template_name = "segmentation/explorer.html"
    has_table = False
    fragment_name = "segmentation/_explorer_results.html"

    def context(self) -> dict[str, Any]:
        source = self.address(reverse("api-explorer"), page_size="", columns="")
        found = {"source": "", "spots": [], "placed": 0, "without": 0, "plane": None, "arrows": [], "shapes": SHAPES}
        found["list_url"] = self.address(reverse("clients"))
        found["around"] = self.address(reverse("clients"), plane="")
        if not self.problems and self.run is not None:
            spots = self.spots()
            placed = sum(spot.count for spot in spots)
            without = self.page.paginator.count - placed
            axes = plane(self.run)
            found |= {"source": source, "spots": spots, "placed": placed, "without": without, "plane": axes}
            found["arrows"] = [asdict(arrow) for arrow in axes.arrows] if axes else []
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
    return Plane((document.explained[0], document.explained[1]), (first, second), _arrows(document, labels))


def _arrows(document: Document, labels: dict[str, str]) -> list[Arrow]:
    """The data with the largest loadings: a number as it is, a word against the other words of its column."""
    across, up = document.components
    names = [
        _("Plus\u00a0: %(name)s") % {"name": _in_a_sentence(labels.get(item.name, item.name))}
        for item in document.numeric
    ]
    for item in document.categorical:
        names += [
            _("%(label)s\u00a0: %(value)s") % {"label": labels.get(item.name, item.name), "value": word}
            for word in item.vocabulary
        ]
        names += [_("%(name)s\u00a0: autre") % {"name": labels.get(item.name, item.name)}] if item.rare else []
    found = sorted(map(Arrow, names, across, up), key=lambda arrow: -arrow.length)[:ARROWS]
    return [arrow for arrow in found if arrow.length > FAINT * found[0].length]


def _weighing(document: Document, component: Sequence[float], labels: dict[str, str]) -> list[str]:
    """The columns with the largest weights, in the recipe's words; the words of one column count together."""
    weights = [(math.hypot(*component[where]), name) for name, where in document.spans()]
    heaviest = sorted(weights, key=lambda pair: (-pair[0], pair[1]))[:NAMED_ON_AN_AXIS]
    return [_in_a_sentence(labels.get(name, name)) for _, name in heaviest]


def _in_a_sentence(label: str) -> str:
    """Without the capital of a heading; « CA » stays."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
