"""Correcting a client over the API: only on what one has read, and never over somebody else's work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client as Browser

from clients import recording
from clients.api import editing
from clients.facts import ClientFacts, Origin, Stamp
from clients.models import Client
from tests.contract import check, refused, schema, signed_in
from tests.published import NOW, a_client, published

ONE = "/api/v1/clients/{id}/"
PATIENCE = 2.0


def read(browser: Browser, client: Client) -> str:
    """The version that this person reads."""
    response = browser.get(f"/api/v1/clients/{client.pk}/")
    assert response.status_code == 200
    return str(response.headers["ETag"])


def patch(browser: Browser, client: Client, tag: str | None, **said: Any) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return browser.patch(f"/api/v1/clients/{client.pk}/", said, "application/json", headers=headers)


# --- With the version one has read -----------------------------------------------------------------------------------


def test_a_correction_on_what_one_has_read_is_written_with_author_and_way_in(amelie: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    browser = signed_in(amelie)
    response = patch(browser, client, read(browser, client), phone="02 41 00 00 00", do_not_contact=True)
    check(response.json(), ONE, method="patch")
    client.refresh_from_db()
    assert (client.phone, client.do_not_contact) == ("02 41 00 00 00", True)
    assert set(client.local_fields) == {"phone", "do_not_contact"}
    version = client.history.latest()
    assert (version.history_user, version.history_change_reason) == (amelie, "API")


def test_the_answer_to_a_correction_carries_the_version_to_go_on_from(amelie: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    published()
    browser = signed_in(amelie)
    first = read(browser, client)
    answer = patch(browser, client, first, phone="02 41 00 00 00")
    assert answer.headers["ETag"] == read(browser, client) != first
    assert patch(browser, client, answer.headers["ETag"], phone="02 41 00 00 01").status_code == 200


def test_a_town_corrected_over_the_api_moves_the_client(helene: User) -> None:
    client = a_client("Boulangerie Dupont", at=0)
    browser = signed_in(helene)
    answer = patch(browser, client, read(browser, client), city="Nantes", postal_code="44000")
    assert (answer.status_code, answer.json()["department"]) == (200, "44")


def test_a_correction_that_changes_nothing_writes_nothing(amelie: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    versions = client.history.count()
    browser = signed_in(amelie)
    tag = read(browser, client)
    assert patch(browser, client, tag, name="Boulangerie Dupont").headers["ETag"] == tag
    assert client.history.count() == versions


# --- Without it, or with an old one ----------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", [None, "", "*", "W", "pas un etag"])
def test_a_correction_that_names_no_version_is_refused(amelie: User, tag: str | None) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    response = patch(signed_in(amelie), client, tag, phone="02 41 00 00 00")
    assert response.status_code == 428
    assert refused(response)["type"] == "urn:dignamik:precondition_required"
    check(response.json(), ONE, 428, "patch")
    client.refresh_from_db()
    assert client.phone == ""


def stale_by_page(client: Client, browser: Browser) -> None:
    client.phone = "01"
    recording.save(client, changed=["phone"])


def stale_by_sync(client: Client, browser: Browser) -> None:
    recording.record([ClientFacts(client.source_id, {"name": client.name, "phone": "01"})], Stamp(Origin.SYNC, NOW))


def stale_by_import(client: Client, browser: Browser) -> None:
    said = ClientFacts(client.source_id, {"name": client.name, "phone": "01"}, turnover={2025: Decimal(7)})
    recording.record([said], Stamp(Origin.IMPORT, NOW))


@pytest.mark.parametrize("somebody", [stale_by_page, stale_by_sync, stale_by_import])
def test_a_correction_on_an_old_version_is_refused_with_the_present_one(amelie: User, somebody: Any) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    browser = signed_in(amelie)
    old = read(browser, client)
    somebody(client, browser)
    response = patch(browser, client, old, phone="02")
    assert response.status_code == 412
    assert "entre-temps" in refused(response)["title"]
    check(response.json(), ONE, 412, "patch")
    client.refresh_from_db()
    assert client.phone == "01"
    assert response.headers["ETag"] == read(browser, client) != old
    assert patch(browser, client, response.headers["ETag"], phone="02").status_code == 200


def test_a_weak_version_is_no_match(amelie: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    browser = signed_in(amelie)
    assert patch(browser, client, f"W/{read(browser, client)}", phone="02").status_code == 412


# --- Whose client, and what may be said ------------------------------------------------------------------------------


def test_a_foreign_client_tells_nothing_with_or_without_a_version(amelie: User, karim: User) -> None:
    theirs = a_client("Garage Petit", "karim")
    tag = read(signed_in(karim), theirs)
    browser = signed_in(amelie)
    nobody = Client(pk=theirs.pk + 1)
    for said in (None, tag, "*"):
        foreign, unknown = (patch(browser, who, said, phone="02") for who in (theirs, nobody))
        assert foreign.status_code == unknown.status_code == 404
        assert (foreign.content, foreign.headers) == (unknown.content, unknown.headers)
    answer = browser.get(f"/api/v1/clients/{theirs.pk}/", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers.get("ETag")) == (404, None)


def test_who_only_reads_is_refused_before_any_version(anais: User) -> None:
    client = a_client("Boulangerie Dupont")
    assert patch(signed_in(anais), client, None, phone="02").status_code == 403


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"postal_code": "ABC"}, "postal_code"),
        ({"category_id": 10**9}, "category_id"),
        ({"manager": "personne"}, "manager"),
        ({"latitude": 51.5, "longitude": -0.1}, "latitude"),
        ({"latitude": 47.0}, "latitude"),
        ({"email": "pas une adresse"}, "email"),
        ({"turnover": "12"}, "turnover"),
        ({"do_not_contact": "on"}, "do_not_contact"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(helene: User, said: dict[str, Any], field: str) -> None:
    client = a_client("Boulangerie Dupont", at=0)
    Client.objects.filter(pk=client.pk).update(latitude=None, longitude=None, position_precision="")
    browser = signed_in(helene)
    response = patch(browser, client, read(browser, client), **said)
    assert (response.status_code, set(refused(response)["errors"])) == (400, {field})


def test_an_account_manager_hands_nobody_over(amelie: User, karim: User, helene: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    mine = signed_in(amelie)
    assert patch(mine, client, read(mine, client), manager="karim").status_code == 400
    browser = signed_in(helene)
    assert patch(browser, client, read(browser, client), manager="karim").json()["manager"] == "karim"


# --- Reading again ---------------------------------------------------------------------------------------------------


def test_who_has_read_it_already_is_told_so_until_it_changes(amelie: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    browser = signed_in(amelie)
    tag = read(browser, client)
    address = f"/api/v1/clients/{client.pk}/"
    for said in (tag, f"W/{tag}", f'"autre", {tag}', "*"):
        answer = browser.get(address, headers={"If-None-Match": said})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
        assert "private" in answer.headers["Cache-Control"]
    assert browser.get(address, headers={"If-None-Match": '"autre"'}).status_code == 200
    stale_by_sync(client, browser)
    assert browser.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_the_schema_names_the_headers() -> None:
    operations = schema()["paths"][ONE]
    given = {parameter["name"] for parameter in operations["patch"]["parameters"] if parameter["in"] == "header"}
    assert given == {"If-Match"}
    assert {"412", "428"} <= set(operations["patch"]["responses"])
    for method in ("get", "patch"):
        assert "ETag" in operations[method]["responses"]["200"]["headers"]


# --- Two at once -----------------------------------------------------------------------------------------------------


def both_at_once(browsers: list[Browser], client: Client, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two corrections on the same version, each of which would wait for the other before it writes."""
    tag = read(browsers[0], client)
    gate, real = threading.Barrier(2), recording.save
    found: list[int] = []

    def waiting(*said: Any, **more: Any) -> None:
        with suppress(threading.BrokenBarrierError):  # the other one is kept out
            gate.wait(PATIENCE)
        real(*said, **more)

    def correct(browser: Browser, phone: str) -> None:
        try:
            found.append(patch(browser, client, tag, phone=phone).status_code)
        finally:
            connections.close_all()

    monkeypatch.setattr(recording, "save", waiting)
    threads = [threading.Thread(target=correct, args=(each, f"0{at}")) for at, each in enumerate(browsers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(found)


@pytest.fixture
def browsers(transactional_db: None, helene: User, adele: User) -> list[Browser]:
    return [signed_in(helene), signed_in(adele)]


def test_of_two_corrections_at_once_exactly_one_is_written(
    browsers: list[Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_client("Boulangerie Dupont")
    assert both_at_once(browsers, client, monkeypatch) == [200, 412]
    assert client.history.count() == 2


def test_without_the_lock_both_would_be_written(browsers: list[Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what the lock is for."""

    @contextmanager
    def unheld(rows: Any, pk: int) -> Iterator[Client]:
        yield rows.get(pk=pk)

    monkeypatch.setattr(editing, "held", unheld)
    assert both_at_once(browsers, a_client("Boulangerie Dupont"), monkeypatch) == [200, 200]
