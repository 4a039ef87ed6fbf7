"""What a person does with a piece of advice: plan it, do it, refuse it, put it off, or take that back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from clients.models import Client
from segmentation.advice.advising import Playbook, for_client
from segmentation.models import Decision, Play

Kind = Decision.Kind


class CannotDecide(Exception):
    """Said in French, to whoever decided."""


@transaction.atomic
def decide(
    client: Client,
    play: Play,
    kind: str,
    *,
    playbook: Playbook,
    by: Any,
    comment: str = "",
    until: date | None = None,
) -> Decision:
    """Keep the decision with the reason as it stands now. A refusal needs a comment, a snooze a day to come.

    Deciding again replaces what is in force and keeps it as history. Raises CannotDecide.
    """
    if kind not in Kind.values:
        raise CannotDecide("Cette décision n’existe pas : planifier, fait, écarter, plus tard ou rouvrir.")
    if kind == Kind.REFUSED and not comment.strip():
        raise CannotDecide("Dites en un mot pourquoi vous écartez cette action.")
    if kind == Kind.SNOOZED and (until is None or until <= timezone.localdate()):
        raise CannotDecide("Choisissez une date à venir.")
    Client.objects.select_for_update().filter(pk=client.pk).first()  # two people deciding at once take turns
    before = Decision.objects.filter(client=client, play=play, current=True).first()
    reason = before.shown_reason if before else _shown_reason(client, play, playbook)
    Decision.objects.filter(client=client, play=play, current=True).update(current=False)
    return Decision.objects.create(
        client=client, play=play, kind=kind, shown_reason=reason, comment=comment.strip(), by=by,
        until=until if kind in {Kind.SNOOZED, Kind.PLANNED} else None,
    )  # fmt: skip


def _shown_reason(client: Client, play: Play, playbook: Playbook) -> str:
    for advice in for_client(playbook, client):
        if advice.play.pk == play.pk:
            return advice.reason
    raise CannotDecide("Cette action ne concerne plus ce client : ses données ou son segment ont changé.")
