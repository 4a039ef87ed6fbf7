"""An objection to profiling, with what it means for segments: no placement at all, until it is lifted.

Placements are deleted, of every run and not only of the one in force: they are what the person objects to, nothing
needs them any more, and what is not there is in no page, movement, history or export. The files for notebooks that list
the client go with them. Sizes and profiles that a run wrote are figures of groups and stay until the next one.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from clients import objecting
from clients.models import Client
from clients.reach import same_person
from segmentation.runs.refreshing import bring_up_to_date
from segmentation.runs.unplacing import take_out


@transaction.atomic
def object_to_profiling(client: Client, *, why: str, by: Any = None) -> None:
    """From now on nobody profiles this client, whatever it was merged into. Raises `clients.objecting.CannotObject`."""
    objecting.write(client, why=why, by=by)
    take_out([each.pk for each in same_person(client)])


def lift_objection(client: Client, *, why: str, by: Any = None) -> None:
    """Profile the client again: placed at once, by the model in force. Raises `clients.objecting.CannotObject`."""
    objecting.lift(client, why=why, by=by)
    bring_up_to_date([same_person(client)[0].pk])
