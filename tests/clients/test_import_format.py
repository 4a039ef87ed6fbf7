"""The format that imports read: what is documented is understood, and what is exported comes back unchanged."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from openpyxl import load_workbook

from clients.facts import Origin, Reading
from clients.intake.files.columns import HEADINGS, recognise
from clients.intake.files.importing import import_file
from clients.intake.files.layout import FACTS, choices, turnover_facts
from clients.intake.files.reading import read_file
from clients.models import Client
from clients.recording import save, withdraw
from tests.builders import client, stamp
from tests.published import some_clients
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 26)


def download(user: User, path: str) -> bytes:
    response = signed_in(user).get(path)
    assert response.status_code == 200, path
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def headings_of(content: bytes, wanted: str) -> list[str]:
    if wanted == "csv":
        return content.decode("utf-8-sig").strip().split(";")
    return [str(cell.value) for cell in load_workbook(io.BytesIO(content)).worksheets[0][1]]


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
def test_every_column_of_the_blank_file_is_understood_as_documented(adele: User, wanted: str) -> None:
    headings = headings_of(download(adele, f"/imports/template/{wanted}/"), wanted)
    columns = recognise(headings)
    assert columns.ignored == ()
    assert len(columns.known) == len(headings) == len(FACTS) + 3
    assert signed_in(adele).get("/imports/template/pdf/").status_code == 404


def test_every_documented_heading_example_and_code_is_what_it_says() -> None:
    for fact in (*FACTS, *turnover_facts(TODAY)):
        for heading in (fact.heading, *fact.also):
            (column,) = (
                (each for each in recognise(["Nom", heading]).known if each.index == 1)
                if (fact.code != "name")
                else recognise([heading]).known
            )
            assert column.key == fact.code.split(":")[-1], heading
            assert column.parse(fact.example) is not None
        assert recognise(["x", "y"], chosen={0: "name", 1: fact.code}).known if fact.code != "name" else True
    assert len(dict(choices(TODAY))) == len(FACTS) + 4


def test_every_fact_that_has_headings_is_documented() -> None:
    assert {fact.code for fact in FACTS} >= set(HEADINGS)


def test_the_page_of_the_format_names_every_heading(adele: User) -> None:
    html = body(signed_in(adele).get("/imports/format/"))
    assert all(fact.heading in html for fact in FACTS)


def odd_clients() -> None:
    """Whatever makes a round trip hard."""
    client("c1", name="=Somme", phone="+33 2 41 00 00 00", sector="Artisanat", address="@3, rue", website="")
    client("c2", name='L’Œuf, à 2 €; "cru"', turnover={2025: Decimal("-500.50"), 2024: Decimal("1234.00"), 2019: 7})
    client("c3", name="Réseaux", readings={
        "facebook": Reading(1250, has_account=True, measured_on=date(2026, 1, 2)), "instagram": Reading(0),
        "tiktok": Reading(None, has_account=False), "linkedin": Reading(None, has_account=True),
        "youtube": Reading(99, measured_on=date(2025, 1, 1)),
    })  # fmt: skip
    client("c4", name="Coordonnées", latitude=47.478419123, longitude=-0.5631, account_manager_name="Qui est-ce")
    client("c5", name="Site", website="https://site.example", has_website=True, do_not_contact=True, notes="à\nb")
    client("c6", name="Sans site", has_website=False, client_since=date(2021, 2, 28), status="lost")
    client("c7", name="Site incertain", website="https://doute.example", city="", postal_code="")
    some_clients(40, "amelie")
    edited = Client.objects.get(source_id="c1")
    edited.notes = "Ligne 1\nLigne 2"
    save(edited, changed=["notes"])


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
def test_an_export_sent_back_changes_nothing(adele: User, amelie: User, tmp_path: Path, wanted: str) -> None:
    odd_clients()
    path = tmp_path / f"clients.{wanted}"
    path.write_bytes(download(adele, f"/imports/clients/?export={wanted}"))
    histories = Client.history.count()
    report = import_file(path, stamp(Origin.IMPORT), commit=True)
    assert report.understood.rejected == []
    assert report.ignored_columns == ()
    assert (report.rows, report.created, report.updated, report.unchanged) == (47, 0, 0, 47)
    assert Client.history.count() == histories


def test_the_export_holds_the_filtered_rows_and_a_filter_that_is_none_is_refused(adele: User, tmp_path: Path) -> None:
    odd_clients()
    text = download(adele, "/imports/clients/?export=csv&q=reseaux").decode("utf-8-sig")
    assert len(text.splitlines()) == 2 and "Réseaux" in text
    refused: Any = signed_in(adele).get("/imports/clients/?export=csv&nonsense=1")
    assert refused.status_code == 400


def test_the_export_costs_the_same_at_ten_and_at_many(adele: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    spent = []
    for more in (5, 60):
        some_clients(more, prefix=f"Lot {more}")
        with CaptureQueriesContext(connection) as queries:
            download(adele, "/imports/clients/?export=csv")
        spent.append(len(queries))
    assert spent[0] == spent[1]


# --- In the admin ----------------------------------------------------------------------------------------------------

ADMIN = "/admin/clients/client/"


@pytest.fixture
def clerk(amelie: User) -> User:
    """Amélie with the key to the admin: the account manager's rights, no more."""
    amelie.is_staff = True
    amelie.save()
    return amelie


def chosen(user: User, clients: Any, action: str) -> Any:
    ticked = [client.pk for client in clients]
    return signed_in(user).post(ADMIN, {"action": action, "_selected_action": ticked, "index": 0})


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
def test_clients_ticked_in_the_admin_leave_in_the_same_columns_and_come_back_unchanged(
    adele: User, amelie: User, tmp_path: Path, wanted: str
) -> None:
    odd_clients()
    withdraw(["c7"], stamp(Origin.SYNC))
    path = tmp_path / f"clients.{wanted}"
    path.write_bytes(b"".join(chosen(adele, Client.objects.filter(source_id__in=["c2", "c3", "c7"]),
                                     f"export_{wanted}").streaming_content))  # fmt: skip
    headings = headings_of(download(adele, "/imports/clients/?export=csv&q=cru"), "csv")
    assert list(read_file(path).headings) == [heading.strip('"') for heading in headings[:17]] + [
        "Abonnés Facebook", "Abonnés Instagram", "Abonnés LinkedIn", "Abonnés TikTok", "Abonnés YouTube",
        "CA 2025", "CA 2024", "CA 2019",
    ]  # fmt: skip
    report = import_file(path, stamp(Origin.IMPORT), commit=True)
    assert (report.rows, report.unchanged, report.understood.rejected) == (2, 2, [])
    assert Client.objects.get(source_id="c7").withdrawn_at is not None


def test_the_admin_leads_to_the_one_way_in_and_deletes_nobody_by_the_dozen(adele: User, clerk: User) -> None:
    client("c1")
    html = body(signed_in(adele).get(ADMIN))
    assert 'href="/imports/"' in html and "export_csv" in html and "delete_selected" not in html
    chosen(adele, Client.objects.all(), "delete_selected")
    assert Client.objects.count() == 1


def test_who_may_not_import_is_offered_neither_and_gets_no_file(clerk: User) -> None:
    client("c1", account_manager_name=clerk.username)
    html = body(signed_in(clerk).get(ADMIN))
    assert "Boulangerie Estève" in html and "/imports/" not in html and "export_csv" not in html
    assert "attachment" not in chosen(clerk, Client.objects.all(), "export_csv").get("Content-Disposition", "")
