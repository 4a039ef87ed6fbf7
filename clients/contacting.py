"""Keeping a client's log, and its one follow-up date. The sibling of `clients.recording`: nobody else writes these.

A follow-up is no fact of the client's: it leaves `changed_at` alone, so that no placement looks stale because of it.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import Enum
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Contact
from dignamik.foundation import french

LONGEST_TEXT = 4000
# Before this a day is a typing error.
EARLIEST_DAY = date(1990, 1, 1)
# Later than this a date is a typing error, as for a decision.
FARTHEST = timedelta(days=2 * 366)
# A second click on the same button comes within this time.
SAME_CLICK = timedelta(minutes=1)
REASON = "relance"
"""In the history, which is French whoever reads it; `edits` puts it into the reader's language."""


class Unchanged(Enum):
    """Says that nothing is said, where None says something."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


class CannotLog(Exception):
    """The message is a sentence for whoever wrote."""


@transaction.atomic
def log(
    client: Client,
    kind: str,
    *,
    by: Any,
    text: str = "",
    day: date | None = None,
    following: date | Unchanged | None = UNCHANGED,
) -> Contact:
    """Add a line to the client's log, and set or clear (None) the date of the next one when `following` says so.

    `day` None: today. The same line twice within a minute is one line. Raises CannotLog, and then writes nothing.
    """
    text, now = text.strip(), timezone.now()
    day = day or timezone.localdate(now)
    _check(kind, text, day)
    Client.objects.select_for_update().filter(pk=client.pk).first()  # a double click takes turns
    if following is not UNCHANGED:
        follow_up(client, following, by=by)
    said = {"kind": kind, "day": day, "text": text, "by": by}
    before = client.contacts.filter(**said, at__gt=now - SAME_CLICK).first()
    return before or Contact.objects.create(client=client, at=now, **said)


@transaction.atomic
def follow_up(client: Client, day: date | None, *, by: Any) -> None:
    """Set the one date on which to come back to this client; None takes it away. Raises CannotLog."""
    row = Client.objects.select_for_update().get(pk=client.pk)
    if row.next_follow_up == day:
        return
    today = timezone.localdate()
    if day is not None and row.do_not_contact:
        raise CannotLog(_("Ce client a demandé à ne pas être sollicité\u00a0: aucune relance ne peut être prévue."))
    if day is not None and not today <= day <= today + FARTHEST:
        raise CannotLog(_("Choisissez une date de relance à venir, dans les deux ans."))
    row.next_follow_up = client.next_follow_up = day
    row._history_user = by  # type: ignore[attr-defined]
    row._change_reason = REASON  # type: ignore[attr-defined]
    row.save(update_fields=["next_follow_up"])


def _check(kind: str, text: str, day: date) -> None:
    if kind not in Contact.Kind.values:
        raise CannotLog(_("Choisissez\u00a0: appel, visite, e-mail ou note."))
    if kind == Contact.Kind.NOTE and not text:
        raise CannotLog(_("Écrivez la note."))
    if len(text) > LONGEST_TEXT:
        longest = {"longest": french.grouped(LONGEST_TEXT)}
        raise CannotLog(_("Ce texte est trop long\u00a0: %(longest)s caractères au plus.") % longest)
    if day > timezone.localdate():
        raise CannotLog(_("Un contact a déjà eu lieu\u00a0: pour un jour à venir, fixez une relance."))
    if day < EARLIEST_DAY:
        raise CannotLog(_("Vérifiez le jour de ce contact."))
