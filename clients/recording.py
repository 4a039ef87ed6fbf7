"""The one door through which client facts are written: pages, admin, API, import, sync and demo alike.

Its business: normalised columns, place, owner of each field, derived columns, history and change time. So no signal and
no `save()` override is needed anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery, Sum
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from clients.facts import ClientFacts, Conflict, Origin, Recorded, Stamp
from clients.models import Category, Client, Followers, HeldService, Turnover
from clients.places import department_of, fold, fold_town, resolve

BATCH = 500
CHUNK = 5000  # identifiers in one query; SQLite takes 32,766 parameters
# What a source may say of a client; the rest is derived here.
FACT_FIELDS = (
    "name", "sector", "status", "email", "phone", "address", "postal_code", "city", "latitude", "longitude",
    "website", "has_website", "services_known", "do_not_contact", "account_manager_name", "client_since", "notes",
)  # fmt: skip
UPDATED_FIELDS = (
    *FACT_FIELDS, "category", "account_manager", "department", "position_precision", "name_folded", "city_folded",
    "local_fields", "changed_at", "withdrawn_at",
)  # fmt: skip


# --- One client, by hand ---------------------------------------------------------------------------------------------


def save(client: Client, *, changed: Iterable[str], user: Any = None) -> None:
    """Write one client that a person edited; `changed` names the fields they touched.

    Raises IntegrityError where the database refuses (a truth of `clients.models`).
    """
    changed = set(changed)
    if changed & {"latitude", "longitude"}:
        client.position_precision = Client.Precision.GIVEN if client.latitude is not None else ""
    if client.category is not None:
        client.sector = client.category.sector
    _derive(client)
    client.local_fields = sorted({*client.local_fields, *(changed & {*FACT_FIELDS, "category", "account_manager"})})
    client.changed_at = timezone.now()
    if client.created_at is None:
        client.created_at = client.changed_at
    if user is not None:
        client._history_user = user  # type: ignore[attr-defined]
    client._change_reason = Origin.ADMIN.value  # type: ignore[attr-defined]
    client.save()


def facts_changed(client: Client) -> None:
    """After a person edited the client's readings or turnovers: bring the derived columns up to date."""
    refresh_derived([client.pk], changed_at=timezone.now())


def category_changed(category: Category) -> None:
    """After a category was renamed or moved to another sector: its clients follow."""
    category.clients.exclude(sector=category.sector).update(sector=category.sector, changed_at=timezone.now())


# --- Many clients, from a source -------------------------------------------------------------------------------------


@transaction.atomic
def record(facts: Sequence[ClientFacts], stamp: Stamp) -> Recorded:
    """Create and update clients with everything that hangs on them, in one transaction.

    Facts without `source_id` are matched by folded name and postal code, else create. At most one fact a client.
    """
    outcome = Recorded()
    categories = _categories(facts)
    managers = _managers()
    known = _known(facts)
    created: list[Client] = []
    updated: list[Client] = []
    pairs: list[tuple[Client, ClientFacts]] = []
    for fact in facts:
        client = known.get(_key(fact))
        fresh = client is None
        if client is None:
            client = Client(source_id=fact.source_id, created_at=stamp.at, changed_at=stamp.at)
        before = _state(client)
        _apply(client, fact, categories, managers, stamp, outcome)
        _derive(client)
        pairs.append((client, fact))
        if fresh:
            created.append(client)
        elif _state(client) != before:
            client.changed_at = stamp.at
            updated.append(client)
        else:
            outcome.clients.unchanged += 1
    _write_clients(created, updated, stamp)
    outcome.clients.created, outcome.clients.updated = len(created), len(updated)
    touched = {client.pk for client in (*created, *updated)}
    touched |= _write_readings(pairs, stamp, outcome) | _write_turnovers(pairs, stamp, outcome)
    _write_services(pairs)
    outcome.touched = sorted(touched)
    refresh_derived(outcome.touched, changed_at=stamp.at)
    return outcome


def withdraw(source_ids: Iterable[str], stamp: Stamp) -> int:
    """Mark clients that their source no longer has: out of every list, never deleted. Returns how many."""
    rows = list(Client.objects.filter(source_id__in=list(source_ids), withdrawn_at=None))
    for client in rows:
        client.withdrawn_at = client.changed_at = stamp.at
    bulk_update_with_history(
        rows, Client, ["withdrawn_at", "changed_at"], batch_size=BATCH,
        default_user=stamp.user, default_change_reason=stamp.origin.value,
    )  # fmt: skip
    return len(rows)


def refresh_derived(pks: Sequence[int], *, changed_at: datetime) -> None:
    """Recompute latest turnover and followers of these clients from their rows, and date the change."""
    for start in range(0, len(pks), CHUNK):
        latest = Turnover.objects.filter(client=OuterRef("pk")).order_by("-year")
        readings = Followers.objects.filter(client=OuterRef("pk"), count__isnull=False)
        later = Followers.objects.filter(
            client=OuterRef("client"), platform=OuterRef("platform"), count__isnull=False,
            measured_on__gt=OuterRef("measured_on"),
        )  # fmt: skip
        total = readings.filter(~Exists(later)).order_by().values("client").annotate(total=Sum("count"))
        Client.objects.filter(pk__in=pks[start : start + CHUNK]).update(
            changed_at=changed_at,
            turnover=Subquery(latest.values("amount")[:1]),
            turnover_year=Subquery(latest.values("year")[:1]),
            followers=Subquery(total.values("total")),
        )


# --- Steps -----------------------------------------------------------------------------------------------------------


def _key(fact: ClientFacts) -> str | tuple[str, str]:
    if fact.source_id:
        return fact.source_id
    return fold(str(fact.fields.get("name", ""))), str(fact.fields.get("postal_code", ""))


def _known(facts: Sequence[ClientFacts]) -> dict[str | tuple[str, str], Client]:
    ids = [fact.source_id for fact in facts if fact.source_id]
    names = [_key(fact)[0] for fact in facts if not fact.source_id]
    found: dict[str | tuple[str, str], Client] = {}
    rows = Client.objects.select_related("category")
    for start in range(0, len(ids), CHUNK):
        for client in rows.filter(source_id__in=ids[start : start + CHUNK]):
            found[str(client.source_id)] = client
    for client in rows.filter(name_folded__in=names) if names else ():
        found.setdefault((client.name_folded, client.postal_code), client)
    return found


def _categories(facts: Sequence[ClientFacts]) -> dict[str, Category]:
    """Every category named in the facts, created where missing, by folded name."""
    by_name = {fold(category.name): category for category in Category.objects.all()}
    for fact in facts:
        if fact.category and fold(fact.category) not in by_name:
            sector = str(fact.fields.get("sector") or "Autre")
            by_name[fold(fact.category)] = Category.objects.create(name=fact.category, sector=sector)
    return by_name


def _managers() -> dict[str, Any]:
    """Users by what a source may call them: user name or e-mail, case ignored."""
    found: dict[str, Any] = {}
    for user in get_user_model().objects.filter(is_active=True):
        for name in (user.email, user.get_username()):
            if name:
                found[name.casefold()] = user
    return found


def _state(client: Client) -> tuple[Any, ...]:
    return (*(getattr(client, name) for name in FACT_FIELDS), client.category_id, client.account_manager_id,
            client.department, client.position_precision, client.withdrawn_at)  # fmt: skip


def _apply(
    client: Client,
    fact: ClientFacts,
    categories: Mapping[str, Category],
    managers: Mapping[str, Any],
    stamp: Stamp,
    outcome: Recorded,
) -> None:
    said = dict(fact.fields)
    if fact.category:
        said["category"] = categories[fold(fact.category)]
    for name, value in said.items():
        _set(client, name, value, stamp, outcome)
    if client.category is not None:
        client.sector = client.category.sector
    if said.get("latitude") is not None:
        client.position_precision = Client.Precision.GIVEN
    if client.account_manager_name and "account_manager" not in client.local_fields:
        client.account_manager = managers.get(client.account_manager_name.casefold())
    client.withdrawn_at = None


def _set(client: Client, name: str, value: Any, stamp: Stamp, outcome: Recorded) -> None:
    ours = getattr(client, name)
    if value in (None, "") or value == ours:
        return  # a source's silence never erases
    if name in client.local_fields and stamp.origin is Origin.SYNC:
        outcome.conflicts.append(Conflict(client.source_id or "", client.name, name, str(ours), str(value)))
        return
    setattr(client, name, value)


def _derive(client: Client) -> None:
    """Folded text, department, and a position for a client whose source gives none."""
    client.name_folded = fold(client.name)[:200]
    client.city_folded = fold_town(client.city)[:120]
    client.department = department_of(client.postal_code) or ""
    if client.position_precision == Client.Precision.GIVEN:
        return
    place = resolve(client.city, client.postal_code)
    if place is None:
        client.latitude = client.longitude = None
        client.position_precision = ""
        return
    client.latitude, client.longitude, client.position_precision = place.latitude, place.longitude, place.precision
    client.department = client.department or place.department


def _write_clients(created: list[Client], updated: list[Client], stamp: Stamp) -> None:
    said = {"default_user": stamp.user, "default_change_reason": stamp.origin.value, "batch_size": BATCH}
    if created:
        bulk_create_with_history(created, Client, **said)
    if updated:
        bulk_update_with_history(updated, Client, list(UPDATED_FIELDS), **said)


def _write_readings(pairs: Sequence[tuple[Client, ClientFacts]], stamp: Stamp, outcome: Recorded) -> set[int]:
    """A reading is kept when it says something new: another count, or another day with another count."""
    latest: dict[tuple[int, str], Followers] = {}
    for row in _rows_of(Followers, pairs).order_by("measured_on"):
        latest[row.client_id, row.platform] = row
    new: list[Followers] = []
    changed: list[Followers] = []
    today = timezone.localdate(stamp.at)
    for client, fact in pairs:
        for platform, reading in fact.readings.items():
            last = latest.get((client.pk, platform))
            if last and (last.count, last.has_account) == (reading.count, reading.has_account):
                outcome.followers.unchanged += 1
                continue
            day = reading.measured_on or today
            if last and day <= last.measured_on:
                last.count, last.has_account = reading.count, reading.has_account
                changed.append(last)
            else:
                row = Followers(client=client, platform=platform, measured_on=day)
                row.count, row.has_account = reading.count, reading.has_account
                new.append(row)
    outcome.followers.created, outcome.followers.updated = len(new), len(changed)
    _write_rows(Followers, new, changed, ["count", "has_account"], stamp)
    return {row.client_id for row in (*new, *changed)}


def _write_turnovers(pairs: Sequence[tuple[Client, ClientFacts]], stamp: Stamp, outcome: Recorded) -> set[int]:
    held = {(row.client_id, row.year): row for row in _rows_of(Turnover, pairs)}
    new: list[Turnover] = []
    changed: list[Turnover] = []
    for client, fact in pairs:
        for year, amount in fact.turnover.items():
            row = held.get((client.pk, year))
            if row is None:
                new.append(Turnover(client=client, year=year, amount=amount))
            elif row.amount == amount:
                outcome.turnover.unchanged += 1
            else:
                row.amount = amount
                changed.append(row)
    outcome.turnover.created, outcome.turnover.updated = len(new), len(changed)
    _write_rows(Turnover, new, changed, ["amount"], stamp)
    return {row.client_id for row in (*new, *changed)}


def _write_services(pairs: Sequence[tuple[Client, ClientFacts]]) -> None:
    rows = [
        HeldService(client=client, service=service, since=since)
        for client, fact in pairs
        for service, since in (fact.services or {}).items()
    ]
    HeldService.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def _rows_of(model: Any, pairs: Sequence[tuple[Client, ClientFacts]]) -> Any:
    pks = [client.pk for client, _ in pairs]
    return model.objects.filter(client__in=pks) if len(pks) <= CHUNK else model.objects.all()


def _write_rows(model: Any, new: list[Any], changed: list[Any], fields: list[str], stamp: Stamp) -> None:
    said = {"default_user": stamp.user, "default_change_reason": stamp.origin.value, "batch_size": BATCH}
    if new:
        bulk_create_with_history(new, model, **said)
    if changed:
        bulk_update_with_history(changed, model, fields, **said)
