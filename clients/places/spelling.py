"""Other readings of a town whose name no commune bears as it is written: "ANGERS (49)", "Romans/Isère".

They are tried only then, so that they change no town that is found without them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from clients.places.naming import fold, split_district
from clients.places.table import DEPARTMENTS, load

_PREFIX = re.compile(r"^f (?=\d{2} ?\d{3}\b)")
_COUNTRY = re.compile(r"[ ,(]+france\)?$")
_DEPARTMENT = re.compile(r"^(?P<town>.*\D)[ ,(]+(?P<code>\d{1,3}|2[ab])\)?$")
_ON = re.compile(r" ?/ ?| s ")
_UNDER = re.compile(r" s/ ?| ss | s/s ?")


class Reading(NamedTuple):
    """A folded town, the number of its arrondissement or None, and the department written with it or ""."""

    town: str
    district: int | None
    department: str


def readings(city: str) -> Iterator[Reading]:
    """Other ways to read a town, the nearest to what is written first. None repeats the plain one."""
    written = fold(city)
    plain = split_district(written)[0]
    cleaned = _COUNTRY.sub("", _PREFIX.sub("", written)).strip()
    town, department = _without_department(cleaned)
    for text in dict.fromkeys((cleaned, town, _UNDER.sub(" sous ", town), _ON.sub(" sur ", town))):
        found, district = split_district(text)
        if found and (found != plain or department):
            yield Reading(found, district, department)
    found = _unspaced().get(split_district(town)[0].replace(" ", ""), "")
    if found and found != plain:
        yield Reading(found, None, department)


def _without_department(text: str) -> tuple[str, str]:
    """A town without the code or the name of a department behind it, and the code: "saint denis (974)"."""
    found = _DEPARTMENT.match(text)
    if found is not None and found["code"].upper().zfill(2) in DEPARTMENTS:
        return found["town"].rstrip(" ,("), found["code"].upper().zfill(2)
    bare = text.rstrip(") ")
    for name, code in _named():
        if bare.endswith(name) and bare[: -len(name)].rstrip(" ,(") != "":
            return bare[: -len(name)].rstrip(" ,("), code
    return text, ""


@functools.cache
def _named() -> tuple[tuple[str, str], ...]:
    """What may stand behind a town, each with its code: " de la reunion", " maine et loire"; the longest first."""
    ends: dict[str, str] = {}
    for code, department in DEPARTMENTS.items():
        name = fold(department.name)
        ends |= {f" {name}": code, f"({name}": code, f" de {name}": code}
    return tuple(sorted(ends.items(), key=lambda end: -len(end[0])))


@functools.cache
def _unspaced() -> dict[str, str]:
    """Towns by their letters alone: an apostrophe or a hyphen that got lost leaves "lhay les roses"."""
    return {town.replace(" ", ""): town for town in load().by_town}
