"""Who changed segment between two published runs, and why: its data, the model, or both.

Old data go through the new model, and new data through the old one: what moves a client under the old model is its
data, what moves it with its old data is the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clients.querysets import ClientQuerySet
from segmentation.engine.document import Document
from segmentation.engine.scoring import NOT_CLASSIFIABLE, score
from segmentation.models import Assignment, Publication, Run

CHUNK = 5000
"""Identifiers in one query."""


class Cause(StrEnum):
    DATA = "data"
    MODEL = "model"
    BOTH = "both"


@dataclass(frozen=True)
class Move:
    """One client of both runs whose segment differs; None is: not classifiable."""

    client: int
    source: str | None
    target: str | None
    cause: Cause


@dataclass(frozen=True)
class Movements:
    """Two runs side by side. `matrix` counts clients of both runs by (slug before, slug after), stayers included.

    `entered` and `left` count clients that only the later or only the earlier run has, by slug.
    """

    matrix: Mapping[tuple[str | None, str | None], int]
    entered: Mapping[str | None, int]
    left: Mapping[str | None, int]
    moves: tuple[Move, ...]

    @property
    def causes(self) -> Counter[Cause]:
        return Counter(move.cause for move in self.moves)


@dataclass(frozen=True)
class Shift:
    """How many clients both runs placed, and how many of them in another segment."""

    compared: int
    moved: int


@dataclass(frozen=True)
class Withdrawn:
    """Clients of one run or both that the source has withdrawn since: counted in the movements, listed nowhere.

    `moves` counts those that changed segment by (slug before, slug after), the most first.
    """

    stayed: int
    moves: tuple[tuple[tuple[str | None, str | None], int], ...]
    entered: int
    left: int

    @property
    def moved(self) -> int:
        return sum(count for _, count in self.moves)

    @property
    def total(self) -> int:
        return self.stayed + self.moved + self.entered + self.left


Places = Mapping[int, str | None]


def between(before: Run, after: Run, among: ClientQuerySet | None = None) -> Movements:
    """Compare two runs, on everybody they placed or `among` some clients only.

    Raises DocumentError when a stored model cannot be read.
    """
    old, new = _places(before, among), _places(after, among)
    both = sorted(old.keys() & new.keys())
    movers = [client for client in both if old[client] != new[client]]
    return Movements(
        matrix=Counter((old[client], new[client]) for client in both),
        entered=Counter(new[client] for client in new.keys() - old.keys()),
        left=Counter(old[client] for client in old.keys() - new.keys()),
        moves=tuple(_moves(movers, old, new, before, after)),
    )


def moved_between(before: Run, after: Run, among: ClientQuerySet | None = None) -> Shift:
    """How many clients moved, without asking why."""
    old, new = _places(before, among), _places(after, among)
    both = old.keys() & new.keys()
    return Shift(len(both), sum(old[client] != new[client] for client in both))


def withdrawn_since(before: Run, after: Run) -> Withdrawn:
    """Where the clients went that are no longer in the book: of everybody, so for who may read of everybody."""
    rows = Assignment.objects.filter(run__in=[before.pk, after.pk], client__withdrawn_at__isnull=False)
    places: dict[int, dict[int, str | None]] = {before.pk: {}, after.pk: {}}
    for run, client, slug in rows.values_list("run", "client", "segment__slug"):
        places[run][client] = slug
    old, new = places[before.pk], places[after.pk]
    both = old.keys() & new.keys()
    moves = Counter((old[client], new[client]) for client in both if old[client] != new[client])
    return Withdrawn(
        stayed=len(both) - moves.total(),
        moves=tuple(moves.most_common()),
        entered=len(new.keys() - old.keys()),
        left=len(old.keys() - new.keys()),
    )


def published_before(run: Run) -> Run | None:
    """The run that readers saw before this one: before its latest publication, or now if it never had one."""
    latest = run.publications.first()
    others = Publication.objects.exclude(run=run).select_related("run")
    found = (others.filter(pk__lt=latest.pk) if latest else others).first()
    return found.run if found else None


def _places(run: Run, among: ClientQuerySet | None) -> dict[int, str | None]:
    rows = Assignment.objects.filter(run=run)
    if among is not None:
        rows = rows.filter(client__in=among.order_by().values("pk"))
    return dict(rows.values_list("client", "segment__slug"))


def _values(run: Run, clients: Sequence[int]) -> list[Mapping[str, Any]]:
    """What the run saw of these clients, in their order."""
    found: dict[int, Mapping[str, Any]] = {}
    for start in range(0, len(clients), CHUNK):
        rows = Assignment.objects.filter(run=run, client__in=clients[start : start + CHUNK])
        found.update(rows.values_list("client", "values"))
    return [found[client] for client in clients]


def _moves(movers: list[int], old: Places, new: Places, before: Run, after: Run) -> Iterable[Move]:
    if not movers:
        return
    new_data_old_model = _slugs(_values(after, movers), before)
    old_data_new_model = _slugs(_values(before, movers), after)
    for client, by_data, by_model in zip(movers, new_data_old_model, old_data_new_model, strict=True):
        source, target = old[client], new[client]
        yield Move(client, source, target, _cause(moved_by_data=by_data != source, moved_by_model=by_model != source))


def _cause(*, moved_by_data: bool, moved_by_model: bool) -> Cause:
    """Neither alone moves it: only the two together do."""
    if moved_by_data == moved_by_model:
        return Cause.BOTH
    return Cause.DATA if moved_by_data else Cause.MODEL


def _slugs(rows: Sequence[Mapping[str, Any]], run: Run) -> list[str | None]:
    """The segment that the run's model gives to each row of values."""
    document = Document.from_dict(run.document or {})
    columns = {name: [row.get(name) for row in rows] for name, _ in document.spans()}
    scores = score(columns, document)
    return [
        None if standing == NOT_CLASSIFIABLE else document.stable[int(label)]
        for label, standing in zip(scores.labels, scores.standing, strict=True)
    ]
