"""Deciding on what the internal database says otherwise: keep ours, or take theirs and follow the source again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from clients.conflicts import FieldConflict, State
from clients.facts import ClientFacts, Origin, Reading, Stamp, plain
from clients.models import Client, Followers, Turnover
from clients.recording import POSITION, record
from dignamik.foundation.auditing import Kind, note

FOLLOWERS, TURNOVER = "followers", "turnover"
WHOLE_POSITION = "latitude"
LONGEST_KEY = 18  # digits


@dataclass(frozen=True)
class Told:
    """One conflict with our value of now, both as JSON holds them."""

    conflict: FieldConflict
    ours: Any

    @property
    def token(self) -> str:
        """Names the conflict and both values: who decides decides on what they saw."""
        said = repr((self.conflict.theirs, self.ours)).encode()
        return f"{self.conflict.pk}-{sha256(said).hexdigest()[:16]}"


def told(conflicts: Iterable[FieldConflict]) -> list[Told]:
    """With our values, in three queries however many. Needs `client` with its category and account manager."""
    rows = list(conflicts)
    pks = {row.client_id for row in rows}
    figures: dict[tuple[int, str], Any] = {}
    if any(row.field.startswith(f"{TURNOVER}.") for row in rows):
        for pk, year, amount in Turnover.objects.filter(client__in=pks).values_list("client", "year", "amount"):
            figures[pk, f"{TURNOVER}.{year}"] = plain(amount)
    if any(row.field.startswith(f"{FOLLOWERS}.") for row in rows):
        columns = ("client", "platform", "measured_on", "count")
        for pk, platform, day, count in Followers.objects.filter(client__in=pks).values_list(*columns):
            figures[pk, f"{FOLLOWERS}.{platform}.{day.isoformat()}"] = count
    return [Told(row, figures.get((row.client_id, row.field)) if "." in row.field else _own(row)) for row in rows]


def _own(conflict: FieldConflict) -> Any:
    client = conflict.client
    if conflict.field == WHOLE_POSITION:
        return None if client.latitude is None else [client.latitude, client.longitude]
    value = getattr(client, conflict.field)
    if conflict.field == "account_manager":
        return value.get_username() if value else None
    return plain(value)


@transaction.atomic
def settle(tokens: Collection[str], *, take: bool, by: Any, among: Any) -> list[FieldConflict]:
    """Decide on these conflicts of these clients (a queryset). Returns those settled: who has changed since it was
    shown, or is settled already, is left alone."""
    numbers = (token.partition("-")[0] for token in tokens)
    pks = [int(number) for number in numbers if number.isdecimal() and len(number) <= LONGEST_KEY]
    rows = FieldConflict.objects.select_for_update(of=("self",)).filter(pk__in=pks, state=State.OPEN)
    held = Client.objects.select_for_update(of=("self",)).filter(pk__in=rows.values("client"))
    locked = set(held.order_by("pk").values_list("pk", flat=True))
    mine = set(among.filter(pk__in=locked).values_list("pk", flat=True))
    found = rows.filter(client__in=mine).select_related("client__category", "client__account_manager").order_by("pk")
    chosen = [each.conflict for each in told(found) if each.token in tokens]
    stamp = Stamp(Origin.SETTLED, timezone.now(), by)
    if take and chosen:
        _take(chosen, stamp)
    for row in chosen:
        row.state, row.settled_at, row.settled_by = State.TAKEN if take else State.KEPT, stamp.at, by
    FieldConflict.objects.bulk_update(chosen, ["state", "settled_at", "settled_by"])
    if chosen:
        about = chosen[0].client if len({row.client_id for row in chosen}) == 1 else None
        fields = sorted({row.field for row in chosen})
        settled = State.TAKEN if take else State.KEPT
        note(Kind.CHANGED, by, about=about, count=len(chosen), fields=fields, settled=settled.value)
    return chosen


def _take(chosen: Sequence[FieldConflict], stamp: Stamp) -> None:
    """Theirs are written through the one door, and these fields follow the source again."""
    by_client: dict[int, list[FieldConflict]] = defaultdict(list)
    for row in chosen:
        by_client[row.client_id].append(row)
    facts = []
    for rows in by_client.values():
        client = rows[0].client
        given = {name for row in rows for name in (POSITION if row.field == WHOLE_POSITION else (row.field,))}
        client.local_fields = sorted(set(client.local_fields) - given)
        Client.objects.filter(pk=client.pk).update(local_fields=client.local_fields)
        facts.append(_facts(client, {row.field: row.theirs for row in rows}))
    record(facts, stamp)


def _facts(client: Client, theirs: Mapping[str, Any]) -> ClientFacts:
    """What the source said, as it would say it again. Who has no identifier is known by a merged double's."""
    fields: dict[str, Any] = {}
    readings: list[tuple[str, Reading]] = []
    turnover: dict[int, Decimal] = {}
    for name, value in theirs.items():
        kind, _, rest = name.partition(".")
        if rest and kind == TURNOVER:
            turnover[int(rest)] = Decimal(value)
        elif rest:
            platform, _, day = rest.partition(".")
            readings.append((platform, Reading(value, measured_on=date.fromisoformat(day))))
        elif name == WHOLE_POSITION:
            fields["latitude"], fields["longitude"] = value
        elif name == "account_manager":
            fields["account_manager_name"] = value
        elif name != "category":
            field: Any = Client._meta.get_field(name)
            fields[name] = field.to_python(value)
    source_id = client.source_id
    if source_id is None:
        source_id = client.merged.exclude(source_id=None).values_list("source_id", flat=True).first()
    return ClientFacts(source_id, fields, theirs.get("category"), turnover=turnover, earlier=readings)
