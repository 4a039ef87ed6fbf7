"""The internal database is another program's: after everything that Dignamik does, it is the same to the byte."""

from __future__ import annotations

import io
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connections
from psycopg2.sql import SQL, Identifier

from clients.intake.source.connecting import snapshot
from clients.models import Client
from segmentation.runs import recipes
from tests import sources
from tests.postgres import newest_debian_binaries
from tests.segmentation.runs.conftest import QUICK
from tests.source_tables import FLAT_TABLES

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

# Everything that a schema is made of, and who may do what.
CATALOGUE = """
SELECT 'relation', c.relname, c.relkind::text, c.relacl::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT 'column', a.attrelid::regclass::text, a.attname || ' ' || format_type(a.atttypid, a.atttypmod),
    a.attnotnull::text || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
UNION ALL SELECT 'constraint', n.conrelid::regclass::text, n.conname, pg_get_constraintdef(n.oid)
    FROM pg_constraint n WHERE n.connamespace = 'public'::regnamespace
UNION ALL SELECT 'type', t.typname, t.typtype::text, t.typacl::text FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace
UNION ALL SELECT 'enum', e.enumtypid::regtype::text, e.enumlabel, e.enumsortorder::text FROM pg_enum e
UNION ALL SELECT 'role', r.rolname, r.rolconfig::text, r.rolcanlogin::text FROM pg_roles r
ORDER BY 1, 2, 3, 4
"""  # noqa: E501


def contents(url: str) -> list[Any]:
    """The catalogue, and every row of every table with the transaction that wrote it."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(CATALOGUE)
        found: list[Any] = cursor.fetchall()
        for kind, name, relation, _ in list(found):
            if kind == "relation" and relation == "r":
                cursor.execute(
                    SQL("SELECT ctid::text, xmin::text, t::text FROM {} t ORDER BY 1").format(Identifier(name))
                )
                found.append((name, cursor.fetchall()))
        return found


def dump(url: str) -> str:
    """What pg_dump says; "" where there is none. Newer ones draw a key of their own for each dump."""
    binaries = newest_debian_binaries()
    tool = str(binaries / "pg_dump") if binaries else shutil.which("pg_dump")
    if not tool or not Path(tool).exists():
        return ""
    said = subprocess.run([tool, url], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in said.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


@pytest.mark.parametrize("layout", ["camel", "long", "flat"])
def test_after_check_rehearsal_sync_and_retrain_the_source_is_the_same_to_the_byte(
    source_database: str, layout: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    getattr(sources, layout)(source_database, sources.people(80))
    monkeypatch.setattr(recipes, "default_recipe", lambda: QUICK)
    settings.SOURCE_DATABASE_URL, settings.SOURCE_MAPPING = source_database, layout
    before, dumped = contents(source_database), dump(source_database)
    assert len(before) > 30
    commands: list[tuple[str, dict[str, Any]]] = [
        ("migrate", {"verbosity": 0}), ("check_source", {}), ("check_source", {"grant_sql": True}),
        ("sync_source", {"dry_run": True}), ("sync_source", {}), ("retrain", {"clusters": "4"}), ("sync_source", {}),
    ]  # fmt: skip
    for name, options in commands:
        call_command(name, stdout=io.StringIO(), stderr=io.StringIO(), **options)
    assert Client.objects.count() == 80
    assert contents(source_database) == before
    assert dump(source_database) == dumped


def test_django_has_no_way_to_the_source_so_that_nothing_can_be_migrated_or_saved_there(
    source_database: str, settings: Any
) -> None:
    settings.SOURCE_DATABASE_URL = source_database
    assert set(django_settings.DATABASES) == set(connections) == {"default"}
    assert django_settings.DATABASE_ROUTERS == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO clients (id, name) VALUES (1, 'x')",
        "UPDATE clients SET name = 'x'",
        "DELETE FROM clients",
        "TRUNCATE clients",
        "CREATE TABLE more (id int)",
        "DROP TABLE clients",
        "CREATE ROLE somebody",
        "SELECT setval('numbers', 5)",
        "SET TRANSACTION READ WRITE",
    ],
)
def test_the_source_itself_refuses_whatever_would_write_even_for_its_owner(
    source_database: str, statement: str
) -> None:
    with closing(psycopg2.connect(source_database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(FLAT_TABLES + "CREATE SEQUENCE numbers;")
    before = contents(source_database)
    with pytest.raises(Exception, match=r"read-only|READ WRITE|read-write"), snapshot(source_database) as cursor:
        cursor.execute("SELECT 1")
        cursor.execute(statement)
    assert contents(source_database) == before
