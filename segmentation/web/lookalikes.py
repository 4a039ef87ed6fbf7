"""The clients most like a prospect, among those its reader may see, and what was done for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clients.models import Client
from segmentation.models import Decision, Run
from segmentation.querysets import with_segment
from segmentation.runs.likeness import most_like

ALIKE = 5


@dataclass(frozen=True)
class Done:
    """An action done for some of them, and how many said yes to it."""

    title: str
    clients: int
    accepted: int


@dataclass(frozen=True)
class Lookalikes:
    """Clients nearest first, each with its segment (`segment_name`, `segment_colour`), and the actions done for them,
    those that were accepted most often first."""

    clients: Sequence[Client]
    done: Sequence[Done]


def lookalikes(columns: Mapping[str, Sequence[Any]], run: Run, user: Any, *, without: int | None = None) -> Lookalikes:
    """For one business, as columns of one row. Raises DocumentError when the run's model cannot be read."""
    mine = Client.objects.visible_to(user).filter(status=Client.Status.ACTIVE)
    if without is not None:
        mine = mine.exclude(pk=without)
    pks = [item.client for item in most_like(columns, run, mine, ALIKE)]
    rows = with_segment(Client.objects.filter(pk__in=pks).select_related("category"), run)
    by_pk = {client.pk: client for client in rows}
    return Lookalikes([by_pk[pk] for pk in pks if pk in by_pk], _done(pks))


def _done(pks: Sequence[int]) -> list[Done]:
    decisions = Decision.objects.filter(client__in=pks, kind=Decision.Kind.DONE)
    rows = set(decisions.values_list("play__title", "client", "outcome"))
    done = Counter(title for title, _ in {(title, client) for title, client, _ in rows})
    accepted = Counter(title for title, _, outcome in rows if outcome == Decision.Outcome.ACCEPTED)
    found = [Done(title, count, accepted[title]) for title, count in done.items()]
    return sorted(found, key=lambda item: (-item.accepted, -item.clients, item.title))
