"""Who may open what: every route of the site × every member of the cast × method, against one table.

The routes come from the URL configuration, so a new one fails here until somebody has said who may use it.
Addresses with an object speak of Amélie's own client: for her colleague Karim it must look like none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from clients.contacting import log
from clients.duplicates import Merge
from clients.models import Category, Client, FileImport, Objection, SourceSync
from clients.tombstones import bury
from dignamik.foundation.auditing import note
from dignamik.foundation.models import Guess, Job, SavedView
from dignamik.foundation.tokens import issue
from segmentation.models import Decision, Play, Profile, Publication, Run, Segment
from segmentation.runs.recipes import settled
from segmentation.runs.requesting import request_run
from tests.contract import schema
from tests.published import a_client, published

PEOPLE = ("anonymous", "amelie", "karim", "helene", "anais", "adele", "sacha")
Statuses = dict[str, int]
Methods = dict[str, Statuses]


def everyone(role: int, *, anonymous: int, sacha: int, **others: int) -> Statuses:
    """The same for each role, and what the two without one get."""
    return dict.fromkeys(PEOPLE, role) | {"anonymous": anonymous, "sacha": sacha} | others


# --- The table -------------------------------------------------------------------------------------------------------

LOGIN = 302  # to the login page
PAGE: Methods = {
    "GET": everyone(200, anonymous=LOGIN, sacha=403),
    "POST": everyone(405, anonymous=LOGIN, sacha=403),
}
OWN_PAGE: Methods = {**PAGE, "GET": everyone(200, anonymous=LOGIN, sacha=403, karim=404)}
OPEN: Methods = {"GET": dict.fromkeys(PEOPLE, 200), "POST": dict.fromkeys(PEOPLE, 405)}
READ: Methods = {
    "GET": everyone(200, anonymous=401, sacha=403),
    **{method: everyone(405, anonymous=401, sacha=403) for method in ("POST", "PUT", "PATCH", "DELETE")},
}
OWN: Methods = {**READ, "GET": everyone(200, anonymous=401, sacha=403, karim=404)}
# With an empty body a decision is refused, by the form or the API, and nothing is written.
DECIDE: Methods = {
    "GET": everyone(405, anonymous=LOGIN, sacha=403, anais=403),
    "POST": everyone(LOGIN, anonymous=LOGIN, sacha=403, anais=403, karim=404),
}
# Writing the plan of actions, with nothing to write: the page says so, a preview has nothing to compute yet.
WRITE: Methods = {**PAGE, "POST": everyone(403, anonymous=LOGIN, sacha=403, adele=400)}
PREVIEW: Methods = {
    "GET": everyone(405, anonymous=LOGIN, sacha=403),
    "POST": everyone(403, anonymous=LOGIN, sacha=403, adele=200),
}
CHANGE: Methods = {
    "GET": everyone(403, anonymous=LOGIN, sacha=403, adele=405),
    "POST": everyone(403, anonymous=LOGIN, sacha=403, adele=302),
}
ADD: Methods = {"GET": everyone(403, anonymous=LOGIN, sacha=403, adele=200), "POST": WRITE["POST"]}
# Asking for a run, and following it: who judges runs.
ASK: Methods = {**PAGE, "POST": everyone(403, anonymous=LOGIN, sacha=403, anais=302, adele=302)}
FOLLOW: Methods = {
    "GET": everyone(403, anonymous=LOGIN, sacha=403, anais=200, adele=200),
    "POST": everyone(403, anonymous=LOGIN, sacha=403, anais=405, adele=405),
}
JUDGE: Methods = {
    "GET": everyone(403, anonymous=LOGIN, sacha=403, anais=405, adele=405),
    "POST": ASK["POST"],
}
FOLLOWED = everyone(403, anonymous=401, sacha=403, anais=200, adele=200)
SIGN: Methods = {
    "GET": everyone(405, anonymous=LOGIN, sacha=403, anais=403),
    "POST": everyone(404, anonymous=LOGIN, sacha=403, anais=403),
}
KEEP: Methods = {"GET": PAGE["GET"], "POST": everyone(400, anonymous=LOGIN, sacha=403, anais=403)}
ADVISE: Methods = {**READ, "POST": everyone(400, anonymous=401, sacha=403, anais=403)}
COMPUTE: Methods = {**READ, "GET": READ["PUT"], "POST": READ["GET"]}
# Amélie's own view, which she shares with Karim's role: open to him, and hers to change.
OWN_VIEW: Methods = {
    "GET": everyone(405, anonymous=LOGIN, sacha=403),
    "POST": everyone(404, anonymous=LOGIN, sacha=403, amelie=302),
}
# Bringing clients in from a file.
BRING = everyone(403, anonymous=LOGIN, sacha=403, adele=200)
BRINGS: Methods = {"GET": BRING | {"adele": 405}, "POST": BRING | {"adele": 302}}
SIGNED_IN = dict.fromkeys(PEOPLE, 200)
# Plain words, nobody's data: for whoever is signed in.
HELP: Methods = {"GET": SIGNED_IN | {"anonymous": LOGIN}, "POST": dict.fromkeys(PEOPLE, 405) | {"anonymous": LOGIN}}
# One's own account; with an empty form nothing changes, without a second factor there is none to turn off.
ACCOUNT: Methods = {method: SIGNED_IN | {"anonymous": LOGIN} for method in ("GET", "POST")}
SENT_BACK: Methods = {method: dict.fromkeys(PEOPLE, 302) for method in ("GET", "POST")}
# Keys to the API: everybody has their own. The one of the scene is Karim's.
MINE = SIGNED_IN | {"anonymous": LOGIN}

PAGES: dict[str, Methods] = {
    "": PAGE,
    "day/": PAGE,
    "day/seen/": {
        "GET": everyone(405, anonymous=LOGIN, sacha=403),
        "POST": everyone(302, anonymous=LOGIN, sacha=403),
    },
    "clients/": PAGE,
    "clients/facets/<slug:name>/": {**PAGE, "GET": everyone(404, anonymous=LOGIN, sacha=403)},  # of nothing countable
    # Without an act and a client there is nothing to do.
    "clients/batch/": dict.fromkeys(("GET", "POST"), everyone(400, anonymous=LOGIN, sacha=403)),
    "clients/towns/": PAGE,
    "clients/<int:pk>/": OWN_PAGE,
    # Amélie's client has no site of its own to leave for.
    "clients/<int:pk>/website/": {**PAGE, "GET": everyone(404, anonymous=LOGIN, sacha=403)},
    # Without a segment to go to there is nothing to answer.
    "clients/<int:pk>/change/": {**PAGE, "GET": everyone(404, anonymous=LOGIN, sacha=403)},
    "map/": PAGE,
    "map/visits/": PAGE,
    "explorer/": PAGE,
    "completing/": PAGE,
    "clients/<int:pk>/decisions/": DECIDE,
    # With an empty body nothing is logged; an empty date takes away a follow-up that is not there.
    "clients/<int:pk>/contacts/": DECIDE,
    "clients/<int:pk>/follow-up/": DECIDE,
    "recommendations/": PAGE,
    "recommendations/outcomes/": {
        method: answer | {"amelie": 403, "karim": 403} for method, answer in PAGE.items()
    },
    "playbook/": PAGE,
    "playbook/new/": ADD,
    "playbook/new/preview/": {**PREVIEW, "GET": CHANGE["GET"]},
    "playbook/<int:pk>/": WRITE,
    "playbook/<int:pk>/preview/": PREVIEW,
    "playbook/<int:pk>/archive/": CHANGE,
    "playbook/<int:pk>/restore/": CHANGE,
    "prospect/": KEEP,
    "prospect/file/": {"GET": PAGE["GET"], "POST": everyone(400, anonymous=LOGIN, sacha=403)},
    # Amélie's client has signed already.
    "clients/<int:pk>/signed/": SIGN,
    "clients/<int:pk>/rights/": {"GET": BRING, "POST": BRING | {"adele": 405}},
    "clients/<int:pk>/rights/access/": {"GET": BRING, "POST": BRING | {"adele": 405}},
    # Without an act, or a name typed again, nothing happens.
    "clients/<int:pk>/rights/objection/": BRINGS,
    "clients/<int:pk>/rights/erase/": BRINGS,
    "views/": {"GET": PAGE["GET"], "POST": everyone(302, anonymous=LOGIN, sacha=403)},
    "views/<int:pk>/": OWN_VIEW,
    "views/<int:pk>/delete/": OWN_VIEW,
    "places/": PAGE,
    "places/towns/": PAGE,
    # With an empty body nothing is placed; the analyst only reads.
    "places/<int:pk>/": {
        "GET": OWN_PAGE["GET"],
        "POST": everyone(400, anonymous=LOGIN, sacha=403, anais=403, karim=404),
    },
    "quality/": PAGE,
    "quality/clients/": PAGE,
    "segments/": PAGE,
    "segments/<slug:slug>/": PAGE,
    "runs/": ASK,
    "runs/compare/": PAGE,
    "runs/<int:pk>/": PAGE,
    "runs/<int:pk>/publish/": JUDGE,
    "runs/<int:pk>/movements/": PAGE,
    "runs/jobs/<int:pk>/": FOLLOW,
    "runs/jobs/<int:pk>/cancel/": JUDGE,
    "imports/": {"GET": BRING, "POST": BRING | {"adele": 400}},  # without a file
    "imports/format/": {"GET": BRING, "POST": BRING | {"adele": 405}},
    "imports/template/<str:wanted>/": {"GET": BRING | {"adele": 404}, "POST": BRING | {"adele": 405}},
    "imports/clients/": {"GET": BRING | {"adele": 404}, "POST": BRING | {"adele": 405}},  # in no format
    "imports/<int:pk>/": {"GET": BRING, "POST": BRING | {"adele": 405}},
    "imports/<int:pk>/rejected/": {"GET": BRING, "POST": BRING | {"adele": 405}},
    # The scene's import is decided already: each of them says so and changes nothing.
    **{f"imports/<int:pk>/{act}/": BRINGS for act in ("columns", "confirm", "drop", "undo")},
    # Without a language nothing is kept; either way one goes back to where one was.
    "language/": {"GET": dict.fromkeys(PEOPLE, 405), "POST": dict.fromkeys(PEOPLE, 302)},
    "sync/": {"GET": FOLLOW["GET"], "POST": BRING | {"adele": 302}},
    "sync/<int:pk>/": FOLLOW,
    # With nothing chosen nothing is decided.
    "conflicts/": {"GET": BRING, "POST": BRING | {"adele": 302}},
    "doubles/": {"GET": BRING, "POST": BRING | {"adele": 405}},
    "doubles/search/": BRINGS,
    # The scene's two clients look like nobody's doubles, which keeps nobody from judging them; nothing is confirmed.
    "doubles/<int:first>/<int:second>/": {"GET": BRING, "POST": BRING | {"adele": 400}},
    "doubles/<int:first>/<int:second>/aside/": BRINGS,
    "doubles/merges/<int:pk>/": {"GET": BRING, "POST": BRING | {"adele": 405}},
    "doubles/merges/<int:pk>/undo/": BRINGS,  # of a merge that is undone already
    "login/": dict.fromkeys(("GET", "POST"), dict.fromkeys(PEOPLE, 302) | {"anonymous": 200}),
    # Nobody is halfway in.
    "login/code/": SENT_BACK,
    "password/forgotten/": {method: dict.fromkeys(PEOPLE, 200) for method in ("GET", "POST")},
    "password/asked/": OPEN,
    "password/<uidb64>/<token>/": {method: dict.fromkeys(PEOPLE, 200) for method in ("GET", "POST")},  # no such link
    "account/confirm/": ACCOUNT,
    "account/password/": ACCOUNT,
    "account/security/": HELP,
    "account/security/set-up/": ACCOUNT,
    "account/security/codes/": {
        "GET": dict.fromkeys(PEOPLE, 405) | {"anonymous": LOGIN}, "POST": dict.fromkeys(PEOPLE, 302)
    },
    "account/security/off/": SENT_BACK,
    "logout/": {"GET": dict.fromkeys(PEOPLE, 405) | {"anonymous": LOGIN}, "POST": dict.fromkeys(PEOPLE, 302)},
    "help/": HELP,
    "help/style/": HELP,
    "account/tokens/": {"GET": MINE, "POST": dict.fromkeys(PEOPLE, 400) | {"anonymous": LOGIN}},
    "account/tokens/<int:pk>/revoke/": {
        "GET": dict.fromkeys(PEOPLE, 405) | {"anonymous": LOGIN},
        "POST": dict.fromkeys(PEOPLE, 404) | {"anonymous": LOGIN, "karim": 302},
    },
    "healthz": OPEN,
    "readyz": OPEN,
}  # fmt: skip

API: dict[str, Methods] = {
    "api/v1/clients/": READ,
    "api/v1/clients/map/": READ,
    # Without the version that one has read.
    "api/v1/clients/<str:pk>/": {**OWN, "PATCH": everyone(428, anonymous=401, sacha=403, karim=404, anais=403)},
    "api/v1/clients/<str:pk>/neighbours/": OWN,
    "api/v1/explorer/": READ,
    "api/v1/completing/": READ,
    "api/v1/clients/<str:pk>/recommendations/": OWN,
    "api/v1/recommendations/": ADVISE,
    "api/v1/categories/": READ,
    "api/v1/segments/": READ,
    "api/v1/segments/<str:slug>/": READ,
    "api/v1/runs/": {**READ, "POST": everyone(403, anonymous=401, sacha=403, anais=202, adele=202)},
    "api/v1/runs/jobs/<str:pk>/": {**READ, "GET": FOLLOWED}
    | {name: FOLLOWED | {"anais": 405, "adele": 405} for name in ("POST", "PUT", "PATCH", "DELETE")},
    "api/v1/runs/<str:pk>/": READ,
    "api/v1/score/": COMPUTE,
    "api/v1/<path:rest>": dict.fromkeys(READ, everyone(404, anonymous=401, sacha=404)),
    "api/schema/": {"GET": SIGNED_IN | {"anonymous": 401}, "POST": dict.fromkeys(PEOPLE, 405) | {"anonymous": 401}},
    "api/docs/": {"GET": SIGNED_IN | {"anonymous": LOGIN}, "POST": dict.fromkeys(PEOPLE, 405) | {"anonymous": LOGIN}},
}


def staff(adele: Statuses, anais: Statuses) -> Methods:
    """The Django admin: Adèle and the analyst may enter, everybody else is asked for another account."""
    others = dict.fromkeys(PEOPLE, LOGIN)
    return {method: others | {"adele": adele[method], "anais": anais[method]} for method in ("GET", "POST")}


def both(get: int, post: int | None = None) -> Methods:
    """The same for Adèle and the analyst."""
    statuses = {"GET": get, "POST": get if post is None else post}
    return staff(statuses, statuses)


# What Adèle gets on each view of a model; POST with an empty form changes nothing.
EDITED = {"changelist": 200, "add": 200, "change": 200, "delete": 200, "history": 200, "simple_history": 200}
KEPT = EDITED | {"delete": 403}
NAMED = KEPT | {"add": 403}
SHOWN = NAMED | {"change": 403}  # of the POST; it may be looked at
CLEARED = SHOWN | {"delete": 200}
VERSIONED = SHOWN | {"add": 200}
CLOSED = dict.fromkeys(EDITED, 403)
MODELS = {
    "auth/user": EDITED,
    "auth/group": EDITED,
    "axes/accessattempt": CLEARED,
    "axes/accesslog": SHOWN,
    "axes/accessfailurelog": SHOWN,
    "clients/client": KEPT,  # Amélie's client comes from the source
    "clients/category": EDITED,
    "clients/contact": EDITED | {"add": 403},
    "clients/demo": SHOWN,
    "clients/objection": SHOWN,
    "clients/erasure": CLEARED,
    "clients/sourcesync": SHOWN,
    "foundation/job": SHOWN,
    "foundation/apitoken": SHOWN,
    "foundation/auditevent": SHOWN,
    "foundation/guess": CLEARED,
    "segmentation/run": SHOWN,
    "segmentation/publication": SHOWN,
    "segmentation/segment": NAMED,
    "segmentation/profile": SHOWN,
    "segmentation/play": EDITED,
    "segmentation/decision": SHOWN,
    "segmentation/recipeversion": VERSIONED,
}
# The analyst reads what the role may read on the pages too, and writes versions of the recipe.
# What was said to clients is a contact detail; their rights are the administration's alone.
NOT_ANALYSTS = {"clients/contact", "clients/objection", "clients/erasure"}
ANALYSTS = {name: SHOWN for name in set(MODELS) - NOT_ANALYSTS if name.split("/")[0] in ("clients", "segmentation")} | {
    "segmentation/recipeversion": VERSIONED
}
ADMIN: dict[str, Methods] = {
    "admin/": both(200),
    "admin/login/": {
        # Signed in already: sent on, or told that this account may not.
        method: dict.fromkeys(PEOPLE, 403) | {"anonymous": 200, "adele": 302, "anais": 302}
        for method in ("GET", "POST")
    },
    "admin/logout/": {
        "GET": dict.fromkeys(PEOPLE, 302) | {"adele": 405, "anais": 405}, "POST": dict.fromkeys(PEOPLE, 302),
    },
    "admin/password_change/": SENT_BACK,  # to the one for everybody
    "admin/password_change/done/": both(200, 405),
    "admin/autocomplete/": both(403, 405),  # without the field that asks
    "admin/jsi18n/": both(200, 405),
    "admin/r/<path:content_type_id>/<path:object_id>/": both(404),
    "admin/auth/user/<id>/password/": staff(dict.fromkeys(("GET", "POST"), 200), dict.fromkeys(("GET", "POST"), 403)),
    "admin/auth/user/invite/": staff(dict.fromkeys(("GET", "POST"), 200), dict.fromkeys(("GET", "POST"), 403)),
    # Karim has a password, and no second factor: nothing changes.
    **{
        f"admin/auth/user/<int:pk>/{act}/": staff({"GET": 405, "POST": 302}, {"GET": 405, "POST": 403})
        for act in ("invite", "second-factor")
    },
    "admin/^(?P<app_label>…)/$": both(200),
    "admin/(?P<url>.*)$": both(404),
    # A run waits already, the published one is published, and a version wants its reason: nothing changes.
    "admin/segmentation/run/ask/": both(200, 302),
    "admin/segmentation/run/<int:pk>/publish/": both(405, 302),
    "admin/segmentation/run/jobs/<int:pk>/cancel/": both(405, 302),
    "admin/segmentation/recipeversion/<int:pk>/adopt/": both(405, 302),
}  # fmt: skip


def of_model(name: str, view: str) -> Methods:
    """What the table says of one view of one model in the admin."""
    return staff(*(on_view(rights.get(name, CLOSED), view) for rights in (MODELS, ANALYSTS)))


def on_view(rights: Statuses, view: str) -> Statuses:
    """By method, for somebody with these rights on a model."""
    if rights is CLOSED:
        return {"GET": 403, "POST": 405 if view == "simple_history" else 403}
    if view == "simple_history":
        return {"GET": 200, "POST": 405}
    return {"GET": 200 if view == "change" else rights[view], "POST": rights[view]}


def table() -> dict[str, Methods]:
    found = PAGES | API | ADMIN
    for name in MODELS:
        found[f"admin/{name}/"] = of_model(name, "changelist")
        found[f"admin/{name}/add/"] = of_model(name, "add")
        for view in ("history", "delete", "change"):
            found[f"admin/{name}/<path:object_id>/{view}/"] = of_model(name, view)
        found[f"admin/{name}/<path:object_id>/"] = {method: dict.fromkeys(PEOPLE, 302) for method in ("GET", "POST")}
    for name in ("clients/client", "clients/contact", "clients/category", "segmentation/segment", "segmentation/play"):
        found[f"admin/{name}/^([^/]+)/history/([^/]+)/$"] = of_model(name, "simple_history")
    return found


# --- The routes ------------------------------------------------------------------------------------------------------


def routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    """Every address pattern of the site, as written."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            # Which apps the index of an app serves changes with the settings, not with permissions.
            yield re.sub(r"\(\?P<app_label>[^)]*\)", "(?P<app_label>…)", route)


def address(route: str, objects: Mapping[str, Any]) -> str:
    """One real address of a route, of the objects that the scene holds."""
    route = route.replace("^([^/]+)/history/([^/]+)/$", "<path:object_id>/history/<version>/")
    route = route.replace("^(?P<app_label>…)/$", "clients/").replace("(?P<url>.*)$", "nowhere/")
    if "/jobs/" in route:
        return "/" + re.sub(r"<[^>]+>", str(objects["runs/jobs"].pk), route)
    owner = "/".join(route.removeprefix("admin/").removeprefix("api/v1/").split("/")[:2])
    model = owner if owner in objects else owner.split("/", maxsplit=1)[0]

    def value(match: re.Match[str]) -> str:
        name = match[1].split(":")[-1]
        if name == "version":
            return str(objects[model].history.latest().pk)
        if name in ("content_type_id", "rest", "wanted", "uidb64", "token") or model == "r":
            return "0"
        found = objects[f"doubles/{name}" if name in ("first", "second") else model]
        return found.slug if name == "slug" else str(found.pk)

    return "/" + re.sub(r"<([^>]+)>", value, route)


@pytest.fixture
def scene(cast: dict[str, User]) -> dict[str, Any]:
    """One object of each kind, Amélie's client among them."""
    from axes.models import AccessAttempt, AccessFailureLog, AccessLog

    from clients.models import Demo

    token, _ = issue(cast["karim"], "Tableau", ["read"], timedelta(days=1))
    client = a_client("Boulangerie Dupont", "amelie")
    run = published()
    segment = Segment.objects.latest("pk")
    segment.save()  # gives it a history, as the admin would
    seen = {"username": "x", "ip_address": "127.0.0.1", "user_agent": "", "path_info": "/", "http_accept": ""}
    attempt = AccessAttempt.objects.create(**seen, failures_since_start=1, get_data="", post_data="")
    said = {"segment": segment, "pitch": "Dites oui.", "service": "seo", "goal": "growth"}
    play, decided = (Play.objects.create(title=title, **said) for title in ("À proposer", "Décidée"))
    category = Category.objects.latest("pk")
    category.save()
    return {
        "clients": client,
        "places": client,
        "segments": segment,
        "playbook": play,
        "runs": run,
        "imports": FileImport.objects.create(
            file_name="clients.csv", sha256="0" * 64, size=0, state="dropped", sent_at=timezone.now()
        ),
        "sync": (
            sync := SourceSync.objects.create(
                trigger="command",
                state="failed",
                error="La base ne répond pas.",
                started_at=timezone.now(),
                finished_at=timezone.now(),
            )
        ),
        "clients/sourcesync": sync,
        "doubles/first": client,
        "doubles/second": (second := a_client("Fleurs de Loire")),
        "doubles/merges": Merge.objects.create(
            kept=client, other=second, kept_name="A", other_name="B", at=timezone.now(), undone_at=timezone.now()
        ),
        "runs/jobs": request_run(by=cast["anais"], trigger=Job.Trigger.WEB),
        "auth/user": cast["karim"],
        "auth/group": Group.objects.first(),
        "foundation/apitoken": token,
        "foundation/auditevent": note("logout", cast["karim"]),
        "foundation/guess": Guess.objects.create(key="x", last_at=timezone.now(), until=timezone.now()),
        "account/tokens": token,
        "axes/accessattempt": attempt,
        "axes/accesslog": AccessLog.objects.create(**seen),
        "axes/accessfailurelog": AccessFailureLog.objects.create(**seen),
        "clients/client": client,
        "clients/category": category,
        "clients/contact": log(client, "call", by=cast["amelie"]),
        "clients/objection": Objection.objects.create(
            client=client, at=timezone.now(), why="Courrier.", lifted_at=timezone.now(), lifted_why="Revenu."
        ),
        "clients/erasure": bury(
            Client(source_id="parti", name="Parti"), reason="request", at=timezone.now() - timedelta(days=1)
        ),
        "clients/demo": Demo.objects.create(seed=1, planted_on="2026-11-23"),
        "segmentation/recipeversion": settled().version,
        "foundation/job": Job.objects.latest("pk"),
        "segmentation/run": run,
        "segmentation/publication": Publication.objects.latest("pk"),
        "segmentation/segment": segment,
        "segmentation/profile": Profile.objects.latest("pk"),
        "segmentation/play": play,
        "segmentation/decision": Decision.objects.create(client=client, play=decided, kind="done", shown_reason="Dit."),
        "admin": client,
        "views": SavedView.objects.create(
            owner=cast["amelie"], page="clients", name="À moi", shared_with=cast["karim"].groups.get()
        ),
    }


# --- The tests -------------------------------------------------------------------------------------------------------


def test_every_route_is_in_the_table() -> None:
    """A new route fails here until the table says who may use it."""
    assert set(routes()) - set(table()) == set()


def test_the_table_speaks_of_no_route_that_is_gone() -> None:
    assert set(table()) - set(routes()) == set()


def test_every_operation_of_the_schema_is_in_the_table() -> None:
    paths = schema()["paths"]
    shapes = {re.sub(r"<[^>]*>", "{}", f"/{route}"): methods for route, methods in API.items()}
    for path, operations in paths.items():
        methods = shapes[re.sub(r"{[^}]*}", "{}", path)]
        assert {name.upper() for name in operations} <= {
            # 400: allowed, but an empty body says nothing; 202: allowed, and it asks for something; 428: allowed, but
            # it does not say what it had read.
            method
            for method, statuses in methods.items()
            if {200, 202, 400, 428} & set(statuses.values())
        }


@pytest.mark.parametrize("person", PEOPLE)
def test_every_route_answers_as_the_table_says(person: str, scene: dict[str, Any], cast: dict[str, User]) -> None:
    counts = (Client.objects.count(), User.objects.count(), Run.objects.count(), Category.objects.count())
    browser, wrong, checked = Browser(), [], 0
    for route, methods in table().items():
        for method, expected in methods.items():
            if person in cast and "sessionid" not in browser.cookies:
                browser.force_login(cast[person])
            where = address(route, scene)
            response = browser.generic(method, where, data=body(route), content_type=content_type(route))
            checked += 1
            if "logout" in route:
                browser.cookies.clear()
            if response.status_code != expected[person]:
                wrong.append(f"{method} {where}: {response.status_code}, expected {expected[person]}")
    assert not wrong, "\n".join(wrong)
    assert checked > 200
    assert counts == (Client.objects.count(), User.objects.count(), Run.objects.count(), Category.objects.count())


def content_type(route: str) -> str:
    return "application/json" if route.startswith("api/") else "application/x-www-form-urlencoded"


def body(route: str) -> str:
    return "{}" if route.startswith("api/") else ""
