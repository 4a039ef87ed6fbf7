"""Towns to offer to whoever writes one: by postal code, by the beginning of a name, or those that share a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clients.places.codes import repair_postal_code
from clients.places.naming import split_district
from clients.places.resolving import candidates
from clients.places.table import DEPARTMENTS, Commune, load

OFFERED = 12
SHORTEST = 2  # letters before any town is offered


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A town with the postal code that tells it from its homonyms, "" where its name alone is enough."""

    town: str
    postal_code: str
    department: str

    @property
    def written(self) -> str:
        """As `resolve` reads it: "Saint-Denis (93200)"."""
        return f"{self.town} ({self.postal_code})" if self.postal_code else self.town


def suggest(text: str, postal_code: str = "") -> list[Suggestion]:
    """Return at most OFFERED towns of a postal code, or that begin like `text`, the most populous first."""
    town = split_district(text)[0]
    code = repair_postal_code(postal_code)
    if code:
        here = [each for each in load().by_postal_code.get(code, ()) if each.kind == "commune"]
        begun = [each for each in here if split_district(each.name)[0].startswith(town)]
        return [Suggestion(each.name, code, _department(each)) for each in _biggest(begun or here)[:OFFERED]]
    if len(town) < SHORTEST:
        return []
    begun = [each for name, found in load().by_town.items() if name.startswith(town) for each in found]
    return _told_apart(each for each in begun if each.kind == "commune")


def homonyms(city: str) -> list[Suggestion]:
    """Return the towns that a name may mean, each with its postal codes; at most OFFERED."""
    return _told_apart(candidates(city))


def _told_apart(communes: Iterable[Commune]) -> list[Suggestion]:
    found: list[Suggestion] = []
    for each in _biggest(communes):
        alone = len(candidates(each.name)) == 1
        found += [Suggestion(each.name, code, _department(each)) for code in ([""] if alone else each.postal_codes)]
        if len(found) >= OFFERED:
            break
    return found[:OFFERED]


def _biggest(communes: Iterable[Commune]) -> list[Commune]:
    return sorted(communes, key=lambda each: -each.population)


def _department(commune: Commune) -> str:
    return DEPARTMENTS[commune.department].name
