"""The erasure itself, in one transaction, and the tombstone that it leaves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clients import tombstones
from clients.erasing import listing
from clients.erasing.merges import lent
from clients.erasing.planning import MESSAGES, Cleaned, Plan, names, plan
from clients.imports import FileImport
from clients.intake.files import keeping
from clients.models import Client, Erasure, SourceSync
from clients.reach import Hanging, hanging_on_clients, same_person
from clients.traces import Traces
from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.models import SavedView

ERASED = "client effacé"
logger = logging.getLogger(__name__)


@transaction.atomic
def erase(client: Client, *, reason: str, by: Any = None, buried: Erasure | None = None) -> Plan:
    """Erase everything that is held on a client, and on those that are one with it by a merge: a double goes with the
    one that was kept, and the other way round. Returns what went, which names nobody but in memory.

    `reason` as `Erasure.Reason`; `buried`: the tombstone of one that a backup brought back. Files go once the
    transaction has been committed.
    """
    clients = _held(client)
    pks = [each.pk for each in clients]
    going = plan(clients[0])
    traces = Traces.of(clients)
    for spoken in going.syncs:
        SourceSync.objects.filter(pk=spoken.sync.pk).update(**spoken.columns)
    for cleaned in going.imports:
        _clean(cleaned)
    LogEntry.objects.filter(pk__in=going.logged).update(object_repr=ERASED, change_message="")
    SavedView.objects.filter(pk__in=going.views).delete()
    for session in Session.objects.filter(pk__in=going.sessions):
        _forget(session, traces)
    _bury(clients, reason=reason, by=by, known=buried is not None)
    note(Kind.ERASURE, by, about=clients[0], reason=reason, doubles=pks[1:], came_back=buried is not None)
    histories, rows = _split(hanging_on_clients())
    mixed = lent(pks)
    versions = [(item, {*item.rows_of(pks).values_list("id", flat=True)}) for item in histories]
    for item in histories:
        mixed.versions(item).delete()
    for item in rows:
        item.rows_of(pks).delete()
    Client.objects.filter(pk__in=pks).delete()
    # Last: deleting rows writes their histories once more.
    for item, ids in versions:
        item.model._base_manager.filter(id__in=ids).delete()
    transaction.on_commit(_overwrite_what_was_freed)
    return going


def _held(client: Client) -> list[Client]:
    """One person's clients, locked: whoever writes about them right now, a merge too, is waited for."""
    while True:
        pks = [each.pk for each in same_person(Client.objects.get(pk=client.pk))]
        # In the order in which merges take them, or two would wait for each other.
        held = {each.pk: each for each in Client.objects.select_for_update().filter(pk__in=pks).order_by("pk")}
        if pks == [each.pk for each in same_person(Client.objects.get(pk=client.pk))]:
            return [held[pk] for pk in pks]


def _bury(clients: Sequence[Client], *, reason: str, by: Any, known: bool) -> None:
    """A tombstone for each. `known`: those who have one already need no other."""
    stones = tombstones.Tombstones() if known else None
    new = [client for client in clients if stones is None or stones.of(client) is None]
    now = timezone.now()
    for client in new:
        tombstones.bury(client, reason=reason, at=now, by=by)
    if new:
        listing.write_after_commit()


def _split(hanging: Sequence[Hanging]) -> tuple[list[Hanging], list[Hanging]]:
    """Histories, and the rest."""
    return [item for item in hanging if item.is_history], [item for item in hanging if not item.is_history]


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
