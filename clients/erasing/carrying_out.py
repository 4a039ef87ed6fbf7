"""The erasure itself, in one transaction, and the tombstone that it leaves."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clients import tombstones
from clients.erasing import listing
from clients.erasing.planning import MESSAGES, Cleaned, Plan, names, plan
from clients.imports import FileImport
from clients.intake.files import keeping
from clients.models import Client, Erasure
from clients.reach import hanging_on_clients
from clients.traces import Traces
from dignamik.foundation.models import SavedView

ERASED = "client effacé"
logger = logging.getLogger(__name__)


@transaction.atomic
def erase(client: Client, *, reason: str, by: Any = None, buried: Erasure | None = None) -> Plan:
    """Erase everything that is held on a client. Returns what went, which names nobody but in memory.

    `reason` as `Erasure.Reason`; `buried`: the tombstone that the client has already, come back from a backup. Files
    go once the transaction has been committed.
    """
    # Whoever writes about the client right now is waited for, and finds nobody afterwards.
    client = Client.objects.select_for_update().get(pk=client.pk)
    going = plan(client)
    traces = Traces.of(client)
    for cleaned in going.imports:
        _clean(cleaned)
    LogEntry.objects.filter(pk__in=going.logged).update(object_repr=ERASED, change_message="")
    SavedView.objects.filter(pk__in=going.views).delete()
    for session in Session.objects.filter(pk__in=going.sessions):
        _forget(session, traces)
    if buried is None:
        tombstones.bury(client, reason=reason, at=timezone.now(), by=by)
        listing.write_after_commit()
    pk = client.pk
    hanging = hanging_on_clients()
    for item in hanging:
        if not item.is_history:
            item.rows_of(pk).delete()
    client.delete()
    # Last: deleting rows writes their histories once more.
    for item in hanging:
        if item.is_history:
            item.rows_of(pk).delete()
    transaction.on_commit(_overwrite_what_was_freed)
    return going


def _clean(cleaned: Cleaned) -> None:
    file_import = cleaned.file_import
    file_import.lines.filter(pk__in=cleaned.lines).delete()
    columns = dict(cleaned.columns)
    if cleaned.file:
        columns |= {"state": FileImport.State.DROPPED, "stored_as": ""}
        transaction.on_commit(partial(keeping.discard, cleaned.file))
    if columns:
        FileImport.objects.filter(pk=file_import.pk).update(**columns)


def _forget(session: Session, traces: Traces) -> None:
    """A message still to be shown goes; a session that names the client otherwise ends."""
    data = session.get_decoded()
    data.pop(MESSAGES, None)
    if names(data, traces):
        session.delete()
        return
    session.session_data = SessionStore().encode(data)
    session.save(update_fields=["session_data"])


def _overwrite_what_was_freed() -> None:
    """SQLite leaves deleted text in the free pages of its file and in its journal; PostgreSQL's own VACUUM does it."""
    if connection.vendor != "sqlite":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except DatabaseError:
        logger.warning("The freed pages of the database were not overwritten: another process was using it.")
