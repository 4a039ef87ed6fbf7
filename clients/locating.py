"""Where a client is put on the map, and what speaks against it. Only `clients.recording` and migrations write by this.

Coordinates that somebody gave count before a town, unless they are nowhere in France: those are never taken. A town
places whoever has none, again whenever it changes.
"""

from __future__ import annotations

from typing import Any

from clients.places import Place, Unplaced, check_coordinates, department_of, distance_km, locate

FAR_KM = 50.0
"""Given coordinates farther than this from the town written with them contradict it: communes end long before."""
MOVED_KM = 10.0
"""Who has moved farther than this from the coordinates of an old address is not there any more."""
# Communes as large as departments, so that a distance to their point says nothing.
WIDE = frozenset({"973"})
GIVEN, COORDINATES, FAR = "given", "coordinates", "far"


class PositionRefused(ValueError):
    """Coordinates that are nowhere in France. The message is a French sentence; `corrected` as in `CoordinateCheck`."""

    def __init__(self, sentence: str, corrected: tuple[float, float] | None = None) -> None:
        super().__init__(sentence)
        self.corrected = corrected


def refuse_coordinates(latitude: float | None, longitude: float | None) -> None:
    """Raise PositionRefused unless this is a point in France, or no coordinates at all."""
    if latitude is None and longitude is None:
        return
    check = check_coordinates(latitude, longitude)
    if not check.valid:
        raise PositionRefused(check.sentence, check.corrected)


def locate_client(client: Any) -> None:
    """Set department, position, precision and problem from what the client's row says. Writes nothing."""
    client.department = department_of(client.postal_code) or ""
    found = locate(client.city, client.postal_code)
    if client.position_precision == GIVEN:
        client.place_problem = _contradicted(client, found)
        return
    if isinstance(found, Unplaced):
        client.latitude = client.longitude = None
        client.position_precision = ""
        if client.place_problem != COORDINATES:  # until something places it, that its coordinates were refused
            client.place_problem = found.obstacle
        return
    client.latitude, client.longitude, client.position_precision = found.latitude, found.longitude, found.precision
    client.department = client.department or found.department
    client.place_problem = ""


def has_moved(client: Any) -> bool:
    """Whether the client's town is another than the one that its given coordinates were of."""
    found = locate(client.city, client.postal_code)
    if client.position_precision != GIVEN or isinstance(found, Unplaced):
        return False
    return found.precision == "commune" and found.department not in WIDE and _km(client, found) > MOVED_KM


def _contradicted(client: Any, found: Place | Unplaced) -> str:
    if not check_coordinates(client.latitude, client.longitude).valid:
        return COORDINATES
    if isinstance(found, Unplaced) or found.precision == "department" or found.department in WIDE:
        return ""
    return FAR if _km(client, found) > FAR_KM else ""


def _km(client: Any, place: Place) -> float:
    return distance_km((client.latitude, client.longitude), (place.latitude, place.longitude))
