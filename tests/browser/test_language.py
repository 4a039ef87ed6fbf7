"""The language of the pages, changed as people change it: with the keyboard, in the menu of their account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, Visit
from tests.published import published, some_clients

Open = Callable[..., Visit]


def switch(page: Page, name: str) -> None:
    """Opens the account's menu and presses the button of the other language, all without a mouse."""
    page.locator(".account summary").focus()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name=name)
    for _ in range(6):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    # The page that comes back has the way back in its menu.
    expect(page.locator(".language button")).not_to_have_text(name)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_one_reads_english_and_comes_back(open_as: Open, transactional_db: None, helene: User, width: int) -> None:
    some_clients(12)
    published()
    visit = open_as(helene, width=width)
    page = visit.go("/clients/?city=Angers&ordering=-name")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    switch(page, "English")
    assert page.url.endswith("/clients/?city=Angers&ordering=-name")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for path, title, nav in (
        ("/", "Overview · Dignamik", "Overview"),
        ("/clients/", "Clients · Dignamik", "Clients"),
        ("/map/", "Map of the clients · Dignamik", "Clients"),
        ("/runs/", "Runs · Dignamik", "Runs"),
    ):
        visit.go(path)
        expect(page).to_have_title(title)
        here = page.get_by_role("navigation", name="Main navigation").locator("[aria-current]")
        assert (here.text_content() or "") == nav
        visit.sound(path)
    switch(page, "Français")
    expect(page).to_have_title("Calculs · Dignamik")
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_scripts_speak_the_language_of_the_page(open_as: Open, transactional_db: None, helene: User) -> None:
    some_clients(12)
    published()
    visit = open_as(helene)
    for language, ticked, mainland in (
        ("Français", "2 clients cochés", "Métropole"), ("English", "2 clients ticked", "Mainland"),
    ):  # fmt: skip
        page = visit.go("/clients/")
        if language == "English":
            switch(page, language)
        for at in range(2):
            page.locator("[data-pick]").nth(at).check()
        expect(page.locator("[data-batch-count]")).to_have_text(ticked)
        visit.go("/map/")
        expect(page.locator("[data-map-regions] button").first).to_have_text(mainland)


def test_the_door_speaks_it_too(open_as: Open, transactional_db: None) -> None:
    visit = open_as(None)
    page = visit.go("/login/?next=/segments/")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_title("Sign in · Dignamik")
    assert page.url.endswith("/login/?next=/segments/")
    visit.sound()
    page.get_by_role("button", name="Français").click()
    expect(page).to_have_title("Connexion · Dignamik")
