"""Who has been kept long enough: proposed first, erased when somebody says so, by the same erasure as on request.

Prospects from their last contact, clients from the end of the relation; what a file left and logs of logins by age.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from clients.contacting import REASON
from clients.facts import Origin
from clients.imports import OPEN, FileImport
from clients.models import Client, Contact, Erasure, SourceSync
from clients.querysets import ClientQuerySet
from dignamik.foundation.auditing import Kind, note
from segmentation.rights.erasing import erase

BY_HAND = (Origin.ADMIN.value, Origin.ENTRY.value, REASON)
LOGS = (AccessAttempt, AccessFailureLog, AccessLog)


@dataclass(frozen=True)
class Due:
    """One client whose time is over: `since` when its last contact, or its end, was."""

    pk: int
    since: datetime
    rule: str


@dataclass(frozen=True)
class Proposal:
    """What the rules let go as of `now`. Rows other than clients are counted."""

    now: datetime
    clients: Sequence[Due]
    import_leftovers: int
    sync_leftovers: int
    sessions: int
    logins: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "clients": [{"client": due.pk, "rule": due.rule, "since": due.since.isoformat()} for due in self.clients],
            "import_leftovers": self.import_leftovers,
            "sync_leftovers": self.sync_leftovers,
            "sessions": self.sessions,
            "logins": self.logins,
        }


def proposal(now: datetime | None = None) -> Proposal:
    """What is due. Writes nothing."""
    now = now or timezone.now()
    return Proposal(
        now,
        clients=_clients(now, Client.objects.all()),
        import_leftovers=_leftovers(now).count(),
        sync_leftovers=_sync_leftovers(now).count(),
        sessions=_sessions(now).count(),
        logins=sum(rows.count() for rows in _logins(now)),
    )


def apply(found: Proposal, *, by: Any = None) -> int:
    """Let go of what a proposal names, but for clients of whom something happened since.

    Returns how many clients were erased. One transaction a client: what was done stays done when one of them cannot be.
    """
    done = 0
    for due in found.clients:
        with transaction.atomic():
            among = Client.objects.select_for_update().filter(pk=due.pk)
            client = among.first()
            if client is not None and _clients(found.now, Client.objects.filter(pk=due.pk)):
                erase(client, reason=Erasure.Reason.RETENTION, by=by)
                done += 1
    with transaction.atomic():
        _leftovers(found.now).update(rejected=[], unplaced=[], headings=[])
        _sync_leftovers(found.now).update(conflicts=[], rejected=[])
        _sessions(found.now).delete()
        for rows in _logins(found.now):
            rows.delete()
        others = {name: count for name, count in found.to_dict().items() if name != "clients"}
        note(Kind.RETENTION, by, count=done, of="clients.client", **others)
    return done


def _clients(now: datetime, among: ClientQuerySet) -> list[Due]:
    return [*_prospects(now, among), *_former(now, among)]


def _prospects(now: datetime, among: ClientQuerySet) -> list[Due]:
    """Prospects from the last of: their arrival, a contact, a decision, an edit by a person.

    What a machine reads about them, a count of followers for instance, is no contact.
    """
    by_hand = Client.history.model.objects.filter(id=OuterRef("pk"), history_change_reason__in=BY_HAND)
    edited = Subquery(by_hand.order_by("-history_date").values("history_date")[:1])
    return _due(among.filter(status=Client.Status.PROSPECT), edited, now, settings.KEEP_PROSPECTS, "prospect")


def _former(now: datetime, among: ClientQuerySet) -> list[Due]:
    """Lost and withdrawn clients, from the last of the same; the change that ended the relation counts, too."""
    gone = Q(status=Client.Status.LOST) | Q(withdrawn_at__isnull=False)
    clients = among.filter(gone).exclude(status=Client.Status.PROSPECT)
    return _due(clients, F("changed_at"), now, settings.KEEP_FORMER_CLIENTS, "former")


def _due(clients: ClientQuerySet, edited: Any, now: datetime, years: int, rule: str) -> list[Due]:
    """Those of which nothing happened in so many years, the longest first."""
    limit = months_before(now, 12 * years)
    # A note says nothing of a contact.
    contact = Max("contacts__day", filter=~Q(contacts__kind=Contact.Kind.NOTE))
    # A double goes with the one it was merged into, which has all that hung on it.
    rows = clients.filter(merged_into=None, created_at__lt=limit).annotate(
        edited=edited, contacted=contact, decided=Max("decisions__at")
    ).order_by("pk")  # fmt: skip
    found = [Due(client.pk, _last(client), rule) for client in rows]
    return sorted((due for due in found if due.since < limit), key=lambda due: (due.since, due.pk))


def _last(client: Any) -> datetime:
    moments: list[datetime | None] = [client.created_at, client.edited, client.decided, client.withdrawn_at]
    if client.contacted is not None:
        moments.append(timezone.make_aware(datetime.combine(client.contacted, time(12))))
    return max(moment for moment in moments if moment is not None)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many months earlier; the last day of a month that has no such day."""
    years, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, monthrange(years, month + 1)[1])
    return moment.replace(year=years, month=month + 1, day=day)


def _leftovers(now: datetime) -> QuerySet[FileImport]:
    """Decided imports that still hold refused lines, or examples of cells, of long ago."""
    old = FileImport.objects.filter(sent_at__lt=months_before(now, settings.KEEP_IMPORT_LEFTOVERS))
    return old.exclude(state__in=OPEN).exclude(rejected=[], unplaced=[], headings=[])


def _sync_leftovers(now: datetime) -> QuerySet[SourceSync]:
    """Syncs of long ago that still say whose values they could not take."""
    old = SourceSync.objects.filter(started_at__lt=months_before(now, settings.KEEP_IMPORT_LEFTOVERS))
    return old.exclude(conflicts=[], rejected=[])


def _sessions(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=now)


def _logins(now: datetime) -> list[QuerySet[Any]]:
    before = months_before(now, settings.KEEP_LOGINS)
    return [model.objects.filter(attempt_time__lt=before) for model in LOGS]
