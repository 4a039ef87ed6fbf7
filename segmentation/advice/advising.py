"""Which play applies to which client, now, and why. Derived at each reading; nothing is stored but decisions.

Never a service that the client holds, never for a client not to be contacted, never from an imputed value, and never
again what a person planned, did or refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from clients.models import Client, HeldService
from clients.querysets import ClientQuerySet
from segmentation.advice.conditions import Figures, as_filter, figures_of, in_words
from segmentation.advice.facts import as_annotations
from segmentation.models import Assignment, Decision, Play, Profile, Run


@dataclass(frozen=True)
class Advice:
    """One play for one client. `reason` quotes the client's real figures."""

    client: int
    play: Play
    reason: str


@dataclass(frozen=True)
class Playbook:
    """The active plays of a run's segments, ready to be applied: conditions loaded, segment figures at hand."""

    run: Run | None
    plays: tuple[Play, ...]
    figures: dict[int, dict[str, Figures]]  # by segment pk

    @classmethod
    def of(cls, run: Run | None, *, plays: QuerySet[Play] | None = None) -> Playbook:
        """Two queries and a prefetch, whatever the number of clients."""
        if run is None:
            return cls(None, (), {})
        profiles = Profile.objects.filter(run=run)
        figures = {segment: figures_of(data) for segment, data in profiles.values_list("segment", "data")}
        chosen = Play.objects.all() if plays is None else plays
        chosen = chosen.filter(active=True, segment__in=figures).select_related("segment")
        return cls(run, tuple(chosen.prefetch_related("conditions")), figures)

    def concerned(self, play: Play, clients: ClientQuerySet, *, decided: bool = False) -> ClientQuerySet:
        """The clients among these to whom the play applies now; `decided` keeps those already decided on."""
        placed = Assignment.objects.filter(run=self.run, client=OuterRef("pk"), segment=play.segment_id)
        held = HeldService.objects.filter(client=OuterRef("pk"), service=play.service)
        found = clients.filter(Exists(placed), ~Exists(held), do_not_contact=False)
        if not decided:
            found = found.filter(~Exists(_closing(play)))
        conditions = list(play.conditions.all())
        wanted = {f"fact_{condition.field}" for condition in conditions}
        found = found.annotate(**{name: said for name, said in as_annotations().items() if name in wanted})
        for condition in conditions:
            term = as_filter(condition, self.figures[play.segment_id], timezone.localdate())
            if term is None:
                return found.none()
            found = found.filter(term)
        return found

    def reason(self, play: Play, facts: dict[str, Any]) -> str:
        """The sentence for one client, from its facts (`fact_<name>` → value)."""
        figures = self.figures[play.segment_id]
        clauses = [
            in_words(condition, facts[f"fact_{condition.field}"], figures) for condition in play.conditions.all()
        ]
        if not clauses:
            return f"Proposé à tout le segment « {play.segment.name} »."
        text = "\u00a0; ".join(dict.fromkeys(clauses))
        return f"{text[0].upper()}{text[1:]}."


def queue(playbook: Playbook, clients: ClientQuerySet) -> QuerySet[Client, tuple[int, int, int]]:
    """All advice for these clients in one query: rows of (priority, play, client), most urgent first, to slice."""
    parts = [
        playbook.concerned(play, clients)
        .order_by()
        .annotate(urgency=Value(play.priority), play=Value(play.pk))
        .values_list("urgency", "play", "pk")
        for play in playbook.plays
    ]
    if not parts:
        return Client.objects.none().values_list("pk", "pk", "pk")
    return parts[0].union(*parts[1:], all=True).order_by("urgency", "play", "pk")


def advices(playbook: Playbook, rows: Iterable[tuple[int, int, int]]) -> list[Advice]:
    """Rows of `queue` with their reasons; one query for the facts of all clients named."""
    rows = list(rows)
    plays = {play.pk: play for play in playbook.plays}
    facts = _facts({pk for _, _, pk in rows})
    return [
        Advice(client, plays[play], playbook.reason(plays[play], facts[client]))
        for _, play, client in rows
        if client in facts
    ]


def for_client(playbook: Playbook, client: Client) -> list[Advice]:
    """The advice for one client, most urgent first."""
    return advices(playbook, queue(playbook, Client.objects.present().filter(pk=client.pk)))


def counts(playbook: Playbook, clients: ClientQuerySet) -> dict[int, int]:
    """How many of these clients each play concerns now."""
    return {play.pk: playbook.concerned(play, clients).count() for play in playbook.plays}


def preview(playbook: Playbook, play: Play, clients: ClientQuerySet, limit: int = 3) -> Sequence[Advice]:
    """A few clients that a play concerns, with the sentence each would get."""
    rows = [
        (play.priority, play.pk, pk) for pk in playbook.concerned(play, clients).values_list("pk", flat=True)[:limit]
    ]
    return advices(playbook, rows)


def _closing(play: Play) -> QuerySet[Decision]:
    """A decision in force that keeps the play away from the outer client."""
    today: date = timezone.localdate()
    in_force = Decision.objects.filter(client=OuterRef("pk"), play=play, current=True)
    lasting = Q(kind__in=[Decision.Kind.PLANNED, Decision.Kind.DONE])
    expiring = Q(kind__in=[Decision.Kind.REFUSED, Decision.Kind.SNOOZED]) & (Q(until=None) | Q(until__gt=today))
    return in_force.filter(lasting | expiring)


def _facts(pks: set[int]) -> dict[int, dict[str, Any]]:
    said = as_annotations()
    rows = Client.objects.filter(pk__in=pks).annotate(**said).values("pk", *said)
    return {row["pk"]: row for row in rows}
