"""Is the source what the mapping says? Each missing, extra or mistyped column is named, and nothing is read yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg2.sql import SQL, Identifier

from clients.intake.source.mapping import Kind, SourceMap, TableMap

# PostgreSQL's type categories: S string, E enum, U user-defined (uuid), N numeric, D date and time.
CATEGORIES: dict[Kind, tuple[str, str]] = {
    "identifier": ("SUN", "un identifiant (texte, uuid ou entier)"),
    "text": ("SE", "un texte"),
    "number": ("N", "un nombre"),
    "moment": ("D", "une date"),
}
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typcategory
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = to_regclass(quote_ident(%s)) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_WRITES = """
    SELECT has_table_privilege(to_regclass(quote_ident(%s)), 'INSERT, UPDATE, DELETE, TRUNCATE')
"""


@dataclass
class Inspection:
    """`problems` stop a sync; `warnings` don't. Sentences in French."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    unknown_statuses: list[str] = field(default_factory=list)
    migration: str = ""

    @property
    def ok(self) -> bool:
        return not self.problems and not self.unknown_statuses

    def to_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, **vars(self)}


def inspect(cursor: Any, mapping: SourceMap) -> Inspection:
    """Compare the source with the mapping. Reads the catalogue, counts rows, changes nothing."""
    found = Inspection()
    for table in mapping.tables.values():
        _inspect_table(cursor, table, found)
    if not found.problems:
        _inspect_statuses(cursor, mapping, found)
    _inspect_migrations(cursor, found)
    _inspect_rights(cursor, mapping, found)
    return found


def _inspect_table(cursor: Any, table: TableMap, found: Inspection) -> None:
    cursor.execute(_COLUMNS, [table.name])
    columns = {name: (shown, category) for name, shown, category in cursor.fetchall()}
    if not columns:
        found.problems.append(f"La table « {table.name} » n’existe pas dans la source.")
        return
    for word, column in table.columns.items():
        if not column:
            continue
        if column not in columns:
            found.problems.append(f"La colonne « {table.name}.{column} » manque.")
            continue
        shown, category = columns[column]
        allowed, expected = CATEGORIES[table.kind(word)]
        if category not in allowed:
            found.problems.append(f"La colonne « {table.name}.{column} » est de type {shown} : attendu {expected}.")
    read = set(table.columns.values())
    found.extra += [f"{table.name}.{name}" for name in columns if name not in read]
    cursor.execute("SELECT has_table_privilege(to_regclass(quote_ident(%s)), 'SELECT')", [table.name])
    if not cursor.fetchone()[0]:
        found.problems.append(f"Le rôle n’a pas le droit de lire « {table.name} » : donnez-lui SELECT.")
        return
    cursor.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table.name)))
    found.tables[table.name] = cursor.fetchone()[0]


def _inspect_statuses(cursor: Any, mapping: SourceMap, found: Inspection) -> None:
    table = mapping.client
    query = SQL("SELECT DISTINCT {0}::text FROM {1} WHERE {0} IS NOT NULL ORDER BY 1")
    cursor.execute(query.format(Identifier(table.columns["status"]), Identifier(table.name)))
    found.unknown_statuses = [status for (status,) in cursor.fetchall() if status not in mapping.statuses]


def _inspect_migrations(cursor: Any, found: Inspection) -> None:
    """Prisma writes its migrations down; one that never finished leaves the tables half changed."""
    cursor.execute("SELECT to_regclass('_prisma_migrations') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return
    cursor.execute("SELECT has_table_privilege('_prisma_migrations', 'SELECT')")
    if not cursor.fetchone()[0]:
        found.warnings.append(
            "Le rôle ne peut pas lire « _prisma_migrations » : une migration en cours passerait inaperçue."
        )
        return
    cursor.execute(
        "SELECT migration_name, finished_at IS NULL AND rolled_back_at IS NULL"
        " FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at"
    )
    for name, unfinished in cursor.fetchall():
        found.migration = name
        if unfinished:
            found.problems.append(f"La migration Prisma « {name} » est en cours ou a échoué : attendez ou réparez-la.")


def _inspect_rights(cursor: Any, mapping: SourceMap, found: Inspection) -> None:
    writable = []
    for table in mapping.tables.values():
        cursor.execute(_WRITES, [table.name])
        if cursor.fetchone()[0]:
            writable.append(table.name)
    if writable:
        cursor.execute("SELECT current_user")
        names = ", ".join(f"« {name} »" for name in writable)
        found.warnings.append(
            f"Le rôle « {cursor.fetchone()[0]} » peut écrire dans {names}. Dignamik ne fait que lire : "
            "donnez-lui un rôle limité à SELECT."
        )
