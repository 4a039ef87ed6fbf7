"""A filter drawn by hand: what is inside a polygon of a map or a chart.

It is the database's work, exact and without a list of ids, so that a drawn area is an address like any other filter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Mod
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field

FEWEST_CORNERS, MOST_CORNERS = 3, 60
NUMBER = r"-?\d{1,6}(\.\d{1,12})?"
"""In the API's schema."""

Point = tuple[float, float]


def numbers(text: str) -> list[float] | None:
    """The finite numbers of a comma-separated text; None when one of them is none."""
    if "_" in text or not text.isascii():  # float() would read "1_0" and "١٢"
        return None
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return found if all(map(math.isfinite, found)) else None


class PolygonField(forms.CharField):
    """`x1,y1,x2,y2,x3,y3,…` to a tuple of corners (x, y); the last one joins the first."""

    def said(self, text: str) -> str:
        """On a chip: a list of corners says nothing to anybody; "" for what is no shape."""
        found = numbers(text)
        return _("forme à %(corners)s sommets") % {"corners": len(found) // 2} if found else ""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        found = numbers(text)
        if found is None or len(found) % 2 or not FEWEST_CORNERS <= len(found) // 2 <= MOST_CORNERS:
            bounds = {"fewest": FEWEST_CORNERS, "most": MOST_CORNERS}
            raise ValidationError(
                _("Attendu\u00a0: de %(fewest)s à %(most)s sommets x1,y1,x2,y2,… en nombres.") % bounds
            )
        return tuple(zip(found[::2], found[1::2], strict=True))


@extend_schema_field(
    {
        "type": "string",
        "pattern": rf"^\s*$|^{NUMBER}(,{NUMBER}){{5}}(,{NUMBER},{NUMBER}){{0,{MOST_CORNERS - FEWEST_CORNERS}}}$",
        "examples": ["0,45,2,45,2,47"],
    }
)
class PolygonFilter(django_filters.CharFilter):
    """What is inside a polygon over the columns `x` and `y` (even-odd rule; a point on an edge is on one side)."""

    field_class = PolygonField

    def __init__(self, *args: Any, x: str, y: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.x, self.y = x, y

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        xs, ys = zip(*value, strict=True)
        near = {f"{self.x}__range": (min(xs), max(xs)), f"{self.y}__range": (min(ys), max(ys))}
        crossed = f"crossed_{self.field_name}"
        inside: QuerySet[Any] = qs.filter(**near).alias(**{crossed: Mod(self._crossings(value), 2)})
        return inside.filter(**{crossed: 1})

    def _crossings(self, corners: Sequence[Point]) -> Any:
        """How many edges a ray from the point to +x crosses."""
        edges = zip(corners, (*corners[1:], corners[0]), strict=True)
        crossed = [self._crosses(one, other) for one, other in edges if one[1] != other[1]]
        return reduce(add, crossed, Value(0, output_field=IntegerField()))

    def _crosses(self, one: Point, other: Point) -> Case:
        (x1, y1), (x2, y2) = sorted((one, other), key=lambda corner: corner[1])
        lean = (x2 - x1) / (y2 - y1)
        at = F(self.y) * Value(lean) + Value(x1 - lean * y1)
        left = {f"{self.y}__gte": y1, f"{self.y}__lt": y2, f"{self.x}__lt": at}
        return Case(When(**left, then=1), default=0, output_field=IntegerField())
