"""Objections to profiling, written and lifted. A sibling of `clients.recording`: nobody else writes these.

Here only the book of record is told; `segmentation.rights.objecting`, which every face calls, takes the placements
away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.facts import ClientFacts
from clients.matching import key_of, known_clients
from clients.models import Client, Objection
from clients.rights import LONGEST_WHY
from dignamik.foundation.auditing import Kind, latest_version, note

HISTORY_REASON = 100
"""Characters that the history keeps of a reason; the objection itself keeps all of it."""


class CannotObject(Exception):
    """Said to whoever asked, in their language."""


@transaction.atomic
def write(client: Client, *, why: str, by: Any) -> Objection:
    """Note the objection, in force from now on; one that is in force already stays as it is. Raises CannotObject."""
    why = _reason(why)
    row = _held(client)
    held = row.objections.filter(lifted_at=None).first()
    if held is not None:
        return held
    now = timezone.now()
    made = Objection.objects.create(client=row, at=now, by=by, why=why)
    _mark(row, client, now, by, why)
    note(Kind.OBJECTION, by, about=row, history=latest_version(row))
    return made


@transaction.atomic
def lift(client: Client, *, why: str, by: Any) -> None:
    """End the objection that is in force. Raises CannotObject where there is none."""
    why = _reason(why)
    row = _held(client)
    held = row.objections.filter(lifted_at=None).first()
    if held is None:
        raise CannotObject(_("Ce client ne s’oppose pas au profilage\u00a0: il n’y a rien à lever."))
    held.lifted_at, held.lifted_by, held.lifted_why = timezone.now(), by, why
    held.save(update_fields=["lifted_at", "lifted_by", "lifted_why"])
    _mark(row, client, None, by, why)
    note(Kind.OBJECTION_LIFTED, by, about=row, history=latest_version(row))


def objected_among(facts: Sequence[ClientFacts]) -> set[int]:
    """The places of the facts about a client who objects: a business that somebody asks about is one all the same."""
    known = known_clients(facts)
    found = ((at, known.clients.get(key_of(fact))) for at, fact in enumerate(facts))
    return {at for at, client in found if client is not None and client.profiling_objected_at is not None}


def _held(client: Client) -> Client:
    """Whom the client is one with by a merge, else itself. FOR UPDATE, not the weaker lock of an edit: a run that is
    writing its placements is waited for."""
    row = Client.objects.select_for_update().get(pk=client.pk)
    return row if row.merged_into_id is None else Client.objects.select_for_update().get(pk=row.merged_into_id)


def _reason(why: str) -> str:
    why = " ".join(why.split())
    if not why:
        raise CannotObject(_("Dites en un mot pourquoi, par exemple\u00a0: demande reçue par courrier."))
    if len(why) > LONGEST_WHY:
        raise CannotObject(
            _("Cette raison est trop longue\u00a0: %(most)s caractères au plus.") % {"most": LONGEST_WHY}
        )
    return why


def _mark(row: Client, client: Client, since: Any, by: Any, reason: str) -> None:
    row.profiling_objected_at = client.profiling_objected_at = since
    row._history_user = by  # type: ignore[attr-defined]
    row._change_reason = reason[:HISTORY_REASON]  # type: ignore[attr-defined]
    row.save(update_fields=["profiling_objected_at"])
