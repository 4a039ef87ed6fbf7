"""Which play applies to which client, now, and why. Derived at each reading; nothing is stored but decisions.

Never a service that the client holds, never for a client not to be contacted, never from an imputed value, and never
again what a person planned, did or refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from clients.models import Client, HeldService
from clients.querysets import ClientQuerySet
from segmentation.advice import facts as book
from segmentation.advice.conditions import Figures, as_filter, figures_of, holds, in_words
from segmentation.advice.facts import Facts
from segmentation.models import Assignment, Decision, Play, Profile, Run, Segment

Row = tuple[Any, ...]  # urgency, play, client, and what the queue is sorted by


@dataclass(frozen=True)
class Advice:
    """One play for one client (None: a business that is not in the book). `reason` quotes real figures."""

    client: int | None
    play: Play
    reason: str


@dataclass(frozen=True)
class Playbook:
    """The active plays of a run's segments, ready to be applied: conditions loaded, segment figures at hand.

    `quoted`: reasons may quote the segment's figures, which not everybody may read when a group is tiny.
    """

    run: Run | None
    plays: tuple[Play, ...]
    figures: dict[int, dict[str, Figures]]  # by segment pk
    quoted: bool = True

    @classmethod
    def of(cls, run: Run | None, *, plays: QuerySet[Play] | None = None, quoted: bool = True) -> Playbook:
        """Two queries and a prefetch, whatever the number of clients."""
        if run is None:
            return cls(None, (), {})
        profiles = Profile.objects.filter(run=run)
        figures = {segment: figures_of(data) for segment, data in profiles.values_list("segment", "data")}
        chosen = Play.objects.all() if plays is None else plays
        chosen = chosen.filter(active=True, segment__in=figures).select_related("segment").order_by("priority", "pk")
        return cls(run, tuple(chosen.prefetch_related("conditions")), figures, quoted)

    def applies(self, play: Play) -> Q | None:
        """Whom the play is for, on clients annotated with its facts; None when it can be nobody."""
        today = timezone.localdate()
        placed = Assignment.objects.filter(run=self.run, client=OuterRef("pk"), segment=play.segment_id)
        held = HeldService.objects.filter(client=OuterRef("pk"), service=play.service)
        decided = Decision.objects.in_force(today).filter(client=OuterRef("pk"), play=play)
        found = Q(Exists(placed), ~Exists(held), ~Exists(decided), do_not_contact=False)
        for condition in play.conditions.all():
            term = as_filter(condition, self.figures[play.segment_id], today)
            if term is None:
                return None
            found &= term
        return found

    def concerned(self, play: Play, clients: ClientQuerySet) -> ClientQuerySet:
        """The clients among these to whom the play applies now."""
        found = self.applies(play)
        if found is None:
            return clients.none()
        return clients.annotate(**book.as_annotations(_fields([play]))).filter(found)

    def reason(self, play: Play, facts: Facts) -> str:
        """The sentence for one client, from its facts."""
        figures, today = self.figures[play.segment_id], timezone.localdate()
        conditions = list(play.conditions.all())
        # A status says little to who looks at the client: it is a reason only where nothing else is.
        telling = [item for item in conditions if item.field != item.Field.STATUS] or conditions
        clauses = [in_words(item, facts, figures, today, quoted=self.quoted) for item in telling]
        if not clauses:
            return f"Proposé à tout le segment «\u00a0{play.segment.name}\u00a0»."
        text = "\u00a0; ".join(dict.fromkeys(clauses))
        return f"{text[0].upper()}{text[1:]}."


def queue(playbook: Playbook, clients: ClientQuerySet, ordering: Sequence[str] = ()) -> QuerySet[Client, Row]:
    """All advice for these clients in one query: rows of (urgency, play, client, …), to count and to slice.

    Sorted by `ordering` (columns of the clients), then most urgent first, then by client's name.
    """
    keys = {f"key_{at}": F(name.lstrip("-")) for at, name in enumerate(ordering)}
    columns = ("urgency", "play", "pk", "named", *keys)
    parts = [
        playbook.concerned(play, clients)
        .order_by()
        .annotate(urgency=Value(play.priority), play=Value(play.pk), named=F("name_folded"), **keys)
        .values_list(*columns)
        for play in playbook.plays
        if playbook.applies(play) is not None
    ]
    if not parts:
        return Client.objects.none().values_list("pk", "pk", "pk")
    terms = [
        F(key).desc(nulls_last=True) if name.startswith("-") else F(key).asc(nulls_last=True)
        for key, name in zip(keys, ordering, strict=True)
    ]
    return parts[0].union(*parts[1:], all=True).order_by(*terms, "urgency", "named", "pk", "play")


def advices(playbook: Playbook, rows: Iterable[Row]) -> list[Advice]:
    """Rows of `queue` with their reasons; one query for the facts of all clients named."""
    rows = list(rows)
    plays = {play.pk: play for play in playbook.plays}
    facts = book.of_clients(row[2] for row in rows)
    return [
        Advice(client, plays[play], playbook.reason(plays[play], facts[client]))
        for _, play, client, *_ in rows
        if client in facts
    ]


def for_client(playbook: Playbook, client: Client) -> list[Advice]:
    """The advice for one client, most urgent first."""
    return advices(playbook, queue(playbook, Client.objects.present().filter(pk=client.pk)))


def for_business(playbook: Playbook, segment: Segment, facts: Facts) -> list[Advice]:
    """The first plays for a business that is not in the book, were it in this segment, most urgent first."""
    today = timezone.localdate()
    return [
        Advice(None, play, playbook.reason(play, facts))
        for play in playbook.plays
        if play.segment_id == segment.pk
        and all(holds(condition, facts, playbook.figures[segment.pk], today) for condition in play.conditions.all())
    ]


def counts(playbook: Playbook, clients: ClientQuerySet) -> dict[int, int]:
    """How many of these clients each play concerns now, in one query."""
    applies = {play.pk: playbook.applies(play) for play in playbook.plays}
    # Marked first and counted outside: an aggregate cannot filter by a subquery on the rows it aggregates.
    marks = {f"play_{pk}": Case(When(found, then=Value(1))) for pk, found in applies.items() if found is not None}
    facts = book.as_annotations(_fields(playbook.plays))
    marked = clients.order_by().annotate(**facts).annotate(**marks)
    found = marked.aggregate(**{f"clients_{name}": Count(name) for name in marks}) if marks else {}
    return {pk: found.get(f"clients_play_{pk}", 0) for pk in applies}


def preview(playbook: Playbook, play: Play, clients: ClientQuerySet, limit: int = 3) -> Sequence[Advice]:
    """A few clients that a play concerns, with the sentence each would get."""
    chosen = playbook.concerned(play, clients).order_by("pk").values_list("pk", flat=True)[:limit]
    return advices(playbook, [(play.priority, play.pk, pk) for pk in chosen])


def _fields(plays: Iterable[Play]) -> list[str]:
    """The facts that these plays ask about."""
    return sorted({condition.field for play in plays for condition in play.conditions.all()})
