"""Which missing field, once collected, would make most clients firm: counted on the placements of a run.

What each placement lacks is written with it (`engine.completing`), so a count here is exactly the list that the filters
`lacks` and `gap` of the portfolio give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q

from clients.models import Client
from clients.querysets import ClientQuerySet
from segmentation.filters import COLUMNS
from segmentation.models import Assignment, Run
from segmentation.querysets import as_text, naming, with_segment

FIRST = 3
"""Clients named beside each field: a morning's calls, not a list."""


@dataclass(frozen=True)
class Gap:
    """One field. `missing` provisional clients lack it; `firm` of them it alone would make firm."""

    name: str
    label: str
    missing: int
    firm: int


@dataclass(frozen=True)
class Gaps:
    """The fields by falling gain. `several`: provisional clients that no single field makes firm."""

    provisional: int
    several: int
    fields: Sequence[Gap]


def gaps(run: Run, clients: ClientQuerySet) -> Gaps:
    """Over these clients. One query."""
    waiting = Assignment.objects.filter(
        run=run, standing=Assignment.Standing.PROVISIONAL, client__in=clients.order_by().values("pk")
    ).annotate(lacks=as_text("unknown"), settles=as_text("settling"))
    counts = {"provisional": Count("pk"), "several": Count("pk", filter=Q(settling=[]))}
    for name in COLUMNS:
        counts[f"missing_{name}"] = Count("pk", filter=naming("lacks", name))
        counts[f"firm_{name}"] = Count("pk", filter=naming("settles", name))
    found = waiting.order_by().aggregate(**counts)
    fields = [
        Gap(name, str(label), found[f"missing_{name}"], found[f"firm_{name}"])
        for name, label in COLUMNS.items()
        if found[f"missing_{name}"]
    ]
    ranked = sorted(fields, key=lambda gap: (-gap.firm, -gap.missing, gap.name))
    return Gaps(found["provisional"], found["several"], ranked)


def first_to_call(run: Run, clients: ClientQuerySet, name: str) -> list[Client]:
    """A few of the clients that this field alone makes firm: active ones first, then the largest audience.

    Never one that asked not to be contacted.
    """
    found = with_segment(clients.filter(do_not_contact=False), run).alias(settles=as_text("place__settling"))
    active = Q(status=Client.Status.ACTIVE)
    ordered = found.filter(naming("settles", name)).annotate(is_active=active).order_by(
        F("is_active").desc(), F("followers").desc(nulls_last=True), "name_folded", "pk"
    )  # fmt: skip
    return list(ordered.only("name", "city", "phone")[:FIRST])
