"""Latitudes and longitudes: are they in France, and are they the right way round?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

EARTH_RADIUS_KM = 6371.0

Verdict = Literal["valid", "missing", "zero", "impossible", "swapped", "outside"]


class _Box(NamedTuple):
    south: float
    north: float
    west: float
    east: float

    def holds(self, latitude: float, longitude: float) -> bool:
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


# Degrees, a few kilometres wider than the land. A box is not a border: Brussels passes, London and Madrid do not.
_BOXES = (
    _Box(41.3, 51.2, -5.3, 9.7),  # mainland and Corsica
    _Box(15.7, 18.2, -63.2, -60.9),  # Guadeloupe, Saint-Martin, Saint-Barthélemy
    _Box(14.3, 15.0, -61.3, -60.7),  # Martinique
    _Box(2.0, 5.9, -54.7, -51.5),  # Guyane
    _Box(-21.5, -20.8, 55.1, 55.9),  # La Réunion
    _Box(-13.1, -12.5, 44.9, 45.4),  # Mayotte
    _Box(46.7, 47.2, -56.5, -56.0),  # Saint-Pierre-et-Miquelon
    _Box(-28.0, -7.5, -155.0, -134.0),  # Polynésie française
    _Box(-14.5, -13.1, -178.3, -176.0),  # Wallis-et-Futuna
    _Box(-23.0, -17.5, 158.0, 172.2),  # Nouvelle-Calédonie
)


def _(sentence: str) -> str:
    """Marks a sentence that whoever shows it may translate: places know no Django."""
    return sentence


_SENTENCES: dict[Verdict, str] = {
    "valid": _("Coordonnées en France."),
    "missing": _("Coordonnées incomplètes : il faut la latitude et la longitude."),
    "zero": _("Coordonnées 0, 0 : elles désignent le golfe de Guinée, pas une adresse."),
    "impossible": _("Coordonnées impossibles : la latitude va de -90 à 90 degrés, la longitude de -180 à 180."),
    "swapped": _("Latitude et longitude semblent inversées."),
    "outside": _("Coordonnées hors de France."),
}


@dataclass(frozen=True, slots=True)
class CoordinateCheck:
    """What was found out about a pair of coordinates, in degrees (WGS 84).

    `sentence` is for people, in French. `corrected` is (latitude, longitude) the right way round when they look
    swapped: it is offered, never applied in silence.
    """

    verdict: Verdict
    sentence: str
    corrected: tuple[float, float] | None = None

    @property
    def valid(self) -> bool:
        """True when the point can be put on a map as it is."""
        return self.verdict == "valid"


def check_coordinates(latitude: float | None, longitude: float | None) -> CoordinateCheck:
    """Judge a pair of coordinates in degrees against France, overseas included. Never raises."""
    if latitude is None or longitude is None:
        return _verdict("missing")
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return _verdict("impossible")
    if latitude == 0 and longitude == 0:
        return _verdict("zero")
    if abs(latitude) <= 90 and abs(longitude) <= 180 and _in_france(latitude, longitude):
        return _verdict("valid")
    if _in_france(longitude, latitude):
        return CoordinateCheck("swapped", _SENTENCES["swapped"], (longitude, latitude))
    return _verdict("outside" if abs(latitude) <= 90 and abs(longitude) <= 180 else "impossible")


def distance_km(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the great-circle distance in kilometres between two (latitude, longitude) pairs in degrees."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(lat), math.radians(lon)) for lat, lon in (first, second))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def _in_france(latitude: float, longitude: float) -> bool:
    return any(box.holds(latitude, longitude) for box in _BOXES)


def _verdict(verdict: Verdict) -> CoordinateCheck:
    return CoordinateCheck(verdict, _SENTENCES[verdict])
