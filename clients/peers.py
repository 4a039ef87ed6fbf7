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
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When

from clients.models import Client, Followers
from clients.querysets import ClientQuerySet

FEWEST = 5
"""In a smaller group a rank begins to describe somebody."""
FIGURES: Mapping[str, str] = {**dict(Followers.Platform.choices), "turnover": "CA"}


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
        return FIGURES[self.figure]

    @property
    def share(self) -> float:
        """The percentile, from 0 to 1: the share of the peers that have strictly less."""
        return self.below / self.peers


def among_peers(client: Client, visible: ClientQuerySet) -> Sequence[Standing]:
    """The client's known figures among its peers, each with the nearest group of at least five. Three queries."""
    own = _figures(Client.objects.filter(pk=client.pk)).values(*_names()).get()
    known = {figure: own[name] for figure, name in zip(FIGURES, _names(), strict=True) if own[name] is not None}
    found: dict[str, Standing] = {}
    for group, term, is_sector in _groups(client):
        missing = {figure: value for figure, value in known.items() if figure not in found}
        if missing:
            counts = _counts(visible.exclude(pk=client.pk).filter(term), missing)
            for figure, (below, peers) in counts.items():
                if peers >= FEWEST:
                    found[figure] = Standing(figure, known[figure], below, peers, group, is_sector)
    return [found[figure] for figure in FIGURES if figure in found]


def _groups(client: Client) -> list[tuple[str, Q, bool]]:
    """From the nearest to the widest."""
    groups: list[tuple[str, Q, bool]] = []
    if client.category is not None:
        groups.append((client.category.name, Q(category=client.category), False))
    if client.sector:
        groups.append((client.sector, Q(sector=client.sector), True))
    return groups


def _names() -> list[str]:
    return [f"peer_{figure}" for figure in FIGURES]


def _figures(clients: ClientQuerySet) -> Any:
    """Annotated with each figure, NULL where it is unknown."""
    on_networks = {f"peer_{platform}": latest_count(platform) for platform in Followers.Platform.values}
    return clients.order_by().annotate(peer_turnover=F("turnover"), **on_networks)


def _counts(peers: ClientQuerySet, own: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Per figure: how many of the peers have less, and of how many it is known. One query."""
    terms: dict[str, Any] = {}
    for figure, value in own.items():
        terms[f"known_{figure}"] = Count("pk", filter=Q(**{f"peer_{figure}__isnull": False}))
        terms[f"below_{figure}"] = Count("pk", filter=Q(**{f"peer_{figure}__lt": value}))
    counted = _figures(peers).aggregate(**terms)
    return {figure: (counted[f"below_{figure}"], counted[f"known_{figure}"]) for figure in own}
