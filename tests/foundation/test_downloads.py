"""What leaves the house: on record, bounded by person and hour, and as inert as text can be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dignamik.foundation.audit import AuditEvent
from segmentation.models import Run
from tests.advised import a_play, put
from tests.published import a_client, published, some_clients
from tests.reading import body, exported, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(cast: dict[str, User]) -> Run:
    some_clients(7, "amelie", "Client A")
    some_clients(5, "karim", "Client K")
    return published()


@pytest.fixture
def one_hour(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the counts, to turn."""
    now = [1_000_000 * 3600.0 + 60]
    monkeypatch.setattr("dignamik.foundation.downloads.time.time", lambda: now[0])
    return now


def exports() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind="export").order_by("pk"))


# --- On record -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
def test_it_says_who_took_how_many_rows_chosen_how_and_in_what_form(run: Run, amelie: User, wanted: str) -> None:
    rows = exported(signed_in(amelie), "status=active&q=Client&turnover_min=-900&city=Angers&ordering=name", wanted)
    (event,) = exports()
    assert 0 < len(rows) < 7
    assert event.count == len(rows)
    assert (event.username, event.surface) == ("amelie", "page")
    assert event.details == {
        "format": wanted, "sheet": "clients",
        "filters": {"status": ["active"], "q": None, "turnover_min": None, "city": None, "ordering": ["name"]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "address", "sheet"),
    [
        ("amelie", "/recommendations/?export=csv", "recommandations"),
        ("helene", "/recommendations/outcomes/?export=xlsx", "observations"),
        ("adele", "/imports/clients/?export=xlsx", "clients-a-reimporter"),
        ("amelie", "/clients/batch/?act=csv&all=1&status=active", "clients"),
        ("amelie", "/clients/batch/?act=xlsx&client={}", "clients"),
    ],
)
def test_so_does_every_other_list(run: Run, cast: dict[str, User], name: str, address: str, sheet: str) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    put(client, run)
    a_play()
    response = signed_in(cast[name]).get(address.format(client.pk))
    assert response.status_code == 200
    rows = body(response).count("\r\n") - 1 if "csv" in address else None
    (event,) = exports()
    assert (event.username, event.details["sheet"]) == (name, sheet)
    assert rows is None or rows == event.count
    assert event.count or sheet == "observations"  # nothing has been done yet


def test_rejected_rows_and_placed_prospects_are_on_record_too(
    run: Run, cast: dict[str, User], tmp_path: Any, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    staff = signed_in(cast["adele"])
    sent = SimpleUploadedFile("x.csv", "Nom;CA 2025\nChez Léa;abc\nChez Paul;12\n".encode())
    where = staff.post("/imports/", {"file": sent}).headers["Location"]
    assert "Chez Léa" in body(staff.get(f"{where}rejected/"))
    prospects = SimpleUploadedFile("x.csv", "Nom;Type d'entreprise\nChez Léa;Boulangerie\n".encode())
    signed_in(cast["amelie"]).post("/prospect/file/", {"file": prospects, "export": "csv"})
    assert [(event.username, event.count, event.details["format"]) for event in exports()] == [
        ("adele", 1, "csv"), ("amelie", 1, "csv"),
    ]  # fmt: skip
    assert "Chez" not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_a_refused_export_took_nothing_along(run: Run, amelie: User, sacha: User) -> None:
    assert signed_in(amelie).get("/clients/?export=csv&citty=x").status_code == 400
    assert signed_in(sacha).get("/clients/?export=csv").status_code == 403
    assert signed_in(amelie).get("/imports/template/csv/").status_code == 403
    assert exports() == []


# --- Bounded ---------------------------------------------------------------------------------------------------------


def test_so_many_exports_an_hour_and_person(
    run: Run, amelie: User, karim: User, settings: Any, one_hour: list[float]
) -> None:
    settings.EXPORTS_AN_HOUR = 2
    browser = signed_in(amelie)
    for address in ("/clients/?export=csv", "/clients/batch/?act=xlsx&all=1"):
        assert browser.get(address).status_code == 200
    refused = browser.get("/recommendations/?export=csv")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3540")
    html = " ".join(body(refused).split())
    assert "2 exports par heure au plus" in html
    assert "Réessayez dans 59 min." in html
    assert "Client A" not in html
    assert browser.get("/clients/").status_code == 200
    assert signed_in(karim).get("/clients/?export=csv").status_code == 200
    assert len(exports()) == 3
    one_hour[0] += 3600
    assert browser.get("/clients/?export=csv").status_code == 200


# --- Streamed --------------------------------------------------------------------------------------------------------


def test_sixteen_hundred_rows_are_streamed_for_a_fixed_number_of_queries(helene: User) -> None:
    some_clients(1600)
    published()
    browser = signed_in(helene)
    for wanted in ("csv", "xlsx"):
        with CaptureQueriesContext(connection) as queries:
            response = browser.get(f"/clients/?export={wanted}")
            assert response.streaming
            size = len(b"".join(response.streaming_content))  # type: ignore[attr-defined]
        assert size > 50_000
        assert len(queries) < 40, wanted
    assert [event.count for event in exports()] == [1600, 1600]
