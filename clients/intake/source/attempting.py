"""A sync with its record: one at a time, kept whatever becomes of it, and a word to the admins when it did nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from clients.facts import Origin, Stamp
from clients.intake.errors import IntakeError
from clients.intake.source.connecting import place
from clients.intake.source.mapping import DEFAULT, read_mapping
from clients.intake.source.syncing import Shrunken, SyncReport, synchronise
from clients.models import SourceSync
from dignamik.foundation.locks import Busy, exclusive
from dignamik.foundation.mailing import admin_addresses

MOST_KEPT = 5000
"""Refused values of one sync that are kept to be read; all of them are counted."""
GOING = "Une synchronisation est déjà en cours : attendez qu’elle finisse."
CUT_OFF = "Interrompue : le processus s’est arrêté avant la fin. Rien n’a été modifié ici."
UNEXPECTED = "Une erreur inattendue a arrêté la synchronisation ; le journal du serveur la décrit."
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What to read, and who asks. "" means what the settings say."""

    trigger: SourceSync.Trigger
    by: Any = None
    url: str = ""
    mapping: str = ""
    force: bool = False


def follow(wanted: Wanted) -> SyncReport:
    """Bring the book of record up to the source, and keep a record of the attempt.

    Raises IntakeError: another one is going, or this one wrote nothing, and why.
    """
    try:
        with exclusive("sync-source"):
            _bury_the_dead()
            return _attempt(wanted)
    except Busy:
        raise IntakeError(GOING) from None


def _bury_the_dead() -> None:
    """With the lock in our hands, whatever still claims to be running was killed."""
    dead = SourceSync.objects.filter(state=SourceSync.State.RUNNING)
    dead.update(state=SourceSync.State.FAILED, finished_at=timezone.now(), error=CUT_OFF)


def _attempt(wanted: Wanted) -> SyncReport:
    mapping = wanted.mapping or settings.SOURCE_MAPPING or DEFAULT
    sync = SourceSync.objects.create(
        trigger=wanted.trigger, by=wanted.by, source=place(wanted.url)[:300], mapping=mapping[:300],
        forced=wanted.force, started_at=timezone.now(),
    )  # fmt: skip
    stamp = Stamp(Origin.SYNC, sync.started_at)
    try:
        return synchronise(
            stamp, url=wanted.url, mapping=read_mapping(mapping), force=wanted.force,
            written=lambda report: _done(sync, report),
        )  # fmt: skip
    except Shrunken as problem:
        _ended(sync, SourceSync.State.STOPPED, str(problem))
        raise
    except IntakeError as problem:
        _ended(sync, SourceSync.State.FAILED, str(problem))
        raise
    except Exception:
        log.exception("%s failed", sync)
        _ended(sync, SourceSync.State.FAILED, UNEXPECTED)
        raise


def _done(sync: SourceSync, report: SyncReport) -> None:
    """In the transaction of what it wrote."""
    said = report.to_dict()
    sync.state, sync.finished_at = SourceSync.State.DONE, timezone.now()
    sync.counts = {name: said[name] for name in ("clients", "followers", "turnover")}
    sync.conflicts, sync.conflict_count = said["conflicts"], len(said["conflicts"])
    # Whoever asked is told which row it was; nothing is kept of somebody who was erased.
    rejected = [line | {"id": ""} if line["id"] in report.erased else line for line in said["rejected"]]
    sync.rejected, sync.rejected_count = rejected[:MOST_KEPT], len(rejected)
    sync.save()


def _ended(sync: SourceSync, state: SourceSync.State, error: str) -> None:
    """Without having written anything; whether the word can be sent changes nothing."""
    ended = {"state": state, "finished_at": timezone.now(), "error": error}
    SourceSync.objects.filter(pk=sync.pk).update(**ended)
    transaction.on_commit(lambda: _send(sync.pk), robust=True)


def _send(number: int) -> None:
    sync = SourceSync.objects.get(pk=number)
    told = admin_addresses()
    if told:
        send_mail(f"Dignamik : {str(sync).lower()} {sync.get_state_display()}", _text(sync), None, told)


def _text(sync: SourceSync) -> str:
    good = SourceSync.objects.filter(state=SourceSync.State.DONE).first()
    shown = (
        f"Les pages montrent toujours les données du {timezone.localtime(good.started_at):%d/%m/%Y à %H:%M}."
        if good
        else "Aucune synchronisation n’a encore réussi."
    )
    lines = [
        f"La {str(sync).lower()} de la base interne ({sync.source}) n’a rien modifié.",
        "", sync.error, "", shown, "", f"Sa page : {settings.SITE_URL}{sync.get_absolute_url()}", "",
    ]  # fmt: skip
    return "\n".join(lines)
