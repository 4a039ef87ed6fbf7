"""Every route that writes is on record: by an event of the audit trail, or for a reason why not.

The routes are those of the permission table. A new one that takes anything but GET fails here until it stands in one
of the two lists below; those in `DEEDS` are done, and their event is looked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone

from clients import recording
from clients.choosing import propose
from clients.facts import ClientFacts, Origin, Stamp
from clients.models import Category, Client, Merge
from clients.web.place_form import fix_of
from dignamik.foundation.administration import OnRecord
from dignamik.foundation.audit import AuditEvent
from dignamik.foundation.letters import link
from dignamik.foundation.models import ApiToken, Job
from segmentation.advice import versions
from segmentation.models import Play, Run, Segment
from segmentation.runs import recipes
from tests.advised import a_play, put
from tests.clients import test_admin as of_clients
from tests.codes import all_the_way_in, code, halfway_in, with_second_factor
from tests.conftest import PASSWORD
from tests.contract import signed_in
from tests.foundation.test_second_factor import shown_key
from tests.published import a_client, a_run, published
from tests.segmentation.test_playbook_pages import form as play_form
from tests.segmentation.test_recipes_admin import filled
from tests.test_permissions import LOGIN, MODELS, table

pytestmark = pytest.mark.django_db
WRITES = ("POST", "PUT", "PATCH", "DELETE")
REFUSED = {401, 403, 404, 405}

NOT_ON_RECORD = {
    "day/seen/": "where one's own eyes have been; nobody else's business",
    "clients/<int:pk>/decisions/": "a Decision is its own record: who, when, what, and never changed",
    "api/v1/recommendations/": "the same decision",
    "clients/<int:pk>/contacts/": "a Contact is its own record, with its author and a history",
    "clients/<int:pk>/follow-up/": "in the client's history, with its author",
    "playbook/new/preview/": "computes and writes nothing",
    "playbook/<int:pk>/preview/": "computes and writes nothing",
    "views/": "a name for one's own filters",
    "views/<int:pk>/": "a name for one's own filters",
    "views/<int:pk>/delete/": "a name for one's own filters",
    "imports/": "the FileImport says who sent what and when; nothing is in the base before it is confirmed",
    "imports/<int:pk>/columns/": "an answer for the preview; nothing is in the base before it is confirmed",
    "imports/<int:pk>/drop/": "the FileImport says so; the base has not changed",
    "api/v1/score/": "computes and keeps nothing",
    "doubles/search/": "looks for pairs; no fact of a client changes",
    "doubles/<int:first>/<int:second>/aside/": "the pair set aside says by whom and when",
    "language/": "the language of one's own pages, in a cookie",
    "sync/": "the Job says who asked; what the sync then does to the base is an event of its own",
}
"""Route → why its POST needs no event."""

LIBRARIES = {
    "axes/accessattempt": "the library's own page: deleting an attempt lets nobody in, the counts are Guess",
    "axes/accesslog": "nobody may write it",
    "axes/accessfailurelog": "nobody may write it",
}


@dataclass
class Scene:
    """Who is there, and what the deeds act on."""

    cast: dict[str, User]
    client: Client
    run: Run

    def browser(self, name: str) -> Browser:
        return signed_in(self.cast[name])


Deed = Callable[[Scene], Any]


def batch(scene: Scene, act: str, name: str, **said: Any) -> Any:
    browser, address = scene.browser(name), f"/clients/batch/?act={act}&client={scene.client.pk}"
    seen = re.search(r'name="seen" value="([^"]+)"', browser.get(address).content.decode())
    assert seen is not None
    return browser.post(address, {"seen": seen[1], **said})


def an_import(scene: Scene, *acts: str) -> Any:
    browser = scene.browser("adele")
    file = SimpleUploadedFile("clients.csv", "Nom;Ville\nChez Léa;Nantes\n".encode())
    where = browser.post("/imports/", {"file": file}).headers["Location"]
    for act in acts:
        browser.post(f"{where}{act}/")


def a_saved_play(scene: Scene, *, active: bool = True) -> Play:
    play = Play(
        segment=Segment.objects.get(slug="segment-0"), title="Suivre", pitch="Oui.", service="seo", goal="growth",
        active=active,
    )  # fmt: skip
    versions.save(play, [], seen=0, by=None)
    return play


def a_play_done(scene: Scene, then: str, **said: Any) -> Any:
    play = a_saved_play(scene)
    return scene.browser("adele").post(f"/playbook/{play.pk}/{then}", said)


def a_play_edited(scene: Scene) -> Any:
    play = a_saved_play(scene)
    return scene.browser("adele").post(f"/playbook/{play.pk}/", play_form(play, title="Suivre de près"))


def a_play_restored(scene: Scene) -> Any:
    play = a_saved_play(scene)
    play.title = "Suivre de loin"
    versions.save(play, [], seen=1, by=None)
    return scene.browser("adele").post(f"/playbook/{play.pk}/restore/", {"version": 1, "seen": 2})


def asked(scene: Scene) -> Job:
    scene.browser("anais").post("/runs/")
    return Job.objects.latest("pk")


def a_prospect(scene: Scene) -> Any:
    prospect = a_client("Chez Prospère", "amelie", at=3)
    return scene.browser("amelie").post(f"/clients/{prospect.pk}/signed/")


def kept(scene: Scene) -> Any:
    said = {"name": "Chez Paul", "category": Category.objects.latest("pk").pk, "city": "Angers"}
    return scene.browser("amelie").post("/prospect/", said)


def a_file_of_prospects(scene: Scene) -> Any:
    file = SimpleUploadedFile("x.csv", "Nom;Type d'entreprise\nChez Léa;Boulangerie\n".encode())
    return scene.browser("amelie").post("/prospect/file/", {"file": file, "export": "csv"})


def a_token(scene: Scene) -> ApiToken:
    said = {"name": "Tableau", "scopes": ["read"], "days": 30}
    scene.browser("karim").post("/account/tokens/", said)
    return ApiToken.objects.latest("pk")


def adopted(scene: Scene) -> Any:
    first, browser = recipes.settled().version, scene.browser("anais")
    assert first is not None
    browser.post("/admin/segmentation/recipeversion/add/", filled(browser, k_max="8"))
    said = {"reason": "Retour", "seen": "2"}
    return browser.post(f"/admin/segmentation/recipeversion/{first.pk}/adopt/", said)


def new_password(scene: Scene, address: str, **said: Any) -> Any:
    new = "une autre phrase de passe"
    names = {"password1": new, "password2": new, "new_password1": new, "new_password2": new}
    return scene.browser("adele").post(address, names | {"usable_password": "true"} | said)


def login(address: str, name: str) -> Any:
    return Browser().post(address, {"username": name, "password": PASSWORD})


def one_of_two(scene: Scene, *, undone: bool = False) -> Any:
    other = a_client("BOULANGERIE DUPONT", "amelie")
    version = propose(scene.client, other).version
    browser, said = scene.browser("adele"), {"version": version, "confirm": "yes"}
    browser.post(f"/doubles/{scene.client.pk}/{other.pk}/", said)
    if undone:
        browser.post(f"/doubles/merges/{Merge.objects.latest('pk').pk}/undo/")


def a_place(scene: Scene) -> Any:
    said = {"city": "Nantes", "seen": fix_of(scene.client, scene.cast["amelie"]).seen}
    return scene.browser("amelie").post(f"/places/{scene.client.pk}/", said)


def a_second_factor(scene: Scene) -> Any:
    browser = scene.browser("karim")
    key = shown_key(browser)
    return browser.post("/account/security/set-up/", {"code": code(key)})


def with_a_factor(scene: Scene, address: str, **said: str) -> Any:
    key, _ = with_second_factor(scene.cast["karim"])
    return all_the_way_in(scene.cast["karim"], key).post(address, {"password": PASSWORD, "code": code(key), **said})


def a_recovery_code(scene: Scene) -> Any:
    _, codes = with_second_factor(scene.cast["karim"])
    return halfway_in(scene.cast["karim"]).post("/login/code/", {"code": codes[0]})


def a_forgotten_password(scene: Scene) -> Any:
    browser = Browser()
    where = browser.get(link(scene.cast["karim"]), follow=True).request["PATH_INFO"]
    new = "une autre phrase de passe"
    return browser.post(where, {"new_password1": new, "new_password2": new})


def invited(scene: Scene, *, again: bool = False) -> Any:
    browser = scene.browser("adele")
    role = Group.objects.get(name="Chargé de compte")
    said = {"email": "lou@example.fr", "first_name": "Lou", "last_name": "Petit", "role": role.pk}
    browser.post("/admin/auth/user/invite/", said)
    if again:
        browser.post(f"/admin/auth/user/{User.objects.get(email='lou@example.fr').pk}/invite/")


def a_factor_taken_away(scene: Scene) -> Any:
    with_second_factor(scene.cast["karim"])
    return scene.browser("adele").post(f"/admin/auth/user/{scene.cast['karim'].pk}/second-factor/")


def a_right(scene: Scene, which: str, **said: Any) -> Any:
    return scene.browser("adele").post(f"/clients/{scene.client.pk}/rights/{which}/", said)


def over_the_api(scene: Scene) -> Any:
    browser, address = scene.browser("amelie"), f"/api/v1/clients/{scene.client.pk}/"
    tag = browser.get(address).headers["ETag"]
    return browser.patch(address, {"phone": "02 41 00 00 00"}, "application/json", headers={"If-Match": tag})


def a_conflict_settled(scene: Scene) -> Any:
    scene.client.phone = "01"
    recording.save(scene.client, changed=["phone"])
    facts = ClientFacts(scene.client.source_id, {"phone": "02"})
    recording.record([facts], Stamp(Origin.SYNC, timezone.now()))
    browser = scene.browser("adele")
    (line,) = browser.get("/conflicts/").context["lines"]
    return browser.post("/conflicts/", {"keep": line.told.token})


DEEDS: dict[str, list[tuple[str, Deed]]] = {
    "login/": [("login", lambda scene: login("/login/", "karim"))],
    "logout/": [("logout", lambda scene: scene.browser("karim").post("/logout/"))],
    "admin/login/": [("login", lambda scene: login("/admin/login/", "adele"))],
    "admin/logout/": [("logout", lambda scene: scene.browser("adele").post("/admin/logout/"))],
    "login/code/": [("second_factor", a_recovery_code)],
    "account/confirm/": [
        ("confirmed", lambda scene: scene.browser("karim").post("/account/confirm/", {"password": PASSWORD})),
    ],
    "account/password/": [
        ("password", lambda scene: new_password(scene, "/account/password/", old_password=PASSWORD)),
    ],
    "account/security/set-up/": [("second_factor", a_second_factor)],
    "account/security/codes/": [("second_factor", lambda scene: with_a_factor(scene, "/account/security/codes/"))],
    "account/security/off/": [("second_factor", lambda scene: with_a_factor(scene, "/account/security/off/"))],
    "password/forgotten/": [
        ("password_asked", lambda scene: Browser().post("/password/forgotten/", {"email": "karim@example.fr"})),
    ],
    "password/<uidb64>/<token>/": [("password", a_forgotten_password)],
    "admin/auth/user/invite/": [("account", invited)],
    "admin/auth/user/<int:pk>/invite/": [("account", lambda scene: invited(scene, again=True))],
    "admin/auth/user/<int:pk>/second-factor/": [("second_factor", a_factor_taken_away)],
    "admin/auth/user/<id>/password/": [
        ("password", lambda scene: new_password(scene, f"/admin/auth/user/{scene.cast['karim'].pk}/password/")),
    ],
    "account/tokens/": [("token", a_token)],
    "account/tokens/<int:pk>/revoke/": [
        ("token_revoked", lambda scene: scene.browser("karim").post(f"/account/tokens/{a_token(scene).pk}/revoke/")),
    ],
    "clients/batch/": [
        ("assigned", lambda scene: batch(scene, "assign", "helene", manager="karim")),
        ("batch", lambda scene: batch(scene, "plan", "amelie", play=a_play().pk, until="")),
    ],
    "clients/<int:pk>/signed/": [("changed", a_prospect)],
    "places/<int:pk>/": [("changed", a_place)],
    "conflicts/": [("changed", a_conflict_settled)],
    "api/v1/clients/<str:pk>/": [("changed", over_the_api)],
    "prospect/": [("created", kept)],
    "prospect/file/": [("export", a_file_of_prospects)],
    "imports/<int:pk>/confirm/": [("import", lambda scene: an_import(scene, "confirm"))],
    "imports/<int:pk>/undo/": [("import_undone", lambda scene: an_import(scene, "confirm", "undo"))],
    "clients/<int:pk>/rights/objection/": [
        ("objection", lambda scene: a_right(scene, "objection", act="object", why="Lettre de Mme Dupont")),
        ("objection_lifted", lambda scene: [
            a_right(scene, "objection", act="object", why="Lettre de Mme Dupont"),
            a_right(scene, "objection", act="lift", why="Retour")]),
    ],
    "clients/<int:pk>/rights/erase/": [
        ("erasure", lambda scene: a_right(scene, "erase", name="Boulangerie Dupont", reason="request")),
    ],
    "doubles/<int:first>/<int:second>/": [("merge", one_of_two)],
    "doubles/merges/<int:pk>/undo/": [("merge_undone", lambda scene: one_of_two(scene, undone=True))],
    "playbook/new/": [
        ("play", lambda scene: scene.browser("adele").post(
            "/playbook/new/", play_form(segment=Segment.objects.get(slug="segment-0").pk))),
    ],
    "playbook/<int:pk>/": [("play", a_play_edited)],
    "playbook/<int:pk>/archive/": [("play", lambda scene: a_play_done(scene, "archive/", seen=1))],
    "playbook/<int:pk>/restore/": [("play", a_play_restored)],
    "runs/": [("run_asked", asked)],
    "api/v1/runs/": [("run_asked", lambda scene: scene.browser("anais").post("/api/v1/runs/", {}, "application/json"))],
    "admin/segmentation/run/ask/": [
        ("run_asked", lambda scene: scene.browser("anais").post("/admin/segmentation/run/ask/", {})),
    ],
    "runs/jobs/<int:pk>/cancel/": [
        ("job_stopped", lambda scene: scene.browser("anais").post(f"/runs/jobs/{asked(scene).pk}/cancel/")),
    ],
    "admin/segmentation/run/jobs/<int:pk>/cancel/": [
        ("job_stopped", lambda scene: scene.browser("anais").post(
            f"/admin/segmentation/run/jobs/{asked(scene).pk}/cancel/")),
    ],
    "runs/<int:pk>/publish/": [
        ("published", lambda scene: scene.browser("anais").post(
            f"/runs/{a_run('held').pk}/publish/", {"reason": "Vu avec Mme Dupont"})),
        ("rolled_back", lambda scene: [published(), scene.browser("anais").post(
            f"/runs/{scene.run.pk}/publish/", {"reason": "Retour"})]),
    ],
    "admin/segmentation/run/<int:pk>/publish/": [
        ("published", lambda scene: scene.browser("anais").post(
            f"/admin/segmentation/run/{a_run('trained').pk}/publish/", {})),
    ],
    "admin/segmentation/recipeversion/add/": [
        ("recipe", lambda scene: scene.browser("anais").post(
            "/admin/segmentation/recipeversion/add/", filled(scene.browser("anais"), k_max="8"))),
    ],
    "admin/segmentation/recipeversion/<int:pk>/adopt/": [("recipe", adopted)],
}  # fmt: skip
"""Route → what can be done there, each with the kind of event that it must leave."""


@pytest.fixture
def scene(cast: dict[str, User], settings: Any, tmp_path: Any) -> Scene:
    settings.DATA_DIR = tmp_path
    client = a_client("Boulangerie Dupont", "amelie")
    run = published()
    put(client, run)
    return Scene(cast, client, run)


def writing_routes() -> set[str]:
    """Routes where somebody may send something: not only refusals and the way to the login page."""
    found = set()
    for route, methods in table().items():
        for method in set(methods) & set(WRITES):
            answers = {status for person, status in methods[method].items() if person != "anonymous"}
            signed_out = methods[method]["anonymous"] == 200
            if signed_out or not answers <= REFUSED | ({LOGIN} if route.startswith("admin/") else set()):
                found.add(route)
            elif "adopt" in route or "/publish/" in route or "/ask/" in route or "cancel" in route:
                found.add(route)  # every answer to these is a redirection
    return found


def of_models() -> set[str]:
    """What the admin does with models by itself: `OnRecord` sees to it."""
    views = ("add/", "<path:object_id>/delete/", "<path:object_id>/change/", "<path:object_id>/", "")
    return {f"admin/{name}/{view}" for name in MODELS for view in views}


READ_BY_POST = {
    "admin/": "the index, whatever the method",
    "admin/^(?P<app_label>…)/$": "the index of an app, whatever the method",
    "admin/(?P<url>.*)$": "answers with 404",
}


def test_every_route_that_writes_leaves_an_event_or_has_a_reason() -> None:
    written = {route for route in writing_routes() if not re.search(r"/history/", route)} - of_models()
    assert written - set(DEEDS) - set(NOT_ON_RECORD) - set(READ_BY_POST) == set()


def test_neither_list_speaks_of_a_route_that_is_gone_or_of_one_twice() -> None:
    assert (set(DEEDS) | set(NOT_ON_RECORD) | set(READ_BY_POST)) - set(table()) == set()
    assert set(DEEDS) & set(NOT_ON_RECORD) == set()


def test_every_model_of_the_admin_is_on_record() -> None:
    registered = {model._meta.label_lower.replace(".", "/"): page for model, page in admin.site._registry.items()}
    assert set(registered) == set(MODELS)
    strangers = {name for name, page in registered.items() if not isinstance(page, OnRecord)}
    assert strangers == set(LIBRARIES)


@pytest.mark.parametrize(
    ("kind", "deed"), [pytest.param(kind, deed, id=f"{route} {kind}") for route in DEEDS for kind, deed in DEEDS[route]]
)
def test_it_is_done_and_on_record(kind: str, deed: Deed, scene: Scene) -> None:
    before = AuditEvent.objects.filter(kind=kind).count()
    deed(scene)
    events = list(AuditEvent.objects.filter(kind=kind))[: AuditEvent.objects.filter(kind=kind).count() - before]
    assert events
    # Who forgot a password is nobody signed in: the account is what the event is about, or nobody's.
    people = {event.username for event in events} | {event.object_id for event in events if event.model == "auth.user"}
    known = {"amelie", "karim", "helene", "anais", "adele", *(str(user.pk) for user in scene.cast.values())}
    assert kind == "password_asked" or people & known
    assert {event.ip for event in events} <= {"127.0.0.1", None}
    told = json.dumps([[event.details, event.object_id] for event in events])
    for secret in ("Dupont", "Boulangerie", "Chez", "Suivre", "Oui.", PASSWORD, "Retour"):
        assert secret not in told


# --- What the admin does by itself -----------------------------------------------------------------------------------


def only(kind: str, **found: Any) -> AuditEvent:
    return AuditEvent.objects.get(kind=kind, **found)


def test_a_client_that_is_edited_points_to_its_history_and_says_no_value(scene: Scene) -> None:
    response = of_clients.send(scene.browser("adele"), scene.client, name="Boulangerie Lévêque", city="Lyon")
    assert response.status_code == 302
    event = only("changed", model="clients.client")
    assert event.details == {"fields": ["city", "name"]}
    assert event.history == [scene.client.history.latest().history_id]
    assert Client.history.get(history_id=event.history[0]).name == "Boulangerie Lévêque"


def test_its_readings_and_turnovers_too(scene: Scene) -> None:
    response = of_clients.send(scene.browser("adele"), scene.client, turnovers__0__DELETE="on")
    assert response.status_code == 302
    fields = [event.details["fields"] for event in AuditEvent.objects.filter(kind="changed").order_by("pk")]
    assert ["turnover"] in fields


def test_a_client_added_and_deleted_by_hand_is_on_record_under_its_number(scene: Scene) -> None:
    browser = scene.browser("adele")
    of_clients.send(browser, None, name="Fleurs d’Anjou", city="Angers")
    made = Client.objects.get(name="Fleurs d’Anjou")
    assert only("created").object_id == str(made.pk)
    browser.post(f"/admin/clients/client/{made.pk}/delete/", {"post": "yes"})
    assert (only("deleted").object_id, only("deleted").username) == (str(made.pk), "adele")
    assert "Anjou" not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_a_deletion_that_the_database_refuses_is_not_on_record(scene: Scene) -> None:
    segment = Segment.objects.get(slug="segment-0")
    scene.browser("adele").post(f"/admin/segmentation/segment/{segment.pk}/delete/", {"post": "yes"})
    assert Segment.objects.filter(pk=segment.pk).exists()
    assert not AuditEvent.objects.filter(kind="deleted").exists()


def test_a_play_written_in_the_admin_is_one_event_not_two(scene: Scene) -> None:
    said = {
        "segment": Segment.objects.get(slug="segment-0").pk, "title": "Suivre", "pitch": "Oui.", "service": "seo",
        "goal": "growth", "priority": 2, "active": "on", "conditions-TOTAL_FORMS": 0, "conditions-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert scene.browser("adele").post("/admin/segmentation/play/add/", said).status_code == 302
    assert only("play").history == [Play.objects.get().history.latest().history_id]
    assert not AuditEvent.objects.filter(kind="created").exists()


def test_a_refused_publication_is_not_on_record(scene: Scene) -> None:
    scene.browser("anais").post(f"/runs/{a_run('held').pk}/publish/", {"reason": ""})
    assert not AuditEvent.objects.filter(kind="published").exists()


def test_a_publication_says_that_there_is_a_reason_and_where_it_stands(scene: Scene) -> None:
    scene.browser("anais").post(f"/runs/{a_run('held').pk}/publish/", {"reason": "Vu avec Mme Dupont"})
    event = only("published")
    assert (event.details["held"], event.details["with_reason"]) == (True, True)
    assert Run.objects.get(pk=event.object_id).publications.get(pk=event.details["publication"]).reason


def test_what_a_worker_does_says_so_and_for_whom(scene: Scene) -> None:
    from dignamik.foundation.auditing import note
    from dignamik.foundation.jobs import ask, work_once

    job = ask("dig", {}, trigger=Job.Trigger.WEB, by=scene.cast["anais"])
    work_once({"dig": lambda going: {"event": note("sync", going.job.asked_by).pk}})
    event = only("sync")
    assert (event.surface, event.username, event.request_number) == ("worker", "anais", f"job-{job.pk}")
    assert note("sync").surface == "command"
