"""Is the source what the mapping says? Each missing, extra or mistyped column is named, and nothing is read yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg2.sql import SQL, Identifier

from clients.intake.source.content import Counted, count_content, unknown_values
from clients.intake.source.granting import grant_sql
from clients.intake.source.mapping import Kind, SourceMap, TableMap

# PostgreSQL's type categories: S string, E enum, U user-defined (uuid), N numeric, D date and time, B boolean.
CATEGORIES: dict[Kind, tuple[str, str]] = {
    "identifier": ("SUN", "un identifiant (texte, uuid ou entier)"),
    "text": ("SE", "un texte"),
    "number": ("N", "un nombre"),
    "moment": ("D", "une date"),
    "status": ("SEB", "un texte, une énumération ou un booléen"),
    "deletion": ("DB", "une date ou un booléen"),
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
    """`problems` stop a sync; `warnings` don't. Sentences in French.

    `counted`: what the rows hold that will not be taken as it is; only `inspect` looks.
    """

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    unknown_statuses: list[str] = field(default_factory=list)
    unknown_platforms: list[str] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)
    migration: str = ""
    role: str = ""
    could_write: list[str] = field(default_factory=list)
    grant_sql: str = ""

    @property
    def ok(self) -> bool:
        return not self.problems and not self.unknown_statuses and not self.unknown_platforms

    def to_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, **vars(self), "counted": vars(self.counted)}


def inspect(cursor: Any, mapping: SourceMap) -> Inspection:
    """Compare the source with the mapping, and count what its rows hold. Changes nothing."""
    found = inspect_structure(cursor, mapping)
    found.grant_sql = grant_sql(cursor, mapping)
    if not found.problems:
        for name in mapping.names:
            cursor.execute(SQL("SELECT count(*) FROM {}").format(Identifier(name)))
            found.tables[name] = cursor.fetchone()[0]
        found.unknown_statuses = unknown_values(cursor, mapping.client, "status", mapping.statuses)
        if mapping.is_long:
            found.unknown_platforms = unknown_values(cursor, mapping.followers, "platform", mapping.platforms)
        found.counted = count_content(cursor, mapping)
        found.warnings += found.counted.sentences()
    return found


def inspect_structure(cursor: Any, mapping: SourceMap) -> Inspection:
    """What must be right before anything is read: tables, columns, types, migrations, rights. Reads the catalogue."""
    found = Inspection()
    for name in mapping.names:
        _inspect_table(cursor, name, mapping, found)
    _inspect_migrations(cursor, found)
    _inspect_rights(cursor, mapping, found)
    return found


def _inspect_table(cursor: Any, name: str, mapping: SourceMap, found: Inspection) -> None:
    cursor.execute(_COLUMNS, [name])
    columns = {column: (shown, category) for column, shown, category in cursor.fetchall()}
    if not columns:
        found.problems.append(f"La table « {name} » n’existe pas dans la source.")
        return
    read: dict[str, TableMap] = {}
    for section, table in mapping.tables.items():
        if table.name != name:
            continue
        for word, column in table.read.items():
            if column not in read:
                _inspect_column(name, column, mapping.kind(section, word), columns, found)
            read[column] = table
    found.extra += [f"{name}.{column}" for column in columns if column not in read]
    cursor.execute("SELECT has_table_privilege(to_regclass(quote_ident(%s)), 'SELECT')", [name])
    if not cursor.fetchone()[0]:
        found.problems.append(f"Le rôle n’a pas le droit de lire « {name} » : donnez-lui SELECT.")


def _inspect_column(name: str, column: str, kind: Kind, columns: dict[str, tuple[str, str]], found: Inspection) -> None:
    if column not in columns:
        found.problems.append(f"La colonne « {name}.{column} » manque.")
        return
    shown, category = columns[column]
    allowed, expected = CATEGORIES[kind]
    if category not in allowed:
        found.problems.append(f"La colonne « {name}.{column} » est de type {shown} : attendu {expected}.")


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
    for name in mapping.names:
        cursor.execute(_WRITES, [name])
        if cursor.fetchone()[0]:
            found.could_write.append(name)
    cursor.execute("SELECT current_user")
    found.role = cursor.fetchone()[0]
    if found.could_write:
        names = ", ".join(f"« {name} »" for name in found.could_write)
        found.warnings.append(
            f"Le rôle « {found.role} » peut écrire dans {names}. Dignamik ne fait que lire : "
            "donnez-lui un rôle limité à SELECT (le SQL est donné par check_source --grant-sql)."
        )
