"""The list as an account manager uses it: find, count, narrow, keep, act; by mouse, by keyboard, without a script."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from clients.models import Client
from dignamik.foundation.models import SavedView
from segmentation.models import Decision, Run
from tests.advised import a_play, put
from tests.browser.conftest import LOOKS, NARROW, WIDE, Scheme, Visit, tick
from tests.published import published, some_clients

Open = Callable[..., Visit]


@pytest.fixture
def run(transactional_db: None, amelie: User, karim: User) -> Run:
    """Sixty clients of Amélie's, five of Karim's."""
    some_clients(60, "amelie")
    some_clients(5, "karim", "Collègue")
    return published()


def said(page: Page) -> list[tuple[str, str]]:
    """The query string of the page at hand."""
    return parse_qsl(urlsplit(page.url).query)


def count(page: Page) -> Any:
    return page.locator("#count")


def more(page: Page) -> None:
    """Unfold what is one click away."""
    page.get_by_text("Plus de filtres", exact=True).click()


# --- Filtering --------------------------------------------------------------------------------------------------------


def test_one_finds_filters_sees_the_map_and_exports_the_same_clients(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/")
    page.locator("#filters summary", has_text="Secteur").click()
    line = page.locator("#facet-sector label", has_text="Restauration")
    expect(line.locator(".facet-count")).to_contain_text("20")
    line.locator("input").check()
    expect(count(page)).to_contain_text("20 clients")
    page.locator("#facet-sector label", has_text="Artisanat").locator("input").check()
    expect(count(page)).to_contain_text("40 clients")
    expect(page.locator("#filters summary", has_text="Secteur").locator("[data-facet-used]")).to_have_text("2")
    page.keyboard.press("Escape")
    expect(page.locator("#facet-sector")).not_to_be_visible()
    assert said(page) == [("sector", "Artisanat"), ("sector", "Restauration")]
    expect(page.locator(".chip")).to_have_count(2)
    page.get_by_role("link", name="Carte", exact=True).click()
    expect(count(page)).to_contain_text("40 clients")
    page.get_by_role("link", name=re.compile("Secteur Artisanat")).click()
    expect(count(page)).to_contain_text("20 clients")
    page.go_back()
    expect(count(page)).to_contain_text("40 clients")
    page.get_by_label("Recherche").fill("angers")
    expect(count(page)).to_contain_text("10 clients")
    drawn = page.locator("[data-map]")
    expect(drawn).to_have_attribute("data-ready", re.compile("q=angers"))
    answer = page.request.get(urljoin(page.url, drawn.get_attribute("data-ready") or ""))
    on_the_map = {feature["id"] for feature in answer.json()["features"]}
    page.get_by_role("link", name="Tableau", exact=True).click()
    listed = page.locator("tr[data-pk]").evaluate_all("rows => rows.map(row => Number(row.dataset.pk))")
    with page.expect_download() as arriving:
        page.get_by_role("link", name="CSV", exact=True).click()
    with arriving.value.path().open(encoding="utf-8-sig", newline="") as file:
        exported = [int(line["Numéro"]) for line in csv.DictReader(file, delimiter=";")]
    assert exported == listed
    assert set(exported) == on_the_map
    assert len(exported) == 10


def test_a_count_follows_the_other_filters_each_time_it_is_opened(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/")
    summary = page.locator("#filters summary", has_text="Secteur")
    figure = page.locator("#facet-sector label", has_text="Restauration").locator(".facet-count")
    summary.click()
    expect(figure).to_contain_text("20")
    summary.click()
    tick(page, "Statut", "Prospect")
    expect(count(page)).to_contain_text("15 clients")
    summary.click()
    expect(figure).to_contain_text("5")


def test_a_box_ticked_before_its_counts_arrive_stays_ticked(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/")
    held: list[Any] = []
    page.route("**/clients/facets/status/**", lambda route: held.append(route))
    page.locator("#filters summary", has_text="Statut").click()
    box = page.get_by_role("checkbox", name="Prospect")
    box.focus()
    page.keyboard.press("Space")
    expect(count(page)).to_contain_text("15 clients")
    held[0].continue_()
    expect(page.locator("#facet-status .facet-count")).to_have_count(4)
    expect(page.get_by_role("checkbox", name="Prospect")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Prospect")).to_be_focused()


def test_towns_are_suggested_and_add_up(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/")
    more(page)
    town = page.locator("#filter-city")
    town.type("saint")
    expect(page.locator("#known-city option")).to_have_attribute("value", "Saint-Étienne")
    town.fill("Saint-Étienne")
    town.press("Tab")
    expect(count(page)).to_contain_text("15 clients")
    expect(town).to_have_value("")
    town.fill("nantes")
    town.press("Enter")
    expect(count(page)).to_contain_text("30 clients")
    assert sorted(said(page)) == [("city", "Saint-Étienne"), ("city", "nantes")]
    page.get_by_role("link", name=re.compile("Ville nantes")).click()
    expect(count(page)).to_contain_text("15 clients")


def test_a_bar_of_the_spread_sets_both_ends(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/")
    more(page)
    page.locator("#filters summary", has_text="CA").click()
    bin_ = page.locator(".spread-bin:enabled").nth(2)
    figure = int(bin_.locator(".spread-count").evaluate("it => it.firstChild.textContent"))
    bin_.click()
    expect(count(page)).to_contain_text(f"{figure} client")
    assert {name for name, _ in said(page)} == {"turnover_min", "turnover_max"}
    expect(page.locator("tr[data-pk]")).to_have_count(figure)


def test_columns_and_page_size_are_chosen_and_kept(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/?ordering=-turnover")
    page.get_by_text("Affichage", exact=True).click()
    page.get_by_label("Statut", exact=True).uncheck()
    expect(page.locator("th", has_text="Statut")).to_have_count(0)
    page.get_by_label("Client depuis", exact=True).check()
    expect(page.locator("th", has_text="Client depuis")).to_be_visible()
    page.get_by_label("Lignes par page").select_option("25")
    expect(page.locator("tr[data-pk]")).to_have_count(25)
    expect(page.locator('th[aria-sort="descending"]')).to_contain_text("CA")
    page.get_by_role("link", name="Suivante").click()
    expect(page.locator('.pages [aria-current="page"]')).to_have_text("2")
    expect(page.locator("th", has_text="Client depuis")).to_be_visible()
    page.get_by_text("Affichage", exact=True).click()
    page.get_by_label("Client depuis", exact=True).uncheck()
    page.get_by_label("Statut", exact=True).check()
    expect(page.locator("th", has_text="Statut")).to_be_visible()
    assert "columns" not in dict(said(page))


# --- Keeping ----------------------------------------------------------------------------------------------------------


def test_a_view_is_kept_as_the_list_stands_now(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/")
    tick(page, "Statut", "Prospect")
    expect(count(page)).to_contain_text("15 clients")
    page.get_by_text("Vues", exact=True).click()
    page.get_by_label("Enregistrer cette liste sous").fill("Mes prospects")
    page.get_by_label("Épingler").check()
    page.locator("#save-view").get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("Mes prospects est enregistrée")
    assert SavedView.objects.get().query == "status=prospect"
    page.get_by_role("link", name="Tout retirer").or_(page.locator(".chip")).first.click()
    expect(count(page)).to_contain_text("60 clients")
    page.get_by_role("navigation", name="Vues épinglées").get_by_role("link", name="Mes prospects").click()
    expect(count(page)).to_contain_text("15 clients")


# --- Acting -----------------------------------------------------------------------------------------------------------


def test_one_ticks_clients_and_plans_by_keyboard(open_as: Open, run: Run, amelie: User) -> None:
    play = a_play()
    chosen = list(Client.objects.filter(account_manager=amelie).order_by("name")[:2])
    for client in chosen:
        put(client, run)
    page = open_as(amelie).go("/clients/?ordering=name")
    bar = page.locator("[data-batch]")
    expect(bar).not_to_be_visible()
    for client in chosen:
        page.get_by_label(f"Cocher {client.name}", exact=True).focus()
        page.keyboard.press("Space")
    expect(bar.locator("[data-batch-count]")).to_have_text("2 clients cochés")
    bar.get_by_role("button", name="Planifier une action").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".heading-side")).to_have_text("2 clients choisis")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Planifier").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice[role=status]")).to_contain_text("planifiée pour 2 clients")
    assert set(Decision.objects.values_list("client", "play")) == {(client.pk, play.pk) for client in chosen}


def test_a_whole_page_is_ticked_at_once_and_exported(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/clients/?status=prospect")
    page.get_by_label("Cocher toute la page").check()
    bar = page.locator("[data-batch]")
    expect(bar.locator("[data-batch-count]")).to_have_text("15 clients cochés")
    with page.expect_download() as arriving:
        bar.get_by_role("button", name="CSV").click()
    lines = arriving.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == 16
    tick(page, "Secteur", "Restauration")
    expect(count(page)).to_contain_text("5 clients")
    expect(bar).not_to_be_visible()


def test_it_all_works_without_javascript(open_as: Open, browser: Browser, run: Run, amelie: User) -> None:
    play = a_play()
    for client in Client.objects.filter(account_manager=amelie, status="prospect"):
        put(client, run)
    watched = open_as(amelie)
    context = browser.new_context(java_script_enabled=False, viewport={"width": WIDE, "height": 900})
    context.add_cookies(watched.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(watched.base + "/clients/")
    tick(page, "Statut", "Prospect")
    page.get_by_role("button", name="Filtrer").click()
    expect(count(page)).to_contain_text("15 clients")
    page.get_by_label("toute la liste").check()
    page.get_by_role("button", name="Planifier une action").click()
    expect(page.locator(".heading-side")).to_have_text("15 clients choisis")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Planifier").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("planifiée pour 15 clients")
    assert Decision.objects.filter(play=play).count() == 15
    context.close()


# --- Sound ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_open_controls_are_sound(open_as: Open, run: Run, helene: User, width: int, scheme: Scheme) -> None:
    a_play()
    SavedView.objects.create(
        owner=helene, page="clients", name="Une vue au nom assez long pour un téléphone", pinned=True
    )
    some = list(Client.objects.filter(account_manager__username="amelie")[:3])
    put(some[0], run)
    visit = open_as(helene, width=width, scheme=scheme)
    page = visit.go("/clients/?city=Angers&city=Nantes&status=active")
    if width == NARROW:
        page.get_by_text("Filtres", exact=True).click()
    for control in ("Segment", "Département", "CA", "Abonnés"):
        page.locator("#filters summary", has_text=control).first.click()
        expect(page.locator("#filters [data-facet][open] :is(.facet-count, .spread-count)").first).to_be_visible()
        visit.sound(control)
        page.keyboard.press("Escape")
    for menu in ("Vues", "Affichage"):
        page.get_by_text(menu, exact=True).click()
        visit.sound(menu)
        left = page.locator(".menu[open] .menu-panel").evaluate("it => it.getBoundingClientRect().left")
        assert left >= 0
        page.keyboard.press("Escape")
    page.locator("[data-pick]").first.check()
    visit.sound()
