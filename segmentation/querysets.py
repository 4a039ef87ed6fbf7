"""Which runs, segments and placements: reads named after the need they serve."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, Exists, F, FilteredRelation, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils import timezone

from clients.querysets import ClientQuerySet

if TYPE_CHECKING:
    from segmentation.models import Decision, Run, Segment  # noqa: F401 (named in strings below)

SEES_DRAFTS = "segmentation.view_draft_run"
OBJECTED = "objected"
"""The standing of who objected to profiling: no placement says it, the client does."""
REST = timedelta(days=180)
"""How long an action that was done is not proposed again, at least: half a year, so that nobody feels pestered."""


class RunQuerySet(QuerySet["Run"]):
    def current(self) -> Run | None:
        """The published run: where the pointer stands, or None before the first publication."""
        return self.filter(publications__isnull=False).order_by("-publications__pk").first()

    def two_latest(self) -> tuple[Run | None, Run | None]:
        """The published run and the one that was published before it."""
        published = self.annotate(last=Max("publications__pk")).filter(last__isnull=False).order_by("-last")[:2]
        return (*published, None, None)[:2]  # type: ignore[return-value]

    def latest_publication(self) -> datetime | None:
        """When what people see last changed."""
        found: datetime | None = self.aggregate(at=Max("publications__at"))["at"]
        return found

    def shown_to(self, user: Any) -> Run | None:
        """The published run; with nothing published yet, the latest held run to those who may see drafts."""
        current = self.current()
        if current is not None or not user.has_perm(SEES_DRAFTS):
            return current
        return self.filter(state="held").order_by("-pk").first()

    def listed(self) -> RunQuerySet:
        """For the list of runs: nothing heavy, and when each was last published."""
        return (
            self.defer("document", "recipe")
            .select_related("requested_by")
            .annotate(last_published_at=Max("publications__at"))
            .order_by("-pk")  # grouping drops the model's own order
        )


class SegmentQuerySet(QuerySet["Segment"]):
    def in_run(self, run: Run | None) -> SegmentQuerySet:
        """The segments of one run, biggest in training first."""
        if run is None:
            return self.none()
        return self.filter(profiles__run=run).order_by("-profiles__size")

    def counted(self, run: Run | None, clients: ClientQuerySet) -> SegmentQuerySet:
        """With `size`: how many of these clients the run places in each."""
        mine = Q(assignments__run=run, assignments__client__in=clients)
        return self.annotate(size=Count("assignments", filter=mine, distinct=True))


class DecisionQuerySet(QuerySet["Decision"]):
    def in_force(self, today: date) -> DecisionQuerySet:
        """Those that keep their play away from their client.

        Planned: until it is done or taken back. Put off: until its day. Refused: until its day, if it has one, and as
        long as no publication since has put the client in another segment. Done: for `REST`, and in any case until
        another action has been done, so that nobody gets the same play twice in a row.
        """
        started = timezone.make_aware(datetime.combine(today - REST, time.min))
        refused = Q(kind="refused") & (Q(until=None) | Q(until__gt=today)) & ~Exists(_moves())
        done = Q(kind="done") & (Q(at__gte=started) | ~Exists(self._done_since()))
        return self.filter(Q(kind="planned") | Q(kind="snoozed", until__gt=today) | refused | done, current=True)

    def keeping_away(self, today: date) -> DecisionQuerySet:
        """For an outer queryset with a client's `pk`, a `play` and its `title`: what keeps that play away from it.

        What was done counts by its title: the play of another segment is another row, but for people the same action.
        """
        same = Q(play=OuterRef("play")) | Q(kind="done", play__title=OuterRef("title"))
        return self.in_force(today).filter(same, client=OuterRef("pk"))

    def _done_since(self) -> QuerySet[Any]:
        """Another action, done for the same client after the decision at hand."""
        done = self.model.objects.filter(kind="done", current=True, client=OuterRef("client"), at__gt=OuterRef("at"))
        return done.exclude(play__title=OuterRef("play__title"))


def _moves() -> QuerySet[Any]:
    """Publications since the decision at hand that show its client in another segment than it had then.

    Not classifiable is no other segment: too little is known to say so.
    """
    assignments = apps.get_model("segmentation", "Assignment").objects
    published = assignments.filter(client=OuterRef("client"), run__publications__at__gt=OuterRef("at"))
    return published.filter(segment__isnull=False).exclude(segment=OuterRef("segment"))


def with_segment(clients: ClientQuerySet, run: Run | None) -> ClientQuerySet:
    """Clients with their place in this run: `place` to filter on, and columns for table, export and API.

    Without a run the same columns exist, all unknown.
    """
    return clients.annotate(
        place=FilteredRelation("assignments", condition=Q(assignments__run=run.pk if run else None)),
    ).annotate(
        segment_slug=F("place__segment__slug"),
        segment_name=F("place__segment__name"),
        segment_colour=F("place__segment__colour"),
        standing=Case(When(profiling_objected_at__isnull=False, then=Value(OBJECTED)), default=F("place__standing")),
        margin=F("place__margin"),
    )


def as_text(path: str) -> Cast:
    """A list of names, stored as JSON, as text to look a name up in: SQLite cannot ask a JSON list what it contains."""
    return Cast(path, models.TextField())


def naming(text: str, name: str) -> Q:
    """Whether the list named `text` (see `as_text`) has this name in it."""
    return Q(**{f"{text}__contains": f'"{name}"'})


DecisionManager = models.Manager.from_queryset(DecisionQuerySet)
RunManager = models.Manager.from_queryset(RunQuerySet)
SegmentManager = models.Manager.from_queryset(SegmentQuerySet)
