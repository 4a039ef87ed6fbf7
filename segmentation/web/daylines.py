"""The lines of « Ma journée »: a client, and what one needs to know before calling. A few queries a section."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from clients.confidential import reads_log
from clients.models import Client, Contact
from segmentation.advice.advising import Advice, Playbook, advices, queue
from segmentation.models import Assignment, Run, Segment
from segmentation.web.reading import labels_of

FRIDAY = 4


@dataclass(frozen=True)
class Day:
    """Today, and the days that one click offers."""

    today: date

    @property
    def next(self) -> date:
        """The next working day: nobody is called on a weekend."""
        weekday = self.today.weekday()
        return self.today + timedelta(days=1 if weekday < FRIDAY else 7 - weekday)

    @property
    def next_name(self) -> str:
        return _("Demain") if self.next == self.today + timedelta(days=1) else _("Lundi")

    @property
    def in_a_week(self) -> date:
        return self.today + timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One client of a section. What a section does not ask for stays empty."""

    client: Any
    last: Contact | None = None
    advice: Advice | None = None
    before: Segment | None = None
    missing: str = ""
    possible: Sequence[Segment] = ()


def follow_ups(clients: Sequence[Client], user: Any) -> list[Line]:
    """With the latest line of each client's log, for who may read it."""
    if not reads_log(user):
        return [Line(client) for client in clients]
    latest = Contact.objects.filter(client=OuterRef("client")).order_by("-day", "-pk").values("pk")[:1]
    found = Contact.objects.filter(client__in=[client.pk for client in clients], pk=Subquery(latest))
    by_client = {contact.client_id: contact for contact in found.select_related("by")}
    return [Line(client, last=by_client.get(client.pk)) for client in clients]


def with_advice(clients: Sequence[Client], playbook: Playbook) -> list[Line]:
    """With the most urgent advice for each, where there is one."""
    pks = [client.pk for client in clients]
    first: dict[int, Any] = {}
    for row in queue(playbook, Client.objects.present().filter(pk__in=pks)):
        first.setdefault(row[2], row)
    found = {advice.client: advice for advice in advices(playbook, first.values())}
    return [Line(client, advice=found.get(client.pk)) for client in clients]


def with_moves(lines: Iterable[Line]) -> list[Line]:
    """With the segment that each client was published in before."""
    lines = list(lines)
    _, before = Run.objects.two_latest()
    places = Assignment.objects.filter(run=before, client__in=[line.client.pk for line in lines])
    segments = {place.client_id: place.segment for place in places.select_related("segment").only("client", "segment")}
    return [replace(line, before=segments.get(line.client.pk)) for line in lines]


def about_unknowns(clients: Sequence[Client], run: Run | None) -> list[Line]:
    """With the one thing to ask, and the segments that its answer decides between."""
    places = Assignment.objects.filter(run=run, client__in=[client.pk for client in clients])
    known = {place.client_id: place for place in places.only("client", "settling", "possible")}
    recipe = Run.objects.values_list("recipe", flat=True).filter(pk=run.pk).first() if run else None
    labels = labels_of(recipe)
    segments = {segment.slug: segment for segment in Segment.objects.in_run(run)}
    return [
        Line(
            client,
            missing=labels.get(place.settling[0], place.settling[0]),
            possible=[segments[slug] for slug in place.possible if slug in segments],
        )
        for client in clients
        if (place := known.get(client.pk)) and place.settling
    ]
