"""The plan of actions in a real Chromium: sound in every look, computed while one writes, read by whom it concerns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from segmentation.advice import versions
from segmentation.models import Condition, Play, Run, Segment
from tests.advised import a_play, put
from tests.browser.conftest import LOOKS, NARROW, WIDE, Scheme, Visit
from tests.published import a_client, published, some_clients

Open = Callable[..., Visit]


@pytest.fixture
def run(transactional_db: None, adele: User) -> Run:
    some_clients(24, "amelie")
    return published()


@pytest.fixture
def play(run: Run, adele: User) -> Play:
    """With two versions, so that there is something to read below."""
    for client in some_clients(24, "amelie"):
        put(client, run)
    said = {"pitch": "Dites oui.", "service": "social", "goal": "growth", "priority": 2}
    play = Play(segment=Segment.objects.get(slug="segment-0"), title="Suivre ses abonnés", **said)
    versions.save(play, [Condition(field="followers_facebook", comparison="gte", value="300")], seen=0, by=adele)
    play.title = "Suivre"
    versions.save(play, [Condition(field="followers", comparison="gte", median=True)], seen=1, by=adele)
    a_play("Rangée", active=False)
    return play


def add_condition(page: Page, field: str, comparison: str, value: str) -> None:
    page.get_by_role("button", name="Ajouter une condition").click()
    row = page.locator("[data-condition]:visible").last
    row.get_by_label("Donnée").select_option(field)
    row.get_by_label("Comparaison").select_option(comparison)
    row.get_by_label("Valeur").fill(value)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_play_being_written_is_sound(open_as: Open, adele: User, play: Play, width: int, scheme: Scheme) -> None:
    visit = open_as(adele, width=width, scheme=scheme)
    page = visit.go(play.get_absolute_url())
    add_condition(page, "turnover", "gte", "beaucoup")
    expect(page.locator("#effect-details")).to_contain_text("doit être un nombre")
    page.get_by_text("Lire cette version").first.click()
    visit.sound()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".field-error")).to_contain_text("doit être un nombre")
    visit.sound()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_count_follows_what_one_writes_and_the_client_reads_it(
    open_as: Open, adele: User, amelie: User, run: Run, play: Play, width: int
) -> None:
    page = open_as(adele, width=width).go(play.get_absolute_url())
    count = page.locator("#effect-count")
    before = count.inner_text()
    page.get_by_role("button", name="Retirer la condition 1").click()
    expect(count).not_to_have_text(before)
    expect(count).to_contain_text("24 clients")
    add_condition(page, "turnover", "gte", "100000")
    expect(count).not_to_contain_text("24 clients")
    expect(count).to_contain_text("avant vos changements")
    expect(page.locator("#effect-details")).to_contain_text("CA 2025 de")
    promised = count.locator("strong").inner_text()
    page.get_by_label("Titre").fill("Parler de publicité")
    play.refresh_from_db()
    assert (play.title, play.version) == ("Suivre", 2)  # nothing is written yet

    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status").first).to_contain_text("version 3")
    expect(page.locator(".version").first).to_contain_text("Condition ajoutée")
    page.goto(page.url.split("/playbook")[0] + "/playbook/")
    link = page.get_by_role("link", name="Parler de publicité").last
    expect(link).to_contain_text(promised)

    client = put(a_client("Boulangerie Dupont", "amelie", at=14), run)
    hers = open_as(amelie, width=width).go(client.get_absolute_url())
    expect(hers.get_by_text("Parler de publicité").first).to_be_visible()
    expect(hers.get_by_text("CA 2025 de 139 500 €").first).to_be_visible()


def test_conditions_come_and_go_by_keyboard(open_as: Open, adele: User, play: Play) -> None:
    page = open_as(adele).go(play.get_absolute_url())
    page.get_by_role("button", name="Ajouter une condition").focus()
    for at in range(4):  # past the spare rows, into those from the template
        page.keyboard.press("Enter")
        expect(page.locator("[data-condition]:visible").last.get_by_label("Donnée")).to_be_focused()
        for _ in range(at + 1):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.locator("[data-condition]:visible").last.get_by_label("Comparaison").select_option("known")
        page.get_by_role("button", name="Ajouter une condition").focus()
    expect(page.locator("[data-condition]:visible")).to_have_count(5)
    page.get_by_role("button", name="Retirer la condition 1", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Ajouter une condition")).to_be_focused()
    page.get_by_role("button", name="Enregistrer").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("version 3")
    fields = Condition.Field.values[:4]
    assert [(row.field, row.comparison) for row in play.conditions.all()] == [(field, "known") for field in fields]


def test_it_is_written_without_javascript(browser: Browser, open_as: Open, adele: User, play: Play) -> None:
    visit = open_as(adele)
    visit.go("/playbook/")
    context = browser.new_context(java_script_enabled=False, storage_state=visit.page.context.storage_state())
    page = context.new_page()
    page.goto(visit.base + play.get_absolute_url())
    page.get_by_label("retirer").first.check()
    row = page.locator("[data-condition]").nth(2)
    row.get_by_label("Donnée").select_option("website")
    row.get_by_label("Comparaison").select_option("eq")
    row.get_by_label("Valeur").fill("non")
    page.get_by_role("button", name="Aperçu").click()
    expect(page.locator("#effect-count")).to_contain_text("client")
    play.refresh_from_db()
    assert play.version == 2
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status").first).to_contain_text("version 3")
    assert [str(item) for item in play.conditions.all()] == ["site web\u00a0: non"]
    page.get_by_role("button", name="Remettre la version 1").click()
    expect(page.locator("h1")).to_have_text("Suivre ses abonnés")
    context.close()


def test_the_admin_counts_before_saving_too(open_as: Open, adele: User, play: Play) -> None:
    page = open_as(adele).go(f"/admin/segmentation/play/{play.pk}/change/")
    count = page.locator(".field-clients_now .readonly")
    before = count.inner_text()
    page.locator("#id_conditions-0-median").uncheck()
    page.locator("#id_conditions-0-value").fill("1")
    expect(count).not_to_have_text(before)
    expect(count).to_contain_text("avant vos changements")
    expect(page.locator("[data-play-preview]")).to_contain_text("abonnés, tous réseaux")
    play.refresh_from_db()
    assert play.version == 2
