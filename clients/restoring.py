"""The way back of `clients.recording`: the facts of clients as they were before a recording, exactly.

Recording never erases, since a source's silence says nothing; taking a recording back has to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from clients.facts import Stamp
from clients.figures import BATCH, CHUNK, refresh_derived
from clients.models import Client, Followers, Turnover
from clients.recording import RECORDED_FIELDS

Facts = Mapping[str, Any]
"""Fact → its value before, None where there was none; the keys of `clients.intake.files.comparing`."""


@transaction.atomic
def restore(before: Mapping[int, Facts], stamp: Stamp) -> None:
    """Give each client (by key) these facts back, with history; readings and turnovers that were not there go."""
    own = {pk: [name for name in facts if name in RECORDED_FIELDS] for pk, facts in before.items()}
    _restore_clients({pk: names for pk, names in own.items() if names}, before, stamp)
    _restore_rows(Followers, before, stamp)
    _restore_rows(Turnover, before, stamp)
    refresh_derived(sorted(before), changed_at=stamp.at)


@transaction.atomic
def take_back(pks: Sequence[int], stamp: Stamp) -> int:
    """Withdraw clients that should not have come: out of every list, never deleted. Returns how many."""
    rows: list[Client] = []
    for start in range(0, len(pks), CHUNK):
        rows += Client.objects.filter(pk__in=pks[start : start + CHUNK], withdrawn_at=None)
    for client in rows:
        client.withdrawn_at = client.changed_at = stamp.at
    bulk_update_with_history(
        rows, Client, ["withdrawn_at", "changed_at"], batch_size=BATCH,
        default_user=stamp.user, default_change_reason=stamp.reason,
    )  # fmt: skip
    return len(rows)


def _restore_clients(own: Mapping[int, Sequence[str]], before: Mapping[int, Facts], stamp: Stamp) -> None:
    """Only the fields that differ in at least one client are written: each costs time on every row."""
    users = set(get_user_model().objects.values_list("pk", flat=True))
    pks, clients = sorted(own), []
    for start in range(0, len(pks), CHUNK):
        for client in Client.objects.filter(pk__in=pks[start : start + CHUNK]):
            for name in own[client.pk]:
                setattr(client, name, _value(name, before[client.pk][name]))
            if client.account_manager_id not in users:
                client.account_manager_id = None
            client.changed_at = stamp.at
            clients.append(client)
    if clients:
        fields = sorted({name.removesuffix("_id") for names in own.values() for name in names} | {"changed_at"})
        bulk_update_with_history(
            clients, Client, fields, batch_size=BATCH,
            default_user=stamp.user, default_change_reason=stamp.reason,
        )  # fmt: skip


def _value(name: str, value: Any) -> Any:
    """A JSON value as the model has it; keys of other rows are numbers already."""
    field: Any = None if name.endswith("_id") else Client._meta.get_field(name)
    return value if field is None else field.to_python(value)


def _restore_rows(model: Any, before: Mapping[int, Facts], stamp: Stamp) -> None:
    """`followers.<platform>.<day>` and `turnover.<year>`: rows to change, to bring back, and to delete."""
    kind = "followers" if model is Followers else "turnover"
    wanted: dict[tuple[Any, ...], Any] = {
        (pk, *key.split(".")[1:]): value
        for pk, facts in before.items()
        for key, value in facts.items()
        if key.startswith(f"{kind}.")
    }
    pks = sorted({key[0] for key in wanted})
    held = {}
    for start in range(0, len(pks), CHUNK):
        for row in model.objects.filter(client__in=pks[start : start + CHUNK]):
            held[_key(row)] = row
    changed: list[Any] = []
    back: list[Any] = []
    for key, value in wanted.items():
        row = held.get(key)
        if value is None:
            if row is not None:
                row._history_user, row._change_reason = stamp.user, stamp.reason
                row.delete()
            continue
        (changed if row is not None else back).append(_filled(row or _blank(model, key), value))
    said = {"default_user": stamp.user, "default_change_reason": stamp.reason, "batch_size": BATCH}
    if changed:
        fields = ["count", "has_account"] if model is Followers else ["amount"]
        bulk_update_with_history(changed, model, fields, **said)
    if back:
        bulk_create_with_history(back, model, **said)


def _key(row: Any) -> tuple[Any, ...]:
    if isinstance(row, Followers):
        return row.client_id, row.platform, row.measured_on.isoformat()
    return row.client_id, str(row.year)


def _blank(model: Any, key: Sequence[Any]) -> Any:
    if model is Followers:
        return Followers(client_id=key[0], platform=key[1], measured_on=date.fromisoformat(key[2]))
    return Turnover(client_id=key[0], year=int(key[1]))


def _filled(row: Any, value: Any) -> Any:
    if isinstance(row, Followers):
        row.count, row.has_account = value
    else:
        row.amount = Decimal(value)
    return row
