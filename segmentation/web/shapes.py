"""One shape a segment colour, so that colour is never the only sign: in legends here, on map and charts by scripts.

Polygons in units of the circle's radius, y downwards, of about the same area. An empty one is the circle.
"""

from __future__ import annotations

import math

from django.utils.html import format_html
from django.utils.safestring import SafeString

Polygon = tuple[tuple[float, float], ...]

NO_SEGMENT = "none"


def _regular(corners: int, radius: float, *, turned: float = 0.0, inner: float | None = None) -> Polygon:
    """A regular polygon with a corner at the top; with `inner`, a star."""
    steps = corners * (2 if inner else 1)
    found = []
    for step in range(steps):
        reach = inner if inner and step % 2 else radius
        angle = turned + 2 * math.pi * step / steps
        found.append((round(reach * math.sin(angle), 3), round(-reach * math.cos(angle), 3)))
    return tuple(found)


# In the order of the palette: circle, square, triangle, diamond, triangle upside down, pentagon, plus, star.
SHAPES: dict[str, Polygon] = {
    "0": (),
    "1": ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    "2": _regular(3, 1.4),
    "3": _regular(4, 1.28),
    "4": _regular(3, 1.4, turned=math.pi),
    "5": _regular(5, 1.15),
    "6": (
        (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4),
        (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
    ),
    "7": _regular(5, 1.45, inner=0.65),
    NO_SEGMENT: ((-1.1, -0.4), (1.1, -0.4), (1.1, 0.4), (-1.1, 0.4)),
}  # fmt: skip


def shape(colour: int | None) -> SafeString:
    """The mark of a segment in a legend. Only a sign: the name stands beside it."""
    key = NO_SEGMENT if colour is None else str(colour)
    points = " ".join(f"{x:g},{y:g}" for x, y in SHAPES[key])
    inside = format_html('<polygon points="{}"/>', points) if points else format_html('<circle r="{}"/>', 1)
    return format_html(
        '<svg class="shape segment-{}" viewBox="-1.7 -1.7 3.4 3.4" aria-hidden="true" focusable="false">{}</svg>',
        key,
        inside,
    )
