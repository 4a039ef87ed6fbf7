"""Clients of whom nearly everything is known: one field away from a firm placement, or two."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from clients.facts import ClientFacts, Reading
from clients.recording import record
from segmentation.models import Assignment, Run
from tests.published import STAMP, published

NETWORKS = ("facebook", "instagram", "linkedin", "tiktok", "youtube")


def whole(name: str, manager: str = "", at: int = 10, *, lacking: tuple[str, ...] = (), **fields: Any) -> ClientFacts:
    """A client with every figure that the model looks at, but those; `at` makes it bigger."""
    networks = {name: Reading(40 * at if name in ("facebook", "instagram") else 0) for name in NETWORKS}
    return ClientFacts(
        source_id=f"source-{name}",
        fields={
            "name": name, "city": "Angers", "postal_code": "49000", "sector": "Commerce de proximité",
            "status": "active", "account_manager_name": manager, "client_since": date(2022, 5, 1), **fields,
        },
        category="Boulangerie",
        readings={name: reading for name, reading in networks.items() if f"followers_{name}" not in lacking},
        turnover={} if "turnover" in lacking else {2025: Decimal(9000 * at)},
    )  # fmt: skip


def one_call_away(manager: str = "", count: int = 24) -> Run:
    """A published run over clients without a turnover, some of them without a network too; several are provisional."""
    lacking = (("turnover",), ("turnover", "followers_tiktok"), ("followers_instagram",))
    record([whole(f"Client {at:03}", manager, 2 * at + 1, lacking=lacking[at % 3]) for at in range(count)], STAMP)
    return published()


def settled_by(*names: str) -> list[Assignment]:
    """The placements that exactly these fields would each make firm, alone."""
    rows = Assignment.objects.select_related("client").order_by("client")
    return [row for row in rows if set(row.settling) == set(names)]
