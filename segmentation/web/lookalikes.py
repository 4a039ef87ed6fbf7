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
class Lookalikes:
    """Clients nearest first, each with its segment (`segment_name`, `segment_colour`); `done` are the actions done for
    them, as (title, how many of them), most frequent first."""

    clients: Sequence[Client]
    done: Sequence[tuple[str, int]]


def lookalikes(columns: Mapping[str, Sequence[Any]], run: Run, user: Any, *, without: int | None = None) -> Lookalikes:
    """For one business, as columns of one row. Raises DocumentError when the run's model cannot be read."""
    mine = Client.objects.visible_to(user).filter(status=Client.Status.ACTIVE)
    if without is not None:
        mine = mine.exclude(pk=without)
    pks = [item.client for item in most_like(columns, run, mine, ALIKE)]
    rows = with_segment(Client.objects.filter(pk__in=pks).select_related("category"), run)
    by_pk = {client.pk: client for client in rows}
    done = Decision.objects.filter(client__in=pks, kind=Decision.Kind.DONE).values_list("play__title", "client")
    titles = Counter(title for title, _ in set(done))
    return Lookalikes([by_pk[pk] for pk in pks if pk in by_pk], titles.most_common())
