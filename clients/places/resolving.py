"""From what people write, a town and a postal code, to a place on the map with the precision of its position."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from clients.places.codes import repair_postal_code
from clients.places.coordinates import _, distance_km
from clients.places.naming import postal_code_in, split_district, without_article
from clients.places.table import DEPARTMENTS, Commune, Precision, Table, department_of, find_department, load

# A town this near to the postal code written with it does not contradict it: post offices serve communes next door.
NEAR_KM = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is, as well as it is known.

    `insee` and `name` are those of the present commune; both are empty when only a department, or a postal code that
    several communes share, is known. `postal_code` is the one given, repaired; without one, the commune's if it has
    only one, else empty. Latitude and longitude are in degrees (WGS 84), and `precision` says whose point it is: the
    commune's, the mean of a postal code's or of a department's (or a part of it). The last two are off by 6 km and
    15 km in the median: show them as approximate.
    """

    insee: str
    name: str
    department: str
    postal_code: str
    latitude: float
    longitude: float
    precision: Precision


@dataclass(frozen=True, slots=True)
class _Unplaced:
    """Why, as a sentence with `%(name)s` for each of `values`."""

    sentence: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Written:
    """What was written, understood."""

    city: str
    town: str
    district: int | None
    code: str
    department: str


def resolve(
    city: str, postal_code: str | int | float | None = "", *, department: str = "", insee: str = ""
) -> Place | None:
    """Return the place of a town, or None where only a guess would give one; see `unplaced_reason` for why.

    `department` is a code or a name, `insee` the code of a present commune; it wins over everything else. Then counts
    the name among the communes of the postal code, the name in its department or near it, the name alone if only one
    commune bears it, the postal code alone, and last the department. A name and a postal code that contradict each
    other give None, and so does the name of several communes without a postal code.
    """
    found = _find(city, postal_code, department, insee)
    return found if isinstance(found, Place) else None


def unplaced_reason(
    city: str,
    postal_code: str | int | float | None = "",
    *,
    department: str = "",
    insee: str = "",
    say: Callable[[str], str] = str,
) -> str | None:
    """Return why `resolve` finds no place, as a French sentence for people, or None when it finds one.

    `say` puts the sentence into another language before the values are put into it.
    """
    found = _find(city, postal_code, department, insee)
    return say(found.sentence) % found.values if isinstance(found, _Unplaced) else None


def _find(city: str, postal_code: str | int | float | None, department: str, insee: str) -> Place | _Unplaced:
    table = load()
    town, district = split_district(city)
    code = repair_postal_code(postal_code) or repair_postal_code(postal_code_in(city)) or ""
    area = department_of(code) or find_department(department) or ""
    written = _Written(city.strip(), town, district, code, area)
    if insee.strip().upper() in table.by_insee:
        return _at(table, table.by_insee[insee.strip().upper()], written)
    named = table.by_town.get(town) or table.by_bare_town.get(town) or table.by_town.get(without_article(town)) or []
    commune = _in_postal_code(table, written) or _in_department(named, area) or _near(table, named, code)
    if commune is None and not area:
        commune = _only(named)
    if commune is not None:
        return _at(table, commune, written)
    if area and _is_elsewhere(table, town):
        by_code = _("La ville « %(city)s » et le code postal %(code)s se contredisent.")
        by_area = _("La ville « %(city)s » et le département %(area)s se contredisent.")
        return _Unplaced(by_code if code else by_area, {"city": written.city, "code": code, "area": area})
    if code in table.by_postal_code:
        return _at_postal_code(table.by_postal_code[code], written)
    if area:
        centre = DEPARTMENTS[area]
        return Place("", "", area, code, centre.latitude, centre.longitude, "department")
    return _why(written, postal_code, named)


def _in_postal_code(table: Table, written: _Written) -> Commune | None:
    """Return the commune of the postal code that bears the name, or whose name begins like it: "Évian" for 74500."""
    here = table.by_postal_code.get(written.code, ())
    if not here or not written.town:
        return None
    bare = without_article(written.town)
    names = [(without_article(split_district(each.name)[0]), each) for each in here]
    exact = [each for name, each in names if name == bare]
    longer = [each for name, each in names if name.startswith(f"{bare} ")]
    shorter = [each for name, each in names if bare.startswith(f"{name} ")]
    return _only(exact) or (None if exact else _only(longer) or _only(shorter))


def _in_department(named: Iterable[Commune], department: str) -> Commune | None:
    return _only([each for each in named if each.department == department])


def _near(table: Table, named: Iterable[Commune], code: str) -> Commune | None:
    here = table.by_postal_code.get(code)
    if not here:
        return None
    middle = _mean(here)
    return _only([each for each in named if distance_km(middle, (each.latitude, each.longitude)) <= NEAR_KM])


def _is_elsewhere(table: Table, town: str) -> bool:
    """True when just one present commune bears the name; those of homonyms and former ones are many a hamlet's."""
    commune = _only(table.by_town.get(town, ()))
    return commune is not None and commune.kind == "commune"


def _only(found: Sequence[Commune]) -> Commune | None:
    """Return the one commune meant, or None for none or homonyms. A present commune counts before a former one."""
    present = [each for each in found if each.kind == "commune"]
    chosen = present or found
    return chosen[0] if len({each.parent or each.insee for each in chosen}) == 1 else None


def _at(table: Table, commune: Commune, written: _Written) -> Place:
    """Return the place of a commune, at the point of the arrondissement or former commune where one was written."""
    official = table.by_insee[commune.parent] if commune.parent else commune
    district = None
    if any(each in table.districts_by_code for each in official.postal_codes):
        numbered = table.districts.get((written.town, written.district or 0))
        district = table.districts_by_code.get(written.code) or numbered
    point = district or commune
    codes = point.postal_codes
    return Place(
        insee=official.insee,
        name=official.name,
        department=official.department,
        postal_code=written.code or (codes[0] if len(codes) == 1 else ""),
        latitude=point.latitude,
        longitude=point.longitude,
        precision=point.precision,
    )


def _at_postal_code(here: Sequence[Commune], written: _Written) -> Place:
    """Return the middle of a postal code, with the commune's name when it serves one only."""
    present = [each for each in here if each.kind == "commune"]
    only = present[0] if len(present) == 1 else None
    known = [each for each in present if each.precision == "commune"]
    latitude, longitude = _mean(known or present)
    return Place(
        insee=only.insee if only else "",
        name=only.name if only else "",
        department=only.department if only else written.department,
        postal_code=written.code,
        latitude=latitude,
        longitude=longitude,
        precision="postal_code" if known or any(each.precision == "postal_code" for each in present) else "department",
    )


def _mean(found: Sequence[Commune]) -> tuple[float, float]:
    return fmean(each.latitude for each in found), fmean(each.longitude for each in found)


def _why(written: _Written, postal_code: str | int | float | None, named: Sequence[Commune]) -> _Unplaced:
    if named:
        count = len({each.parent or each.insee for each in named})
        said = _("« %(city)s » désigne %(count)s communes : il faut le code postal.")
        return _Unplaced(said, {"city": written.city, "count": count})
    unreadable = str(postal_code or "").strip()
    if unreadable:
        return _Unplaced(_("Code postal illisible : « %(code)s »."), {"code": unreadable})
    if not written.town:
        return _Unplaced(_("Ni ville ni code postal."), {})
    return _Unplaced(_("Ville inconnue : « %(city)s »."), {"city": written.city})
