"""Build `static/geo/towns.json`, the names on the map, from the table of communes.

    python -m scripts.build_towns

Each town comes with the zoom from which its name has room: bigger towns first, names about 50 pixels apart.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path

from clients.places import Commune, communes, distance_km

TARGET = Path(__file__).resolve().parent.parent / "static/geo/towns.json"
# Inhabitants from which a town is named, by zoom.
SMALLEST = {5: 150_000, 6: 80_000, 7: 40_000, 8: 20_000, 9: 10_000, 10: 4_000, 11: 4_000}
APART_PIXELS = 50
# Web Mercator: kilometres that one pixel shows at the equator at zoom 0.
EQUATOR_KM_PER_PIXEL = 156.543


def main() -> int:
    """Write one row a town, [name, latitude, longitude, first zoom], those seen from afar first."""
    towns = sorted(candidates(communes()), key=lambda town: (-town.population, town.insee))
    shown: dict[str, tuple[Commune, int]] = {}
    for zoom, smallest in SMALLEST.items():
        for town in (town for town in towns if town.population >= smallest):
            if town.insee not in shown and has_room(town, (other for other, _ in shown.values()), zoom):
                shown[town.insee] = (town, zoom)
    rows = [[town.name, round(town.latitude, 3), round(town.longitude, 3), zoom] for town, zoom in shown.values()]
    TARGET.write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(rows)} towns")
    return 0


def candidates(found: Iterable[Commune]) -> Iterable[Commune]:
    """Towns of some size whose own position is known."""
    return (town for town in found if town.precision == "commune" and town.population >= min(SMALLEST.values()))


def has_room(town: Commune, others: Iterable[Commune], zoom: int) -> bool:
    """Whether the name keeps its distance from those already there."""
    apart = APART_PIXELS * EQUATOR_KM_PER_PIXEL * math.cos(math.radians(town.latitude)) / 2**zoom
    here = (town.latitude, town.longitude)
    return all(distance_km(here, (other.latitude, other.longitude)) >= apart for other in others)


if __name__ == "__main__":
    sys.exit(main())
