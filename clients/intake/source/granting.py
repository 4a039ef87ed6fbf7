"""The SQL that makes a role which can read what the mapping reads, and nothing else."""

from __future__ import annotations

from typing import Any

from psycopg2.sql import SQL, Composed, Identifier

from clients.intake.source.mapping import SourceMap

ROLE = "dignamik_lecture"
_SCRIPT = """\
-- À exécuter par un administrateur de la base interne, avec un vrai mot de passe.
CREATE ROLE {role} LOGIN PASSWORD 'À REMPLACER' NOSUPERUSER NOCREATEDB NOCREATEROLE;
GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {tables} TO {role};
-- Un garde-fou de plus ; les droits ci-dessus suffisent.
ALTER ROLE {role} SET default_transaction_read_only = on;
"""


def grant_sql(cursor: Any, mapping: SourceMap) -> str:
    """For the database and schema that the cursor is in; Prisma's own migrations are read too, where there are any."""
    cursor.execute(
        "SELECT current_database(), coalesce(current_schema(), 'public'), to_regclass('_prisma_migrations') IS NOT NULL"
    )
    database, schema, has_migrations = cursor.fetchone()
    names = [*mapping.names, *(["_prisma_migrations"] if has_migrations else [])]
    tables: Composed = SQL(", ").join(Identifier(schema, name) for name in names)
    script = SQL(_SCRIPT).format(
        role=Identifier(ROLE), database=Identifier(database), schema=Identifier(schema), tables=tables
    )
    return str(script.as_string(cursor))
