"""Everything that happened to one client on one line of time: segment moves, edits, contacts and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from clients.confidential import CONTACT_DETAILS, sees_contact_details
from clients.contacting import REASON
from clients.edits import edits_of
from clients.models import Client, Contact
from clients.web.contacts import Log
from segmentation.models import Decision
from segmentation.runs.explaining import Past
from segmentation.web.advice import ClientAdvice

SHOWN = 8
"""Events in sight; the rest is one click away."""


@dataclass(frozen=True)
class Event:
    """One thing that happened, in words. `detail` is what somebody wrote."""

    at: datetime
    kind: str
    says: str
    by: Any = None
    detail: str = ""


@dataclass(frozen=True)
class Timeline:
    latest: Sequence[Event]
    earlier: Sequence[Event]


def timeline(client: Client, past: Past, log: Log | None, advice: ClientAdvice | None, user: Any) -> Timeline:
    """Latest first, of what this reader was given to read: contacts and decisions only with the right to."""
    events = [
        *_moves(past),
        *_edits(client, user),
        *(_contacts([*log.lines, *log.earlier]) if log else ()),
        *(_decisions([*advice.planned, *advice.others, *advice.history]) if advice else ()),
    ]
    events.sort(key=lambda event: event.at, reverse=True)
    return Timeline(events[:SHOWN], events[SHOWN:])


def _moves(past: Past) -> Iterator[Event]:
    for stay in past.stays:
        name = _("«\u00a0%(name)s\u00a0»") % {"name": stay.segment.name} if stay.segment else _("non classable")
        yield Event(
            stay.since,
            "segment",
            _("Segment\u00a0: %(name)s (calcul n°\u00a0%(run)s)") % {"name": name, "run": stay.run},
        )


def _edits(client: Client, user: Any) -> Iterator[Event]:
    for edit in edits_of(client, hidden=() if sees_contact_details(user) else CONTACT_DETAILS):
        says = _("\u00a0; ").join(edit.says)
        if edit.reason == REASON:
            yield Event(edit.at, _("relance"), says, edit.by)
            continue
        yield Event(edit.at, _("fiche"), f"{says} ({edit.reason})" if edit.reason else says, edit.by)


def _contacts(contacts: Iterable[Contact]) -> Iterator[Event]:
    for contact in contacts:
        label = str(contact.get_kind_display())
        yield Event(_moment(contact.day, contact.at), "contact", label.capitalize(), contact.by, contact.text)


def _decisions(decisions: Iterable[Decision]) -> Iterator[Event]:
    for decision in decisions:
        says = _("%(label)s\u00a0: %(value)s") % {"label": decision.play.title, "value": decision.said}
        yield Event(decision.at, _("décision"), says, decision.by, decision.comment)


def _moment(day: date, noted: datetime) -> datetime:
    """When it happened: the time of the note on its own day, else noon."""
    if timezone.localdate(noted) == day:
        return noted
    return timezone.make_aware(datetime.combine(day, time(12)))
