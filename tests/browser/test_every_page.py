"""Every page of the site is sound: axe, width, steadiness, language, one heading; wide and narrow, light and dark.

The addresses come from the URL configuration: a new route fails here until `LOOKED_AT` names an address of it and who
opens it, or `NO_PAGE` why nobody does. What must be opened by hand (menus, forms, errors) is looked at where its area
is tested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import resolve
from django.utils import timezone
from playwright.sync_api import Page, expect

from clients.contacting import log
from clients.facts import ClientFacts, Reading
from clients.intake.files import filing, keeping
from clients.models import Client, HeldService, Merge, SourceSync
from clients.recording import record
from dignamik.foundation import tokens
from dignamik.foundation.models import Job, SavedView
from segmentation.advice import versions
from segmentation.advice.equipping import equip
from segmentation.models import Assignment, Condition, Play, Profile, Run, Segment
from segmentation.runs.requesting import request_run
from tests.advised import a_play, decided, put
from tests.browser.conftest import LOOKS, MOST_SHIFT, NARROW, WIDE, Scheme, Visit
from tests.builders import HEADINGS, csv_file, row
from tests.published import STAMP, a_client, a_run, place_all, published, some_clients
from tests.test_permissions import routes

Open = Callable[..., Visit]
LONG = "Société coopérative des boulangeries-pâtisseries artisanales réunies de Saint-Rémy-sur-Loire"
ASKED = "?sector=Artisanat&facebook=300&turnover=90000&city=Angers&postal_code=49000&has_website=non"

# Who opens what; `{…}` are numbers of `scene`. A page that looks otherwise to somebody else stands there too.
LOOKED_AT: dict[str, tuple[str, ...]] = {
    "helene": (
        "/", "/clients/", "/clients/?segment=aucun&city=nulle-part", "/clients/?citty=x", "/clients/?follow_up=due",
        "/clients/{long}/", "/clients/{placed}/", "/clients/{charted}/", "/clients/{placed}/change/?segment=segment-1",
        "/clients/batch/?act=plan&client={placed}&client={charted}",
        "/clients/batch/?act=assign&client={placed}&client={charted}",
        "/views/", "/map/", "/map/visits/", "/map/visits/?city=Angers&start=Nantes", "/explorer/", "/completing/",
        "/segments/", "/recommendations/outcomes/", "/help/", "/help/style/", "/account/tokens/", "/nulle-part/",
        "/quality/", "/quality/clients/", "/account/security/", "/account/security/set-up/", "/account/password/",
        "/account/confirm/?next=/clients/",
    ),
    "amelie": (
        "/day/", "/recommendations/", "/recommendations/?q=personne", "/recommendations/?citty=x",
        *(f"/recommendations/?decision={kind}" for kind in ("planned", "refused", "snoozed", "done")),
        "/segments/segment-0/", "/playbook/", "/playbook/{play}/", "/prospect/", f"/prospect/{ASKED}",
        f"/prospect/{ASKED}&name=Neuf", "/prospect/?turnover=1.234&postal_code=x", "/prospect/?sector=Artisanat",
        "/prospect/file/", "/places/", "/places/?misplaced=several_towns", "/places/{lost}/",
    ),
    "anais": (
        "/segments/segment-0/", "/runs/", "/runs/{before}/", "/runs/{after}/", "/runs/{held}/",
        "/runs/{after}/movements/", "/runs/compare/", "/runs/compare/?a={after}&b={after}",
        "/runs/compare/?a={before}&b={after}", "/runs/compare/?a={after}&b={held}", "/runs/jobs/{job}/",
    ),
    "adele": (
        "/playbook/", "/playbook/?state=all", "/playbook/new/?segment=segment-0", "/playbook/{play}/",
        "/imports/", "/imports/format/", "/imports/{file}/",
        *(f"/imports/{{file}}/?show={part}" for part in ("created", "rejected", "unplaced")),
        "/sync/", "/sync/{sync}/", "/doubles/", "/doubles/{placed}/{charted}/", "/doubles/merges/{merge}/",
        "/clients/{long}/rights/", "/conflicts/",
    ),
    "sacha": ("/",),
    "": ("/login/", "/password/forgotten/", "/password/asked/"),
}  # fmt: skip
ANSWERS = {  # all others: 200
    ("helene", "/clients/?citty=x"): 400, ("amelie", "/recommendations/?citty=x"): 400,
    ("amelie", "/prospect/?turnover=1.234&postal_code=x"): 400, ("helene", "/nulle-part/"): 404, ("sacha", "/"): 403,
}  # fmt: skip
ONLY_POST = "only answers a form, then leads to a page"
FILE = "answers a file"
A_CODE = "opens for who has a second factor (test_entering)"
FRAGMENT = "answers a part of a page that is looked at"
NO_PAGE = {
    "api/": "for programs; its documentation is somebody else's page (test_admin_and_docs)",
    "admin/": "Django's own pages (test_admin_and_docs)",
    "healthz": "for programs",
    "readyz": "for programs",
    "day/seen/": ONLY_POST,
    "clients/facets/<slug:name>/": FRAGMENT,
    "clients/towns/": FRAGMENT,
    "clients/<int:pk>/website/": "leaves the site",
    "clients/<int:pk>/contacts/": ONLY_POST,
    "clients/<int:pk>/follow-up/": ONLY_POST,
    "clients/<int:pk>/decisions/": ONLY_POST,
    "clients/<int:pk>/signed/": ONLY_POST,
    "clients/<int:pk>/rights/objection/": ONLY_POST,
    "clients/<int:pk>/rights/access/": FILE,
    "clients/<int:pk>/rights/erase/": ONLY_POST,
    "places/towns/": FRAGMENT,
    "doubles/search/": ONLY_POST,
    "doubles/<int:first>/<int:second>/aside/": ONLY_POST,
    "doubles/merges/<int:pk>/undo/": ONLY_POST,
    "login/code/": A_CODE,
    "account/security/codes/": A_CODE,
    "account/security/off/": A_CODE,
    "password/<uidb64>/<token>/": "opens by a link of a letter (test_entering)",
    "playbook/new/preview/": FRAGMENT,
    "playbook/<int:pk>/preview/": FRAGMENT,
    "playbook/<int:pk>/archive/": ONLY_POST,
    "playbook/<int:pk>/restore/": ONLY_POST,
    "views/<int:pk>/": ONLY_POST,
    "views/<int:pk>/delete/": ONLY_POST,
    "runs/<int:pk>/publish/": ONLY_POST,
    "runs/jobs/<int:pk>/cancel/": ONLY_POST,
    "imports/template/<str:wanted>/": FILE,
    "imports/clients/": FILE,
    "imports/<int:pk>/rejected/": FILE,
    **{f"imports/<int:pk>/{act}/": ONLY_POST for act in ("columns", "confirm", "drop", "undo")},
    "language/": ONLY_POST,
    "logout/": ONLY_POST,
    "account/tokens/<int:pk>/revoke/": ONLY_POST,
}


# --- The table is whole ----------------------------------------------------------------------------------------------


def looked_at() -> set[str]:
    """The routes of the addresses above."""
    paths = {path for paths in LOOKED_AT.values() for path in paths} - {"/nulle-part/"}
    return {resolve(re.sub(r"{\w+}", "1", path).partition("?")[0]).route for path in paths}


def test_every_route_is_looked_at_or_says_why_not() -> None:
    """A new page fails here until the table says who opens it."""
    known = looked_at() | set(NO_PAGE)
    strangers = {route for route in routes() if route not in known and not route.startswith(("api/", "admin/"))}
    assert strangers == set()


def test_no_route_is_both_looked_at_and_no_page() -> None:
    assert looked_at() & set(NO_PAGE) == set()
    assert set(NO_PAGE) - {"api/", "admin/"} <= set(routes()), "no route that is gone"
    assert {path for _, path in ANSWERS} <= {path for paths in LOOKED_AT.values() for path in paths}


# --- Something to look at --------------------------------------------------------------------------------------------


@pytest.fixture
def scene(transactional_db: None, cast: dict[str, User], tmp_path: Path) -> Iterator[dict[str, int]]:
    """Sixty clients with long words, unknown figures, moves, advice, decisions; something for each page to show."""
    amelie, adele, anais = cast["amelie"], cast["adele"], cast["anais"]
    some_clients(60, "amelie")
    long = a_client(LONG, "amelie", at=3, notes="Préfère le matin.", email=f"{'tres-long' * 12}@exemple.fr")
    Client.objects.filter(pk=long.pk).update(do_not_contact=True, website="https://exemple.fr/" + "page" * 30)
    HeldService.objects.create(client=long, service="seo")
    lost = a_client(f"{LONG} et fils", "amelie", city="Saint-Denis", postal_code="")
    before, after = published(), published()
    for place in Assignment.objects.filter(run=after, segment__isnull=False).order_by("pk")[:5]:
        other = next(segment for segment in Segment.objects.order_by("pk") if segment.pk != place.segment_id)
        Assignment.objects.filter(pk=place.pk).update(segment=other)
    held = a_run("held", clusters=4, seed=2)
    Profile.objects.filter(run=held, segment=Segment.objects.order_by("pk")[0]).delete()
    play = advised(after, adele, amelie)
    placed = put(Client.objects.get(name="Client 001"), after)
    charted = Client.objects.get(name="Client 002")
    for day, count in ((1, 120), (15, 180)):
        reading = Reading(count, measured_on=date(2026, 6, day))
        record([ClientFacts(charted.source_id, {}, readings={"instagram": reading})], STAMP)
    log(placed, "visit", by=amelie, text="Rappelle après les fêtes. " * 9)
    Client.objects.filter(pk=placed.pk).update(next_follow_up=timezone.localdate())
    name = "Une vue au nom assez long pour un téléphone"
    SavedView.objects.create(owner=cast["helene"], page="clients", name=name, query="city=Angers", pinned=True)
    tokens.issue(cast["helene"], "Tableau de bord", ["read"], timedelta(days=1))
    yield {
        "long": long.pk, "placed": placed.pk, "charted": charted.pk, "before": before.pk, "after": after.pk,
        "lost": lost.pk, "sync": failed_sync().pk, "merge": undone_merge(placed, charted).pk,
        "held": held.pk, "play": play.pk, "file": sent(tmp_path, adele),
        "job": request_run(by=anais, trigger=Job.Trigger.WEB, clusters=4, why="Comme l’an dernier").pk,
    }  # fmt: skip
    for path in keeping.folder().glob("*"):
        path.unlink()


def failed_sync() -> SourceSync:
    now = timezone.now()
    said = {"source": "base.example:5432/interne", "mapping": "camel", "error": "La base ne répond pas."}
    return SourceSync.objects.create(trigger="schedule", state="failed", started_at=now, finished_at=now, **said)


def undone_merge(kept: Client, other: Client) -> Merge:
    now = timezone.now()
    return Merge.objects.create(kept=kept, other=other, kept_name=LONG, other_name=other.name, at=now, undone_at=now)


def advised(run: Run, adele: User, amelie: User) -> Play:
    """The plan of actions, with decisions of each kind, enough answers to be told, and a play of two versions."""
    equip(Profile.objects.filter(run=run))
    clients = list(Client.objects.filter(name__startswith="Client ").order_by("name")[2:16])
    tomorrow = timezone.localdate() + timedelta(days=1)
    for kind, until in (("planned", tomorrow), ("refused", None), ("snoozed", tomorrow)):
        decided(clients[0], a_play(f"Action {kind}"), kind, until=until, comment="Parce que c’est ainsi", by=amelie)
    answered = a_play("Action done")
    for client in clients:
        decided(client, answered, "done", outcome="accepted", by=amelie)
    said = {"pitch": "Dites oui.", "service": "social", "goal": "growth", "priority": 2}
    play = Play(segment=Segment.objects.get(slug="segment-0"), title="Suivre ses abonnés", **said)
    versions.save(play, [Condition(field="followers_facebook", comparison="gte", value="300")], seen=0, by=adele)
    play.title = "Suivre"
    versions.save(play, [Condition(field="followers", comparison="gte", median=True)], seen=1, by=adele)
    a_play("Rangée", active=False)
    return play


def sent(folder: Path, by: User) -> int:
    """A file looked at and not yet decided on: new, changed, refused and unplaced lines, and a column nobody knows."""
    lost = {"Ville": "Nulle-Part-sur-Brume", "Code postal": "", "Latitude": "", "Longitude": ""}
    rows = [row(f"c{at}", Nom=f"Maison {at}") for at in range(40)]
    rows += [
        row("source-Client 001", Nom="Client 001"),
        row("bad", Statut="EnPause"),
        row("lost", Nom="Perdue", **lost),
    ]
    path = csv_file(folder, *rows, headings=(*HEADINGS, "Humeur"))
    found = filing.receive(SimpleUploadedFile("clients.csv", path.read_bytes()), by)
    filing.judge(found)
    return found.pk


# --- Looking ---------------------------------------------------------------------------------------------------------


def unfold(page: Page) -> None:
    """Open what is folded in the flow of the page; panels that float over others are opened one by one elsewhere."""
    page.evaluate(
        """for (const one of document.querySelectorAll("main details")) {
            const panel = one.querySelector(":scope > :not(summary)");
            if (panel && getComputedStyle(panel).position !== "absolute") one.open = true;
        }"""
    )


def faults(visit: Visit, path: str, status: int = 200) -> list[str]:
    """What is wrong with one page: as it was loaded, then with everything unfolded."""
    page = visit.go(path, status)
    for island in page.locator("[data-map], [data-explorer]").all():
        expect(island).to_have_attribute("data-ready", re.compile("."))
    found = []
    if (lang := page.locator("html").get_attribute("lang")) != "fr":
        found.append(f"in {lang}")
    if (headings := page.locator("h1").count()) != 1:
        found.append(f"{headings} headings of the first level")
    if (wider := visit.overflow()) > 0:
        found.append(f"{wider} px wider than its window before anything is unfolded")
    if (shift := page.evaluate("window.layoutShift")) >= MOST_SHIFT:
        found.append(f"its layout shifts by {shift:.2f}")
    unfold(page)
    return found + visit.faults()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_sound(
    open_as: Open, scene: dict[str, int], cast: dict[str, User], width: int, scheme: Scheme
) -> None:
    wrong = []
    for name, paths in LOOKED_AT.items():
        visit = open_as(cast.get(name), width=width, scheme=scheme)
        for path in paths:
            found = faults(visit, path.format_map(scene), ANSWERS.get((name, path), 200))
            wrong += [f"{path} ({name or 'nobody'}): {fault}" for fault in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_pages_before_the_first_run_are_sound(open_as: Open, transactional_db: None, anais: User, width: int) -> None:
    visit = open_as(anais, width=width)
    paths = ("/", "/clients/", "/segments/", "/runs/")
    wrong = {path: faults(visit, path) for path in paths}
    some_clients(3)
    place_all(a_run("held"))
    wrong |= {f"{path} with a held run": faults(visit, path) for path in paths}
    assert not any(wrong.values()), wrong


def test_a_layout_that_shifts_is_noticed(open_as: Open, transactional_db: None) -> None:
    page = open_as(None).go("/login/")
    page.evaluate(
        """async () => {
            await new Promise((next) => setTimeout(next, 600));
            document.querySelector("main").style.marginTop = "40vh";
            await new Promise((next) => setTimeout(next, 300));
        }"""
    )
    assert page.evaluate("window.layoutShift") > MOST_SHIFT
