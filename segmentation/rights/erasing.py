"""Erasing a client for good: from both apps, and from the files that runs wrote for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from clients.erasing import carrying_out, planning
from clients.models import Client, Erasure
from clients.reach import same_person
from clients.tombstones import Tombstones
from segmentation.runs import unplacing


@dataclass(frozen=True)
class Reach:
    """What an erasure takes, in both apps. `models`: names of files of runs that list the client by its number."""

    plan: planning.Plan
    models: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Counts only; names nobody."""
        return {**self.plan.to_dict(), "model_files": list(self.models)}


def reach(client: Client) -> Reach:
    """What `erase` would take. Writes nothing."""
    pks = [each.pk for each in same_person(client)]
    return Reach(planning.plan(client), [path.name for path in unplacing.listing(pks)])


def erase(client: Client, *, reason: str, by: Any = None, buried: Erasure | None = None) -> Reach:
    """Erase the client; arguments as in `clients.erasing.carrying_out.erase`."""
    with transaction.atomic():
        files = unplacing.listing([each.pk for each in same_person(client)])
        plan = carrying_out.erase(client, reason=reason, by=by, buried=buried)
        unplacing.delete(files)
    return Reach(plan, [path.name for path in files])


def come_back() -> Iterable[tuple[Client, Erasure]]:
    """Clients that were erased and are in the book all the same: a backup from before was restored.

    Raises `clients.tombstones.KeyIsGone`.
    """
    buried = Tombstones()
    columns = Client.objects.only("source_id", "name", "postal_code", "city", "created_at")
    for client in list(columns.order_by("pk")) if buried else ():
        if erasure := buried.of(client):
            yield client, erasure
