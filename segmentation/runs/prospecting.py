"""Prospects: a business kept as one, written through the one door and placed at once; many placed and not kept; one
that becomes a client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from clients.facts import ClientFacts, Origin, Stamp
from clients.models import Category, Client
from clients.places import fold
from clients.recording import record, save, twin_of
from dignamik.foundation.auditing import Kind, latest_version, note
from dignamik.foundation.locks import exclusive
from segmentation.engine.document import Document
from segmentation.models import Run
from segmentation.runs import frames
from segmentation.runs.placing import Placement, placed, segments_by_cluster
from segmentation.runs.refreshing import bring_up_to_date, refresh


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
        note(Kind.CREATED, by, about=client, history=latest_version(client), prospect=True)
        if run is not None:
            refresh(run, [client.pk])
    return client


@dataclass(frozen=True)
class Business:
    """A business that a file tells of. `facts` as `placing.place` and `advice.facts.of_business` take them."""

    name: str
    city: str
    facts: dict[str, Any]


def business_of(fact: ClientFacts) -> Business:
    """What a source says of a client, as a business that is none yet: it has no seniority."""
    counts = {name: reading.count for name, reading in fact.readings.items()}
    year = max(fact.turnover, default=None)
    site = fact.fields.get("website") or None
    return Business(
        name=str(fact.fields.get("name") or ""),
        city=str(fact.fields.get("city") or ""),
        facts={
            "category": fact.category,
            "sector": fact.fields.get("sector"),
            "followers": {name: count for name, count in counts.items() if count is not None},
            "turnover": None if year is None else fact.turnover[year],
            "turnover_year": year,
            "has_website": True if site else fact.fields.get("has_website"),
            "status": Client.Status.PROSPECT,
        },
    )


def place_many(businesses: Sequence[Business], run: Run) -> list[Placement]:
    """Where the run would place each; types are matched as the book writes them, and bring their sector.

    Raises DocumentError when the run's document cannot be read.
    """
    known = {fold(category.name): category for category in Category.objects.all()}
    columns: dict[str, list[Any]] = {}
    for business in businesses:
        said = dict(business.facts)
        category = known.get(fold(str(said["category"] or "")))
        if category is not None:
            said |= {"category": category.name, "sector": category.sector}
        for name, values in frames.of_one(said, run.as_of).items():
            columns.setdefault(name, []).extend(values)
    if not columns:
        return []
    return placed(columns, Document.from_dict(run.document or {}), segments_by_cluster(run))


def become_client(prospect: Client, *, by: Any) -> None:
    """A prospect is active from today, with all that was known of it; anybody else stays what they are."""
    if prospect.status != Client.Status.PROSPECT:
        return
    prospect.status = Client.Status.ACTIVE
    changed = {"status"}
    if prospect.client_since is None:
        prospect.client_since = timezone.localdate()
        changed.add("client_since")
    save(prospect, changed=changed, user=by)
    bring_up_to_date([prospect.pk])
