"""A client's history, as people read it: by each way in, who, when, what, and from where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from clients import recording
from clients.conflicts import FieldConflict
from clients.edits import Edit, edits_of
from clients.facts import ClientFacts, Origin, Reading, Stamp
from clients.models import Client, HeldService, Turnover
from clients.web.place_form import fix_of
from tests.clients.test_admin import send
from tests.contract import signed_in
from tests.published import a_client


@pytest.fixture
def client(db: None) -> Client:
    return a_client("Boulangerie Dupont", at=2)


def by_admin(client: Client, user: User) -> None:
    assert send(signed_in(user), client, city="Nantes", postal_code="44000").status_code == 302


def by_page(client: Client, user: User) -> None:
    said = {"city": "Nantes", "postal_code": "44000", "seen": fix_of(client, user).seen}
    assert signed_in(user).post(f"/places/{client.pk}/", said).status_code == 302


def by_api(client: Client, user: User) -> None:
    browser, address = signed_in(user), f"/api/v1/clients/{client.pk}/"
    tag = browser.get(address).headers["ETag"]
    said = {"city": "Nantes", "postal_code": "44000"}
    assert browser.patch(address, said, "application/json", headers={"If-Match": tag}).status_code == 200


def by_import(client: Client, user: User) -> None:
    recorded(client, Stamp(Origin.IMPORT, timezone.now(), user, which="n° 7"))


def by_sync(client: Client, user: User) -> None:
    recorded(client, Stamp(Origin.SYNC, timezone.now()))


def by_decision(client: Client, user: User) -> None:
    recording.save(client, changed=["city"])
    by_sync(client, user)
    browser = signed_in(user)
    tokens = [line.told.token for line in browser.get("/conflicts/").context["lines"]]
    browser.post("/conflicts/", {"act": "take", "chosen": tokens})
    assert FieldConflict.objects.get().state == "taken"


def recorded(client: Client, stamp: Stamp) -> None:
    recording.record([ClientFacts(client.source_id, {"city": "Nantes", "postal_code": "44000"})], stamp)


WAYS: list[tuple[Callable[[Client, User], None], str]] = [
    (by_admin, "administration"),
    (by_page, "page"),
    (by_api, "API"),
    (by_import, "import de fichier n° 7"),
    (by_sync, "base interne"),
    (by_decision, "valeur de la base interne acceptée"),
]


@pytest.mark.parametrize(("way", "origin"), WAYS)
def test_an_edit_by_each_way_in_says_from_where(client: Client, adele: User, way: Any, origin: str) -> None:
    way(client, adele)
    latest = edits_of(Client.objects.get(pk=client.pk))[0]
    assert latest.reason == origin
    assert latest.by == (None if way is by_sync else adele)
    assert any(said.startswith("Ville\u00a0: ") and said.endswith(" → Nantes") for said in latest.says)


# --- Figures and services --------------------------------------------------------------------------------------------


def latest(client: Client) -> Edit:
    return edits_of(Client.objects.get(pk=client.pk))[0]


def test_a_turnover_edited_in_the_admin_is_told_with_the_facts_of_the_same_save(client: Client, adele: User) -> None:
    year = Turnover.objects.filter(client=client).latest("year").year
    send(signed_in(adele), client, phone="01", turnovers__0__amount="21500.50")
    told = latest(client)
    assert (told.by, told.reason) == (adele, "administration")
    assert f"CA {year}\u00a0: 19\u202f500\u00a0€ → 21\u202f500,50\u00a0€" in told.says
    assert "Téléphone\u00a0: inconnu → 01" in told.says


def test_a_deleted_turnover_is_told(client: Client, adele: User) -> None:
    send(signed_in(adele), client, turnovers__0__DELETE="on")
    told = latest(client)
    assert told.by == adele
    assert told.reason == "administration"
    assert [said for said in told.says if said.endswith("→ supprimé")]


def test_a_new_reading_of_a_sync_is_told_with_its_day(client: Client) -> None:
    said = {"facebook": Reading(5000, measured_on=date(2026, 11, 30))}
    recording.record([ClientFacts(client.source_id, {}, readings=said)], Stamp(Origin.SYNC, timezone.now()))
    assert latest(client).says == ["Abonnés Facebook au 30\u00a0novembre 2026\u00a0: inconnu → 5\u202f000"]
    assert latest(client).reason == "base interne"


def test_a_service_added_and_taken_away_is_told(client: Client, adele: User) -> None:
    browser = signed_in(adele)
    send(
        browser, client, held_services__0__id="", held_services__0__service="seo", held_services__0__since="2024-01-02"
    )
    assert latest(client).says == [
        "Service «\u00a0Référencement (SEO)\u00a0»\u00a0: inconnu → depuis le 2\u00a0janvier 2024"
    ]
    send(browser, client, held_services__0__DELETE="on")
    assert latest(client).says[-1].endswith("→ supprimé")
    assert not HeldService.objects.exists()


def test_what_a_client_came_with_is_one_line(db: None) -> None:
    facts = ClientFacts("x1", {"name": "Chez Léa"}, turnover={2025: Decimal(5)}, services={"seo": None})
    recording.record([facts], Stamp(Origin.SYNC, timezone.now()))
    (made,) = edits_of(Client.objects.get())
    assert made.says == ["Fiche créée"]


def test_the_line_of_time_costs_the_same_for_a_long_history(client: Client, adele: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for many in (1, 30):
        for at in range(many):
            said = ClientFacts(client.source_id, {"phone": f"{many}{at}"}, turnover={2020: Decimal(many + at)})
            recording.record([said], Stamp(Origin.SYNC, timezone.now()))
        with CaptureQueriesContext(connection) as queries:
            edits_of(Client.objects.get(pk=client.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_admin_tells_the_same_history_a_page_at_a_time(client: Client, adele: User) -> None:
    send(signed_in(adele), client, phone="01", turnovers__0__amount="21500.50")
    html = signed_in(adele).get(f"/admin/clients/client/{client.pk}/history/").content.decode()
    assert "Téléphone\u00a0: inconnu → 01" in html
    assert "21\u202f500,50\u00a0€" in html
    assert "administration" in html
