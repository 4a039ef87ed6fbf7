"""Whatever points at clients, in this app and in those above: found by asking the models, so that nothing is missed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, UniqueConstraint
from simple_history.utils import bulk_update_with_history

from clients.duplicates import DuplicatePair, Merge
from clients.facts import Stamp
from clients.figures import BATCH
from clients.models import Client

# They are about the two clients of a merge themselves.
OWN = (DuplicatePair, Merge)

Row = dict[str, Any]
Rows = dict[tuple[str, int], Row]
"""By (model, key): column → value as JSON holds it."""


@dataclass(frozen=True)
class Hanging:
    """Rows of `model` belong to a client by the foreign key `owner`."""

    model: type[Model]
    owner: str

    @property
    def column(self) -> str:
        return f"{self.owner}_id"

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """What a client may have only once: for each truth of the database, the columns beside the client."""
        told = [each.fields for each in self.uniques if each.condition is None]
        told += [tuple(each) for each in self.model._meta.unique_together if self.owner in each]
        if self.model._meta.get_field(self.owner).unique:  # type: ignore[union-attr]
            told.append((self.owner,))
        return [tuple(name for name in fields if name != self.owner) for fields in told]

    @property
    def uniques(self) -> list[UniqueConstraint]:
        """Those with a condition are for whoever knows what it means to settle before a merge."""
        constraints = self.model._meta.constraints
        return [each for each in constraints if isinstance(each, UniqueConstraint) and self.owner in each.fields]

    def of(self, pks: Collection[int]) -> Any:
        return self.model._base_manager.filter(**{f"{self.owner}__in": pks})


def hanging() -> Iterator[Hanging]:
    """Everything with a foreign key to Client but histories and pairs."""
    for relation in Client._meta.get_fields(include_hidden=True):
        field = getattr(relation, "field", None)
        if isinstance(field, ForeignKey) and field.related_model is Client:
            model: Any = field.model
            if model not in OWN and not hasattr(model, "history_id"):
                yield Hanging(model, field.name)


def rows_of(pks: Collection[int]) -> Rows:
    """These clients and all that hangs on them, whole."""
    found = {key_of(row): whole(row) for row in Client.objects.filter(pk__in=pks)}
    for kind in hanging():
        found |= {key_of(row): whole(row) for row in kind.of(pks)}
    return found


def rows_at(keys: Collection[tuple[str, int]]) -> Rows:
    """The same rows as they are now; those that are gone are left out."""
    return {key: whole(row) for key, row in objects_at(keys).items()}


def objects_at(keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], Any]:
    found: dict[tuple[str, int], Any] = {}
    for label in sorted({label for label, _ in keys}):
        pks = [pk for name, pk in keys if name == label]
        for row in apps.get_model(label)._base_manager.filter(pk__in=pks):
            found[label, row.pk] = row
    return found


def key_of(row: Any) -> tuple[str, int]:
    return row._meta.label_lower, row.pk


def whole(row: Any) -> Row:
    """Every column, exactly: JSON as Django writes it would cut a time to milliseconds."""
    return {field.attname: _plain(getattr(row, field.attname)) for field in row._meta.concrete_fields}


def value_of(model: type[Model], column: str, plain: Any) -> Any:
    """The way back of `whole`."""
    field: Any = next(field for field in model._meta.concrete_fields if field.attname == column)
    return getattr(field, "target_field", field).to_python(plain)


def write(model: type[Model], rows: Sequence[Any], names: Collection[str], stamp: Stamp) -> None:
    """Write these fields of rows of one model, with history where the model has one."""
    if not rows or not names:
        return
    if hasattr(model, "history"):
        bulk_update_with_history(
            rows, model, sorted(names), batch_size=BATCH, manager=model._base_manager,
            default_user=stamp.user, default_change_reason=stamp.reason,
        )  # fmt: skip
    else:
        model._base_manager.bulk_update(rows, sorted(names), batch_size=BATCH)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
