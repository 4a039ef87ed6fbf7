"""Writing the audit trail: one function, called by whoever does the thing, inside the transaction that does it.

`note(Kind.EXPORT, count=12, format="csv")`: who, from where and by which request is known from what is in hand.
Details are names of fields and filters, values of closed lists, numbers; never a client's name or figure, an e-mail
address, free text or a key.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from dignamik.foundation.addresses import client_ip
from dignamik.foundation.audit import KEPT_AT_LEAST_DAYS, AuditEvent
from dignamik.foundation.calls import known_user, request_in_hand, working
from dignamik.foundation.logs import request_number
from dignamik.foundation.throttling import WINDOW, counted

Kind = AuditEvent.Kind
LONGEST_HISTORY = 200
"""Rows of a history that one event names; of more it tells how many objects."""


class TooYoung(Exception):
    """What is younger than six months stays."""


def note(
    kind: str,
    who: Any = None,
    *,
    about: Model | None = None,
    history: Iterable[int] = (),
    count: int | None = None,
    **details: Any,
) -> AuditEvent:
    """Add one event.

    Args:
        kind: one of `Kind`; a ValueError otherwise.
        who: an account, or the request that it made; None: whoever the request in hand is from, if there is one.
        about: the object that was acted on; its model and number are kept.
        history: numbers of the rows of its history that tell what changed.
        count: how many rows or objects.
        details: what else to know, JSON; nothing personal (see above).
    """
    request = who if isinstance(who, HttpRequest) else request_in_hand.get()
    person: Any = who if isinstance(who, Model) else known_user(request) if request is not None else None
    rows = list(history)
    return AuditEvent.objects.create(
        kind=Kind(kind),
        account=person.pk if person else None,
        username=person.get_username() if person else "",
        ip=client_ip(request) if request is not None else None,
        surface=_surface(request),
        request_number=request_number.get(),
        model=about._meta.label_lower if about is not None else "",
        object_id=str(about.pk) if about is not None else "",
        history=rows if len(rows) <= LONGEST_HISTORY else [],
        count=count,
        details=details,
    )


def note_sparingly(kind: str, key: str, who: Any = None, **said: Any) -> AuditEvent | None:
    """The same for what somebody could repeat without end: of one key the 1st, 10th, 100th… of a minute, `count`
    saying which. `key` has 30 characters at most."""
    seen = counted(f"audit:{key}", int(time.time() // WINDOW))
    return note(kind, who, count=seen, **said) if str(seen).strip("0") == "1" else None


def latest_version(client: Any) -> list[int]:
    """The number of the row that an object's history has just got."""
    return list(client.history.order_by("-history_id").values_list("history_id", flat=True)[:1])


def forget(before: datetime, *, rehearse: bool) -> int:
    """Delete the events of before this moment, or count them. For `manage.py trim_audit` alone: the one way out.

    Raises TooYoung when that moment is less than six months ago, which the database would refuse as well.
    """
    if before > timezone.now() - timedelta(days=KEPT_AT_LEAST_DAYS):
        raise TooYoung
    old: QuerySet[AuditEvent] = QuerySet(AuditEvent).filter(at__lt=before)
    if rehearse:
        return old.count()
    gone, _ = old.delete()
    note(Kind.RETENTION, count=gone, of="foundation.auditevent", before=before.date().isoformat())
    return gone


def _surface(request: HttpRequest | None) -> str:
    surfaces = AuditEvent.Surface
    if request is None:
        return surfaces.WORKER if working.get() else surfaces.COMMAND
    if request.path_info.startswith("/api/"):
        return surfaces.API
    return surfaces.ADMIN if request.path_info.startswith("/admin/") else surfaces.PAGE
