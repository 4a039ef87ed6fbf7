"""Which play applies to which client, now, and why. Derived at each reading; nothing is stored but decisions.

Never a service that the client holds, never for a client not to be contacted, never from an imputed value, and not
what a decision in force keeps away: planned, refused, put off, or done too short a time ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.utils import timezone

from clients.models import Client, HeldService
from clients.querysets import ClientQuerySet
from segmentation.advice import facts as book
from segmentation.advice.conditions import Figures, as_filter, figures_of, holds, in_words
from segmentation.advice.facts import Facts
from segmentation.models import Decision, Play, Profile, Run, Segment

Row = tuple[int, int, int]  # urgency, play, client


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

    def lines(self, clients: ClientQuerySet) -> QuerySet[Any]:
        """A row for each of these clients and each play that applies to it now, annotated with `play` and `urgency`.

        The client's place leads to the plays of its segment; each play then brings its own conditions.
        """
        today = timezone.localdate()
        here = FilteredRelation("assignments", condition=Q(assignments__run=self.run.pk if self.run else None))
        held = HeldService.objects.filter(client=OuterRef("pk"), service=OuterRef("offered"))
        decided = Decision.objects.keeping_away(today)
        met = Q(pk__in=[])
        for play in self.plays:
            terms = [as_filter(item, self.figures[play.segment_id], today) for item in play.conditions.all()]
            if None not in terms:
                met |= Q(Q(play=play.pk), *terms)  # the cheap question first: most rows stop there
        return (
            clients.annotate(here=here)
            .annotate(
                play=F("here__segment__plays"),
                urgency=F("here__segment__plays__priority"),
                offered=F("here__segment__plays__service"),
                title=F("here__segment__plays__title"),
                **book.as_annotations(_fields(self.plays)),
            )
            .filter(met, ~Exists(held), ~Exists(decided), do_not_contact=False)
        )

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


def queue(playbook: Playbook, clients: ClientQuerySet, ordering: Sequence[str] = ()) -> QuerySet[Any, Row]:
    """All advice for these clients in one query: rows of (urgency, play, client), to count and to slice.

    Sorted by `ordering` (columns of the clients, unknown last), then most urgent first, then by client's name.
    """
    terms = [
        F(name[1:]).desc(nulls_last=True) if name.startswith("-") else F(name).asc(nulls_last=True) for name in ordering
    ]
    found = playbook.lines(clients).order_by(*terms, "urgency", "name_folded", "pk", "play")
    return found.values_list("urgency", "play", "pk")


def advices(playbook: Playbook, rows: Iterable[Row]) -> list[Advice]:
    """Rows of `queue` with their reasons; one query for the facts of all clients named."""
    rows = list(rows)
    plays = {play.pk: play for play in playbook.plays}
    facts = book.of_clients(client for _, _, client in rows)
    return [
        Advice(client, plays[play], playbook.reason(plays[play], facts[client]))
        for _, play, client in rows
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
    found = playbook.lines(clients).order_by().values_list("play").annotate(clients=Count("pk"))
    return {play.pk: 0 for play in playbook.plays} | dict(found)


def preview(playbook: Playbook, play: Play, clients: ClientQuerySet, limit: int = 3) -> Sequence[Advice]:
    """A few clients that a play concerns, with the sentence each would get."""
    rows = queue(playbook, clients.order_by()).filter(play=play.pk)
    return advices(playbook, rows[:limit])


def _fields(plays: Iterable[Play]) -> list[str]:
    """The facts that these plays ask about."""
    return sorted({condition.field for play in plays for condition in play.conditions.all()})
