"""Pairs of clients that look like one, kept up to date by a search over all clients; and those a person set aside.

Stored and not computed by the page: whoever looks, counts or filters costs one query, whatever the number of clients.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from clients.dedupe.blocking import candidates
from clients.dedupe.comparing import COLUMNS, LOWEST, Likeness, Traits, compare, looked_like
from clients.duplicates import DuplicatePair, DuplicateSearch
from clients.figures import BATCH
from clients.models import Client
from dignamik.foundation.locks import Busy, exclusive

PAUSE = timedelta(seconds=30)
REST = 20
"""A worker rests this many times as long as its last search took: a large base is not searched all day."""
AT_ONCE = 20_000
"""Up to so many clients a page searches itself, in a few seconds; above, it asks the worker."""
LOCK = "doubles"

Found = dict[tuple[int, int], tuple[Likeness, str]]


def pairs_for(user: Any) -> QuerySet[DuplicatePair]:
    """Pairs to judge whose two clients this person sees, the likeliest first.

    Each client is looked up by its key: with two lists to be in, SQLite tries all clients with all.
    """
    seen = Client.objects.visible_to(user).order_by()
    one, two = (Exists(seen.filter(pk=OuterRef(side))) for side in ("first", "second"))
    return DuplicatePair.objects.filter(one, two, set_aside_at=None)


def count_doubles(user: Any) -> int:
    """How many pairs wait for this person's judgement: one query."""
    return pairs_for(user).count()


def search() -> DuplicateSearch:
    """Look for doubles among all present clients and store the pairs. Raises Busy while another search goes."""
    with exclusive(LOCK):
        began = time.monotonic()
        of = _state()
        clients = [Traits.of(row) for row in Client.objects.present().order_by("pk").values_list(*COLUMNS)]
        found: Found = {}
        for one, two in candidates(clients):
            likeness = compare(clients[one], clients[two])
            if likeness.score >= LOWEST:
                found[clients[one].pk, clients[two].pk] = likeness, looked_like(clients[one], clients[two])
        now = timezone.now()
        with transaction.atomic():
            _store(found, now)
            said = {"at": now, "clients": len(clients), "seconds": round(time.monotonic() - began, 2), "of": of}
            return DuplicateSearch.objects.update_or_create(only=True, defaults=said)[0]


def ask_for_search() -> None:
    """Leave it to the worker, at its next round."""
    DuplicateSearch.objects.update(of="")


def is_behind() -> bool:
    """Whether clients came, went or changed since the last search."""
    return not DuplicateSearch.objects.filter(of=_state()).exists()


def likeness_of(one: Client, two: Client) -> Likeness:
    """As they are now."""
    return compare(*_traits(one, two))


def is_set_aside(one: Client, two: Client) -> bool:
    """Whether somebody said that these are two, looking at the names and addresses that they still have."""
    first, second = _traits(one, two)
    pairs = DuplicatePair.objects.filter(first=first.pk, second=second.pk, looked_like=looked_like(first, second))
    return pairs.exclude(set_aside_at=None).exists()


@transaction.atomic
def set_aside(one: Client, two: Client, *, by: Any) -> None:
    """Remember that these two are no doubles, until a name or an address of theirs changes."""
    first, second = _traits(one, two)
    likeness, now = compare(first, second), timezone.now()
    said = {
        "score": likeness.score, "reasons": likeness.reasons, "looked_like": looked_like(first, second),
        "set_aside_at": now, "set_aside_by": by,
    }  # fmt: skip
    DuplicatePair.objects.update_or_create(
        first_id=first.pk, second_id=second.pk, defaults=said, create_defaults={**said, "found_at": now}
    )


class Searching:
    """A worker's part: `search` when clients came or changed, and no more often than the base is large."""

    def __init__(self) -> None:
        self.next: datetime | None = None

    def tend(self, now: datetime) -> None:
        if self.next is not None and now < self.next:
            return
        self.next = now + PAUSE
        if is_behind():
            try:
                done = search()
            except Busy:
                return
            self.next = now + max(PAUSE, timedelta(seconds=REST * done.seconds))


# --- Steps -----------------------------------------------------------------------------------------------------------


def _state() -> str:
    said = Client.objects.present().aggregate(clients=Count("pk"), latest=Max("changed_at"))
    return f"{said['clients']} {said['latest']}"


def _traits(one: Client, two: Client) -> Sequence[Traits]:
    first, second = sorted((one, two), key=lambda client: client.pk)
    return [Traits.of([getattr(client, name) for name in COLUMNS]) for client in (first, second)]


def _store(found: Found, now: datetime) -> None:
    """Pairs that a person set aside are kept as long as they look as they did then, found again or not."""
    held = {(pair.first_id, pair.second_id): pair for pair in DuplicatePair.objects.select_for_update()}
    new: list[DuplicatePair] = []
    changed: list[DuplicatePair] = []
    for (first, second), (likeness, looks) in found.items():
        said = {"score": likeness.score, "reasons": [list(reason) for reason in likeness.reasons], "looked_like": looks}
        pair = held.get((first, second))
        if pair is None:
            new.append(DuplicatePair(first_id=first, second_id=second, found_at=now, **said))
            continue
        if pair.set_aside_at is not None and pair.looked_like != looks:
            pair.set_aside_at = pair.set_aside_by = None
        elif all(getattr(pair, name) == value for name, value in said.items()):
            continue
        for name, value in said.items():
            setattr(pair, name, value)
        changed.append(pair)
    gone = [pair.pk for key, pair in held.items() if key not in found and pair.set_aside_at is None]
    for start in range(0, len(gone), BATCH):
        DuplicatePair.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    fields = ["score", "reasons", "looked_like", "set_aside_at", "set_aside_by"]
    DuplicatePair.objects.bulk_update(changed, fields, batch_size=BATCH)
    DuplicatePair.objects.bulk_create(new, batch_size=BATCH)
