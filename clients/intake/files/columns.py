"""Which column of a file says what: French and English headings, whatever their accents, case and order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from clients.intake import cells
from clients.intake.cells import Cell
from clients.intake.errors import IntakeError
from clients.models import FIRST_YEAR, LAST_YEAR, Client, Followers
from clients.places import fold

Kind = Literal["field", "category", "followers", "turnover"]

# Our name of a fact → the headings that people give it, folded, punctuation away.
HEADINGS: dict[str, tuple[str, ...]] = {
    "source_id": ("identifiant", "id", "identifiant client", "id client", "code client", "client id", "source id"),
    "name": ("nom", "nom du client", "client", "raison sociale", "enseigne", "nom de l entreprise", "entreprise",
             "name", "client name", "company", "business name"),
    "category": ("type d entreprise", "type", "categorie", "categorie d entreprise", "activite", "metier", "category",
                 "category name", "business type"),
    "sector": ("secteur", "secteur d activite", "sector", "industry"),
    "status": ("statut", "etat", "statut client", "status"),
    "email": ("e mail", "email", "mail", "courriel", "adresse e mail", "adresse email", "adresse mail"),
    "phone": ("telephone", "tel", "numero de telephone", "phone", "phone number"),
    "address": ("adresse", "rue", "adresse postale", "address", "street"),
    "postal_code": ("code postal", "cp", "postal code", "zip", "zip code", "postcode"),
    "city": ("ville", "commune", "localite", "city", "town"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "long", "lon", "lng"),
    "website": ("site web", "site internet", "site", "website", "url"),
    "do_not_contact": ("ne pas demarcher", "ne pas contacter", "opposition au demarchage", "do not contact"),
    "is_personal": ("donnees d une personne", "donnees personnelles", "personne physique", "entreprise individuelle",
                    "is personal", "personal data"),
    "account_manager_name": ("charge de compte", "chargee de compte", "charge de clientele", "commercial",
                             "gestionnaire", "account manager", "manager"),
    "client_since": ("client depuis", "client depuis le", "date d entree", "date de creation",
                     "client since", "since", "created at"),
    "notes": ("notes", "note", "commentaire", "commentaires", "remarque", "remarques", "comments"),
}  # fmt: skip
IGNORE = "ignore"
_WORDS_OF_FOLLOWERS = {"abonnes", "abonne", "followers", "follower", "fans", "nombre", "nb", "d", "de", "sur", "count"}
_TURNOVER = re.compile(r"(?:chiffre d affaires?|ca|c a|turnover|annual turnover)(?: ht| annuel| eur| euros)*")
_YEAR = re.compile(r"\b(?:19|20|21)[0-9]{2}\b")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Column:
    """One recognised column. `key`: field of Client, platform, or year; `heading`: as the file writes it."""

    heading: str
    index: int
    kind: Kind
    key: str
    parse: Callable[[Cell], Any]

    @property
    def identity(self) -> tuple[Kind, str]:
        return self.kind, self.key


@dataclass(frozen=True)
class Columns:
    known: tuple[Column, ...]
    ignored: tuple[str, ...]

    def named(self, key: str) -> Column | None:
        return next((column for column in self.known if column.key == key), None)


def recognise(
    headings: Sequence[str], *, dates_from_1904: bool = False, chosen: Mapping[int, str] | None = None
) -> Columns:
    """Match headings with facts. `chosen`: what a person said of single columns, by place: a fact's code or IGNORE.

    Raises:
        IntakeError: no name, a fact said by two columns, or a turnover without its year.
    """
    known: dict[tuple[Kind, str], Column] = {}
    ignored = []
    for index, heading in enumerate(headings):
        heading = " ".join(heading.split())
        code = (chosen or {}).get(index)
        found = identify(heading) if code is None else fact_of(code)
        if found is None:
            if heading:
                ignored.append(heading)
            continue
        kind, key = found
        if kind == "turnover" and not key:
            raise IntakeError(
                f"La colonne « {heading} » ne dit pas son année : renommez-la, par exemple « {heading} 2025 »."
            )
        if found in known:
            raise IntakeError(
                f"Deux colonnes disent la même chose : « {known[found].heading} » et « {heading} ». Gardez-en une."
            )
        known[found] = Column(heading, index, kind, key, _parser(kind, key, dates_from_1904=dates_from_1904))
    if ("field", "name") not in known:
        seen = ", ".join(f"« {heading} »" for heading in headings if heading.strip()) or "aucune"
        raise IntakeError(
            f"Il manque la colonne « Nom ». La première ligne doit porter les titres ; colonnes lues : {seen[:500]}."
        )
    return Columns(tuple(known.values()), tuple(ignored))


def identify(heading: str) -> tuple[Kind, str] | None:
    """What a heading means, or None. A turnover without a year has an empty key."""
    said = " ".join(_NOT_WORD.sub(" ", fold(heading)).split())
    if not said:
        return None
    if said in _BY_HEADING:
        key = _BY_HEADING[said]
        return ("category", key) if key == "category" else ("field", key)
    words = said.split()
    platforms = [word for word in words if word in Followers.Platform.values]
    if len(platforms) == 1 and set(words) <= {platforms[0], *_WORDS_OF_FOLLOWERS}:
        return "followers", platforms[0]
    years = _YEAR.findall(said)
    bare = " ".join(_YEAR.sub(" ", said).split())
    if len(years) <= 1 and _TURNOVER.fullmatch(bare):
        year = years[0] if years and FIRST_YEAR <= int(years[0]) <= LAST_YEAR else ""
        return "turnover", year
    return None


def code_of(fact: tuple[Kind, str]) -> str:
    """A fact in one word, as forms and stored choices say it."""
    kind, key = fact
    return f"{kind}:{key}" if kind in ("followers", "turnover") else key


def fact_of(code: str) -> tuple[Kind, str] | None:
    """The fact that a code means; None for IGNORE and for no code of ours."""
    kind, _, key = code.partition(":")
    if kind == "followers" and key in Followers.Platform.values:
        return "followers", key
    if kind == "turnover" and re.fullmatch("[0-9]{4}", key) and FIRST_YEAR <= int(key) <= LAST_YEAR:
        return "turnover", key
    if code == "category":
        return "category", code
    return ("field", code) if code in HEADINGS else None


def _parser(kind: Kind, key: str, *, dates_from_1904: bool) -> Callable[[Cell], Any]:
    if kind == "followers":
        return cells.count
    if kind == "turnover":
        return cells.amount
    special: dict[str, Callable[[Cell], Any]] = {
        "status": cells.status,
        "email": cells.email,
        "phone": cells.phone,
        "postal_code": cells.postal_code,
        "latitude": cells.degrees,
        "longitude": cells.degrees,
        "do_not_contact": cells.yes_or_no,
        "is_personal": cells.yes_or_no,
        "client_since": partial(cells.day, dates_from_1904=dates_from_1904),
    }
    if key in special:
        return special[key]
    longest = 120 if kind == "category" else getattr(Client._meta.get_field(key), "max_length", None) or 10_000
    return partial(cells.words, longest=longest)


_BY_HEADING = {heading: key for key, headings in HEADINGS.items() for heading in headings}
