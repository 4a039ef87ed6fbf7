"""What became of the advice, as observed: how much of it was taken up, and what clients answered.

Not an effect: who was proposed an action, and to whom one brought it first, was nobody's lottery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from clients.querysets import ClientQuerySet
from segmentation.models import Decision, Play, Segment

FEWEST = 10
"""Below this a share says more about chance than about the action."""
Kind = Decision.Kind
TAKEN_UP = (Kind.PLANNED, Kind.DONE)


@dataclass(frozen=True)
class Observed:
    """One action in one segment: the latest decision of each client. Counts by kind, and by outcome of what was done.

    What was put off or taken back is no answer and is not counted.
    """

    play: Play
    segment: Segment | None
    kinds: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)

    @property
    def decided(self) -> int | None:
        """None: too few to be told."""
        return self._enough(sum(self.kinds.values()))

    @property
    def acceptance(self) -> float | None:
        """Share of the decisions that took the action up; None under `FEWEST` decisions."""
        if self.decided is None:
            return None
        return sum(self.kinds.get(kind, 0) for kind in TAKEN_UP) / self.decided

    @property
    def answered(self) -> int | None:
        """Done with an outcome that somebody noted; None: too few to be told."""
        return self._enough(sum(self.outcomes.values()))

    def share(self, outcome: str) -> float | None:
        """Of what was done with an outcome; None under `FEWEST` of them."""
        return None if self.answered is None else self.outcomes.get(outcome, 0) / self.answered

    def _enough(self, count: int) -> int | None:
        return count if count >= FEWEST else None


def observed(clients: ClientQuerySet) -> Sequence[Observed]:
    """Every action that was decided on for these clients, by title and segment. Three queries."""
    rows = Decision.objects.filter(
        current=True, kind__in=[*TAKEN_UP, Kind.REFUSED], client__in=clients.profiled().order_by().values("pk")
    )
    kinds: dict[tuple[int, int | None], dict[str, int]] = {}
    outcomes: dict[tuple[int, int | None], dict[str, int]] = {}
    grouped: Any = rows.order_by().values_list("play", "segment", "kind", "outcome").annotate(clients=Count("pk"))
    for play, segment, kind, outcome, count in grouped:
        of_kind, of_outcome = kinds.setdefault((play, segment), {}), outcomes.setdefault((play, segment), {})
        of_kind[kind] = of_kind.get(kind, 0) + count
        if outcome:
            of_outcome[outcome] = count
    plays = Play.objects.in_bulk({play for play, _ in kinds})
    segments = Segment.objects.in_bulk({segment for _, segment in kinds if segment is not None})
    found = [
        Observed(plays[play], segments.get(segment or 0), kinds[play, segment], outcomes[play, segment])
        for play, segment in kinds
    ]
    return sorted(found, key=lambda item: (item.play.title, item.segment.name if item.segment else "", item.play.pk))
