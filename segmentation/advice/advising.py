"""Which play applies to which client, now, and why. Derived at each reading; nothing is stored but decisions.

Never a service that the client holds, never for a client not to be contacted, never from an imputed value, and not
what a decision in force keeps away: planned, refused, put off, or done too short a time ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, HeldService
from clients.querysets import ClientQuerySet
from segmentation.advice import facts as book
from segmentation.advice.conditions import Figures, as_filter, figures_of, holds, in_words
from segmentation.advice.facts import Facts
from segmentation.models import Condition, Decision, Play, Profile, Run, Segment

Row = tuple[int, int, int]  # urgency, play, client
UNSAVED = 0  # what rows call a play that has no key yet


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
    `draft`: its only play is taken from memory, as somebody is writing it, not from the database.
    """

    run: Run | None
    plays: tuple[Play, ...]
    figures: dict[int, dict[str, Figures]]  # by segment pk
    conditions: Mapping[int, Sequence[Condition]]  # by key of the play
    quoted: bool = True
    draft: bool = False

    @classmethod
    def of(cls, run: Run | None, *, plays: QuerySet[Play] | None = None, quoted: bool = True) -> Playbook:
        """Two queries and a prefetch, whatever the number of clients."""
        if run is None:
            return cls(None, (), {}, {})
        figures = _figures(run)
        chosen = Play.objects.all() if plays is None else plays
        chosen = chosen.filter(active=True, segment__in=figures).select_related("segment").order_by("priority", "pk")
        found = tuple(chosen.prefetch_related("conditions"))
        return cls(run, found, figures, {play.pk: tuple(play.conditions.all()) for play in found}, quoted)

    @classmethod
    def of_draft(cls, run: Run | None, play: Play, conditions: Sequence[Condition], *, quoted: bool = True) -> Playbook:
        """This play alone as it stands in memory, with these conditions: saved or not, archived or not.

        Without any play where the run does not have its segment.
        """
        figures = {} if run is None else _figures(run)
        if play.segment_id not in figures:
            return cls(run, (), figures, {}, quoted)
        return cls(run, (play,), figures, {key(play): tuple(conditions)}, quoted, draft=True)

    def lines(self, clients: ClientQuerySet) -> QuerySet[Any]:
        """A row for each of these clients and each play that applies to it now, annotated with `play` and `urgency`.

        The client's place leads to the plays of its segment; each play then brings its own conditions. A draft is
        offered in its place: what follows is the same.
        """
        today = timezone.localdate()
        here = FilteredRelation("assignments", condition=Q(assignments__run=self.run.pk if self.run else None))
        held = HeldService.objects.filter(client=OuterRef("pk"), service=OuterRef("offered"))
        decided = Decision.objects.keeping_away(today)
        met = Q(pk__in=[])
        for play in self.plays:
            terms = [as_filter(item, self.figures[play.segment_id], today) for item in self.conditions[key(play)]]
            if None not in terms:
                offered = Q(here__segment=play.segment_id) if self.draft else Q(play=play.pk)
                met |= Q(offered, *terms)  # the cheap question first: most rows stop there
        return (
            clients.annotate(here=here)
            .annotate(**self._offered(), **book.as_annotations(self._fields()))
            .filter(met, ~Exists(held), ~Exists(decided), do_not_contact=False)
        )

    def _offered(self) -> dict[str, Any]:
        if self.draft:
            (play,) = self.plays
            return {
                "play": Value(key(play), output_field=IntegerField()),
                "urgency": Value(play.priority, output_field=IntegerField()),
                "offered": Value(play.service),
                "title": Value(play.title),
            }
        return {
            "play": F("here__segment__plays"),
            "urgency": F("here__segment__plays__priority"),
            "offered": F("here__segment__plays__service"),
            "title": F("here__segment__plays__title"),
        }

    def _fields(self) -> list[str]:
        """The facts that its plays ask about."""
        return sorted({condition.field for rows in self.conditions.values() for condition in rows})

    def reason(self, play: Play, facts: Facts) -> str:
        """The sentence for one client, from its facts."""
        figures, today = self.figures[play.segment_id], timezone.localdate()
        conditions = self.conditions[key(play)]
        # A status says little to who looks at the client: it is a reason only where nothing else is.
        telling = [item for item in conditions if item.field != item.Field.STATUS] or conditions
        clauses = [in_words(item, facts, figures, today, quoted=self.quoted) for item in telling]
        if not clauses:
            return _("Proposé à tout le segment «\u00a0%(name)s\u00a0».") % {"name": play.segment.name}
        text = _("\u00a0; ").join(dict.fromkeys(clauses))
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
    plays = {key(play): play for play in playbook.plays}
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
        and all(
            holds(condition, facts, playbook.figures[segment.pk], today) for condition in playbook.conditions[play.pk]
        )
    ]


def counts(playbook: Playbook, clients: ClientQuerySet) -> dict[int, int]:
    """How many of these clients each play concerns now, in one query."""
    found = playbook.lines(clients).order_by().values_list("play").annotate(clients=Count("pk"))
    return {key(play): 0 for play in playbook.plays} | dict(found)


def preview(playbook: Playbook, play: Play, clients: ClientQuerySet, limit: int = 3) -> Sequence[Advice]:
    """A few clients that a play concerns, with the sentence each would get."""
    rows = queue(playbook, clients.order_by()).filter(play=key(play))
    return advices(playbook, rows[:limit])


def key(play: Play) -> int:
    """What the rows of a playbook call this play."""
    return play.pk or UNSAVED


def _figures(run: Run) -> dict[int, dict[str, Figures]]:
    profiles = Profile.objects.filter(run=run).values_list("segment", "data")
    return {segment: figures_of(data) for segment, data in profiles}
