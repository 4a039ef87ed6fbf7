"""The life of a run in a real Chromium: asked for, worked on by another process, followed, published, compared."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect

from clients.recording import record
from dignamik.foundation.models import Job
from segmentation.models import Assignment, Profile, Run, Segment
from segmentation.runs.requesting import request_run
from tests.browser.conftest import LOOKS, NARROW, Scheme, Visit
from tests.published import a_run, published, some_clients
from tests.segmentation.runs.conftest import STAMP, planted_facts

Open = Callable[..., Visit]
Manage = Callable[..., subprocess.CompletedProcess[str]]


def sound(visit: Visit, path: str) -> None:
    """axe has nothing to say and nothing sticks out; CSP and console are the fixture's business."""
    visit.go(path)
    visit.sound(path)


def two_runs() -> tuple[Run, Run]:
    """Two published runs between which a few clients moved."""
    some_clients(40, "amelie")
    before, after = published(), published()
    for place in Assignment.objects.filter(run=after, segment__isnull=False).order_by("pk")[:5]:
        other = next(segment for segment in Segment.objects.order_by("pk") if segment.pk != place.segment_id)
        Assignment.objects.filter(pk=place.pk).update(segment=other)
    return before, after


def test_one_asks_for_a_run_and_watches_it_end(
    open_as: Open, manage: Manage, anais: User, transactional_db: None
) -> None:
    record(planted_facts(), STAMP)
    visit = open_as(anais)
    page = visit.go("/runs/")
    page.get_by_label("Nombre de segments").fill("4")
    page.get_by_role("button", name="Lancer le calcul").click()
    expect(page.locator(".field-error")).to_contain_text("Écrivez pourquoi")
    page.get_by_label("Pourquoi ce nombre").fill("Comme l’an dernier")
    page.get_by_role("button", name="Lancer le calcul").click()
    expect(page.get_by_text("En file d’attente.")).to_be_visible()
    visit.complaints.clear()  # the 400 of the first try
    done = manage("work", "--once")
    assert done.returncode == 0, done.stderr
    run = Run.objects.get()
    assert (run.k, run.clusters, run.requested_by) == (4, 4, anais)
    # Without a reload: the page asks by itself.
    expect(page.locator("#job a").first).to_have_attribute("href", f"/runs/{run.pk}/", timeout=10_000)
    expect(page.locator("#job")).to_contain_text("terminé")
    assert page.locator("#job").get_attribute("hx-get") is None


def test_progress_moves_by_itself_and_keeps_the_focus(open_as: Open, anais: User, transactional_db: None) -> None:
    job = request_run(by=anais, trigger=Job.Trigger.WEB)
    Job.objects.filter(pk=job.pk).update(state="running", step="Essai de 3 segments", progress=0.2)
    page = open_as(anais).go(f"/runs/jobs/{job.pk}/")
    bar = page.get_by_role("progressbar", name="Essai de 3 segments")
    assert bar.evaluate("bar => bar.value") == 20
    page.get_by_role("button", name="Annuler ce calcul").focus()
    Job.objects.filter(pk=job.pk).update(step="Profils et contrôles", progress=0.92)
    expect(page.get_by_role("progressbar", name="Profils et contrôles")).to_have_js_property(
        "value", 92, timeout=10_000
    )
    expect(page.get_by_role("button", name="Annuler ce calcul")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#job")).to_contain_text("Arrêt demandé")


def test_it_can_be_followed_without_javascript(
    open_as: Open, browser: Browser, anais: User, transactional_db: None
) -> None:
    job = request_run(by=anais, trigger=Job.Trigger.WEB)
    watched = open_as(anais)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(watched.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{watched.base}/runs/jobs/{job.pk}/")
    expect(page.locator("#job")).to_contain_text("En file d’attente")
    Job.objects.filter(pk=job.pk).update(state="running", step="Lecture des données")
    page.get_by_role("link", name="Actualiser").click()
    expect(page.locator("#job")).to_contain_text("Lecture des données")
    context.close()


def test_a_held_run_is_published_with_a_reason(open_as: Open, anais: User, transactional_db: None) -> None:
    published()
    held = a_run("held")
    page = open_as(anais).go(f"/runs/{held.pk}/")
    page.get_by_role("button", name="Publier ce calcul").click()
    assert Run.objects.current() != held  # the browser asks for the reason first
    page.get_by_label("Pourquoi le publier malgré les contrôles").fill("Vu avec Hélène")
    page.get_by_role("button", name="Publier ce calcul").click()
    expect(page.get_by_role("status")).to_contain_text("publié")
    expect(page.get_by_text("« Vu avec Hélène »")).to_be_visible()
    assert Run.objects.current() == held


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_movements_are_drawn_and_told(
    open_as: Open, anais: User, amelie: User, transactional_db: None, width: int, scheme: Scheme
) -> None:
    _, after = two_runs()
    visit = open_as(anais, width=width, scheme=scheme)
    page = visit.go(f"/runs/{after.pk}/movements/")
    expect(page.locator('[data-chart="flows"][data-drawn]')).to_be_visible()
    painted = page.locator('[data-chart="flows"] canvas').evaluate(
        "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    )
    assert painted > 20
    assert page.locator('td[data-label="Cause"]').count() == 5


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_two_runs_stand_side_by_side(
    open_as: Open, anais: User, amelie: User, transactional_db: None, width: int, scheme: Scheme
) -> None:
    _, after = two_runs()
    held = a_run("held", clusters=4, seed=2)
    Profile.objects.filter(run=held, segment=Segment.objects.order_by("pk")[0]).delete()
    visit = open_as(anais, width=width, scheme=scheme)
    page = visit.go(f"/runs/compare/?a={after.pk}&b={held.pk}")
    expect(page.locator('[data-chart="lines"][data-drawn]')).to_have_count(2)
    # The two figures of a measure stand beside one another, with their run's number where the headings are away.
    row = page.locator(".versus-figures").first.locator("tbody tr").first
    one, two = (row.locator("td").nth(at).bounding_box() for at in (0, 1))
    assert one is not None and two is not None
    assert abs(one["y"] - two["y"]) < 2 and one["x"] + one["width"] <= two["x"]
    label = row.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert (str(after.pk) in label) is (width == NARROW)


def test_a_pair_is_chosen_from_the_list_of_runs(open_as: Open, anais: User, transactional_db: None) -> None:
    first, _, third = published(), published(), published()
    page = open_as(anais, width=NARROW).go("/runs/")
    page.get_by_label("Comparer").select_option(str(first.pk))
    page.get_by_role("button", name="Côte à côte").click()
    expect(page).to_have_url(re.compile(rf"/runs/compare/\?a={first.pk}&b={third.pk}$"))
    page.get_by_role("link", name="inverser").click()
    expect(page).to_have_url(re.compile(rf"/runs/compare/\?a={third.pk}&b={first.pk}$"))
    page.locator(".movement-tiles a").click()
    expect(page).to_have_url(re.compile(rf"/runs/{first.pk}/movements/\?from={third.pk}$"))


def test_a_segment_says_who_it_is_before_its_evidence(
    open_as: Open, anais: User, amelie: User, transactional_db: None
) -> None:
    two_runs()
    for reader in (anais, amelie):
        titles = open_as(reader).go("/segments/segment-0/").locator("main h2").all_inner_texts()
        assert titles[:3] == ["Qui ils sont", "Plan d’actions", "Profil face au reste"]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_run_asked_for_is_sound_whatever_becomes_of_it(
    open_as: Open, anais: User, transactional_db: None, width: int, scheme: Scheme
) -> None:
    job = request_run(by=anais, trigger=Job.Trigger.WEB, clusters=4, why="Comme l’an dernier")
    visit = open_as(anais, width=width, scheme=scheme)
    for state in ("running", "done", "failed", "cancelled"):
        Job.objects.filter(pk=job.pk).update(state=state, step="Essai de 3 segments", progress=0.4, error="Rien.")
        sound(visit, f"/runs/jobs/{job.pk}/")


def test_a_client_says_what_would_move_it_without_a_reload(open_as: Open, amelie: User, transactional_db: None) -> None:
    two_runs()
    place = Assignment.objects.filter(run=Run.objects.current(), segment__isnull=False, second__isnull=False)[0]
    visit = open_as(amelie, width=NARROW)
    sound(visit, f"/clients/{place.client_id}/")
    page = visit.page
    page.get_by_role("button", name="Chercher").click()
    expect(page.locator("#change")).to_contain_text("D’après les données du")
    assert page.url.endswith(f"/clients/{place.client_id}/")
    visit.sound()
