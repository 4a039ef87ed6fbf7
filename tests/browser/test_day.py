"""« Ma journée » and a client's log in a real Chromium: sound in every look, worked through by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clients.contacting import follow_up, log
from clients.models import Client
from segmentation.models import Assignment, Decision
from tests.advised import a_play, decided, put
from tests.browser.conftest import LOOKS, NARROW, Scheme, Visit
from tests.published import a_client, a_run

Open = Callable[..., Visit]


@dataclass(frozen=True)
class Morning:
    """One client in each section of the day, with long words, and a published past."""

    due: Client
    planned: Client
    new: Client
    asked: Client


@pytest.fixture
def morning(transactional_db: None, amelie: User) -> Morning:
    before, run = a_run(), a_run()
    play = a_play("Ouvrir un compte Instagram et l’animer chaque semaine", priority=1)
    today = timezone.localdate()

    def one(name: str) -> Client:
        return put(a_client(name, "amelie", phone="02 41 00 00 00"), run)

    due, planned, asked, moved = (one(name) for name in ("Boulangerie Dupont", "Garage Martin", "Fleuriste", "Hôtel"))
    Client.objects.update(created_at=timezone.now() - timedelta(days=90))
    for days in (9, 2):
        log(due, "call", by=amelie, text="Rappelle après les fêtes. " * days, day=today - timedelta(days=days))
    for at in range(6):
        log(planned, "visit", by=amelie, day=today - timedelta(days=at))
    Client.objects.filter(pk=due.pk).update(next_follow_up=today - timedelta(days=3))
    decided(planned, play, "planned", until=today - timedelta(days=1), by=amelie)
    put(moved, before, "segment-1")
    Assignment.objects.filter(client=asked, run=run).update(
        standing="provisional",
        unknown=["followers_instagram"],
        settling=["followers_instagram"],
        possible=["segment-0", "segment-1"],
    )
    return Morning(due, planned, one("Quincaillerie de la Très Longue Rue du Faubourg-Saint-Antoine"), asked)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_day_and_the_log_are_sound(
    open_as: Open, morning: Morning, amelie: User, width: int, scheme: Scheme
) -> None:
    visit = open_as(amelie, width=width, scheme=scheme)
    page = visit.go("/day/")
    expect(page.locator(".day-lines > li")).to_have_count(5)
    visit.sound()
    for client in (morning.due, morning.planned):
        page = visit.go(f"/clients/{client.pk}/")
        page.locator("#log summary").first.click()
        visit.sound()
    visit.go("/")
    visit.sound()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_day_with_nothing_to_do_says_so_kindly(
    open_as: Open, transactional_db: None, amelie: User, width: int, scheme: Scheme
) -> None:
    visit = open_as(amelie, width=width, scheme=scheme)
    expect(visit.go("/day/").locator(".nothing-title")).to_have_text("Rien ne vous attend aujourd’hui.")
    visit.sound()


def reach(page: Page, name: str, limit: int = 80) -> None:
    """Press Tab until the focus stands on what is called so."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText?.trim().replaceAll(/\\s+/g, ' ') ?? ''").startswith(name):
            return
    raise AssertionError(f"Tab never reaches « {name} »")


def test_the_morning_is_worked_through_by_keyboard_alone(open_as: Open, morning: Morning, amelie: User) -> None:
    page = open_as(amelie).go("/")
    reach(page, "Commencer ma journée")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Ma journée")

    reach(page, "Appelé")
    page.keyboard.press("Enter")
    expect(page.locator("#due")).to_contain_text("Aucune relance n’attend.")
    reach(page, "Intéressé, à rappeler")
    page.keyboard.press("Enter")
    expect(page.locator("#planned")).to_contain_text("Rien n’est prévu")
    reach(page, "Plus tard (7 jours)")
    page.keyboard.press("Space")
    expect(page.locator("#new").get_by_role("button", name="Plus tard")).to_have_count(0)
    reach(page, "J’ai tout vu")
    page.keyboard.press("Space")
    expect(page.locator("#new")).to_contain_text("Personne de nouveau.")
    reach(page, "Déjà vus")
    page.keyboard.press("Enter")
    expect(page.locator("#moved details")).to_have_attribute("open", "")
    reach(page, "Dans 7 jours")
    page.keyboard.press("Enter")
    expect(page.locator("#one_question")).to_contain_text("Relance prévue le")

    today = timezone.localdate()
    assert Client.objects.get(pk=morning.due.pk).next_follow_up is None
    assert Client.objects.get(pk=morning.asked.pk).next_follow_up == today + timedelta(days=7)
    assert Decision.objects.get(client=morning.planned, current=True).outcome == "interested"
    assert Decision.objects.get(client=morning.new).kind == "snoozed"


def test_a_count_leads_to_exactly_its_list(open_as: Open, morning: Morning, amelie: User) -> None:
    visit = open_as(amelie)
    for section in ("due", "new", "moved", "one_question", "planned"):
        page = visit.go("/day/")
        page.locator(f"#{section}").get_by_role("link", name="Voir la liste").click()
        expect(page.locator("#count strong")).to_have_text("1")


def test_a_visit_is_logged_from_a_phone_without_javascript(
    open_as: Open, browser: Browser, morning: Morning, amelie: User
) -> None:
    visit = open_as(amelie)
    context = browser.new_context(java_script_enabled=False, viewport={"width": NARROW, "height": 900})
    context.add_cookies(visit.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{visit.base}/clients/{morning.due.pk}/")
    expect(page.locator("#log")).to_contain_text("en retard")
    page.get_by_label("Visite").check()
    page.get_by_label("Ce qui s’est dit").fill("Veut un devis <b>vite</b>")
    page.locator("#log").get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#log .log-lines").first).to_contain_text("Veut un devis <b>vite</b>")
    expect(page.locator("#log")).to_contain_text("Prochaine relance : aucune")
    page.locator("#log summary", has_text="Fixer seulement une relance…").click()
    page.get_by_role("button", name="Fixer", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Relance prévue le")
    context.close()


def test_a_client_not_to_be_contacted_has_a_log_and_no_date(open_as: Open, morning: Morning, amelie: User) -> None:
    follow_up(morning.asked, timezone.localdate(), by=amelie)
    Client.objects.filter(pk=morning.asked.pk).update(do_not_contact=True)
    visit = open_as(amelie)
    page = visit.go(f"/clients/{morning.asked.pk}/")
    expect(page.locator("#log")).to_contain_text("suspendue")
    assert page.locator("#log input[name=following][type=date]").count() == 0
    visit.sound()
    assert morning.asked.name not in visit.go("/day/").locator("main").inner_text()
