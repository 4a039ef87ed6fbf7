"""Where the communes are: names and postal codes of one source joined with the points of GeoNames, doubts left out.

No table names a commune and its GeoNames place together, so the join goes by name. What keeps homonyms apart is the
region that both sources give, the outline of the department, and the neighbours that share a postal code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from clients.places.coordinates import distance_km
from clients.places.naming import fold, split_district
from scripts.outlines import Outline

# Departments and territories that GeoNames lists as countries of their own.
OVERSEAS = {
    "GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976",
    "BL": "977", "MF": "978", "WF": "986", "PF": "987", "NC": "988",
}  # fmt: skip
# How far outside its department's outline (drawn on a 1 km grid) a commune may seem to be: islands lie beyond it.
OUTSIDE_KM = 5.0
HOMONYM_OUTSIDE_KM = 2.0
# Two places of one name in one department this near are one town listed twice.
SAME_TOWN_KM = 6.0
# A point farther than this from all others of its postal code, or of its intercommunality where it is alone in the
# code, is a homonym's, except where communes are vast.
STRAY_KM = 15.0
LONE_STRAY_KM = 20.0
LARGE_COMMUNES = frozenset({"2A", "2B", *OVERSEAS.values()})
# How many of a commune's people may live in the place found under another spelling: fewer is a hamlet, more another
# town.
POPULATION_RATIO = (0.2, 1.6)

Point = tuple[float, float]  # latitude, longitude in degrees
Key = tuple[str, str]  # region (overseas: department), name as `town_key` gives it


@dataclass(frozen=True, slots=True)
class GeoPlace:
    """A populated place of GeoNames."""

    point: Point
    population: int


@dataclass(frozen=True, slots=True)
class Places:
    """The places of GeoNames by name, by their other spellings, and the largest of each overseas territory."""

    by_name: Mapping[Key, list[GeoPlace]]
    by_alternate: Mapping[Key, list[GeoPlace]]
    largest: Mapping[str, GeoPlace]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the commune table. `kind` is commune, district (arrondissement) or former (merged into `parent`).

    `groups` are neighbourhoods from small to large (intercommunality, sub-prefecture, department), for want of a point.
    """

    insee: str
    name: str
    kind: str
    parent: str
    department: str
    region: str
    groups: tuple[str, ...]
    postal_codes: tuple[str, ...]
    population: int
    point: Point | None = None
    precision: str = ""


def read_places(cities: Iterable[Mapping[str, Any]]) -> Places:
    """Return the French places among the cities of GeoNames, overseas territories included."""
    by_name: dict[Key, list[GeoPlace]] = defaultdict(list)
    by_alternate: dict[Key, list[GeoPlace]] = defaultdict(list)
    largest: dict[str, GeoPlace] = {}
    for city in cities:
        country = city["countrycode"]
        if country != "FR" and country not in OVERSEAS:
            continue
        area = city["admin1code"] if country == "FR" else OVERSEAS[country]
        place = GeoPlace((city["latitude"], city["longitude"]), city["population"])
        name = town_key(city["name"])
        by_name[area, name].append(place)
        for key in {town_key(each) for each in city["alternatenames"]} - {name}:
            by_alternate[area, key].append(place)
        if country != "FR" and place.population > largest.get(area, GeoPlace(place.point, -1)).population:
            largest[area] = place
    return Places(by_name, by_alternate, largest)


def town_key(name: str) -> str:
    """Return the key that both sources share: arrondissements are "paris 5", in GeoNames "Paris 05 Panthéon"."""
    words = fold(name).split()
    if len(words) > 2 and words[0] == "paris" and words[1].isdigit():
        words = words[:2]
    town, district = split_district(" ".join(words))
    return f"{town} {district}" if district else town


def with_positions(rows: list[Row], places: Places, outlines: Mapping[str, Outline]) -> list[Row]:
    """Return the rows with a position and its precision; only former communes may stay without."""
    return _fill_in(_with_own_points(rows, places, outlines), places)


def mean(points: Iterable[Point]) -> Point:
    """Return the middle of points that are near each other; raises StatisticsError for none."""
    points = list(points)
    return fmean(lat for lat, _ in points), fmean(lon for _, lon in points)


def _with_own_points(rows: list[Row], places: Places, outlines: Mapping[str, Outline]) -> list[Row]:
    """Give each row the GeoNames point of its name where name, region and the department's outline leave no doubt.

    First by the name, then by other spellings that GeoNames knows, then by the beginning of a compound name ("Theix"
    for "Theix-Noyalo"): each only for rows and points that are still free, and each checked against the neighbours.
    """
    homonyms: dict[Key, list[str]] = defaultdict(list)
    for row in rows:
        homonyms[row.region, town_key(row.name)].append(row.department)
    for spelling in ("name", "alternate", "beginning"):
        taken = {row.point for row in rows if row.point}
        placed = []
        for row in rows:
            if row.point is None:
                candidates = _candidates(row, places, spelling, taken)
                point = _own_point(row, homonyms, candidates, outlines)
                row = replace(row, point=point, precision="commune" if point else "")
            placed.append(row)
        rows = _without_strays(placed)
    return rows


def _candidates(row: Row, places: Places, spelling: str, taken: set[Point]) -> list[GeoPlace]:
    """Return the GeoNames places that may be the row, by one way of spelling its name."""
    area = row.department if row.department in places.largest else row.region
    key = town_key(row.name)
    if spelling == "name":
        return places.by_name.get((area, key), [])
    if spelling == "alternate":
        found = places.by_alternate.get((area, key), [])
    else:
        words = key.split()
        keys = [" ".join(words[:count]) for count in range(len(words) - 1, 0, -1)] if row.kind == "commune" else []
        found = next((places.by_name[area, each] for each in keys if (area, each) in places.by_name), [])
    low, high = POPULATION_RATIO
    people = max(row.population, 1)
    return [each for each in found if each.point not in taken and low <= each.population / people <= high]


def _own_point(
    row: Row, homonyms: Mapping[Key, list[str]], found: list[GeoPlace], outlines: Mapping[str, Outline]
) -> Point | None:
    """Return the one point among the candidates that belongs to the row, or None when there is none or a doubt."""
    rivals = homonyms[row.region, town_key(row.name)]
    if rivals.count(row.department) > 1:
        return None
    inside = [each for each in found if _belongs(each.point, row.department, rivals, outlines)]
    if not inside or any(distance_km(inside[0].point, each.point) > SAME_TOWN_KM for each in inside):
        return None
    return max(inside, key=lambda each: each.population).point


def _belongs(point: Point, department: str, rivals: list[str], outlines: Mapping[str, Outline]) -> bool:
    """True when the point is in the department, or outside by no more than its outline's error with no rival nearer."""
    if department not in outlines:
        return True
    outside = outlines[department].distance_km(point)
    if len(rivals) == 1:
        return outside <= OUTSIDE_KM
    return outside <= HOMONYM_OUTSIDE_KM and all(outlines[each].distance_km(point) >= outside for each in rivals)


def _without_strays(rows: list[Row]) -> list[Row]:
    """Take back the points far from all others of their postal code, or of their neighbourhood: homonyms missed before.

    The largest commune of a postal code stays: it is the small one's point that is wrong.
    """
    by_code: dict[str, list[Row]] = defaultdict(list)
    by_group: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.point and row.kind == "commune":
            by_group[row.groups[0]].append(row)
            for code in row.postal_codes:
                by_code[code].append(row)
    kept = []
    for row in rows:
        others = [each for code in row.postal_codes for each in by_code[code] if each is not row]
        limit = STRAY_KM if others else LONE_STRAY_KM
        others = others or [each for each in by_group[row.groups[0]] if each is not row]
        kept.append(replace(row, point=None, precision="") if _is_stray(row, others, limit) else row)
    return kept


def _is_stray(row: Row, others: list[Row], limit_km: float) -> bool:
    if row.point is None or not others or row.department in LARGE_COMMUNES or row.kind != "commune":
        return False
    if row.population >= max(each.population for each in others):
        return False
    return all(each.point is None or distance_km(row.point, each.point) > limit_km for each in others)


def _fill_in(rows: list[Row], places: Places) -> list[Row]:
    """Give the communes without a point that of their old centre, of their postal code or of a wider neighbourhood."""
    centres = {row.insee: row.point for row in rows if row.kind == "former" and row.insee == row.parent and row.point}
    rows = [
        replace(row, point=centres[row.insee], precision="commune")
        if row.kind == "commune" and row.point is None and row.insee in centres
        else row
        for row in rows
    ]
    by_area: dict[str, list[Point]] = defaultdict(list)
    for row in rows:
        if row.point is not None:
            merged = (f"merged into {row.parent}",)
            for area in merged if row.kind == "former" else (*row.postal_codes, *row.groups):
                by_area[area].append(row.point)
    for territory, place in places.largest.items():
        by_area[f"department {territory}"] = by_area[f"department {territory}"] or [place.point]
    return [row if row.point or row.kind == "former" else _approximated(row, by_area) for row in rows]


def _approximated(row: Row, by_area: Mapping[str, list[Point]]) -> Row:
    """Return the row at the mean of the communes merged into it or of its postal code, else of a group."""
    neighbours = by_area.get(f"merged into {row.insee}") or [
        each for code in row.postal_codes for each in by_area.get(code, ())
    ]
    if neighbours:
        return replace(row, point=mean(neighbours), precision="postal_code")
    wider = next(by_area[group] for group in row.groups if by_area.get(group))
    return replace(row, point=mean(wider), precision="department")
