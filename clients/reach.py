"""Everything that hangs on a client, found by walking the models: access and erasure reach what is added later, too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import ForeignObjectRel, ManyToManyRel, Model, Q, QuerySet

from clients.models import Client


@dataclass(frozen=True)
class Hanging:
    """A model, and the paths from its rows to their clients. `is_history`: rows are versions of other rows."""

    model: type[Model]
    paths: tuple[str, ...]
    is_history: bool

    @property
    def name(self) -> str:
        """What an export calls its rows: `followers`, `historicalfollowers`…"""
        return str(self.model._meta.model_name)

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    def rows_of(self, pks: Collection[int]) -> QuerySet[Any]:
        """Its rows of these clients, oldest first.

        A version goes with its row, as long as there is one: a merge that was undone had moved it to another client.
        """
        theirs = self._of(pks)
        if self.is_history and self.model is not Client.history.model:
            rows = self.model.instance_type._base_manager.all()  # type: ignore[attr-defined]
            theirs = Q(id__in=rows.filter(theirs).values("pk")) | theirs & ~Q(id__in=rows.exclude(theirs).values("pk"))
        return self.model._base_manager.filter(theirs).order_by("pk")

    def _of(self, pks: Collection[int]) -> Q:
        found = Q()
        for path in self.paths:
            found |= Q(**{f"{path}__in": pks})
        return found


def hanging_on_clients() -> Sequence[Hanging]:
    """Every model whose rows lead to clients, by foreign keys of any depth; the clients' own history among them."""
    own = Client.history.model
    paths: dict[type[Model], list[str]] = {own: ["id"]}
    waiting: list[tuple[type[Model], str]] = [(Client, "")]
    while waiting:
        owner, path = waiting.pop()
        for model, field in _pointing_at(owner):
            if model in (Client, own):
                continue  # a double is a client by itself, and so are its versions
            here = f"{field}__{path}" if path else field
            if model not in paths:
                waiting.append((model, here))
            if here not in paths.setdefault(model, []):
                paths[model].append(here)
    found = [Hanging(model, tuple(each), hasattr(model, "history_id")) for model, each in paths.items()]
    return sorted(found, key=lambda item: item.name)


def same_person(client: Client) -> list[Client]:
    """The client and the doubles merged into it, whichever of them is given; the kept one first.

    A merge says that they are one: an objection, an access, an erasure is of all of them.
    """
    kept = Client.objects.get(pk=client.merged_into_id) if client.merged_into_id else client
    return [kept, *kept.merged.order_by("pk")]


def _pointing_at(owner: type[Model]) -> list[tuple[type[Model], str]]:
    """Models with a foreign key to this one; those that name no way back ("+") too."""
    relations = [
        field
        for field in owner._meta.get_fields(include_hidden=True)
        if isinstance(field, ForeignObjectRel) and not isinstance(field, ManyToManyRel)
    ]
    return [(relation.related_model, relation.field.name) for relation in relations]
