"""Where a client stands among its peers: the same type of business, or the same sector where those are too few.

Peers are clients that the reader may see, never the whole base: a rank among others' clients would tell an account
manager, edit after edit, what a colleague's clients turn over. Nobody is named, and fewer than five tell nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Followers
from clients.querysets import ClientQuerySet

FEWEST = 5
"""In a smaller group a rank begins to describe somebody."""
FIGURES: Mapping[str, str | Promise] = {**dict(Followers.Platform.choices), "turnover": _("CA")}


def latest_count(platform: str) -> Subquery:
    """On a Client queryset: the latest reading on one platform, its count or a known 0 without an account."""
    readings = Followers.objects.filter(client=OuterRef("pk"), platform=platform).order_by("-measured_on")
    no_account = When(count__isnull=True, has_account=False, then=Value(0))
    said = Case(no_account, default=F("count"), output_field=models.IntegerField())
    return Subquery(readings.annotate(said=said).filter(said__isnull=False).values("said")[:1])


@dataclass(frozen=True)
class Standing:
    """One figure of a client among `peers` others of whom it is known; `below` of them have less."""

    figure: str
    own: int | Decimal
    below: int
    peers: int
    group: str
    is_sector: bool

    @property
    def label(self) -> str:
        return str(FIGURES[self.figure])

    @property
    def share(self) -> float:
        """The percentile, from 0 to 1: the share of the peers that have strictly less."""
        return self.below / self.peers


def among_peers(client: Client, visible: ClientQuerySet) -> Sequence[Standing]:
    """The client's known figures among its peers, each with the nearest group of at least five. One query.

    Who objected to profiling is nobody's peer and has none.
    """
    groups = _groups(client)
    if not groups or client.profiling_objected_at is not None:
        return []
    term = Q(pk=client.pk)
    for group in groups:
        term |= group.term
    rows = list(_figures(visible.profiled().filter(term)).values("pk", "category_id", "sector", *_names()))
    own = next((row for row in rows if row["pk"] == client.pk), None)
    peers = [row for row in rows if row["pk"] != client.pk]
    if own is None:
        return []
    found = (_standing(figure, own[f"peer_{figure}"], peers, groups) for figure in FIGURES)
    return [standing for standing in found if standing is not None]


@dataclass(frozen=True)
class _Group:
    """Clients that share a column's value."""

    name: str
    column: str
    value: Any
    is_sector: bool

    @property
    def term(self) -> Q:
        return Q(**{self.column: self.value})


def _groups(client: Client) -> list[_Group]:
    """From the nearest to the widest."""
    groups: list[_Group] = []
    if client.category is not None:
        groups.append(_Group(client.category.name, "category_id", client.category.pk, is_sector=False))
    if client.sector:
        groups.append(_Group(client.sector, "sector", client.sector, is_sector=True))
    return groups


def _standing(figure: str, own: Any, peers: Sequence[Mapping[str, Any]], groups: Sequence[_Group]) -> Standing | None:
    if own is None:
        return None
    for group in groups:
        said = [row[f"peer_{figure}"] for row in peers if row[group.column] == group.value]
        known = [value for value in said if value is not None]
        if len(known) >= FEWEST:
            below = sum(value < own for value in known)
            return Standing(figure, own, below, len(known), group.name, group.is_sector)
    return None


def _names() -> list[str]:
    return [f"peer_{figure}" for figure in FIGURES]


def _figures(clients: ClientQuerySet) -> Any:
    """Annotated with each figure, NULL where it is unknown."""
    on_networks = {f"peer_{platform}": latest_count(platform) for platform in Followers.Platform.values}
    return clients.order_by().annotate(peer_turnover=F("turnover"), **on_networks)
