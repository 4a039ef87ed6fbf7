"""Makes what comes in from outside: facts about clients, French spreadsheets, and Prisma-shaped databases.

Everything is small and said in the test; what a test doesn't say is plausible.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import psycopg2

from clients.facts import ClientFacts, Origin, Reading, Recorded, Stamp
from clients.models import Client
from clients.recording import record
from tests.source_tables import PRISMA_TABLES

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HEADINGS = (
    "Identifiant", "Nom", "Type d'entreprise", "Secteur", "Ville", "Code postal", "Latitude", "Longitude", "Statut",
    "Chargé de compte", "Client depuis", "E-mail", "Abonnés Facebook", "Abonnés Instagram",
    "Chiffre d'affaires 2025", "Chiffre d'affaires 2024",
)  # fmt: skip
PLAUSIBLE = {
    "Nom": "Boulangerie Estève", "Type d'entreprise": "Boulangerie", "Secteur": "Commerce de proximité",
    "Ville": "Angers", "Code postal": "49000", "Latitude": "47,478", "Longitude": "-0,563", "Statut": "Actif",
    "Chargé de compte": "amelie", "Client depuis": "31/12/2024", "E-mail": "contact@esteve.example",
    "Abonnés Facebook": "1 250", "Abonnés Instagram": "0", "Chiffre d'affaires 2025": "12 500,50 €",
    "Chiffre d'affaires 2024": "N/C",
}  # fmt: skip


def stamp(origin: Origin = Origin.SYNC, at: datetime = NOON, user: Any = None) -> Stamp:
    return Stamp(origin, at, user)


def facts(source_id: str | None = "c1", **said: Any) -> ClientFacts:
    """Facts about one client: `readings`, `turnover`, `category` and `services` by name, the rest are fields."""
    rest = {name: said.pop(name) for name in ("readings", "turnover", "category", "services") if name in said}
    if "turnover" in rest:
        rest["turnover"] = {year: Decimal(str(amount)) for year, amount in rest["turnover"].items()}
    if "readings" in rest:
        rest["readings"] = {
            platform: value if isinstance(value, Reading) else Reading(value)
            for platform, value in rest["readings"].items()
        }
    fields = {"name": "Boulangerie Estève", "city": "Angers", "postal_code": "49000", "status": "active", **said}
    return ClientFacts(source_id, {name: value for name, value in fields.items() if value != ""}, **rest)


def recorded(*said: ClientFacts, origin: Origin = Origin.SYNC, at: datetime = NOON) -> Recorded:
    return record(said, stamp(origin, at))


def client(source_id: str = "c1", **said: Any) -> Client:
    """One recorded client."""
    recorded(facts(source_id, **said))
    return Client.objects.get(source_id=source_id)


# --- Files -----------------------------------------------------------------------------------------------------------


def row(source_id: str = "c1", **said: str) -> dict[str, str]:
    """One line of a French file, by heading; pass others as `row("c1", **{"Code postal": "1000"})`."""
    return {"Identifiant": source_id, **PLAUSIBLE, **said}


def csv_file(
    folder: Path,
    *rows: Mapping[str, str],
    encoding: str = "cp1252",
    delimiter: str = ";",
    headings: Sequence[str] = HEADINGS,
) -> Path:
    """A CSV as a French Excel writes it, blank where a row says nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(headings)
    writer.writerows([[each.get(heading, "") for heading in headings] for each in rows])
    path = folder / "clients.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def xlsx_file(folder: Path, *rows: Sequence[Any], headings: Sequence[str], epoch: datetime | None = None) -> Path:
    """A workbook with native cells."""
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    sheet = book.active
    sheet.append(list(headings))
    for each in rows:
        sheet.append(list(each))
    path = folder / "clients.xlsx"
    book.save(path)
    return path


# --- The internal database -------------------------------------------------------------------------------------------


class PrismaSource:
    """A source database of the shape that Prisma makes, to fill and to change between two syncs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.run(PRISMA_TABLES)

    def run(self, statement: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def add(self, source_id: str, *, followers: Mapping[str, Any] | None = None, **said: Any) -> None:
        """One client; `turnover` by year, `followers` by platform, other words are columns of "Client"."""
        turnover = said.pop("turnover", {})
        values = {
            "id": source_id, "name": f"Maison {source_id}", "city": "Angers", "postalCode": "49000",
            "categoryId": "k1", "createdAt": "2025-01-15 09:00", "updatedAt": "2025-06-01", **said,
        }  # fmt: skip
        self._insert("Client", values)
        if followers is not None:
            measured = {"id": f"f-{source_id}", "clientId": source_id, "updatedAt": "2025-06-01 08:00", **followers}
            self._insert("Followers", measured)
        for year, amount in turnover.items():
            owner = {"id": f"t-{source_id}-{year}", "clientId": source_id, "year": year, "amount": amount}
            self._insert("Turnover", owner)

    def add_many(self, count: int) -> None:
        for number in range(count):
            self.add(f"c{number:03}")

    def remove(self, source_id: str) -> None:
        for table, column in (("Followers", "clientId"), ("Turnover", "clientId"), ("Client", "id")):
            self.run(f'DELETE FROM "{table}" WHERE "{column}" = %s', [source_id])

    def _insert(self, table: str, values: Mapping[str, Any]) -> None:
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(["%s"] * len(values))
        self.run(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', list(values.values()))


def day(text: str) -> date:
    return date.fromisoformat(text)
