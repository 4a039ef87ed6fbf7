"""Getting in by keyboard alone: a second factor set up, and a login with a code of it; the pages on a phone."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from dignamik.foundation.letters import link
from tests.browser.conftest import NARROW, Visit
from tests.codes import code, time_passes, with_second_factor
from tests.conftest import PASSWORD

PAGES = ["/account/security/", "/account/password/", "/account/confirm/", "/account/tokens/"]


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the control of this name has the focus."""
    wanted = page.get_by_role("button", name=label).or_(page.get_by_role("link", name=label, exact=True)).first
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to « {label} » by keyboard")


def test_a_second_factor_is_set_up_and_used_by_keyboard_only(open_as: Callable[..., Visit], amelie: User) -> None:
    visit = open_as(amelie)
    page = visit.go("/account/security/")
    tab_to(page, "Activer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="Code QR à scanner avec l’application")).to_be_visible()
    key = base64.b32decode(page.locator(".new-token").inner_text().replace(" ", "")).hex()
    tab_to(page, "Activer")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type(code(key))
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    tab_to(page, "Je les ai, continuer")
    page.context.clear_cookies()

    time_passes(amelie)
    visit.go("/login/?next=/account/security/")
    page.keyboard.type("amelie")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(code(key))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Il vous reste 10 codes de secours.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_fit_a_phone_and_can_be_read_by_all(
    open_as: Callable[..., Visit], amelie: User, karim: User, scheme: str
) -> None:
    visit = open_as(amelie, width=NARROW, scheme=scheme)
    found = {}
    for address in [*PAGES, "/account/security/set-up/"]:
        visit.go(address)
        found[address] = (visit.overflow(), visit.accessibility())
    stranger = open_as(None, width=NARROW, scheme=scheme)
    for address in ("/login/", "/password/forgotten/", "/password/asked/", "/password/x/y/", link(karim)):
        stranger.go(address)
        found[address] = (stranger.overflow(), stranger.accessibility())
    assert {address: said for address, said in found.items() if said != (0, [])} == {}


def test_the_page_of_the_code_and_that_of_the_codes_too(open_as: Callable[..., Visit], amelie: User) -> None:
    key, _ = with_second_factor(amelie)
    visit = open_as(None, width=NARROW)
    page = visit.go("/login/")
    page.get_by_label("Identifiant").fill("amelie")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Code de connexion")).to_be_visible()
    assert (visit.overflow(), visit.accessibility()) == (0, [])
    page.get_by_label("Code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator(".field-error")).to_be_visible()
    assert (visit.overflow(), visit.accessibility()) == (0, [])
    page.get_by_label("Code").fill(code(key))
    page.keyboard.press("Enter")
    expect(page.locator(".account-name")).to_be_visible()
    visit.go("/account/security/")
    page.get_by_role("button", name="Refaire les codes de secours").click()
    expect(page.get_by_role("button", name="Imprimer")).to_be_visible()
    assert (visit.overflow(), visit.accessibility()) == (0, [])
