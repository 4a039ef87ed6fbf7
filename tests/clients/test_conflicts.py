"""What the internal database says otherwise: nothing typed here is overwritten in silence, and somebody decides."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from clients import recording
from clients.conflicts import FieldConflict
from clients.facts import ClientFacts, Origin, Reading, Stamp
from clients.models import Category, Client, Followers, Turnover
from tests.clients.test_admin import send
from tests.contract import signed_in
from tests.published import NOW, a_client

PAGE = "/conflicts/"
syncs = iter(range(1, 10_000))


def sync(client: Client, fields: dict[str, Any] | None = None, **said: Any) -> Any:
    """The internal database speaks of this client, a day later each time. Returns what was recorded."""
    facts = ClientFacts(client.source_id, fields or {}, **said)
    return recording.record([facts], Stamp(Origin.SYNC, NOW + timedelta(days=next(syncs))))


def edit(client: Client, by: Any = None, **said: Any) -> None:
    fresh = Client.objects.get(pk=client.pk)
    for name, value in said.items():
        setattr(fresh, name, value)
    recording.save(fresh, changed=said, user=by)


def states(client: Client) -> dict[str, str]:
    return dict(FieldConflict.objects.filter(client=client).values_list("field", "state"))


def lines(browser: Browser, query: str = "") -> dict[str, Any]:
    return {line.conflict.field: line for line in browser.get(f"{PAGE}{query}").context["lines"]}


def decide(browser: Browser, act: str, field: str) -> Any:
    return browser.post(PAGE, {act: lines(browser)[field].told.token}, follow=True)


@pytest.fixture
def client(db: None) -> Client:
    return a_client("Boulangerie Dupont", at=2)


# --- Kept until somebody decides -------------------------------------------------------------------------------------


def test_another_word_of_the_source_is_kept_beside_ours(client: Client) -> None:
    edit(client, phone="01")
    assert len(sync(client, {"phone": "02"}).conflicts) == 1
    client.refresh_from_db()
    assert client.phone == "01"
    (row,) = FieldConflict.objects.all()
    assert (row.field, row.theirs, row.state) == ("phone", "02", "open")


def test_what_nobody_typed_here_follows_the_source(client: Client) -> None:
    sync(client, {"phone": "02"}, turnover={2025: Decimal(7)})
    client.refresh_from_db()
    assert (client.phone, str(client.turnover), states(client)) == ("02", "7.00", {})


def test_the_same_word_again_is_one_conflict_and_a_newer_one_replaces_it(client: Client) -> None:
    edit(client, phone="01")
    for said in ("02", "02", "03"):
        sync(client, {"phone": said})
    (row,) = FieldConflict.objects.all()
    assert (row.theirs, row.first_seen_at) == ("03", row.last_seen_at)


def test_it_closes_by_itself_when_both_agree_again(client: Client) -> None:
    edit(client, phone="01")
    sync(client, {"phone": "02"})
    sync(client, {"phone": "01"})
    assert states(client) == {"phone": "agreed"}
    sync(client, {"phone": "02"})
    assert states(client) == {"phone": "open"}


def test_a_rehearsed_sync_keeps_nothing(client: Client) -> None:
    from django.db import transaction

    edit(client, phone="01")
    with transaction.atomic():
        sync(client, {"phone": "02"})
        transaction.set_rollback(True)
    assert states(client) == {}


def test_position_category_and_account_manager_are_told_like_any_field(
    client: Client, amelie: User, karim: User
) -> None:
    other = Category.objects.create(name="Fleuriste", sector="Commerce")
    edit(client, category=other, account_manager=amelie, latitude=47.47, longitude=-0.55)
    sync(client, {"latitude": 47.2, "longitude": -1.55, "account_manager_name": "karim"}, category="Boulangerie")
    assert states(client) == dict.fromkeys(("category", "latitude", "account_manager"), "open")
    client.refresh_from_db()
    assert (client.category, client.account_manager, client.latitude) == (other, amelie, 47.47)


# --- Figures typed here ----------------------------------------------------------------------------------------------


def test_a_turnover_typed_in_the_admin_is_not_overwritten_in_silence(client: Client, adele: User) -> None:
    assert send(signed_in(adele), client, turnovers__0__amount="99999").status_code == 302
    year = Turnover.objects.get(client=client, amount=99999).year
    sync(client, turnover={year: Decimal(5), 2010: Decimal(6)})
    assert Turnover.objects.get(client=client, year=year).amount == 99999
    assert Turnover.objects.get(client=client, year=2010).amount == 6
    assert states(client) == {f"turnover.{year}": "open"}


def test_a_turnover_deleted_in_the_admin_does_not_come_back_in_silence(client: Client, adele: User) -> None:
    year = Turnover.objects.filter(client=client).latest("year").year
    assert send(signed_in(adele), client, turnovers__0__DELETE="on").status_code == 302
    sync(client, turnover={year: Decimal(5)})
    assert not Turnover.objects.filter(client=client, year=year).exists()
    (line,) = lines(signed_in(adele)).values()
    assert line.ours == "inconnu"


def test_a_reading_typed_in_the_admin_gives_way_to_a_later_one_only(client: Client, adele: User) -> None:
    day = date(2026, 11, 24)
    response = send(
        signed_in(adele), client, readings__2__id="", readings__2__platform="facebook", readings__2__count="5000",
        readings__2__has_account="unknown", readings__2__measured_on=day.isoformat(),
    )  # fmt: skip
    assert response.status_code == 302
    key = f"followers.facebook.{day}"
    sync(client, readings={"facebook": Reading(7, measured_on=day)})
    assert states(client) == {key: "open"}
    sync(client, readings={"facebook": Reading(8)})  # it does not say when it measured: it has no later news
    assert not Followers.objects.filter(client=client, count__in=(7, 8)).exists()
    sync(client, readings={"facebook": Reading(9, measured_on=date(2026, 11, 25))})
    client.refresh_from_db()
    assert Followers.objects.filter(client=client, platform="facebook", count=9).exists()
    assert Followers.objects.get(client=client, platform="facebook", measured_on=day).count == 5000


# --- Deciding --------------------------------------------------------------------------------------------------------


def test_the_page_shows_both_values_with_who_and_when(client: Client, adele: User) -> None:
    edit(client, adele, phone="01")
    edit(client, adele, email="a@b.fr")  # a later edit of something else is not the one that counts
    sync(client, {"phone": "02"})
    line = lines(signed_in(adele))["phone"]
    assert (line.label, line.ours, line.theirs, line.by) == ("Téléphone", "01", "02", adele)
    assert line.at == client.history.filter(phone="01").earliest().history_date
    html = signed_in(adele).get(PAGE).content.decode()
    assert "Garder la nôtre" in html
    assert "Prendre la leur" in html


def test_ours_kept_is_not_asked_again_until_they_say_something_newer(client: Client, adele: User) -> None:
    edit(client, phone="01")
    sync(client, {"phone": "02"})
    decide(signed_in(adele), "keep", "phone")
    row = FieldConflict.objects.get()
    assert (row.state, row.settled_by) == ("kept", adele)
    sync(client, {"phone": "02"})
    assert states(client) == {"phone": "kept"}
    sync(client, {"phone": "03"})
    assert states(client) == {"phone": "open"}
    client.refresh_from_db()
    assert client.phone == "01"


def test_theirs_taken_is_written_with_history_and_follows_the_source_again(client: Client, adele: User) -> None:
    edit(client, phone="01")
    sync(client, {"phone": "02"})
    decide(signed_in(adele), "take", "phone")
    client.refresh_from_db()
    assert (client.phone, client.local_fields, states(client)) == ("02", [], {"phone": "taken"})
    version = client.history.latest()
    assert (version.history_user, version.history_change_reason) == (adele, Origin.SETTLED.value)
    sync(client, {"phone": "03"})
    client.refresh_from_db()
    assert client.phone == "03"


def test_every_kind_of_value_can_be_taken(client: Client, adele: User, amelie: User, karim: User) -> None:
    other = Category.objects.create(name="Fleuriste", sector="Commerce")
    year = Turnover.objects.filter(client=client).latest("year").year
    browser = signed_in(adele)
    send(browser, client, turnovers__0__amount="99999")
    edit(client, category=other, account_manager=amelie, latitude=47.47, longitude=-0.55, client_since=date(2001, 1, 1))
    said = {"latitude": 47.2, "longitude": -1.55, "account_manager_name": "karim", "client_since": date(2011, 5, 2)}
    sync(client, said, category="Boulangerie", turnover={year: Decimal("5.50")})
    found = lines(browser)
    assert len(found) == 5
    browser.post(PAGE, {"act": "take", "chosen": [line.told.token for line in found.values()]})
    client.refresh_from_db()
    assert str(client.category) == "Boulangerie"
    assert (client.account_manager, client.latitude, client.client_since) == (karim, 47.2, date(2011, 5, 2))
    assert str(client.turnover) == "5.50"
    assert client.local_fields == []
    assert set(states(client).values()) == {"taken"}


def test_nobody_decides_on_values_they_have_not_seen(client: Client, adele: User) -> None:
    edit(client, phone="01")
    sync(client, {"phone": "02"})
    browser = signed_in(adele)
    token = lines(browser)["phone"].told.token
    sync(client, {"phone": "03"})
    assert "ont changé depuis" in browser.post(PAGE, {"take": token}, follow=True).content.decode()
    token = lines(browser)["phone"].told.token
    edit(client, phone="04")
    browser.post(PAGE, {"take": token})
    client.refresh_from_db()
    assert (client.phone, states(client)) == ("04", {"phone": "open"})


@pytest.mark.parametrize("token", ["", "x", "-", "1", "9" * 30, "1-x"])
def test_nonsense_decides_nothing(client: Client, adele: User, token: str) -> None:
    edit(client, phone="01")
    sync(client, {"phone": "02"})
    assert signed_in(adele).post(PAGE, {"act": "take", "chosen": token}).status_code == 302
    assert states(client) == {"phone": "open"}


def test_the_list_is_filtered_by_field_and_costs_the_same_for_many(client: Client, adele: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = signed_in(adele)
    counts = []
    for some in ([client], [a_client(f"Client {at}", at=at) for at in range(3, 20)]):
        for each in some:
            edit(each, phone="01", email="a@b.fr")
            sync(each, {"phone": "02", "email": "c@d.fr"})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(PAGE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert set(lines(browser, "?field=email")) == {"email"}
    assert lines(browser, "?field=nothing") == {}
    assert 'href="?field=' not in browser.get(f"{PAGE}?field=email").content.decode()


def test_the_quality_page_counts_what_waits_for_whoever_may_decide(client: Client, adele: User, helene: User) -> None:
    edit(client, phone="01")
    sync(client, {"phone": "02"})
    counted = {item.url: item.count for item in signed_in(adele).get("/quality/").context["counters"]}
    assert counted[PAGE] == 1
    assert PAGE not in {item.url for item in signed_in(helene).get("/quality/").context["counters"]}
