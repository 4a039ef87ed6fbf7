"""Two clients that are one: everything that hung on both hangs on the kept one, and the other is withdrawn.

Nothing is deleted. The merge keeps every value that it changed, before and after, for `clients.unmerging`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.choosing import BOTH, COLUMNS, OTHER, Proposal, is_known, propose, reading_key, turnover_key, values_of
from clients.duplicates import Merge
from clients.facts import Origin, Stamp
from clients.figures import refresh_derived
from clients.hanging import Hanging, Rows, hanging, rows_of, write
from clients.models import Client, Followers, HeldService, Turnover
from clients.recording import save
from clients.rights import Objection
from dignamik.foundation.auditing import Kind, note

GOES_ON = "Le client auquel celui-ci est réuni s’oppose déjà."  # a row of the database: French


class CannotMerge(Exception):
    """Said in the reader's language; nothing was written."""


class Moved(CannotMerge):
    """What was chosen from is no longer what there is: to be looked at again."""


@dataclass(frozen=True)
class Above:
    """What the app above has to do when two clients become one, or one two again; `clients` knows nothing of it.

    `begin`: take the locks that come before those of clients. `settle(kept, other)`: see to what only it understands
    before rows move. `finish(clients)`: after their facts were written. `derived`: models that nobody edits, put back
    whatever they say by now.
    """

    begin: Callable[[], object] = lambda: None
    settle: Callable[[int, int], object] = lambda kept, other: None
    finish: Callable[[Collection[int]], object] = lambda clients: None
    derived: frozenset[str] = frozenset()


ALONE = Above()


@transaction.atomic
def merge(
    kept: int, other: int, chosen: Mapping[str, str], *, by: Any, version: str = "", above: Above = ALONE
) -> Merge:
    """Merge client `other` into client `kept` (keys), taking from each what `chosen` says by the name of a line.

    What `chosen` is silent about is taken as `clients.choosing` proposes. `version`: of the proposal that was seen.

    Raises:
        Moved: the proposal is another one by now.
        CannotMerge: one of them is no longer there, or a choice means nothing.
    """
    above.begin()
    ours, theirs = locked(kept, other)
    proposal = propose(ours, theirs)
    if version and proposal.version != version:
        raise Moved(_("Une des deux fiches a changé entre-temps\u00a0: vérifiez à nouveau les valeurs à garder."))
    choices = _choices(proposal, chosen)
    before = rows_of([kept, other])
    made = Merge(kept=ours, other=theirs, kept_name=ours.name, other_name=theirs.name, at=timezone.now(), by=by)
    made.save()
    stamp = Stamp(Origin.MERGE, made.at, by, which=f"n° {made.pk}")
    above.settle(kept, other)
    _settle_objections(ours, theirs, stamp)
    _take_figures(ours, theirs, choices, stamp)
    for kind in hanging():
        _move(kind, kept, other, stamp)
    _take_fields(ours, theirs, choices, stamp)
    refresh_derived([kept], changed_at=stamp.at)
    above.finish([kept])
    made.rows = _changes(before, rows_of([kept, other]))
    made.save(update_fields=["rows"])
    note(Kind.MERGE, by, about=ours, merge=made.pk, other=other, moment=stamp.at.isoformat())
    return made


def locked(kept: int, other: int) -> tuple[Client, Client]:
    """Both, held until the transaction ends, so that two merges take turns. Raises CannotMerge."""
    held = {
        client.pk: client for client in Client.objects.select_for_update().filter(pk__in=[kept, other]).order_by("pk")
    }
    if kept == other or len(held) < 2 or any(client.withdrawn_at is not None for client in held.values()):
        raise CannotMerge(_("Une des deux fiches n’est plus là\u00a0: elle a été réunie à une autre, ou retirée."))
    return held[kept], held[other]


def _choices(proposal: Proposal, chosen: Mapping[str, str]) -> dict[str, str]:
    """What to take for each line that differs. Raises CannotMerge for words that mean nothing."""
    options = {line.name: line.options for line in proposal.lines}
    for name, value in chosen.items():
        if name not in options or value not in options[name]:
            raise CannotMerge(_("Choix non compris\u00a0: choisissez une des deux valeurs de chaque ligne."))
    return {line.name: line.default for line in proposal.lines} | dict(chosen)


# --- Facts -----------------------------------------------------------------------------------------------------------


def _take_fields(kept: Client, other: Client, choices: Mapping[str, str], stamp: Stamp) -> None:
    """What is taken from the other counts as set here: the kept one's own source must not take it back."""
    taken: set[str] = set()
    for name in COLUMNS:
        choice = choices.get(name)
        if choice == BOTH:
            kept.notes = f"{kept.notes}\n\n{other.notes}"
        elif choice == OTHER:
            for column, value in zip(COLUMNS[name], values_of(other, name), strict=True):
                setattr(kept, column, value)
        if choice in (OTHER, BOTH):
            taken |= {column.removesuffix("_id") for column in COLUMNS[name]}
    if kept.do_not_contact:
        kept.next_follow_up = None
    identifier = None
    if kept.source_id is None and other.source_id is not None:
        identifier = other.source_id, other.seen_in_source_at
        other.source_id = other.seen_in_source_at = None
    other.withdrawn_at, other.merged_into = stamp.at, kept
    save(other, changed=(), user=stamp.user, stamp=stamp)
    if identifier:  # the source's row is from now on the kept one's own, and what was decided is not its to change
        kept.source_id, kept.seen_in_source_at = identifier
        decided = [
            name for name in choices if name in COLUMNS and (name != "position" or is_known(values_of(kept, name)))
        ]
        taken |= {column.removesuffix("_id") for name in decided for column in COLUMNS[name]}
    save(kept, changed=taken, user=stamp.user, stamp=stamp)


def _take_figures(kept: Client, other: Client, choices: Mapping[str, str], stamp: Stamp) -> None:
    """Where both have a figure for one day or year: the chosen one, in the kept one's row."""
    theirs: dict[str, Any] = {reading_key(row.platform, row.measured_on): row for row in other.readings.all()}
    theirs |= {turnover_key(row.year): row for row in other.turnovers.all()}
    readings, turnovers = [], []
    for row in kept.readings.all():
        key = reading_key(row.platform, row.measured_on)
        if choices.get(key) == OTHER:
            row.count, row.has_account = theirs[key].count, theirs[key].has_account
            readings.append(row)
    for amount in kept.turnovers.all():
        key = turnover_key(amount.year)
        if choices.get(key) == OTHER:
            amount.amount = theirs[key].amount
            turnovers.append(amount)
    write(Followers, readings, ["count", "has_account"], stamp)
    write(Turnover, turnovers, ["amount"], stamp)
    since = dict(other.held_services.values_list("service", "since"))
    services = [row for row in kept.held_services.filter(since=None) if since.get(row.service)]
    for service in services:
        service.since = since[service.service]
    write(HeldService, services, ["since"], stamp)


def _settle_objections(kept: Client, other: Client, stamp: Stamp) -> None:
    """Who objected to profiling under either name objects; of two objections in force the kept one's goes on."""
    ours, theirs = (Objection.objects.filter(client=client, lifted_at=None) for client in (kept, other))
    if ours.exists():
        theirs.update(lifted_at=stamp.at, lifted_by=stamp.user, lifted_why=GOES_ON)
    kept.profiling_objected_at = kept.profiling_objected_at or other.profiling_objected_at
    other.profiling_objected_at = None


# --- What hangs on them ----------------------------------------------------------------------------------------------


def _move(kind: Hanging, kept: int, other: int, stamp: Stamp) -> None:
    """Rows of the other that the kept one has already, by a truth of the database, stay where they are."""
    columns = [tuple(kind.model._meta.get_field(name).attname for name in key) for key in kind.keys]  # type: ignore[union-attr]
    taken = [{_values(row, key) for row in kind.of([kept])} for key in columns]
    moving = [
        row
        for row in kind.of([other])
        if not any(_values(row, key) in held for key, held in zip(columns, taken, strict=True))
    ]
    for row in moving:
        setattr(row, kind.column, kept)
    write(kind.model, moving, [kind.owner], stamp)


def _values(row: Any, columns: Collection[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in columns)


def _changes(before: Rows, after: Rows) -> list[dict[str, Any]]:
    """Each row that is not as it was: the changed columns as they were, and the whole row as the merge left it."""
    found = []
    for (label, pk), row in after.items():
        was = before.get((label, pk))
        if was is not None and was != row:
            old = {column: value for column, value in was.items() if row[column] != value}
            found.append({"model": label, "pk": pk, "before": old, "after": row})
    return found
