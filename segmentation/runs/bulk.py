"""Assignments to the database: the only door out of a run. COPY on PostgreSQL, executemany elsewhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from clients.models import Client
from segmentation.models import Assignment

COLUMNS = (
    "run_id", "client_id", "segment_id", "second_id", "standing", "fitted", "x", "y", "distance", "second_distance",
    "margin", "possible", "unknown", "values", "scored_at",
)  # fmt: skip
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)  # quoted: VALUES is a word of SQL
Row = tuple[Any, ...]


def write(rows: Sequence[Row]) -> list[Row]:
    """Write rows in the order of `COLUMNS`, inside the caller's transaction; returns those written.

    A client deleted since it was read is left out: its foreign key would refuse the whole batch.
    """
    present = _hold_clients()
    client = COLUMNS.index("client_id")
    kept = [row for row in rows if row[client] in present]
    if connection.vendor == "postgresql":
        _copy(kept)
    else:
        _insert(kept)
    return kept


def _hold_clients() -> set[int]:
    """Clients that exist, held against deletion until the transaction ends."""
    if connection.vendor != "postgresql":
        return set(Client.objects.values_list("pk", flat=True))  # an IMMEDIATE transaction already holds them
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {Client._meta.db_table} FOR KEY SHARE")  # noqa: S608 (our own table's name)
        return {row[0] for row in cursor.fetchall()}


def _copy(rows: Iterable[Row]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in _plain(rows):
        writer.writerow(["\\N" if value is None else value for value in row])
    buffer.seek(0)
    # COPY goes past Django's cursor: without the wrapper its errors would not be Django's.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(
            f"COPY {Assignment._meta.db_table} ({NAMES}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", buffer
        )


def _insert(rows: Iterable[Row]) -> None:
    marks = ", ".join(["%s"] * len(COLUMNS))
    statement = f"INSERT INTO {Assignment._meta.db_table} ({NAMES}) VALUES ({marks})"  # noqa: S608 (our own names)
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(_plain(rows)))


def _plain(rows: Iterable[Row]) -> Iterator[list[Any]]:
    documents = {COLUMNS.index(name) for name in ("possible", "unknown", "values")}
    for row in rows:
        yield [json.dumps(value) if at in documents else value for at, value in enumerate(row)]
