"""French geography, offline: names of towns, postal codes, departments, positions. No Django, no network.

`resolve("ST ETIENNE CEDEX 2", "42006")` is Saint-Étienne; `fold_town("Paris 11ème") == fold_town("PARIS")`.
"""

from __future__ import annotations

from clients.places.codes import repair_postal_code
from clients.places.coordinates import CoordinateCheck, check_coordinates, distance_km
from clients.places.naming import fold, fold_town
from clients.places.resolving import Obstacle, Place, Unplaced, candidates, locate, resolve, unplaced_reason
from clients.places.suggesting import Suggestion, homonyms, suggest
from clients.places.table import DEPARTMENTS, Commune, Department, communes, department_of, find_department
from clients.places.touring import tour

__all__ = [
    "DEPARTMENTS",
    "Commune",
    "CoordinateCheck",
    "Department",
    "Obstacle",
    "Place",
    "Suggestion",
    "Unplaced",
    "candidates",
    "check_coordinates",
    "communes",
    "department_of",
    "distance_km",
    "find_department",
    "fold",
    "fold_town",
    "homonyms",
    "locate",
    "repair_postal_code",
    "resolve",
    "suggest",
    "tour",
    "unplaced_reason",
]
