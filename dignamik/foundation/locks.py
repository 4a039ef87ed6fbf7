"""One at a time, across processes: a lock that a killed process cannot leave behind."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection


class Busy(Exception):
    """Somebody else holds the lock."""


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Hold the lock `name` for the body, or raise Busy at once.

    PostgreSQL: a session advisory lock, freed by the server when the connection drops. SQLite: an OS file lock beside
    the database, freed by the kernel when the process ends. Neither leaves a row to clean up.
    """
    with _advisory(name) if connection.vendor == "postgresql" else _file(name):
        yield


@contextmanager
def _advisory(name: str) -> Iterator[None]:
    key = zlib.crc32(f"dignamik.{name}".encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if not cursor.fetchone()[0]:
            raise Busy(name)
    try:
        yield
    finally:
        # A dropped connection has freed the lock already; asking a new one to unlock would only warn.
        if connection.connection is not None and not connection.connection.closed:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
            except (OperationalError, InterfaceError):
                connection.close()  # cut unnoticed; what is gone holds no lock


@contextmanager
def _file(name: str) -> Iterator[None]:
    folder = settings.DATA_DIR / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(name) from None
        yield
