"""The same clients as three internal databases lay them out: normalised, long followers, one flat table.

What a layout cannot say (the flat one has two statuses and one year of turnover) no client here has.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2.extras import execute_values

from tests.planted import PLATFORMS, agency_portfolio
from tests.source_tables import FLAT_TABLES, LONG_TABLES, PRISMA_TABLES

MEASURED, EARLIER = "2026-06-01 08:00", "2024-06-01 08:00"


@dataclass(frozen=True)
class Person:
    """One client as all three tell it. `number` makes the identifier, in the same order in each."""

    number: int
    name: str
    active: bool
    city: str
    postal_code: str
    category: str | None
    sector: str | None
    since: str
    followers: dict[str, int]
    turnover: float | None
    latitude: float | None = None
    longitude: float | None = None


def people(count: int = 300) -> list[Person]:
    """Planted clients: counts, amounts and what is unknown vary, as do the hours (some are the next day in Paris)."""
    towns = (("Angers", "49000"), ("Nantes", "44000"), ("SAINT-ETIENNE", "42000"), ("Lyon 3e", "69003"))
    frame = agency_portfolio(3, clients=count).frame
    rows: list[Any] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    found = []
    for at, row in enumerate(rows):
        city, postal_code = towns[at % len(towns)]
        found.append(
            Person(
                number=1001 + at, name=f"Maison {at:03}", active=at % 9 != 0, city=city, postal_code=postal_code,
                category=row["category"], sector=row["sector"] if row["category"] else None,
                since=f"{2019 + at % 7}-{1 + at % 12:02}-{1 + at % 28:02} {at % 24:02}:30",
                followers={network: int(row[f"followers_{network}"]) for network in PLATFORMS
                           if row[f"followers_{network}"] is not None},
                turnover=None if row["turnover"] is None else round(float(row["turnover"]), 2),
                latitude=47.4 + at / 1000 if at % 3 == 0 else None, longitude=-0.5 - at / 1000 if at % 3 == 0 else None,
            )
        )  # fmt: skip
    return found


def uuid_of(number: int) -> str:
    return str(UUID(int=number))


def camel(url: str, clients: Sequence[Person]) -> None:
    """Normalised: text identifiers, followers wide."""
    with _Filling(url, PRISMA_TABLES + 'DELETE FROM "Category";') as into:
        trades = _trades(clients)
        into("Category", [(f"k{at}", *trade) for at, trade in enumerate(trades)])
        into("Client", [
            (f"c{one.number}", one.name, None, None, one.city, one.postal_code, one.latitude, one.longitude,
             "ACTIVE" if one.active else "INACTIVE", "amelie", _of(one, trades, "k{}"), one.since, MEASURED)
            for one in clients
        ])  # fmt: skip
        into("Followers", [
            (f"f{one.number}", f"c{one.number}", *(one.followers.get(network) for network in PLATFORMS), MEASURED)
            for one in clients
        ])  # fmt: skip
        into("Turnover", [
            (f"t{one.number}", f"c{one.number}", 2025, str(one.turnover)) for one in clients if one.turnover is not None
        ])  # fmt: skip


def long(url: str, clients: Sequence[Person]) -> None:
    """uuids, a row a reading with an older one behind it, and somebody who is deleted."""
    with _Filling(url, LONG_TABLES) as into:
        trades = _trades(clients)
        into("Category", [(uuid_of(at + 1), *trade) for at, trade in enumerate(trades)])
        rows = [
            (uuid_of(one.number), one.name, None, None, one.city, one.postal_code, one.latitude, one.longitude,
             "ACTIVE" if one.active else "INACTIVE", "amelie",
             uuid_of(trades.index((one.category, one.sector)) + 1) if one.category else None, one.since, MEASURED, None)
            for one in clients
        ]  # fmt: skip
        gone = (uuid_of(9999), "Partie", None, None, None, None, None, None, "ACTIVE", None, None, MEASURED, MEASURED)
        into("Client", [*rows, (*gone, MEASURED)])
        into("FollowerReading", [
            (-1 - at, uuid_of(number), network.upper(), count, moment)
            for at, (number, network, count, moment) in enumerate([
                (9999, "facebook", 5, MEASURED),
                *((one.number, network, count + 3, EARLIER) for one in clients
                  for network, count in one.followers.items()),
                *((one.number, network, count, MEASURED) for one in clients
                  for network, count in one.followers.items()),
            ])
        ])  # fmt: skip
        into("Turnover", [
            (uuid_of(one.number), uuid_of(one.number), 2025, str(one.turnover))
            for one in clients if one.turnover is not None
        ])  # fmt: skip


def flat(url: str, clients: Sequence[Person]) -> None:
    """One wide table with whole numbers as identifiers, and somebody who is deleted."""
    with _Filling(url, FLAT_TABLES) as into:
        rows = [
            (one.number, one.name, None, None, None, one.city, one.postal_code, one.latitude, one.longitude, one.active,
             None, "amelie", one.category, one.sector, *(one.followers.get(network) for network in PLATFORMS),
             one.turnover, 2025 if one.turnover is not None else None, one.since, MEASURED, None)
            for one in clients
        ]  # fmt: skip
        gone = (9999, "Partie", *([None] * 7), True, *([None] * 4), 5, *([None] * 4), 12.5, 2025, MEASURED, MEASURED)
        into("clients", [*rows, (*gone, MEASURED)])


class _Filling:
    """Makes tables and fills them, a statement a table."""

    def __init__(self, url: str, tables: str) -> None:
        self.url, self.tables = url, tables

    def __enter__(self) -> _Filling:
        self.connection = psycopg2.connect(self.url)
        self.cursor = self.connection.cursor()
        self.cursor.execute(self.tables)
        return self

    def __call__(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        execute_values(self.cursor, f'INSERT INTO "{table}" VALUES %s', rows, page_size=1000)

    def __exit__(self, *problem: Any) -> None:
        with closing(self.connection):
            self.connection.commit()


def _trades(clients: Sequence[Person]) -> list[tuple[str | None, str | None]]:
    return sorted({(one.category, one.sector) for one in clients if one.category})


def _of(one: Person, trades: Sequence[tuple[str | None, str | None]], pattern: str) -> str | None:
    return pattern.format(trades.index((one.category, one.sector))) if one.category else None
