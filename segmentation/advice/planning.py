"""Planning one play for many clients at once, and saying for whom it was not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from clients.models import Client
from clients.querysets import ClientQuerySet
from segmentation.advice.advising import Playbook, queue
from segmentation.advice.deciding import CannotDecide, decide
from segmentation.models import Decision, Play

CHUNK = 500
NOT_TO_CONTACT = "ont demandé à ne pas être sollicités"
DECIDED = "ont déjà une décision en vigueur sur cette action"
NOT_CONCERNED = "ne sont pas concernés par cette action"


@dataclass(frozen=True)
class Planning:
    """For how many clients a play was planned, and how many were left out for each reason."""

    planned: int
    left_out: Mapping[str, int]


@transaction.atomic
def plan(clients: ClientQuerySet, play: Play, *, playbook: Playbook, by: Any, until: date | None = None) -> Planning:
    """Plan the play for those of these clients that it is proposed to now; a decision in force stays as it is.

    `playbook` holds the play. All or nothing: raises CannotDecide where the day is none to plan for.
    """
    proposed = sorted(pk for _, of, pk in queue(playbook, clients.order_by()) if of == play.pk)
    if not proposed:
        raise CannotDecide("Cette action n’est proposée à aucun de ces clients.")
    in_force = Decision.objects.in_force(timezone.localdate()).filter(
        play=play, client__in=clients.order_by().values("pk")
    )
    decided = set(in_force.values_list("client", flat=True))
    others = dict(clients.order_by().values_list("pk", "do_not_contact"))
    for pk in proposed:
        del others[pk]
    reasons = [
        NOT_TO_CONTACT if not_to_contact else DECIDED if pk in decided else NOT_CONCERNED
        for pk, not_to_contact in others.items()
    ]
    for start in range(0, len(proposed), CHUNK):
        for client in Client.objects.filter(pk__in=proposed[start : start + CHUNK]).order_by("pk"):
            decide(client, play, Decision.Kind.PLANNED, playbook=playbook, by=by, until=until)
    return Planning(len(proposed), Counter(reasons))
