"""The one door through which client facts are written: pages, admin, API, import, sync and demo alike.

Its business: normalised columns, place, owner of each field, derived columns, history and change time. So no signal and
no `save()` override is needed anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from clients.conflicts import remember
from clients.facts import ClientFacts, Origin, Recorded, Stamp, disagreement
from clients.figures import BATCH, CHUNK, refresh_derived, write_readings, write_services, write_turnovers
from clients.figures import figure_key as figure_key
from clients.locating import has_moved, locate_client, refuse_coordinates
from clients.matching import key_of, known_clients
from clients.models import Category, Client
from clients.naming import categories_named, managers_by_name
from clients.places import check_coordinates, fold, fold_town
from clients.speaking import gather
from clients.tombstones import refuse_erased
from dignamik.foundation.auditing import Kind, latest_version, note

# What a source may say of a client; the rest is derived here.
FACT_FIELDS = (
    "name", "sector", "status", "email", "phone", "address", "postal_code", "city", "latitude", "longitude",
    "website", "has_website", "services_known", "do_not_contact", "is_personal", "account_manager_name",
    "client_since", "notes",
)  # fmt: skip
POSITION = frozenset({"latitude", "longitude"})
TOWN = frozenset({"city", "postal_code"})
# What recording many may change in a client, to be compared before and after.
RECORDED_FIELDS = (
    *FACT_FIELDS, "category_id", "account_manager_id", "department", "position_precision", "place_problem",
    "name_folded", "city_folded", "withdrawn_at",
)  # fmt: skip


# --- One client, by hand ---------------------------------------------------------------------------------------------


@transaction.atomic
def save(client: Client, *, changed: Iterable[str], user: Any = None, stamp: Stamp | None = None) -> None:
    """Write one client that a person edited; `changed` names the fields they touched. `stamp`: if not in the admin.

    Raises PositionRefused for coordinates nowhere in France, IntegrityError where the database refuses (a truth of
    `clients.models`), TurnedAway for a new client who was erased.
    """
    if client.pk is None:
        refuse_erased([speaking_of(client)])
    changed = set(changed)
    if changed & POSITION:
        refuse_coordinates(client.latitude, client.longitude)
        changed |= POSITION  # half a position is nobody's
        client.position_precision = Client.Precision.GIVEN if client.latitude is not None else ""
    elif changed & TOWN and has_moved(client):
        changed |= POSITION
        client.position_precision = ""
    if client.category is not None:
        client.sector = client.category.sector
    _derive(client)
    client.local_fields = sorted({*client.local_fields, *(changed & {*FACT_FIELDS, "category", "account_manager"})})
    client.changed_at = stamp.at if stamp else timezone.now()
    if client.created_at is None:
        client.created_at = client.changed_at
    if user is not None:
        client._history_user = user  # type: ignore[attr-defined]
    kind = Kind.CREATED if client._state.adding else Kind.CHANGED
    client._change_reason = stamp.reason if stamp else Origin.ADMIN.value  # type: ignore[attr-defined]
    client.save()
    note(kind, user, about=client, history=latest_version(client), fields=sorted(changed))


def speaking_of(client: Client) -> ClientFacts:
    """What tells who a client is, as facts."""
    return ClientFacts(client.source_id, {name: getattr(client, name) for name in ("name", "postal_code", "city")})


@transaction.atomic
def facts_changed(client: Client, which: Sequence[str] = (), *, figures: Iterable[str] = ()) -> None:
    """After a person edited the client's readings, turnovers or services (`which`): bring derived columns up to date.

    `figures` (see `figure_key`) are theirs from now on: a source's other value is a conflict.
    """
    owned = sorted({*client.local_fields, *figures})
    if owned != client.local_fields:
        client.local_fields = owned
        Client.objects.filter(pk=client.pk).update(local_fields=owned)
    refresh_derived([client.pk], changed_at=timezone.now())
    note(Kind.CHANGED, about=client, fields=sorted(which))


def category_changed(category: Category) -> None:
    """After a category was renamed or moved to another sector: its clients follow, and count as changed."""
    category.clients.update(sector=category.sector, changed_at=timezone.now())


@transaction.atomic
def assign(pks: Iterable[int], manager: Any, *, user: Any) -> int:
    """Put clients into somebody's hands (None: nobody's), as an edit by `user`. Returns how many changed hands."""
    chosen, moved, now = list(pks), 0, timezone.now()
    for start in range(0, len(chosen), CHUNK):
        rows = [
            client
            for client in Client.objects.select_for_update().filter(pk__in=chosen[start : start + CHUNK]).order_by("pk")
            if client.account_manager_id != (manager and manager.pk)
        ]
        for client in rows:
            client.account_manager = manager
            client.local_fields = sorted({*client.local_fields, "account_manager"})
            client.changed_at = now
        bulk_update_with_history(
            rows, Client, ["account_manager", "local_fields", "changed_at"], batch_size=BATCH,
            default_user=user, default_change_reason=Origin.ADMIN.value, default_date=now,
        )  # fmt: skip
        moved += len(rows)
    note(Kind.ASSIGNED, user, about=manager, count=moved, moment=now.isoformat())
    return moved


# --- Many clients, from a source -------------------------------------------------------------------------------------


@transaction.atomic
def record(facts: Sequence[ClientFacts], stamp: Stamp) -> Recorded:
    """Create and update clients with everything that hangs on them, in one transaction.

    Facts without `source_id` are matched by folded name and postal code (town, where there is none), else create.
    At most one fact a client, and one for each double that was merged into it (`clients.speaking`). Raises TurnedAway
    where one is about somebody who was erased.
    """
    refuse_erased(facts)
    outcome = Recorded()
    gathered = gather(facts, known_clients(facts), stamp)
    categories = categories_named([fact for _, fact in gathered.said])
    managers = managers_by_name()
    created: list[Client] = []
    updated: list[Client] = []
    changed: set[str] = set()
    pairs: list[tuple[Client, ClientFacts]] = []
    for client, fact in gathered.said:
        fresh = client is None
        if client is None:
            client = Client(source_id=fact.source_id, created_at=stamp.at, changed_at=stamp.at)
        before = _state(client)
        _apply(client, fact, categories, managers, stamp, outcome)
        _derive(client)
        pairs.append((client, fact))
        if fresh:
            created.append(client)
        elif differing := {name for name, value in _state(client).items() if value != before[name]}:
            client.changed_at = stamp.at
            updated.append(client)
            changed |= differing
        else:
            outcome.clients.unchanged += 1
    _write_clients(created, updated, changed, stamp)
    outcome.clients.created, outcome.clients.updated = len(created), len(updated)
    touched = write_readings(pairs, stamp, outcome) | write_turnovers(pairs, stamp, outcome)
    write_services(pairs, stamp)
    outcome.pks = [pairs[place][0].pk for place in gathered.places]
    outcome.touched = sorted(touched | {client.pk for client in (*created, *updated)})
    refresh_derived(outcome.touched, changed_at=stamp.at)
    if stamp.origin is Origin.SYNC:
        remember(outcome.conflicts, outcome.pks, stamp)
    return outcome


def twin_of(fact: ClientFacts) -> Client | None:
    """The client that `record` would write these facts to, or None: they would make a new one."""
    return known_clients([fact]).clients.get(key_of(fact))


def withdraw(source_ids: Iterable[str], stamp: Stamp) -> int:
    """Mark clients that their source no longer has: out of every list, never deleted. Returns how many."""
    rows = list(Client.objects.filter(source_id__in=list(source_ids), withdrawn_at=None))
    for client in rows:
        client.withdrawn_at = client.changed_at = stamp.at
    bulk_update_with_history(
        rows, Client, ["withdrawn_at", "changed_at"], batch_size=BATCH,
        default_user=stamp.user, default_change_reason=stamp.reason,
    )  # fmt: skip
    return len(rows)


def seen(source_ids: Iterable[str], stamp: Stamp) -> None:
    """Note that the internal database had these clients now: only what it once had can be missing from it later."""
    ids = list(source_ids)
    for start in range(0, len(ids), CHUNK):
        Client.objects.filter(source_id__in=ids[start : start + CHUNK]).update(seen_in_source_at=stamp.at)


# --- Steps -----------------------------------------------------------------------------------------------------------


def _state(client: Client) -> dict[str, Any]:
    return {name: getattr(client, name) for name in RECORDED_FIELDS}


def _apply(
    client: Client,
    fact: ClientFacts,
    categories: Mapping[str, Category],
    managers: Mapping[str, Any],
    stamp: Stamp,
    outcome: Recorded,
) -> None:
    said = {name: value for name, value in fact.fields.items() if name not in POSITION}
    _set_position(client, fact, stamp, outcome)
    if fact.category:
        said["category"] = categories[fold(fact.category)]
    for name, value in said.items():
        _set(client, name, value, stamp, outcome)
    if client.category is not None:
        client.sector = client.category.sector
    if client.account_manager_name:
        theirs = managers.get(client.account_manager_name.casefold())
        if "account_manager" not in client.local_fields:
            client.account_manager = theirs
        elif stamp.origin is Origin.SYNC and theirs is not None and theirs != client.account_manager:
            ours, name = client.account_manager, client.account_manager_name
            outcome.conflicts.append(disagreement(client, "account_manager", ours, name))
    if _lets_go(client, fact, stamp):
        client.account_manager_name, client.account_manager = "", None
    client.withdrawn_at = None


def _lets_go(client: Client, fact: ClientFacts, stamp: Stamp) -> bool:
    """The internal database names nobody any more: the one silence that erases, since a name opens the client."""
    silent = "account_manager_name" in fact.fields and not fact.fields["account_manager_name"]
    ours = {"account_manager", "account_manager_name"} & set(client.local_fields)
    return stamp.origin is Origin.SYNC and silent and not ours


def _set_position(client: Client, fact: ClientFacts, stamp: Stamp, outcome: Recorded) -> None:
    """A position is taken whole: a source's latitude with a person's longitude would be nowhere."""
    theirs = (fact.fields.get("latitude"), fact.fields.get("longitude"))
    if None in theirs:
        return
    if not check_coordinates(*theirs).valid:
        if client.latitude is None:
            client.place_problem = Client.PlaceProblem.COORDINATES
        return
    ours = (client.latitude, client.longitude)
    if stamp.origin is Origin.SYNC and not POSITION.isdisjoint(client.local_fields):
        if ours != theirs:
            outcome.conflicts.append(disagreement(client, "latitude", ours, theirs))
        return
    client.latitude, client.longitude = theirs
    client.position_precision = Client.Precision.GIVEN


def _set(client: Client, name: str, value: Any, stamp: Stamp, outcome: Recorded) -> None:
    ours = getattr(client, name)
    if value in (None, "") or value == ours:
        return  # a source's silence never erases
    if name in client.local_fields and stamp.origin is Origin.SYNC:
        outcome.conflicts.append(disagreement(client, name, ours, value))
        return
    setattr(client, name, value)


def _derive(client: Client) -> None:
    """Folded text, department, and a position for a client whose source gives none."""
    client.name_folded = fold(client.name)[:200]
    client.city_folded = fold_town(client.city)[:120]
    locate_client(client)


def _write_clients(created: list[Client], updated: list[Client], changed: set[str], stamp: Stamp) -> None:
    """`changed`: the fields that differ in at least one updated client; each costs time on every row."""
    said = {"default_user": stamp.user, "default_change_reason": stamp.reason, "batch_size": BATCH}
    if created:
        bulk_create_with_history(created, Client, **said)
    if updated:
        fields = sorted({name.removesuffix("_id") for name in changed} | {"changed_at"})
        bulk_update_with_history(updated, Client, fields, **said)
