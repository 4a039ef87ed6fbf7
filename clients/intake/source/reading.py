"""From the source's rows to facts about clients. A value without sense is left out and reported, never guessed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from psycopg2.sql import SQL, Identifier

from clients.facts import ClientFacts, Reading
from clients.intake import cells
from clients.intake.cells import Unusable
from clients.intake.source.mapping import SourceMap, TableMap
from clients.models import FIRST_YEAR, LAST_YEAR, Client, Followers
from clients.places import check_coordinates

Record = Mapping[str, Any]


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
    """Everything that the source says now. `present`: the identifiers of all its clients, taken or not."""

    facts: list[ClientFacts] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    rejected: list[Rejected] = field(default_factory=list)


def read_source(cursor: Any, mapping: SourceMap) -> Source:
    """Read all clients with what hangs on them; an unusable client is left out, an unusable value is left unknown."""
    source = Source()
    categories = {row["id"]: row for row in _rows(cursor, mapping.category)}
    clients = [row for row in _rows(cursor, mapping.client) if row.get("deleted") is None]
    source.present = {row["id"] for row in clients if row["id"]}
    readings = _readings(cursor, mapping.followers, source)
    turnover = _turnover(cursor, mapping.turnover, source)
    for row in clients:
        fact = _fact(row, mapping, categories, readings.get(row["id"], {}), turnover.get(row["id"], {}), source)
        if fact is not None:
            source.facts.append(fact)
    return source


def _rows(cursor: Any, table: TableMap) -> list[Record]:
    """All rows as our words → values: numbers as such, the rest as text.

    Moments too: a year beyond 9999, or 'infinity', can't be fetched as a datetime at all.
    """
    words = [word for word, column in table.columns.items() if column]
    parts = [
        SQL("{}" if table.kind(word) == "number" else "{}::text").format(Identifier(table.columns[word]))
        for word in words
    ]
    order = SQL(" ORDER BY 1") if table.columns.get("id") else SQL("")
    cursor.execute(SQL("SELECT {} FROM {}").format(SQL(", ").join(parts), Identifier(table.name)) + order)
    return [dict(zip(words, values, strict=True)) for values in cursor.fetchall()]


def _fact(
    row: Record,
    mapping: SourceMap,
    categories: Mapping[str, Record],
    readings: Mapping[str, Reading],
    turnover: Mapping[int, Decimal],
    source: Source,
) -> ClientFacts | None:
    table = mapping.client

    def refuse(word: str, reason: str) -> None:
        value = str(row.get(word) if word else "")[:100]
        source.rejected.append(Rejected(table.name, row["id"] or "", table.columns.get(word, ""), value, reason))

    def take(word: str, parse: Callable[[Any], Any]) -> Any:
        try:
            return parse(row.get(word))
        except Unusable as unusable:
            refuse(word, str(unusable))
            return None

    if not row["id"] or len(row["id"]) > 300:
        refuse("id", "Identifiant vide ou trop long : ce client n’est pas repris.")
        return None
    if row["status"] not in mapping.statuses:
        refuse("status", "Statut inconnu de la correspondance : ce client n’est pas repris. Ajoutez-le à [statuses].")
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
        refuse("latitude", check.sentence)
        if check.verdict != "missing":  # recording takes none of them, and remembers that there were some
            fields["latitude"], fields["longitude"] = float(row["latitude"]), float(row["longitude"])
    category = take("category", lambda key: _category(categories, key))
    if category is not None:
        fields["sector"] = category["sector"]
    return ClientFacts(
        source_id=row["id"],
        fields=fields,
        category=category["name"] if category else None,
        readings=readings,
        turnover=turnover,
    )


def _readings(cursor: Any, table: TableMap, source: Source) -> dict[str, dict[str, Reading]]:
    """Latest known count by client and platform. NULL says nothing; 0 is a count, and says nothing of an account."""
    found: dict[str, dict[str, Reading]] = defaultdict(dict)
    dated: list[tuple[date | None, Record]] = []
    for row in _rows(cursor, table):
        if row["client"] not in source.present:
            source.rejected.append(_orphan(table, row["client"]))
            continue
        try:
            dated.append((paris_day(row.get("measured")), row))
        except Unusable as refused:
            value, column = str(row["measured"])[:100], table.columns["measured"]
            source.rejected.append(Rejected(table.name, row["client"], column, value, str(refused)))
    dated.sort(key=lambda pair: pair[0] or date.min)
    for day, row in dated:
        for platform in Followers.Platform.values:
            if row.get(platform) is None:
                continue
            try:
                count = cells.count(row[platform])
            except Unusable as refused:
                value = str(row[platform])[:100]
                source.rejected.append(
                    Rejected(table.name, row["client"], table.columns[platform], value, str(refused))
                )
                continue
            found[row["client"]][platform] = Reading(count, measured_on=day)
    return found


def _turnover(cursor: Any, table: TableMap, source: Source) -> dict[str, dict[int, Decimal]]:
    """Amount by client and year. Two different amounts for one year: neither is taken."""
    found: dict[str, dict[int, Decimal]] = defaultdict(dict)
    twice = set()
    for row in _rows(cursor, table):
        client, year, column = row["client"], row["year"], table.columns["amount"]
        if client not in source.present:
            source.rejected.append(_orphan(table, client))
            continue
        try:
            if year is None or not FIRST_YEAR <= year <= LAST_YEAR or year != int(year):
                column = table.columns["year"]
                raise Unusable("Cette année n’est pas plausible.")
            amount = cells.amount(row["amount"])
            if amount is not None and found[client].setdefault(int(year), amount) != amount:
                twice.add((client, int(year)))
                raise Unusable(f"Deux montants différents pour {year} : aucun n’est repris.")
        except Unusable as refused:
            value = str(row["year" if column == table.columns["year"] else "amount"])[:100]
            source.rejected.append(Rejected(table.name, client, column, value, str(refused)))
    for client, year in twice:
        del found[client][year]
    return found


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
    return {word: cells.words(categories[key][word], longest=120) for word in ("name", "sector")}


def _orphan(table: TableMap, client: str | None) -> Rejected:
    reason = "Ce client n’existe pas (ou plus) dans la source."
    return Rejected(table.name, client or "", table.columns["client"], client or "", reason)


def _text(field_name: str) -> Callable[[Any], Any]:
    longest = getattr(Client._meta.get_field(field_name), "max_length", None) or 10_000
    return lambda cell: cells.words(cell, longest=longest)


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "email": cells.email,
    "phone": cells.phone,
    "postal_code": cells.postal_code,
    **{word: _text(word) for word in ("address", "city", "website", "account_manager_name", "notes")},
}
