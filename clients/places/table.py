"""The communes and departments of France, read once from `clients/geo` (see `SOURCES.md` there)."""

from __future__ import annotations

import csv
import functools
import gzip
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, cast

from clients.places.codes import prefix_department, repair_postal_code
from clients.places.naming import fold, split_district, without_article

_FILES = Path(__file__).resolve().parent.parent / "geo"

Precision = Literal["commune", "postal_code", "department"]
Kind = Literal["commune", "district", "former"]


class Commune(NamedTuple):
    """A commune, an arrondissement of Paris, Lyon or Marseille ("district"), or a former commune, merged into another.

    `parent` is the INSEE code of the commune that a district or a former commune belongs to, and empty for a commune.
    Positions are in degrees (WGS 84); `precision` says whose position it is.
    """

    insee: str
    name: str
    kind: Kind
    parent: str
    department: str
    postal_codes: tuple[str, ...]
    population: int
    latitude: float
    longitude: float
    precision: Precision


@dataclass(frozen=True, slots=True)
class Department:
    """A department or an inhabited overseas territory; the position is the mean of its communes."""

    code: str
    name: str
    region: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Table:
    """Every way to look a commune up, each in constant time.

    `by_town`, `by_bare_town` (names that have an article, without it) and `by_postal_code` hold former communes too.
    """

    communes: tuple[Commune, ...]
    by_insee: Mapping[str, Commune]
    by_town: Mapping[str, list[Commune]]
    by_bare_town: Mapping[str, list[Commune]]
    by_postal_code: Mapping[str, list[Commune]]
    districts: Mapping[tuple[str, int], Commune]
    districts_by_code: Mapping[str, Commune]


def _read_departments() -> dict[str, Department]:
    with (_FILES / "departments.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {code: Department(code, name, region, float(lat), float(lon)) for code, name, region, lat, lon in rows}


DEPARTMENTS: Mapping[str, Department] = _read_departments()
"""Departments and inhabited overseas territories by code, in the order of the codes: 01 … 2A, 2B … 95, 971 … 988."""


def communes() -> tuple[Commune, ...]:
    """Return the present communes of France, overseas included, by INSEE code. Paris is one commune."""
    return load().communes


def department_of(postal_code: str) -> str | None:
    """Return the code of the department that a postal code serves, or None when it is no French postal code.

    The table decides, because some codes serve communes next door and 20xxx does not tell the halves of Corsica apart;
    the digits decide for a code that is not in it, such as a CEDEX.
    """
    code = repair_postal_code(postal_code)
    if code is None:
        return None
    people: dict[str, int] = defaultdict(int)
    for commune in load().by_postal_code.get(code, ()):
        people[commune.department] += commune.population
    guess = prefix_department(code)
    if not people:
        return guess if guess in DEPARTMENTS else None
    return guess if guess in people else max(people, key=lambda department: people[department])


def find_department(text: str) -> str | None:
    """Return the code of a department given by its code or name in any writing ("1", "2a", "GIRONDE"), or None."""
    name = fold(text)
    code = name.upper().zfill(2)
    return code if code in DEPARTMENTS else _departments_by_name().get(name)


@functools.cache
def load() -> Table:
    """Return the table of communes; the first call reads the file (a quarter of a second), the others are free."""
    rows = _read_communes()
    present = {row.insee: row for row in rows if row.kind == "commune"}
    named = [row for row in rows if row.kind != "district"]
    districts = [row for row in rows if row.kind == "district"]
    return Table(
        communes=tuple(present.values()),
        by_insee=present,
        by_town=(by_town := _grouped((split_district(row.name)[0], row) for row in named)),
        by_bare_town=_grouped(
            (bare, row) for town, found in by_town.items() if (bare := without_article(town)) != town for row in found
        ),
        by_postal_code=_grouped((code, row) for row in named for code in row.postal_codes),
        districts={(town, number): row for row in districts for town, number in [split_district(row.name)] if number},
        districts_by_code={code: row for row in districts for code in row.postal_codes},
    )


@functools.cache
def _departments_by_name() -> dict[str, str]:
    return {fold(department.name): code for code, department in DEPARTMENTS.items()}


def _grouped(pairs: Iterable[tuple[str, Commune]]) -> dict[str, list[Commune]]:
    groups: dict[str, list[Commune]] = {}
    for key, commune in pairs:
        groups.setdefault(key, []).append(commune)
    return groups


def _read_communes() -> list[Commune]:
    """Read the table. Communes come first, and a former one without a position of its own takes its parent's."""
    with gzip.open(_FILES / "communes.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        found: list[Commune] = []
        parents: dict[str, Commune] = {}
        for insee, name, kind, parent, department, codes, population, lat, lon, precision in rows:
            above = parents.get(parent)
            commune = Commune(
                insee,
                name,
                cast("Kind", kind),
                parent,
                department,
                tuple(codes.split()) if codes or above is None else above.postal_codes,
                int(population),
                float(lat) if lat or above is None else above.latitude,
                float(lon) if lon or above is None else above.longitude,
                cast("Precision", precision) if precision or above is None else above.precision,
            )
            if kind == "commune":
                parents[insee] = commune
            found.append(commune)
    return found
