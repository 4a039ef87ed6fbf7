"""Planning one play for many clients at once, and saying for whom it was not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from clients.querysets import ClientQuerySet
from segmentation.advice.advising import Playbook, queue
from segmentation.advice.deciding import CannotDecide, decide
from segmentation.models import Decision, Play

CHUNK = 500
MOST_AT_ONCE = 1000  # each is judged and written on its own, some 13 ms: more would outlast a request


class LeftOut(StrEnum):
    """Why a play was not planned for a client."""

    NOT_TO_CONTACT = "not_to_contact"
    DECIDED = "decided"
    NOT_CONCERNED = "not_concerned"


@dataclass(frozen=True)
class Planning:
    """For how many clients a play was planned, and how many were left out for each reason."""

    planned: int
    left_out: Mapping[LeftOut, int]


@transaction.atomic
def plan(clients: ClientQuerySet, play: Play, *, playbook: Playbook, by: Any, until: date | None = None) -> Planning:
    """Plan the play for those of these clients that it is proposed to now; a decision in force stays as it is.

    `playbook` holds the play. All or nothing: raises CannotDecide where the day is none to plan for, where the play is
    proposed to none of them, or to more than `MOST_AT_ONCE`.
    """
    # Nobody else decides on one of them meanwhile.
    chosen = Client.objects.filter(pk__in=clients.order_by().values("pk"))
    others = dict(chosen.select_for_update().order_by("pk").values_list("pk", "do_not_contact"))
    proposed = sorted(pk for _, of, pk in queue(playbook, clients.order_by()) if of == play.pk)
    if not proposed:
        raise CannotDecide(_("Cette action n’est proposée à aucun de ces clients."))
    if len(proposed) > MOST_AT_ONCE:
        raise CannotDecide(
            _("Cette action serait planifiée pour plus de %(most)s clients\u00a0: restreignez la liste.")
            % {"most": MOST_AT_ONCE}
        )
    in_force = Decision.objects.in_force(timezone.localdate()).filter(play=play, client__in=chosen)
    decided = set(in_force.values_list("client", flat=True))
    for pk in proposed:
        del others[pk]
    reasons = [
        LeftOut.NOT_TO_CONTACT if not_to_contact else LeftOut.DECIDED if pk in decided else LeftOut.NOT_CONCERNED
        for pk, not_to_contact in others.items()
    ]
    for start in range(0, len(proposed), CHUNK):
        for client in Client.objects.filter(pk__in=proposed[start : start + CHUNK]).order_by("pk"):
            decide(client, play, Decision.Kind.PLANNED, playbook=playbook, by=by, until=until)
    return Planning(len(proposed), Counter(reasons))
