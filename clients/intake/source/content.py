"""What the source's rows hold that a sync will report or leave out: counted by the source itself, in a few queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from psycopg2.sql import SQL, Composed, Identifier

from clients.intake.source.mapping import SourceMap, TableMap
from clients.intake.wording import many

# The types that can hold NaN or an infinity; whole numbers can't.
_FRACTIONAL = """
    SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = to_regclass(quote_ident(%s)) AND t.typname IN ('numeric', 'float4', 'float8')
"""
_DECLARED = """
    SELECT e.enumlabel FROM pg_attribute a JOIN pg_enum e ON e.enumtypid = a.atttypid
    WHERE a.attrelid = to_regclass(quote_ident(%s)) AND a.attname = %s ORDER BY e.enumsortorder
"""
_UNUSABLE = "{} IN ('NaN', 'Infinity', '-Infinity')"
# Before PostgreSQL 14 a numeric knows no infinity, and the comparison would be an error.
FIRST_WITH_INFINITY = 140_000


@dataclass
class Counted:
    """Clients with an empty identifier; rows too many for one client or one client and year; names that several
    clients share; figures of nobody, by table; values that are no number, by column; values that an enum declares and
    no row has yet."""

    without_id: int = 0
    repeated_ids: int = 0
    repeated_names: int = 0
    repeated_years: int = 0
    orphans: dict[str, int] = field(default_factory=dict)
    not_a_number: dict[str, int] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """In French, nothing that is zero."""
        said = [
            (self.without_id, "client sans identifiant, laissé de côté", "clients sans identifiant, laissés de côté"),
            (self.repeated_ids, "identifiant en double : seul le premier est repris",
             "identifiants en double : seul le premier de chaque est repris"),
            (self.repeated_names, "nom porté par plusieurs clients", "noms portés par plusieurs clients"),
            (self.repeated_years, "année avec deux montants différents pour un client, non reprise",
             "années avec deux montants différents pour un client, non reprises"),
        ]  # fmt: skip
        lines = [f"{many(number, one, more)}." for number, one, more in said if number]
        for table, number in self.orphans.items():
            lines.append(f"« {table} » : {many(number, 'ligne', 'lignes')} d’un client qui n’existe pas.")
        for column, number in self.not_a_number.items():
            lines.append(f"« {column} » : {many(number, 'valeur', 'valeurs')} NaN ou infinies, laissées inconnues.")
        if self.declared:
            names = ", ".join(f"« {value} »" for value in self.declared)
            lines.append(f"Valeurs prévues par la base, sans correspondance et pas encore employées : {names}.")
        return lines


def unknown_values(cursor: Any, table: TableMap, word: str, known: Collection[str]) -> list[str]:
    """Values that rows have and the mapping doesn't know, sorted."""
    query = SQL("SELECT DISTINCT {0}::text FROM {1} WHERE {0} IS NOT NULL ORDER BY 1")
    cursor.execute(query.format(Identifier(table.columns[word]), Identifier(table.name)))
    return [value for (value,) in cursor.fetchall() if value not in known]


def count_content(cursor: Any, mapping: SourceMap) -> Counted:
    """Look at the rows; the structure must be what the mapping says."""
    client = mapping.client
    own = {"table": Identifier(client.name), "id": Identifier(client.columns["id"])}
    found = Counted(
        without_id=_one(cursor, "SELECT count(*) FROM {table} WHERE {id} IS NULL OR {id}::text = ''", **own),
        repeated_ids=_one(cursor, "SELECT count({id}) - count(DISTINCT {id}) FROM {table}", **own),
        repeated_names=_one(
            cursor,
            "SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY lower({name}::text) HAVING count(*) > 1) AS n",
            table=own["table"], name=Identifier(client.columns["name"]),
        ),
    )  # fmt: skip
    for table in (mapping.followers, mapping.turnover):
        if table.name and not table.on_client:
            number = _one(
                cursor,
                "SELECT count(*) FROM {figures} AS f WHERE NOT EXISTS"
                " (SELECT 1 FROM {table} AS c WHERE c.{id}::text = f.{client}::text)",
                **own, figures=Identifier(table.name), client=Identifier(table.columns["client"]),
            )  # fmt: skip
            found.orphans |= {table.name: number} if number else {}
    found.repeated_years = _repeated_years(cursor, mapping.turnover)
    _count_nan(cursor, mapping, found)
    known = {"status": mapping.statuses, "platform": mapping.platforms}
    for table, word in ((client, "status"), (mapping.followers, "platform")):
        if table.columns.get(word):
            cursor.execute(_DECLARED, [table.name, table.columns[word]])
            declared = [label for (label,) in cursor.fetchall() if label not in known[word]]
            used = unknown_values(cursor, table, word, known[word])
            found.declared += [label for label in declared if label not in used]
    return found


def _repeated_years(cursor: Any, turnover: TableMap) -> int:
    if not turnover.name or turnover.on_client or not turnover.columns["year"]:
        return 0
    words = {word: Identifier(turnover.columns[word]) for word in ("client", "year", "amount")}
    return _one(
        cursor,
        "SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {client}, {year} HAVING count(DISTINCT {amount}) > 1)"
        " AS y",
        table=Identifier(turnover.name), **words,
    )  # fmt: skip


def _count_nan(cursor: Any, mapping: SourceMap, found: Counted) -> None:
    unusable = _UNUSABLE if cursor.connection.server_version >= FIRST_WITH_INFINITY else "{} = 'NaN'"
    for name in mapping.names:
        cursor.execute(_FRACTIONAL, [name])
        fractional = {column for (column,) in cursor.fetchall()}
        numbers = {
            column
            for section, table in mapping.tables.items()
            for word, column in table.read.items()
            if table.name == name and mapping.kind(section, word) == "number"
        }
        for column in sorted(fractional & numbers):
            where = SQL(unusable).format(Identifier(column))
            number = _one(cursor, "SELECT count(*) FROM {table} WHERE {where}", table=Identifier(name), where=where)
            if number:
                found.not_a_number[f"{name}.{column}"] = number


def _one(cursor: Any, query: str, **parts: Identifier | Composed) -> int:
    cursor.execute(SQL(query).format(**parts))
    return int(cursor.fetchone()[0])
