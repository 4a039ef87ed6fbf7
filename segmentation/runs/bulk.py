"""Assignments to the database: the only door out of a run. COPY on PostgreSQL, executemany elsewhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from clients.models import Client
from segmentation.models import Assignment
from segmentation.runs.frames import CHUNK
from segmentation.runs.placing import Placement

COLUMNS = (
    "run_id", "client_id", "segment_id", "second_id", "standing", "fitted", "late", "x", "y", "distance",
    "second_distance", "margin", "possible", "unknown", "settling", "values", "values_now", "facts_at", "scored_at",
)  # fmt: skip
DOCUMENTS = frozenset(COLUMNS.index(name) for name in ("possible", "unknown", "settling", "values", "values_now"))
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)  # quoted: VALUES is a word of SQL
TABLE, FRESH = Assignment._meta.db_table, "fresh_assignment"
OR_OVER = "ON CONFLICT (run_id, client_id) DO UPDATE SET " + ", ".join(
    f'"{name}" = excluded."{name}"' for name in COLUMNS[2:]
)
Row = tuple[Any, ...]


def row(
    run: int,
    client: int,
    place: Placement,
    values: dict[str, Any],
    *,
    facts_at: datetime,
    scored_at: datetime,
    fitted: bool = False,
    late: bool = False,
    values_now: dict[str, Any] | None = None,
) -> Row:
    """One placement in the order of `COLUMNS`; the rest as in `models.Assignment`."""
    segment = place.segment.pk if place.segment else None
    second = place.second.pk if place.second else None
    figures = (place.x, place.y, place.distance, place.second_distance, place.margin)
    lists = ([segment.slug for segment in place.possible], list(place.unknown), list(place.settling))
    decided = (run, client, segment, second, place.standing, fitted, late)
    return (*decided, *figures, *lists, values, values_now, facts_at, scored_at)


def write(rows: Sequence[Row]) -> list[Row]:
    """Write new rows in the order of `COLUMNS`, inside the caller's transaction; returns those written.

    A client deleted since it was read is left out: its foreign key would refuse the whole batch. So is one who objected
    to profiling since: an objection waits for this transaction, or is seen by it.
    """
    kept = _of_present_clients(rows)
    if connection.vendor == "postgresql":
        _copy(kept, TABLE)
    else:
        _insert(kept)
    return kept


def write_over(rows: Sequence[Row]) -> list[Row]:
    """The same for clients that the run may have placed already: their rows are replaced whole."""
    kept = _of_present_clients(rows)
    if connection.vendor == "postgresql":
        _merge(kept)
    else:
        _insert(kept, OR_OVER)
    return kept


def _of_present_clients(rows: Sequence[Row]) -> list[Row]:
    client = COLUMNS.index("client_id")
    present = _hold_clients([row[client] for row in rows])
    return [row for row in rows if row[client] in present]


def _hold_clients(wanted: Sequence[int]) -> set[int]:
    """Clients that exist and may be profiled, these at least, held until the transaction ends against deletion and
    objection, which lock them for update."""
    few = len(wanted) <= CHUNK
    if connection.vendor != "postgresql":  # an IMMEDIATE transaction already holds them
        clients = Client.objects.profiled()
        return set((clients.filter(pk__in=wanted) if few else clients).values_list("pk", flat=True))
    statement = (
        f"SELECT id FROM {Client._meta.db_table} WHERE profiling_objected_at IS NULL"  # noqa: S608 (our own table's name)
        f"{' AND id = ANY(%s)' if few else ''} FOR KEY SHARE"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(wanted)] if few else None)
        return {row[0] for row in cursor.fetchall()}


def _merge(rows: Iterable[Row]) -> None:
    """COPY knows no conflict: it goes to a table of this transaction's own, and from there on."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {FRESH} ON COMMIT DROP AS SELECT {NAMES} FROM {TABLE} WITH NO DATA")  # noqa: S608 (our own names)
        _copy(rows, FRESH)
        cursor.execute(f"INSERT INTO {TABLE} ({NAMES}) SELECT {NAMES} FROM {FRESH} {OR_OVER}")  # noqa: S608 (our own names)
        cursor.execute(f"DROP TABLE {FRESH}")


def _copy(rows: Iterable[Row], table: str) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in _plain(rows):
        writer.writerow(["\\N" if value is None else value for value in row])
    buffer.seek(0)
    # COPY goes past Django's cursor: without the wrapper its errors would not be Django's.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f"COPY {table} ({NAMES}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", buffer)


def _insert(rows: Iterable[Row], conflict: str = "") -> None:
    marks = ", ".join(["%s"] * len(COLUMNS))
    statement = f"INSERT INTO {TABLE} ({NAMES}) VALUES ({marks}) {conflict}"  # noqa: S608 (our own names)
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(_plain(rows)))


def _plain(rows: Iterable[Row]) -> Iterator[list[Any]]:
    for row in rows:
        yield [_stored(value, document=at in DOCUMENTS) for at, value in enumerate(row)]


def _stored(value: Any, *, document: bool) -> Any:
    """As Django's own columns hold it: a time with its offset would equal no other in SQLite, where it is text."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value if value is None or not document else json.dumps(value)
