"""Where the facts are in the internal database. The default is Prisma's own layout: quoted camelCase names.

A TOML file changes what is named differently elsewhere and leaves the rest:

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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from clients.intake.errors import IntakeError
from clients.intake.wording import why
from clients.models import Client

Kind = Literal["identifier", "text", "number", "moment"]

# What each of our words must be in the source for its values to make sense.
KINDS: dict[str, Kind] = {
    "id": "identifier", "client": "identifier", "category": "identifier",
    "latitude": "number", "longitude": "number", "year": "number", "amount": "number",
    "facebook": "number", "instagram": "number", "linkedin": "number", "tiktok": "number", "youtube": "number",
    "created": "moment", "measured": "moment", "deleted": "moment",
}  # fmt: skip
INDISPENSABLE = {
    "client": ("id", "name", "status"),
    "category": ("id", "name", "sector"),
    "followers": ("client",),
    "turnover": ("client", "year", "amount"),
}


@dataclass(frozen=True)
class TableMap:
    """One table there; `columns`: our word → their column. A word without a column is not read."""

    name: str
    columns: Mapping[str, str]

    def kind(self, word: str) -> Kind:
        return KINDS.get(word, "text")


@dataclass(frozen=True)
class SourceMap:
    client: TableMap
    category: TableMap
    followers: TableMap
    turnover: TableMap
    statuses: Mapping[str, str]

    @property
    def tables(self) -> dict[str, TableMap]:
        return {name: getattr(self, name) for name in INDISPENSABLE}


PRISMA = SourceMap(
    client=TableMap(
        "Client",
        {
            "id": "id", "name": "name", "email": "email", "phone": "phone", "city": "city",
            "postal_code": "postalCode", "latitude": "latitude", "longitude": "longitude", "status": "status",
            "account_manager_name": "accountManager", "category": "categoryId", "created": "createdAt",
            # Words that this layout has no column for: a mapping file may name one.
            "address": "", "website": "", "notes": "", "deleted": "",
        },
    ),
    category=TableMap("Category", {"id": "id", "name": "name", "sector": "sector"}),
    followers=TableMap(
        "Followers",
        {
            "client": "clientId", "facebook": "facebook", "instagram": "instagram", "linkedin": "linkedin",
            "tiktok": "tiktok", "youtube": "youtube", "measured": "updatedAt",
        },
    ),
    turnover=TableMap("Turnover", {"client": "clientId", "year": "year", "amount": "amount"}),
    statuses={"ACTIVE": "active", "INACTIVE": "inactive", "PROSPECT": "prospect", "CHURNED": "lost"},
)  # fmt: skip


def read_mapping(path: Path | None) -> SourceMap:
    """The default layout, changed by a TOML file if one is given.

    Raises:
        IntakeError: unreadable, or naming what doesn't exist here.
    """
    if path is None:
        return PRISMA
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IntakeError(f"Le fichier « {path.name} » ne peut pas être lu : {why(error)}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IntakeError(f"« {path.name} » n’est pas du TOML valide : {error}.") from None
    mapping = PRISMA
    for section, entries in said.items():
        if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
            raise IntakeError(f'« {section} » doit être une section de textes, par exemple [client] puis id = "id".')
        if section == "statuses":
            mapping = replace(mapping, statuses={**mapping.statuses, **_statuses(entries)})
        elif section in INDISPENSABLE:
            changed: Any = {section: _table(section, entries, getattr(mapping, section))}
            mapping = replace(mapping, **changed)
        else:
            known = ", ".join((*INDISPENSABLE, "statuses"))
            raise IntakeError(f"Section inconnue « [{section}] » dans « {path.name} » : attendu {known}.")
    return mapping


def _table(section: str, entries: dict[str, str], default: TableMap) -> TableMap:
    columns = {**default.columns}
    for word, column in entries.items():
        if word == "table":
            continue
        if word not in columns:
            raise IntakeError(f"Mot inconnu « {word} » dans [{section}] : attendu table, {', '.join(columns)}.")
        if not column and word in INDISPENSABLE[section]:
            raise IntakeError(f"« {word} » est indispensable dans [{section}] : donnez sa colonne.")
        columns[word] = column
    return TableMap(entries.get("table", default.name), columns)


def _statuses(entries: dict[str, str]) -> dict[str, str]:
    for theirs, ours in entries.items():
        if ours not in Client.Status.values:
            raise IntakeError(
                f"Statut « {ours} » inconnu pour « {theirs} » : attendu {', '.join(Client.Status.values)}."
            )
    return entries
