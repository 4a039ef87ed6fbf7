"""Advice in a real Chromium: sound in every look, decided by mouse, keyboard and without JavaScript, kept for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clients.models import Client
from clients.recording import record
from segmentation.advice.equipping import equip
from segmentation.engine.recipe import Effort, default_recipe
from segmentation.models import Decision, Play, Profile, Run
from segmentation.runs import recipes
from segmentation.runs.retraining import Asked, retrain
from tests.advised import a_play, decided, only_if, put
from tests.browser.conftest import LOOKS, NARROW, Scheme, Visit
from tests.published import STAMP, a_client, facts, place_all, published, some_clients
from tests.segmentation.runs.conftest import planted_facts

Open = Callable[..., Visit]


@dataclass(frozen=True)
class Site:
    """A published run with the default plan, and one client with a decision of each kind besides its advice."""

    run: Run
    client: Client
    play: Play


@pytest.fixture
def site(transactional_db: None, amelie: User) -> Site:
    some_clients(30, "amelie")
    run = published()
    equip(Profile.objects.filter(run=run))
    client = put(a_client("Boulangerie Dupont", "amelie", at=1), run)
    play = only_if(a_play("Ouvrir un compte", priority=1), "followers_facebook", "gte", "100")
    tomorrow = timezone.localdate() + timedelta(days=1)
    for kind, until in (("planned", tomorrow), ("refused", None), ("snoozed", tomorrow), ("done", None)):
        decided(client, a_play(f"Action {kind}"), kind, until=until, comment="Parce que c’est ainsi", by=amelie)
        for other in Client.objects.exclude(pk=client.pk)[:3]:
            decided(other, Play.objects.get(title=f"Action {kind}"), kind, until=until, by=amelie)
    decided(client, play, "refused", current=False, comment="Trop tôt")
    return Site(run, client, play)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_client_with_everything_unfolded_is_sound(
    open_as: Open, site: Site, amelie: User, width: int, scheme: Scheme
) -> None:
    visit = open_as(amelie, width=width, scheme=scheme)
    page = visit.go(f"/clients/{site.client.pk}/")
    page.evaluate("document.querySelectorAll('details.further').forEach(one => { one.open = true })")
    for unfolding in ("C’est fait…", "Fait…", "Écarter…", "Plus tard…", "Changer de jour…", "une relance…"):
        page.locator("summary", has_text=unfolding).first.click()
        visit.sound(unfolding)


def test_a_refusal_outlives_a_retrain(
    open_as: Open, transactional_db: None, amelie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(default_recipe(), effort=Effort(starts=20, bootstraps=4, null_draws=2), k_max=6)
    monkeypatch.setattr(recipes, "default_recipe", lambda: recipe)
    record(planted_facts(), STAMP)
    Client.objects.update(account_manager=amelie)
    retrain(Asked(clusters=4))
    visit = open_as(amelie)
    page = visit.go("/recommendations/?page_size=10")
    row = page.locator("tr[data-client]").first
    client, title = row.get_attribute("data-client"), row.locator(".cell-play strong").inner_text()
    row.locator("summary", has_text="Écarter…").click()
    row.get_by_label("Pourquoi").fill("Le client a dit non")
    row.get_by_role("button", name="Écarter", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Écarté")).to_contain_text(title)
    assert page.url.endswith("/recommendations/?page_size=10")

    retrain(Asked(clusters=4, seed=99))
    assert Run.objects.filter(publications__isnull=False).count() == 2
    page = visit.go(f"/clients/{client}/")
    assert title not in page.locator("#next h3").all_inner_texts()
    expect(page.locator("#decisions")).to_contain_text("Le client a dit non")
    page = visit.go("/recommendations/?decision=refused")
    expect(page.locator("tr[data-client]")).to_have_count(1)
    page.get_by_role("button", name="Rouvrir").click()
    expect(page.locator("#count")).to_contain_text("0 décision")
    page = visit.go(f"/clients/{client}/")
    assert title in page.locator("#next h3").all_text_contents()


def without_javascript(browser: Browser, visit: Visit) -> Page:
    context = browser.new_context(java_script_enabled=False, viewport={"width": NARROW, "height": 900})
    context.add_cookies(visit.page.context.cookies())  # type: ignore[arg-type]
    return context.new_page()


def test_everything_is_decided_without_javascript(open_as: Open, browser: Browser, site: Site, amelie: User) -> None:
    client = put(a_client("Garage Martin", "amelie", at=1), site.run)
    Play.objects.exclude(pk=site.play.pk).update(active=False)
    visit = open_as(amelie)
    page = without_javascript(browser, visit)
    page.goto(f"{visit.base}/clients/{client.pk}/")
    expect(page.locator("#next h3").first).to_have_text("Ouvrir un compte")
    page.get_by_role("button", name="Planifier").first.click()
    expect(page.locator("#next .planned h3")).to_contain_text("Ouvrir un compte planifié")
    page.locator("summary", has_text="Fixer un jour…").click()
    page.get_by_role("button", name="Noter").click()
    expect(page.locator("#next .planned h3")).to_contain_text("prévu le")
    page.locator("summary", has_text="C’est fait…").click()
    page.get_by_role("button", name="Accepté").first.click()
    expect(page.locator("#decisions")).to_contain_text("fait (accepté)")
    page.get_by_role("button", name="Rouvrir").click()
    expect(page.locator("#next h3").first).to_have_text("Ouvrir un compte")
    page.locator("summary", has_text="Plus tard…").first.click()
    page.get_by_role("button", name="Reporter").first.click()
    expect(page.locator("#decisions")).to_contain_text("remis au")
    assert Decision.objects.filter(client=client, by=amelie).count() == 5
    page.context.close()


def test_a_refusal_without_a_word_does_not_leave_the_browser(open_as: Open, site: Site, amelie: User) -> None:
    put(a_client("Garage Martin", "amelie", at=1), site.run)
    page = open_as(amelie).go("/recommendations/?q=garage martin")
    before = Decision.objects.count()
    row = page.locator("tr[data-client]").first
    row.locator("summary", has_text="Écarter…").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(row.get_by_label("Pourquoi")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row.get_by_label("Pourquoi")).to_be_focused()
    assert Decision.objects.count() == before


def test_only_one_form_is_open_at_a_time(open_as: Open, site: Site, amelie: User) -> None:
    page = open_as(amelie).go("/recommendations/")
    page.locator("summary", has_text="Écarter…").nth(0).click()
    page.locator("summary", has_text="Plus tard…").nth(3).click()
    assert page.locator("details.decide-more[open]").count() == 1


def test_the_queue_filters_at_once_and_a_tab_keeps_the_filters(open_as: Open, site: Site, amelie: User) -> None:
    page = open_as(amelie).go("/recommendations/")
    page.get_by_label("Service", exact=True).select_option("social")
    page.wait_for_url("**/recommendations/?service=social")
    page.get_by_role("link", name="Faites").click()
    assert "service=social" in page.url
    assert "decision=done" in page.url
    expect(page.locator("#count")).to_contain_text("4 décisions")


def test_the_plan_of_a_segment_leads_to_exactly_its_clients(open_as: Open, site: Site, amelie: User) -> None:
    page = open_as(amelie).go("/segments/segment-0/")
    link = page.locator("a.play-count", has_text="Ouvrir un compte").last
    said = link.locator("strong").inner_text()
    link.click()
    expect(page.locator("#count strong")).to_have_text(said)


def test_a_prospect_is_placed_kept_and_becomes_a_client_without_javascript(
    open_as: Open, browser: Browser, site: Site, amelie: User
) -> None:
    visit = open_as(amelie)
    page = without_javascript(browser, visit)
    page.goto(f"{visit.base}/prospect/")
    page.get_by_label("Secteur d’activité").select_option("Artisanat")
    page.get_by_label("Abonnés Facebook").fill("1 200")
    page.get_by_label("CA annuel (€)").fill("90 000")
    page.get_by_role("button", name="Placer").click()
    expect(page.locator("#first-title + .first-plays h3").first).to_be_visible()
    page.locator("#keep-name").fill("Menuiserie Leroy")
    page.get_by_role("button", name="Garder comme prospect").click()
    expect(page.locator("h1")).to_have_text("Menuiserie Leroy")
    expect(page.locator("main")).to_contain_text("Placé après le calcul")
    kept = Client.objects.get(name="Menuiserie Leroy")
    assert (kept.account_manager, kept.status) == (amelie, Client.Status.PROSPECT)
    page.get_by_role("button", name="Ce prospect a signé").click()
    expect(page.locator("h1")).to_have_text("Menuiserie Leroy")
    expect(page.get_by_role("button", name="Ce prospect a signé")).to_have_count(0)
    kept.refresh_from_db()
    assert kept.status == Client.Status.ACTIVE
    assert kept.turnover == Decimal(90_000)
    page.context.close()


def test_who_may_not_be_contacted_is_nowhere_to_be_called(open_as: Open, site: Site, amelie: User) -> None:
    record([facts("Discret", "amelie", 1, do_not_contact=True)], STAMP)
    silent = Client.objects.get(name="Discret")
    place_all(site.run, [silent])
    visit = open_as(amelie)
    expect(visit.go("/recommendations/?q=discret").locator("#count")).to_contain_text("0 action")
    page = visit.go(f"/clients/{silent.pk}/")
    expect(page.locator("#next")).to_contain_text("Aucune action n’est proposée")
    assert page.locator("#next button").count() == 0
