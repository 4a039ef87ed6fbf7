"""Everything that hangs on a client, found by walking the models: access and erasure reach what is added later, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import ForeignObjectRel, ManyToManyRel, Model, QuerySet

from clients.models import Client


@dataclass(frozen=True)
class Hanging:
    """A model, and the path from its rows to their client. `is_history`: rows are versions of other rows."""

    model: type[Model]
    path: str
    is_history: bool

    @property
    def name(self) -> str:
        """What an export calls its rows: `followers`, `historicalfollowers`…"""
        return str(self.model._meta.model_name)

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    def rows_of(self, pk: int) -> QuerySet[Any]:
        """Its rows of one client, oldest first."""
        return self.model._base_manager.filter(**{self.path: pk}).order_by("pk")


def hanging_on_clients() -> Sequence[Hanging]:
    """Every model whose rows lead to one client, by foreign keys of any depth; its own history among them."""
    found = {Client.history.model: Hanging(Client.history.model, "id", is_history=True)}
    waiting: list[tuple[type[Model], str]] = [(Client, "")]
    while waiting:
        owner, path = waiting.pop()
        for model, field in _pointing_at(owner):
            if model in found or model is Client:
                continue
            here = f"{field}__{path}" if path else field
            found[model] = Hanging(model, here, is_history=hasattr(model, "history_id"))
            waiting.append((model, here))
    return sorted(found.values(), key=lambda item: item.name)


def _pointing_at(owner: type[Model]) -> list[tuple[type[Model], str]]:
    """Models with a foreign key to this one; those that name no way back ("+") too."""
    relations = [
        field
        for field in owner._meta.get_fields(include_hidden=True)
        if isinstance(field, ForeignObjectRel) and not isinstance(field, ManyToManyRel)
    ]
    return [(relation.related_model, relation.field.name) for relation in relations]
