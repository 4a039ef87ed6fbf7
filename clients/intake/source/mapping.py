"""Where the facts are in the internal database: one of the layouts that come with Dignamik, or a file of one's own.

A file says what differs from the layout that it begins with (`camel` unless it names another); docs/source.md explains
every key:

    layout = "camel"
    [client]
    table = "Customer"
    created = "created_at"
    phone = ""               # not there: don't read it
    [statuses]
    LEFT = "lost"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from clients.intake.errors import IntakeError
from clients.intake.wording import why
from clients.models import Client, Followers

Kind = Literal["identifier", "text", "number", "moment", "status", "deletion"]
Said = dict[str, dict[str, str]]

LAYOUTS = Path(__file__).parent / "layouts"
DEFAULT = "camel"
NETWORKS = tuple(Followers.Platform.values)
# What each section may say besides its table, and whether it must: True, or False for what may be missing.
WORDS: dict[str, dict[str, bool]] = {
    "client": {
        "id": True, "name": True, "status": True, "email": False, "phone": False, "address": False, "city": False,
        "postal_code": False, "latitude": False, "longitude": False, "website": False, "notes": False,
        "account_manager_name": False, "category": False, "sector": False, "created": False, "deleted": False,
    },
    "category": {"id": True, "name": True, "sector": False, "deleted": False},
    "followers": {
        "client": True, **dict.fromkeys(NETWORKS, False), "platform": False, "count": False, "measured": False,
        "deleted": False,
    },
    "turnover": {"client": True, "year": False, "year_from": False, "amount": True, "deleted": False},
}  # fmt: skip
# What each of our words must be in the source for its values to make sense; the others are texts.
KINDS: dict[str, Kind] = {
    "id": "identifier", "client": "identifier", "status": "status", "deleted": "deletion",
    "created": "moment", "measured": "moment", "year_from": "moment",
    **dict.fromkeys(("latitude", "longitude", "year", "amount", "count", *NETWORKS), "number"),
}  # fmt: skip
KEEPS = ("latest", "all")


@dataclass(frozen=True)
class TableMap:
    """One table there; `columns`: our word → their column. A word without a column is not read.

    `on_client`: its facts are columns of the client's own row. No name at all: there is no such table.
    """

    name: str
    columns: Mapping[str, str]
    on_client: bool = False

    def kind(self, word: str) -> Kind:
        return KINDS.get(word, "text")

    @property
    def read(self) -> Mapping[str, str]:
        """The words that have a column."""
        return {word: column for word, column in self.columns.items() if column}


@dataclass(frozen=True)
class SourceMap:
    """`statuses` and `platforms`: their value → ours; a platform that is "" is known there and not followed here."""

    client: TableMap
    category: TableMap
    followers: TableMap
    turnover: TableMap
    statuses: Mapping[str, str]
    platforms: Mapping[str, str]
    keeps_all: bool = False

    @property
    def tables(self) -> dict[str, TableMap]:
        """Those that are read, the client's own first."""
        found = {name: getattr(self, name) for name in WORDS}
        return {name: table for name, table in found.items() if table.name}

    @property
    def names(self) -> list[str]:
        """Each table of the source once."""
        return list(dict.fromkeys(table.name for table in self.tables.values()))

    @property
    def is_long(self) -> bool:
        """Whether a row of followers is one reading of one network."""
        return bool(self.followers.columns["platform"])

    def kind(self, section: str, word: str) -> Kind:
        """What a column must be; a category without a table of its own is a text."""
        if (section, word) == ("client", "category") and self.category.name:
            return "identifier"
        return getattr(self, section).kind(word)  # type: ignore[no-any-return]


def layouts() -> list[str]:
    """The names of the layouts that come with Dignamik."""
    return sorted(path.stem for path in LAYOUTS.glob("*.toml"))


def read_mapping(which: str | Path | None = None) -> SourceMap:
    """A layout by its name, or a file by its path; the default layout for nothing.

    Raises:
        IntakeError: unreadable, or naming what doesn't exist here.
    """
    return _map(_said(str(which or "") or DEFAULT))


def _said(which: str) -> Said:
    """What a layout or file says, with what the layout says that it begins with."""
    shipped = which in layouts()
    path = LAYOUTS / f"{which}.toml" if shipped else Path(which)
    if not shipped and not path.suffix and not path.exists():
        raise IntakeError(f"Disposition « {which} » inconnue : attendu {', '.join(layouts())}, ou un fichier TOML.")
    said = _read(path)
    # A layout begins with nothing, unless it names another; a file of one's own with the default one.
    base = said.pop("layout", "" if shipped else DEFAULT)
    if base and base not in layouts():
        raise IntakeError(f"Disposition « {base} » inconnue dans « {path.name} » : attendu {', '.join(layouts())}.")
    found = _said(base) if base else {}
    for section, entries in said.items():
        _check(section, entries, path.name)
        found[section] = {**found.get(section, {}), **entries}
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IntakeError(f"Le fichier « {path.name} » ne peut pas être lu : {why(error)}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IntakeError(f"« {path.name} » n’est pas du TOML valide : {error}.") from None


def _check(section: str, entries: Any, name: str) -> None:
    """Whether a section says only what exists here."""
    if section not in (*WORDS, "statuses", "platforms"):
        if not isinstance(entries, dict):
            raise IntakeError(f"Clé inconnue « {section} » dans « {name} » : attendu layout, ou une [section].")
        known = ", ".join((*WORDS, "statuses", "platforms"))
        raise IntakeError(f"Section inconnue « [{section}] » dans « {name} » : attendu {known}.")
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        raise IntakeError(f'« {section} » doit être une section de textes, par exemple [client] puis id = "id".')
    if section == "statuses":
        _check_values(entries, "Statut", Client.Status.values)
    elif section == "platforms":
        _check_values(entries, "Réseau", ["", *NETWORKS])
    else:
        known_words = ["table", *WORDS[section], *(["keep"] if section == "followers" else [])]
        for word in entries:
            if word not in known_words:
                raise IntakeError(f"Mot inconnu « {word} » dans [{section}] : attendu {', '.join(known_words)}.")
    if section == "followers" and entries.get("keep", KEEPS[0]) not in KEEPS:
        raise IntakeError(f"« keep » vaut « {entries['keep']} » dans [followers] : attendu {' ou '.join(KEEPS)}.")


def _check_values(entries: Mapping[str, str], noun: str, known: list[str]) -> None:
    for theirs, ours in entries.items():
        if ours not in known:
            expected = ", ".join(f"« {value} »" for value in known)
            raise IntakeError(f"{noun} « {ours} » inconnu pour « {theirs} » : attendu {expected}.")


def _map(said: Said) -> SourceMap:
    found = SourceMap(
        client=_table("client", said),
        category=_table("category", said),
        followers=_table("followers", said),
        turnover=_table("turnover", said),
        statuses=said.get("statuses", {}),
        platforms=said.get("platforms", {}),
        keeps_all=said.get("followers", {}).get("keep") == "all",
    )
    _check_shape(found)
    return found


def _table(section: str, said: Said) -> TableMap:
    entries = said.get(section, {})
    name = entries.get("table", "")
    columns = {word: entries.get(word, "") for word in WORDS[section]}
    if name:
        _check_indispensable(section, columns)
        return TableMap(name, columns)
    if section == "client":
        raise IntakeError("« table » est indispensable dans [client] : donnez le nom de sa table.")
    if section == "category" or not any(columns[word] for word in (*NETWORKS, "amount") if word in columns):
        return TableMap("", dict.fromkeys(columns, ""))
    own = said["client"]
    columns |= {"client": own["id"], "deleted": own.get("deleted", "")}
    _check_indispensable(section, columns)
    return TableMap(own["table"], columns, on_client=True)


def _check_indispensable(section: str, columns: Mapping[str, str]) -> None:
    for word, needed in WORDS[section].items():
        if needed and not columns[word]:
            raise IntakeError(f"« {word} » est indispensable dans [{section}] : donnez sa colonne.")


def _check_shape(mapping: SourceMap) -> None:
    """What is contradictory is refused rather than read in one of two ways."""
    followers, turnover = mapping.followers.columns, mapping.turnover.columns
    if bool(followers["platform"]) != bool(followers["count"]):
        raise IntakeError("« platform » et « count » vont ensemble dans [followers] : donnez les deux colonnes.")
    if mapping.is_long and any(followers[network] for network in NETWORKS):
        raise IntakeError("[followers] nomme une colonne par réseau et « platform » : gardez l’un des deux.")
    if mapping.is_long and not mapping.platforms:
        raise IntakeError("[platforms] est vide : dites à quel réseau correspond chaque valeur de « platform ».")
    if mapping.turnover.name and bool(turnover["year"]) == bool(turnover["year_from"]):
        raise IntakeError(
            "[turnover] doit dire de quelle année est le montant : donnez « year » (une colonne d’années) "
            "ou « year_from » (une date dont l’année fait foi), et un seul des deux."
        )


PRISMA = read_mapping()
