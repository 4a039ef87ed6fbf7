"""Doubles in a real Chromium: judged with the keyboard, merged, taken back; every page accessible, at every width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from clients.dedupe.searching import search
from clients.duplicates import Merge
from clients.models import Client
from tests.browser.conftest import LOOKS, Scheme, Visit
from tests.builders import client

Open = Callable[..., Visit]
LONG = "Établissements " + "Vandenbrouckenberghe-" * 7 + "et fils"


def two(name: str = "Boulangerie Dupont") -> tuple[Client, Client]:
    one = client("c1", name=name, address="12 rue de la Gare", phone="0241112233", turnover={2025: 1000})
    other = client("c2", name=name.upper(), address="12 r. de la Gare", email="dupont@example.fr", turnover={2025: 1})
    search()
    return one, other


def test_one_judges_a_pair_with_the_keyboard_and_takes_the_merge_back(
    open_as: Open, adele: User, transactional_db: None
) -> None:
    one, _ = two()
    page = open_as(adele).go("/doubles/")
    page.get_by_role("link", name="Comparer Boulangerie Dupont").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/doubles/*/*/")
    email = page.get_by_role("radiogroup", name="E-mail")
    expect(email.get_by_role("radio").nth(1)).to_be_checked()
    email.get_by_role("radio").nth(1).focus()
    page.keyboard.press("ArrowUp")
    expect(email.get_by_role("radio").nth(0)).to_be_checked()
    page.get_by_label("C’est bien une seule entreprise").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("est réuni à")
    assert Client.objects.get(pk=one.pk).email == ""
    page.get_by_role("link", name="Voir la fusion ou l’annuler").click()
    page.get_by_role("button", name="Annuler la fusion").click()
    expect(page.get_by_role("status")).to_contain_text("sont de nouveau deux clients")
    assert Client.objects.present().count() == 2


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_of_doubles_is_accessible_and_fits(
    open_as: Open, adele: User, transactional_db: None, width: int, scheme: Scheme
) -> None:
    visit = open_as(adele, width=width, scheme=scheme)
    visit.go("/doubles/")
    visit.sound()
    one, other = two(LONG[:190])
    compare = f"/doubles/{one.pk}/{other.pk}/"
    for path in ("/doubles/", compare):
        page = visit.go(path)
        visit.sound()
    page.get_by_label("C’est bien une seule entreprise").check()
    page.get_by_role("button", name="Réunir ces deux fiches").click()
    page.wait_for_url("**/clients/*/")
    for path in (f"/doubles/merges/{Merge.objects.get().pk}/", "/doubles/"):
        page = visit.go(path)
        visit.sound()
