"""What hangs on clients, written set-based: readings, turnovers, services, and the columns derived from them.

Only `clients.recording` writes through this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from clients.facts import ClientFacts, Origin, Reading, Recorded, Stamp, disagreement
from clients.models import Client, Followers, HeldService, Turnover

BATCH = 500
CHUNK = 5000  # identifiers in one query; SQLite takes 32,766 parameters
CENT = Decimal("0.01")

Pairs = Sequence[tuple[Client, ClientFacts]]


def write_readings(pairs: Pairs, stamp: Stamp, outcome: Recorded) -> set[int]:
    """Keep each reading that says something new. Returns the clients touched.

    The latest count again is nothing new, whatever its day. An older reading never replaces a later one: it joins the
    rows behind it. Another count on the same day corrects that day.
    """
    held: dict[tuple[int, str], dict[date, Followers]] = defaultdict(dict)
    for row in _rows_of(Followers, pairs):
        held[row.client_id, row.platform][row.measured_on] = row
    new: list[Followers] = []
    changed: list[Followers] = []
    today = timezone.localdate(stamp.at)
    for client, fact in pairs:
        for platform, reading in (*fact.earlier, *fact.readings.items()):
            rows = held[client.pk, platform]
            day = reading.measured_on or today
            said = (reading.count, reading.has_account)
            same_day = rows.get(day)
            # What came before an earlier reading is what it is news to; for the latest one it is the latest we have.
            days = rows if fact.readings.get(platform) is reading else [each for each in rows if each < day]
            last = rows[max(days)] if days else None
            if any(row is not None and _says_nothing_new(reading, row) for row in (last, same_day)):
                outcome.followers.unchanged += 1
            elif held_here := _held_here(client, platform, reading, day, last, stamp):
                row = rows.get(held_here)
                ours, name = (
                    row.count if row else None,
                    figure_key(row or Followers(platform=platform, measured_on=held_here)),
                )
                outcome.conflicts.append(disagreement(client, name, ours, reading.count))
            elif same_day is not None:
                same_day.count, same_day.has_account = said
                if same_day.pk is not None:
                    changed.append(same_day)
            else:
                row = Followers(client=client, platform=platform, measured_on=day)
                row.count, row.has_account = said
                new.append(row)
                rows[day] = row
    outcome.followers.created, outcome.followers.updated = len(new), len(changed)
    _write_rows(Followers, new, changed, ["count", "has_account"], stamp)
    return {row.client_id for row in (*new, *changed)}


def write_turnovers(pairs: Pairs, stamp: Stamp, outcome: Recorded) -> set[int]:
    """One amount a client and year, to the cent. Returns the clients touched."""
    held = {(row.client_id, row.year): row for row in _rows_of(Turnover, pairs)}
    new: list[Turnover] = []
    changed: list[Turnover] = []
    for client, fact in pairs:
        for year, said in fact.turnover.items():
            amount = said.quantize(CENT)  # as it will be stored: else the next sync would see a change
            row = held.get((client.pk, year))
            owned = f"turnover.{year}" in client.local_fields and stamp.origin is Origin.SYNC
            if owned and (row is None or row.amount != amount):
                outcome.conflicts.append(disagreement(client, f"turnover.{year}", row and row.amount, amount))
            elif row is None:
                new.append(Turnover(client=client, year=year, amount=amount))
            elif row.amount == amount:
                outcome.turnover.unchanged += 1
            else:
                row.amount = amount
                changed.append(row)
    outcome.turnover.created, outcome.turnover.updated = len(new), len(changed)
    _write_rows(Turnover, new, changed, ["amount"], stamp)
    return {row.client_id for row in (*new, *changed)}


def write_services(pairs: Pairs, stamp: Stamp) -> None:
    """Add the services that a source knows; one that is held already keeps its date."""
    if not any(fact.services for _, fact in pairs):
        return
    held = {(row.client_id, row.service) for row in _rows_of(HeldService, pairs)}
    new = [
        HeldService(client=client, service=service, since=since)
        for client, fact in pairs
        for service, since in (fact.services or {}).items()
        if (client.pk, service) not in held
    ]
    _write_rows(HeldService, new, [], [], stamp)


def refresh_derived(pks: Sequence[int], *, changed_at: datetime) -> None:
    """Recompute latest turnover and followers of these clients from their rows, and date the change."""
    for start in range(0, len(pks), CHUNK):
        latest = Turnover.objects.filter(client=OuterRef("pk")).order_by("-year")
        # Who has no account has no follower there: a known zero, as for the model and for advice.
        known = Q(count__isnull=False) | Q(has_account=False)
        readings = Followers.objects.filter(known, client=OuterRef("pk"))
        later = Followers.objects.filter(
            known, client=OuterRef("client"), platform=OuterRef("platform"), measured_on__gt=OuterRef("measured_on")
        )
        latest_known = readings.filter(~Exists(later)).order_by().values("client")
        total = latest_known.annotate(total=Sum(Coalesce("count", 0)))
        Client.objects.filter(pk__in=pks[start : start + CHUNK]).update(
            changed_at=changed_at,
            turnover=Subquery(latest.values("amount")[:1]),
            turnover_year=Subquery(latest.values("year")[:1]),
            followers=Subquery(total.values("total")),
        )


def figure_key(row: Followers | Turnover) -> str:
    """What `local_fields` calls a reading or a turnover that a person wrote here, or deleted."""
    if isinstance(row, Turnover):
        return f"turnover.{row.year}"
    return f"followers.{row.platform}.{row.measured_on.isoformat()}"


def _held_here(
    client: Client, platform: str, reading: Reading, day: date, last: Followers | None, stamp: Stamp
) -> date | None:
    """The day of the reading that a person wrote here and a source contradicts: of the same day, or the latest one
    where the source does not say when it measured, so that it has no later news."""
    if stamp.origin is not Origin.SYNC:
        return None
    days = [day] if reading.measured_on or last is None else [day, last.measured_on]
    return next((each for each in days if f"followers.{platform}.{each.isoformat()}" in client.local_fields), None)


def _says_nothing_new(reading: Reading, row: Followers) -> bool:
    """The same count, and no word of an account that the row does not have: a source's silence is no news."""
    return reading.count == row.count and reading.has_account in (None, row.has_account)


def _rows_of(model: Any, pairs: Pairs) -> Any:
    pks = [client.pk for client, _ in pairs]
    return model.objects.filter(client__in=pks) if len(pks) <= CHUNK else model.objects.all()


def _write_rows(model: Any, new: list[Any], changed: list[Any], fields: list[str], stamp: Stamp) -> None:
    said = {"default_user": stamp.user, "default_change_reason": stamp.reason, "batch_size": BATCH}
    if new:
        bulk_create_with_history(new, model, **said)
    if changed:
        bulk_update_with_history(changed, model, fields, **said)
