"""Taking a merge back, to the character, as long as nobody has changed what it brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.duplicates import Merge
from clients.facts import Origin, Stamp
from clients.figures import refresh_derived
from clients.hanging import Row, hanging, key_of, objects_at, rows_at, value_of, write
from clients.merging import ALONE, Above, CannotMerge
from clients.models import Client
from dignamik.foundation.auditing import Kind, note

CLIENT = Client._meta.label_lower
# Of a client's row: what nobody edits, but what follows from edits or from syncs.
FOLLOWING = frozenset(
    {"changed_at", "local_fields", "turnover", "turnover_year", "followers", "name_folded", "city_folded",
     "seen_in_source_at"}
)  # fmt: skip
NAMED = 6
"""So many changes are named in the sentence that refuses; the rest is counted."""


class EditedSince(CannotMerge):
    """Taking the merge back would lose what was changed since. `what`: each change, named."""

    def __init__(self, what: list[str]) -> None:
        self.what = what
        named = ", ".join(what[:NAMED]) + (", …" if len(what) > NAMED else "")
        super().__init__(
            _("Modifié depuis la fusion\u00a0: %(what)s. L’annuler effacerait ce travail. Rien n’a été modifié.")
            % {"what": named}
        )


@transaction.atomic
def undo(pk: int, *, by: Any, above: Above = ALONE) -> Merge:
    """Give both clients back what they had. What was added to the kept one since stays with it.

    Raises:
        EditedSince: something that the merge moved or chose was changed or deleted since.
        CannotMerge: it was undone already, or the kept one has itself been merged since.
    """
    above.begin()
    made = Merge.objects.select_for_update().get(pk=pk)
    clients = Client.objects.select_for_update().filter(pk__in=[made.kept_id, made.other_id]).order_by("pk")
    held = {client.pk: client for client in clients}
    _may_be_undone(made, held)
    rows = [row for row in made.rows if row["model"] not in above.derived]
    if edited := _edited(rows):
        raise EditedSince(edited)
    stamp = Stamp(Origin.UNMERGE, timezone.now(), by, which=f"n° {made.pk}")
    _put_back([row for row in made.rows if row["model"] != CLIENT], stamp)
    touched = _put_clients_back([row for row in made.rows if row["model"] == CLIENT], made.kept_id, stamp)
    if touched:
        refresh_derived(touched, changed_at=stamp.at)
    above.finish([made.kept_id, made.other_id])
    made.undone_at, made.undone_by = stamp.at, by
    made.save(update_fields=["undone_at", "undone_by"])
    note(Kind.MERGE_UNDONE, by, about=made.kept, merge=made.pk, other=made.other_id, moment=stamp.at.isoformat())
    return made


def what_changed_since(made: Merge, derived: Collection[str] = ()) -> list[str]:
    """What keeps a merge from being taken back, named; empty if nothing does."""
    return _edited([row for row in made.rows if row["model"] not in derived])


def _may_be_undone(made: Merge, held: Mapping[int, Client]) -> None:
    if made.undone_at is not None:
        raise CannotMerge(_("Cette fusion est déjà annulée."))
    kept = held[made.kept_id]
    if held[made.other_id].merged_into_id != kept.pk:
        raise CannotMerge(
            _("La fiche gardée a elle-même été réunie à une autre depuis\u00a0: annulez d’abord cette fusion-là.")
        )


# --- What was edited -------------------------------------------------------------------------------------------------


def _edited(rows: Iterable[Row]) -> list[str]:
    told = list(rows)
    now = rows_at([(row["model"], row["pk"]) for row in told])
    return [said for row in told for said in _edits(row, now.get((row["model"], row["pk"])))]


def _edits(row: Row, now: Row | None) -> list[str]:
    """Of a client the fields that the merge changed; of what hangs on it the whole row."""
    model: Any = apps.get_model(row["model"])
    if now is None:
        return [_("%(what)s (supprimé)") % {"what": model._meta.verbose_name}]
    if row["model"] == CLIENT:
        columns = [name for name in row["before"] if name not in FOLLOWING and now[name] != row["after"][name]]
        return [_label(model, column) for column in columns]
    return [f"{model._meta.verbose_name} ({_named(model, now)})"] if now != row["after"] else []


def _label(model: Any, column: str) -> str:
    return str(next(field for field in model._meta.concrete_fields if field.attname == column).verbose_name)


def _named(model: Any, row: Row) -> str:
    return str(model(**{name: value_of(model, name, value) for name, value in row.items()}))


# --- The way back ----------------------------------------------------------------------------------------------------


def _put_back(rows: Iterable[Row], stamp: Stamp) -> None:
    """First what goes back to the other client, then the rest: some things a client may have only once."""
    told = {(row["model"], row["pk"]): row["before"] for row in rows}
    found = objects_at(told)
    owners = {kind.model._meta.label_lower: kind.column for kind in hanging()}
    for moved in (True, False):
        by_model: dict[str, list[Any]] = defaultdict(list)
        for (label, pk), row in found.items():
            if (owners[label] in told[label, pk]) is moved:
                by_model[label].append(row)
        for label, some in by_model.items():
            model = apps.get_model(label)
            names = {column for row in some for column in told[key_of(row)]}
            for row in some:
                _fill(row, told[key_of(row)])
            write(model, some, {_name(model, column) for column in names}, stamp)


def _put_clients_back(rows: Iterable[Row], kept: int, stamp: Stamp) -> list[int]:
    """Returns those that somebody changed elsewhere since: their figures are to be looked at again.

    The kept one first, so that an identifier is free before the other takes it back.
    """
    touched = []
    for row in sorted(rows, key=lambda row: row["pk"] != kept):
        client = Client.objects.get(pk=row["pk"])
        now, before, after = client.changed_at.isoformat(), dict(row["before"]), row["after"]
        if "local_fields" in before:
            brought = set(after["local_fields"]) - set(before["local_fields"])
            since = client.local_fields != after["local_fields"]
            before["local_fields"] = sorted(set(client.local_fields) - brought) if since else before["local_fields"]
        if now != after["changed_at"]:
            touched.append(client.pk)
            before["changed_at"] = stamp.at.isoformat()
        _fill(client, before)
        write(Client, [client], {_name(Client, column) for column in before}, stamp)
    return touched


def _fill(row: Any, values: Row) -> None:
    for column, value in values.items():
        setattr(row, column, value_of(type(row), column, value))


def _name(model: Any, column: str) -> str:
    return str(next(field for field in model._meta.concrete_fields if field.attname == column).name)
