"""Placing clients in a real Chromium: at once, without leaving the list."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from playwright.sync_api import expect

from clients.models import Client
from tests.browser.conftest import Visit
from tests.published import a_client, published

Open = Callable[..., Visit]


def test_a_manager_places_clients_without_leaving_the_list(open_as: Open, transactional_db: None, amelie: User) -> None:
    homonym = a_client("Fournil", "amelie", city="Saint-Denis", postal_code="")
    unknown = a_client("Garage", "amelie", city="Trifouillis", postal_code="")
    published()
    page = open_as(amelie).go("/places/")

    first = page.locator(f"#place-{homonym.pk}")
    first.get_by_text("Choisir parmi les communes de ce nom").click()
    first.get_by_role("button", name="Saint-Denis (97400)").click()
    expect(first).to_contain_text("97400 Saint-Denis")
    expect(first).to_contain_text("placé")

    second = page.locator(f"#place-{unknown.pk}")
    second.get_by_label("Ville").fill("st etie")
    expect(second.locator("datalist option").first).to_have_attribute("value", "Saint-Étienne")
    second.get_by_label("Ville").fill("Saint-Étienne")
    second.get_by_label("Ville").press("Enter")
    expect(second).to_contain_text("placé")
    assert page.url.endswith("/places/")
    assert not Client.objects.unplaced().exists()
