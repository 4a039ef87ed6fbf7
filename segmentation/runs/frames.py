"""From the book of record to columns of values: the only door through which the engine sees clients.

Plain lists, so that a web process can score one client without pandas; training makes a DataFrame of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from clients.models import Client, Followers
from clients.querysets import ClientQuerySet

DAYS_IN_A_YEAR = 365.25
PLATFORMS = tuple(Followers.Platform.values)
NOTHING_KNOWN = "nothing_known"
"""Of an active client: neither a turnover nor a follower."""
CHUNK = 5000  # identifiers in one query; above it, reading everything is quicker


@dataclass(frozen=True)
class Frame:
    """One row a client, ordered by pk. `columns[name][i]` belongs to `pks[i]`; None is unknown.

    `changed_at[i]` is the client's last change that these columns know of.
    """

    pks: list[int]
    columns: dict[str, list[Any]]
    changed_at: list[datetime]

    def values(self, at: int) -> dict[str, Any]:
        """The row at this place, by column."""
        return {name: column[at] for name, column in self.columns.items()}


def trainable() -> ClientQuerySet:
    """Active clients with at least one known follower count or turnover: those a run is fitted on."""
    known = Q(turnover__isnull=False) | Q(followers__isnull=False)
    return Client.objects.active().profiled().filter(known)


def left_out(pks: Iterable[int]) -> dict[str, int]:
    """Why a run was not fitted on these present clients: their status, or NOTHING_KNOWN. One query."""
    others = dict(Client.objects.exclude(status=Client.Status.ACTIVE).values_list("pk", "status"))
    return dict(Counter(others.get(pk, NOTHING_KNOWN) for pk in pks))


def read(clients: ClientQuerySet, as_of: date, clock: date | None = None) -> Frame:
    """These clients' features as of a day: latest known followers per platform and turnover, seniority in years.

    `clock`: the earlier day up to which seniority runs, where a run stopped it; who came since then is 0 years old.
    """
    # In pk order: another physical order must not change a run. Clients before their readings: what is recorded in
    # between is seen here with an older `changed_at`, and looked at again; the other way round it would be missed.
    rows = list(
        clients.order_by("pk").values_list("pk", "category__name", "sector", "turnover", "client_since", "changed_at")
    )
    pks = [row[0] for row in rows]
    columns: dict[str, list[Any]] = {
        "category": [row[1] for row in rows],
        "sector": [row[2] or None for row in rows],
        "turnover": [None if row[3] is None else float(row[3]) for row in rows],
        "seniority_years": [seniority(row[4], as_of, clock) for row in rows],
    }
    followers = _followers(pks, as_of)
    for platform in PLATFORMS:
        columns[f"followers_{platform}"] = [followers.get((pk, platform)) for pk in pks]
    return Frame(pks, columns, [row[5] for row in rows])


def seniority(since: date | None, as_of: date, clock: date | None = None) -> float | None:
    """Years as a client; None when unknown or still to come. `clock` as in `read`."""
    if since is None or since > as_of:
        return None
    return max(0, ((clock or as_of) - since).days) / DAYS_IN_A_YEAR


def of_one(facts: Mapping[str, Any], as_of: date) -> dict[str, list[Any]]:
    """The same columns for one business that is not in the book: `category`, `sector`, `turnover`, `client_since`,
    `followers` (platform → count), each unknown where absent."""
    followers = facts.get("followers") or {}
    turnover = facts.get("turnover")
    return {
        "category": [facts.get("category") or None],
        "sector": [facts.get("sector") or None],
        "turnover": [None if turnover is None else float(turnover)],
        "seniority_years": [seniority(facts.get("client_since"), as_of)],
        **{f"followers_{platform}": [followers.get(platform)] for platform in PLATFORMS},
    }


COLUMNS = frozenset(of_one({}, date.min))
"""What a recipe may look at."""


def _followers(pks: list[int], as_of: date) -> dict[tuple[int, str], int]:
    """Latest reading by client and platform. Somebody known to have no account has no followers: a known zero."""
    latest: dict[tuple[int, str], int] = {}
    readings = Followers.objects.filter(measured_on__lte=as_of).order_by("measured_on", "pk")
    if len(pks) <= CHUNK:
        readings = readings.filter(client__in=pks)
    for client, platform, count, has_account in readings.values_list("client", "platform", "count", "has_account"):
        if count is not None:
            latest[client, platform] = count
        elif has_account is False:
            latest[client, platform] = 0
    return latest
