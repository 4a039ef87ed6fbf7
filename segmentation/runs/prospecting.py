"""Keeping a business as a prospect: written through the one door, placed at once."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from clients.facts import ClientFacts, Origin, Stamp
from clients.models import Client
from clients.recording import record, twin_of
from dignamik.foundation.locks import exclusive
from segmentation.models import Run
from segmentation.runs.refreshing import refresh


class AlreadyKnown(Exception):
    """A client of that name at that place is in the book; recording again would write over it."""

    def __init__(self, client: Client) -> None:
        super().__init__(client.pk)
        self.client = client


def keep(said: ClientFacts, run: Run | None, *, by: Any) -> Client:
    """Write the business into the book as a prospect of `by`, and place it with `run`.

    Raises AlreadyKnown, Busy when somebody else is keeping one right now, DocumentError when the run is unreadable.
    """
    fields = {**said.fields, "status": Client.Status.PROSPECT, "account_manager_name": by.get_username()}
    facts = ClientFacts(None, fields, said.category, said.readings, said.turnover)
    # The lock outlives the transaction: the next one must see this client before it looks for a twin.
    with exclusive("prospect"), transaction.atomic():
        twin = twin_of(facts)
        if twin is not None:
            raise AlreadyKnown(twin)
        recorded = record([facts], Stamp(Origin.ENTRY, timezone.now(), by))
        client = Client.objects.get(pk__in=recorded.touched)
        if run is not None:
            refresh(run, [client.pk])
    return client
