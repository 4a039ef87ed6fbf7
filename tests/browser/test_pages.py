"""How pages behave in a real Chromium: filters, sorting, drawers, badges, the door; with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from segmentation.models import Run
from tests.browser.conftest import NARROW, WIDE, Visit, tick
from tests.conftest import PASSWORD
from tests.published import published, some_clients

Open = Callable[..., Visit]


@pytest.fixture
def site(transactional_db: None, amelie: User) -> Run:
    """A small portfolio with a published run."""
    some_clients(61, "amelie")
    return published()


def rows(page: Page) -> list[str]:
    return [str(pk) for pk in page.locator("tr[data-pk]").evaluate_all("rows => rows.map(row => row.dataset.pk)")]


def test_filters_work_at_once_and_the_address_follows(open_as: Open, site: Run, helene: User) -> None:
    visit = open_as(helene)
    page = visit.go("/clients/")
    before = rows(page)
    tick(page, "Statut", "Prospect")
    expect(page.locator("#count")).to_contain_text("15 clients")
    assert page.url.endswith("/clients/?status=prospect")
    assert set(rows(page)) != set(before)
    page.get_by_role("link", name="Abonnés").click()
    expect(page.locator('th[aria-sort="descending"]')).to_contain_text("Abonnés")
    page.get_by_label("Recherche").type("angers")
    expect(page.locator("#count")).not_to_contain_text("15 clients")
    address = page.url
    assert {"status=prospect", "ordering=-followers", "q=angers"} == set(address.split("?")[1].split("&"))
    narrowed = rows(page)
    visit.gather()
    page.reload()
    assert rows(page) == narrowed
    page.go_back()
    expect(page.locator("#count")).to_contain_text("15 clients")
    page.get_by_role("link", name=re.compile("Statut Prospect")).click()
    page.wait_for_url(lambda url: "status" not in url)
    expect(page.locator("#count")).to_contain_text("61 clients")


def test_pages_turn_without_a_reload(open_as: Open, site: Run, helene: User) -> None:
    page = open_as(helene).go("/clients/")
    first = rows(page)
    page.get_by_role("link", name="Suivante").click()
    expect(page.locator('.pages [aria-current="page"]')).to_have_text("2")
    assert len(first) == 50
    assert not set(first) & set(rows(page))


def test_it_works_without_javascript(open_as: Open, browser: Browser, site: Run, helene: User) -> None:
    watched = open_as(helene)
    context = browser.new_context(java_script_enabled=False, viewport={"width": WIDE, "height": 900})
    context.add_cookies(watched.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(watched.base + "/clients/")
    tick(page, "Statut", "Prospect")
    page.get_by_label("Recherche").fill("client")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.locator("#count")).to_contain_text("15 clients")
    page.get_by_role("link", name="Client", exact=True).click()
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("Client")
    context.close()


def test_a_phone_keeps_filters_in_a_drawer_and_rows_as_cards(open_as: Open, site: Run, helene: User) -> None:
    page = open_as(helene, width=NARROW).go("/clients/")
    expect(page.locator("#filters summary", has_text="Statut")).not_to_be_visible()
    page.get_by_text("Filtres", exact=True).click()
    expect(page.locator("#filters summary", has_text="Statut")).to_be_visible()
    assert page.locator("tr[data-pk]").first.evaluate("row => getComputedStyle(row).display") == "grid"


def test_a_badge_explains_itself_on_focus(open_as: Open, site: Run, helene: User) -> None:
    page = open_as(helene).go("/clients/?standing=provisional")
    badge = page.locator(".standing").first
    says = badge.locator(".standing-says")
    assert says.evaluate("it => it.getBoundingClientRect().width") <= 1
    badge.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert says.evaluate("it => it.getBoundingClientRect().width") > 100


def test_one_signs_in_by_keyboard_and_skips_to_the_content(open_as: Open, site: Run, helene: User) -> None:
    page = open_as(None).go("/login/")
    page.keyboard.type("helene")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Vue d’ensemble")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_list_says_so_when_the_server_fails(open_as: Open, site: Run, helene: User) -> None:
    visit = open_as(helene)
    page = visit.go("/clients/")
    page.route("**/clients/?*", lambda route: route.fulfill(status=500, body="oups"))
    tick(page, "Statut", "Prospect")
    expect(page.locator("#list-failure")).to_be_visible()
    visit.complaints.clear()  # the 500 was ours
