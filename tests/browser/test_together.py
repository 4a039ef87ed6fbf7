"""Two people at one client, and a conflict decided, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from playwright.sync_api import expect

from clients import recording
from clients.facts import ClientFacts, Origin, Stamp
from clients.models import Client
from tests.browser.conftest import Visit
from tests.published import NOW, a_client, published

Open = Callable[..., Visit]


def test_the_second_of_two_sees_what_changed_and_loses_nothing(
    open_as: Open, transactional_db: None, adele: User
) -> None:
    client = a_client("Boulangerie Dupont", at=2)
    address = f"/admin/clients/client/{client.pk}/change/"
    first, second = open_as(adele).go(address), open_as(adele).go(address)
    second.get_by_label("Téléphone").fill("02 02 02 02 02")
    second.get_by_label("E-mail").fill("dupont@example.org")

    first.get_by_label("Téléphone").fill("01 01 01 01 01")
    first.get_by_label("Ville").fill("Nantes")
    first.get_by_label("Code postal").fill("44000")
    first.locator("[name=_save]").first.click()
    expect(first.locator(".messagelist .success")).to_be_visible()

    second.locator("[name=_save]").first.click()
    asked = second.locator(".field-phone .errorlist")
    expect(asked).to_contain_text("Modifié entre-temps par Adele")
    expect(asked).to_contain_text("01 01 01 01 01")
    expect(second.get_by_label("Ville")).to_have_value("Nantes")
    expect(second.get_by_label("Téléphone")).to_have_value("02 02 02 02 02")
    second.locator("[name=_save]").first.click()
    expect(second.locator(".messagelist .success")).to_be_visible()
    client.refresh_from_db()
    assert (client.phone, client.email, client.city) == ("02 02 02 02 02", "dupont@example.org", "Nantes")


def test_a_conflict_is_decided_from_the_list(open_as: Open, transactional_db: None, adele: User) -> None:
    client = a_client("Boulangerie Dupont", at=2)
    published()
    for name, ours in (("phone", "01"), ("email", "ici@example.org")):
        fresh = Client.objects.get(pk=client.pk)
        setattr(fresh, name, ours)
        recording.save(fresh, changed=[name], user=adele)
    said = ClientFacts(client.source_id, {"phone": "02", "email": "source@example.org"})
    recording.record([said], Stamp(Origin.SYNC, NOW + timedelta(days=1)))
    page = open_as(adele).go("/conflicts/")
    page.get_by_role("row").filter(has_text="Téléphone").get_by_role("button", name="Prendre la leur").click()
    expect(page.get_by_role("row").filter(has_text="Téléphone")).to_have_count(0)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Garder les nôtres").click()
    expect(page.get_by_text("la base interne ne contredit rien")).to_be_visible()
    client.refresh_from_db()
    assert (client.phone, client.email) == ("02", "ici@example.org")
