"""How alike two clients are: a score from 0 to 100, and the evidence for it, strongest first."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from clients.models import Client
from clients.places import distance_km, fold, fold_town

# What is read of a client to compare it, in the order of `Traits.of`.
COLUMNS = (
    "pk", "name", "city", "postal_code", "address", "phone", "email", "website", "latitude", "longitude",
    "position_precision",
)  # fmt: skip
Reason = tuple[str, float | None]
"""A code that `wording` says, and its figure: per cent of a name, metres."""

LOWEST = 50
"""Pairs below are not proposed: name and town alone, alike enough, are just above."""
SURE, LIKELY = 85, 70
ALIKE = 78.0  # per cent: below, two names say nothing for one business
NUMBERED = 80.0
"""At most so alike are two names with other numbers: « Agence 3 » and « Agence 31 » differ by one letter."""
IDENTICAL = 100.0
NEXT_DOOR, AROUND, AWAY = 60.0, 150.0, 500.0  # metres, between positions that were given and not derived

# Points of evidence. Whoever has name, town and address in common is sure; so is name, town and two ways to reach them.
NAME, ADDRESS, NEAR, NEARBY, PLACE = 45, 35, 30, 20, 15
PHONE, EMAIL, WEBSITE, REACHED = 30, 25, 20, 45
ELSEWHERE, OTHER_ADDRESS = -40, -25
# A branch of a chain shares its name, site and often its telephone: another address keeps it low.
HIGHEST_ELSEWHERE, HIGHEST_OTHER_NAME = 60, 65

_LEGAL = frozenset(
    [
        "sarl",
        "sas",
        "sasu",
        "eurl",
        "eirl",
        "ei",
        "sa",
        "sci",
        "scop",
        "snc",
        "selarl",
        "earl",
        "gaec",
        "ets",
        "etablissement",
        "etablissements",
        "societe",
        "ste",
    ]
)
_WORDS = re.compile(r"[a-z0-9]+")
_STREETS = {
    "r": "rue", "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "boul": "boulevard",
    "pl": "place", "rte": "route", "che": "chemin", "chem": "chemin", "all": "allee", "imp": "impasse", "sq": "square",
    "fg": "faubourg", "fbg": "faubourg", "st": "saint", "ste": "sainte", "gal": "general", "dr": "docteur",
}  # fmt: skip
_LINKS = frozenset({"de", "du", "des", "la", "le", "les", "l", "d"})


@dataclass(frozen=True, slots=True)
class Traits:
    """A client as it is compared; "" and None are unknown."""

    pk: int
    name: str
    joined: str
    words: tuple[str, ...]
    town: str
    postal_code: str
    address: str
    phone: str
    email: str
    website: str
    position: tuple[float, float] | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> Traits:
        """From the values of `COLUMNS`."""
        pk, name, city, postal_code, address, phone, email, website, latitude, longitude, precision = row
        words = tuple(sorted(_words_of(name)))
        given = precision == Client.Precision.GIVEN and latitude is not None
        return cls(
            pk, " ".join(words), "".join(words), words, fold_town(city), postal_code, _street(address), _number(phone),
            email.strip().casefold(), _site(website), (latitude, longitude) if given else None,
        )  # fmt: skip

    @property
    def looks(self) -> str:
        """What a person looked at when they said that two clients are two."""
        return "|".join((self.name, self.address, self.postal_code, self.town))


@dataclass(frozen=True)
class Likeness:
    score: int
    reasons: tuple[Reason, ...]


NOTHING = Likeness(0, ())


def looked_like(first: Traits, second: Traits) -> str:
    """A fingerprint of the names and addresses of both."""
    return hashlib.sha256(f"{first.looks}\n{second.looks}".encode()).hexdigest()


def compare(one: Traits, two: Traits) -> Likeness:
    """Weigh the evidence that two clients are one business. Symmetric."""
    name = likeness_of_names(one, two)
    same_name = name >= ALIKE
    reached = _reached(one, two)
    if not (same_name or reached):
        return NOTHING  # nearly all pairs: the rest costs ten times as much
    metres = 1000 * distance_km(one.position, two.position) if one.position and two.position else None
    elsewhere = _elsewhere(one, two)
    same_address = bool(one.address) and one.address == two.address and not elsewhere
    other_address = not same_address and (
        (bool(one.address and two.address) and not (metres is not None and metres <= NEXT_DOOR))
        or (metres is not None and metres > AWAY)
    )
    points: list[tuple[float, Reason]] = list(reached)
    if same_name:
        points.append((NAME * (name - 55) / 45, ("name", round(name, 1))))
    if same_address:
        points.append((ADDRESS, ("address", None)))
    elif metres is not None and metres <= AROUND:
        points.append((NEAR if metres <= NEXT_DOOR else NEARBY, ("distance", round(metres))))
    if place := _shared_place(one, two):
        points.append((PLACE, (place, None)))
    over = max(0, sum(worth for worth, _ in reached) - REACHED)
    score = sum(worth for worth, _ in points) - over
    against: list[Reason] = []
    if elsewhere:
        score, against = min(HIGHEST_ELSEWHERE, score + ELSEWHERE), [("elsewhere", None)]
    elif other_address:
        score, against = min(HIGHEST_ELSEWHERE, score + OTHER_ADDRESS), [("other_address", None)]
    if not same_name:
        # Two names at one address are two shops, unless they are reached in the same way.
        together = same_address or (metres is not None and metres <= NEXT_DOOR)
        score = min(HIGHEST_OTHER_NAME, score) if reached and together else 0
        against.append(("other_name", round(name, 1)))
    points.sort(key=lambda point: -point[0])
    return Likeness(max(0, min(100, round(score))), (*(reason for _, reason in points), *against))


def likeness_of_names(one: Traits, two: Traits) -> float:
    """Per cent of two names: whatever the order of their words, and whether they are written as one."""
    # The words are sorted already: this is RapidFuzz's token_sort_ratio.
    found = max(fuzz.ratio(one.name, two.name), fuzz.ratio(one.joined, two.joined))
    if found < ALIKE or found == IDENTICAL:
        return found
    here, there = ({word for word in who.words if word.isdigit()} for who in (one, two))
    return min(found, NUMBERED) if here and there and here != there else found


def _shared_place(one: Traits, two: Traits) -> str:
    """Homonyms in two districts of one large town share no place."""
    if one.postal_code and two.postal_code:
        return "postal_code" if one.postal_code == two.postal_code else ""
    return "town" if one.town and one.town == two.town else ""


def _elsewhere(one: Traits, two: Traits) -> bool:
    """In another town, as far as is known. A town has several postal codes, a postal code several towns."""
    if one.postal_code and one.postal_code == two.postal_code:
        return False
    if one.town and two.town:
        return one.town != two.town
    return bool(one.postal_code and two.postal_code)


def _reached(one: Traits, two: Traits) -> list[tuple[float, Reason]]:
    found: list[tuple[float, Reason]] = []
    for worth, name in ((PHONE, "phone"), (EMAIL, "email"), (WEBSITE, "website")):
        if getattr(one, name) and getattr(one, name) == getattr(two, name):
            found.append((worth, (name, None)))
    return found


def _words_of(name: str) -> Iterable[str]:
    """The words of a name without its legal form; with it where nothing else is left."""
    words = _WORDS.findall(fold(name)) or [fold(name)]
    return [word for word in words if word not in _LEGAL] or words


@lru_cache(maxsize=4096)
def _street(address: str) -> str:
    """Number and street in one normal form: "12, av. de la Gare" and "12 AVENUE DE LA GARE" are one."""
    words = [_STREETS.get(word, word) for word in _WORDS.findall(fold(address))]
    return " ".join(word for word in words if word not in _LINKS)


def _number(phone: str) -> str:
    """The nine digits of a French telephone number after its 0, else all digits; too few are no number."""
    digits = re.sub(r"\D", "", phone.replace("(0)", ""))
    for prefix in ("0033", "33"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 9:
            return digits[len(prefix) :]
    digits = digits.lstrip("0")
    return digits if len(digits) >= 8 else ""


def _site(website: str) -> str:
    """Host and path: pages of one host, as on a social network, are many businesses."""
    text = website.strip().casefold()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
    except ValueError:
        return ""
    return parts.netloc.removeprefix("www.") + parts.path.rstrip("/")
