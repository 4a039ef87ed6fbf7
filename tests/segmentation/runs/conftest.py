"""A recorded portfolio with groups planted in it, small enough to train in a second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.facts import ClientFacts, Origin, Reading, Stamp
from clients.models import Client
from clients.recording import record
from segmentation.engine.recipe import Effort, default_recipe
from segmentation.runs import recipes
from tests.planted import agency_portfolio

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STAMP = Stamp(Origin.DEMO, NOW)
# The recipe of the house with less effort.
QUICK = replace(default_recipe(), effort=Effort(starts=20, bootstraps=6, null_draws=2), k_max=6)


def known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def facts_of(row: dict[str, Any], name: str) -> ClientFacts:
    """One planted row as a source would tell it."""
    since = NOW.date() - timedelta(days=round(row["seniority_years"] * 365.25)) if known(row["seniority_years"]) else ""
    return ClientFacts(
        source_id=name,
        fields={"name": name, "sector": row["sector"] if known(row["sector"]) else "", "client_since": since},
        category=row["category"] if known(row["category"]) else None,
        readings={
            column.removeprefix("followers_"): Reading(int(value), measured_on=date(2026, 6, 1))
            for column, value in row.items()
            if column.startswith("followers_") and known(value)
        },
        turnover={2025: Decimal(str(round(row["turnover"], 2)))} if known(row["turnover"]) else {},
    )


def planted_facts(*, clients: int = 160, seed: int = 3) -> Sequence[ClientFacts]:
    frame = agency_portfolio(seed, clients=clients).frame
    rows: list[Any] = frame.to_dict("records")
    return [facts_of(row, f"client-{at:04}") for at, row in enumerate(rows)]


def hurry() -> None:
    """The quick recipe in a process of its own, which no fixture reaches."""
    inside: Any = recipes
    inside.default_recipe = lambda: QUICK


@pytest.fixture(autouse=True)
def quick_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "default_recipe", lambda: QUICK)


@pytest.fixture
def portfolio(db: None) -> Sequence[ClientFacts]:
    """160 active clients of four planted groups, and one about whom nothing is known."""
    facts = [*planted_facts(), ClientFacts(source_id="silent", fields={"name": "Silencieux"})]
    record(facts, STAMP)
    assert Client.objects.count() == len(facts)
    return facts
