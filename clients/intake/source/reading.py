"""From the source's rows to facts about clients. A value without sense is left out and reported, never guessed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from psycopg2.sql import SQL, Identifier

from clients.facts import ClientFacts, Reading
from clients.intake import cells
from clients.intake.cells import Unusable
from clients.intake.source.mapping import NETWORKS, SourceMap, TableMap
from clients.models import FIRST_YEAR, LAST_YEAR, Client
from clients.places import check_coordinates

Record = Mapping[str, Any]
Dated = tuple[str, Reading]
"""One reading of a network."""


@dataclass(frozen=True)
class Rejected:
    """One value of the source that can't be taken. `column` empty: the whole row."""

    table: str
    id: str
    column: str
    value: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Source:
    """Everything that the source says now. `present`: the identifiers of all its clients, taken or not; `deleted`: of
    those that it keeps as deleted; `erased`: of those who were erased here, and whose row is among the rejected."""

    facts: list[ClientFacts] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    rejected: list[Rejected] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)

    def refuse(self, table: TableMap, row: Record, word: str, reason: str) -> None:
        """Leave a value out, or the whole row where `word` is ""."""
        value = "" if not word or row.get(word) is None else str(row[word])[:100]
        owner = row.get("id") or row.get("client") or ""
        self.rejected.append(Rejected(table.name, owner, table.columns.get(word, ""), value, reason))

    def knows(self, table: TableMap, row: Record) -> bool:
        """Whether a row of figures belongs to a client that is read; those of nobody are refused."""
        owner = row["client"]
        if owner in self.present:
            return True
        if not table.on_client and owner not in self.deleted:
            self.refuse(table, row, "client", "Ce client n’existe pas (ou plus) dans la source.")
        return False


def read_source(cursor: Any, mapping: SourceMap) -> Source:
    """Read all clients with what hangs on them; an unusable client is left out, an unusable value is left unknown."""
    source = Source()
    categories = {row["id"]: row for row in _rows(cursor, mapping, "category") if not _is_deleted(row)}
    clients = []
    for row in _rows(cursor, mapping, "client"):
        if _is_deleted(row):
            source.deleted.add(row["id"])
        elif row["id"] in source.present:
            source.refuse(mapping.client, row, "id", "Cet identifiant apparaît deux fois : le premier est repris.")
        else:
            source.present.add(row["id"])
            clients.append(row)
    source.present -= {None, ""}
    source.deleted -= source.present
    readings = _readings(cursor, mapping, source)
    turnover = _turnover(cursor, mapping, source)
    for row in clients:
        owner = row["id"]
        fact = _fact(row, mapping, categories, readings.get(owner, []), turnover.get(owner, {}), source)
        if fact is not None:
            source.facts.append(fact)
    return source


def _rows(cursor: Any, mapping: SourceMap, section: str) -> list[Record]:
    """All rows as our words → values: numbers as such, the rest as text. None where there is no such table.

    Moments too: a year beyond 9999, or 'infinity', can't be fetched as a datetime at all.
    """
    table = mapping.tables.get(section)
    if table is None:
        return []
    parts = [
        SQL("{}" if mapping.kind(section, word) == "number" else "{}::text").format(Identifier(column))
        for word, column in table.read.items()
    ]
    # In one order whatever the disk says: the first of two contradictory rows is always the same one.
    query = SQL("SELECT {} FROM {} ORDER BY {}")
    order = SQL(", ").join(SQL(str(at + 1)) for at in range(len(parts)))
    cursor.execute(query.format(SQL(", ").join(parts), Identifier(table.name), order))
    return [dict(zip(table.read, values, strict=True)) for values in cursor.fetchall()]


def _is_deleted(row: Record) -> bool:
    """By a moment of deletion, or by a boolean (as PostgreSQL writes one)."""
    return row.get("deleted") not in (None, "false")


def _fact(
    row: Record,
    mapping: SourceMap,
    categories: Mapping[str, Record],
    readings: Sequence[Dated],
    turnover: Mapping[int, Decimal],
    source: Source,
) -> ClientFacts | None:
    table = mapping.client

    def take(word: str, parse: Callable[[Any], Any]) -> Any:
        try:
            return parse(row.get(word))
        except Unusable as unusable:
            source.refuse(table, row, word, str(unusable))
            return None

    if not row["id"] or len(row["id"]) > 300:
        source.refuse(table, row, "id", "Identifiant vide ou trop long : ce client n’est pas repris.")
        return None
    if row["status"] not in mapping.statuses:
        reason = "Statut inconnu de la correspondance : ce client n’est pas repris. Ajoutez-le à [statuses]."
        source.refuse(table, row, "status", reason)
        return None
    name = take("name", _name)
    if name is None:
        return None
    fields: dict[str, Any] = {"name": name, "status": mapping.statuses[row["status"]]}
    for word, parse in _FIELDS.items():
        fields[word] = take(word, parse)
    fields["client_since"] = take("created", paris_day)
    check = check_coordinates(row.get("latitude"), row.get("longitude"))
    if check.valid:
        fields["latitude"], fields["longitude"] = float(row["latitude"]), float(row["longitude"])
    elif row.get("latitude") is not None or row.get("longitude") is not None:
        source.refuse(table, row, "latitude", check.sentence)
        if check.verdict != "missing":  # recording takes none of them, and remembers that there were some
            fields["latitude"], fields["longitude"] = float(row["latitude"]), float(row["longitude"])
    if mapping.category.name:
        category = take("category", lambda key: _category(categories, key)) or {}
        trade, fields["sector"] = category.get("name"), category.get("sector") or fields["sector"]
    else:
        trade = take("category", _short)
    latest = dict(readings)
    return ClientFacts(
        source_id=row["id"],
        fields=fields,
        category=trade,
        readings=latest,
        earlier=[each for each in readings if each[1] is not latest[each[0]]] if mapping.keeps_all else (),
        turnover=turnover,
    )


def _readings(cursor: Any, mapping: SourceMap, source: Source) -> dict[str, list[Dated]]:
    """Known counts by client, oldest first. NULL says nothing; 0 is a count, and says nothing of an account."""
    table = mapping.followers
    found: dict[str, dict[tuple[str, date | None], Reading]] = defaultdict(dict)
    dated: list[tuple[date | None, Record]] = []
    for row in _rows(cursor, mapping, "followers"):
        if _is_deleted(row) or not source.knows(table, row):
            continue
        try:
            dated.append((paris_day(row.get("measured")), row))
        except Unusable as refused:
            source.refuse(table, row, "measured", str(refused))
    dated.sort(key=lambda pair: pair[0] or date.min)
    for day, row in dated:
        for platform, word in _networks(row, mapping, source):
            try:
                count = cells.count(row[word])
            except Unusable as refused:
                source.refuse(table, row, word, str(refused))
                continue
            if count is not None:
                found[row["client"]][platform, day] = Reading(count, measured_on=day)  # the last one of a day
    return {owner: [(platform, reading) for (platform, _), reading in of.items()] for owner, of in found.items()}


def _networks(row: Record, mapping: SourceMap, source: Source) -> list[tuple[str, str]]:
    """The networks that a row has a count of, each with our word for its column."""
    if not mapping.is_long:
        return [(network, network) for network in NETWORKS if row.get(network) is not None]
    ours = mapping.platforms.get(row["platform"])
    if ours is None:
        reason = "Réseau inconnu de la correspondance : ce relevé n’est pas repris. Ajoutez-le à [platforms]."
        source.refuse(mapping.followers, row, "platform", reason)
    return [(ours, "count")] if ours and row["count"] is not None else []


def _turnover(cursor: Any, mapping: SourceMap, source: Source) -> dict[str, dict[int, Decimal]]:
    """Amount by client and year. Two different amounts for one year: neither is taken."""
    table = mapping.turnover
    found: dict[str, dict[int, Decimal]] = defaultdict(dict)
    twice = set()
    for row in _rows(cursor, mapping, "turnover"):
        if _is_deleted(row) or not source.knows(table, row):
            continue
        client, word = row["client"], "amount"
        try:
            amount = cells.amount(row["amount"])
            if amount is None:
                continue
            word = "year_from" if table.columns["year_from"] else "year"
            year = _year(row[word], of_a_moment=word == "year_from")
            word = "amount"
            if found[client].setdefault(year, amount) != amount:
                twice.add((client, year))
                raise Unusable(f"Deux montants différents pour {year} : aucun n’est repris.")
        except Unusable as refused:
            source.refuse(table, row, word, str(refused))
    for client, year in twice:
        del found[client][year]
    return found


def _year(said: Any, *, of_a_moment: bool) -> int:
    """The year that an amount is of. Raises Unusable."""
    if of_a_moment:
        moment = paris_day(said)
        said = moment.year if moment else None
    year = cells.number(said)
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR or year != int(year):
        raise Unusable("Cette année n’est pas plausible.")
    return int(year)


def paris_day(moment: str | None) -> date | None:
    """The day in Paris of a moment as PostgreSQL writes it; Prisma's `timestamp(3)` has no zone and is UTC.

    Raises Unusable for what is no plausible date.
    """
    if moment is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", moment):
            return cells.day(moment)
        found = datetime.fromisoformat(moment)
        return cells.day(timezone.localdate(found if found.tzinfo else found.replace(tzinfo=UTC)))
    except (ValueError, OverflowError):
        raise Unusable("Cette date n’est pas plausible.") from None


def _name(cell: Any) -> str:
    name = cells.words(cell, longest=200)
    if name is None:
        raise Unusable("Un client sans nom n’est pas repris.")
    return name


def _category(categories: Mapping[str, Record], key: str | None) -> Record | None:
    if not key:
        return None
    if key not in categories:
        raise Unusable("Ce type d’entreprise n’existe pas dans la source.")
    return {word: _short(categories[key].get(word)) for word in ("name", "sector")}


def _short(cell: Any) -> str | None:
    return cells.words(cell, longest=120)


def _text(field_name: str) -> Callable[[Any], Any]:
    longest = getattr(Client._meta.get_field(field_name), "max_length", None) or 10_000
    return lambda cell: cells.words(cell, longest=longest)


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "email": cells.email,
    "phone": cells.phone,
    "postal_code": cells.postal_code,
    **{word: _text(word) for word in ("address", "city", "sector", "website", "account_manager_name", "notes")},
}
