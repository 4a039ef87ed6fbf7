"""What is not one's own answers like what does not exist, to the byte: status, headers and body, for every route that
names an object, every method and every kind of person; and what keys and superusers open beyond the table of roles.

The routes come from the permission table, which holds them all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpResponseBase
from django.test import Client as Browser

from clients.confidential import CONTACT_DETAILS
from clients.models import Client
from clients.recording import save
from dignamik.foundation.models import ApiToken, SavedView
from dignamik.foundation.tokens import issue
from segmentation.models import Run
from tests.contract import signed_in
from tests.published import NOW, a_client, a_run
from tests.test_canary import bytes_of
from tests.test_permissions import API, PAGES, PEOPLE, address, body, content_type, scene, table

__all__ = ["scene"]  # the fixture
pytestmark = pytest.mark.django_db

FOREIGN, ABSENT = 910_011, 910_012  # long enough to be found in a page, and of one length
NONCE = re.compile(r"'nonce-[^']+'")
MOMENTS = ("Date", "Expires", "Last-Modified")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Django's login page, a list that follows, or a page of the admin that has nothing to show.
REFUSED = {302, 401, 403, 404, 405}
# Who owns or sees each kind of object: to them alone is it there.
SEE = {
    "clients": {"amelie", "helene", "anais", "adele"},
    "views": {"amelie"},
    "account/tokens": {"karim"},
    "runs": {"anais", "adele"},
}
OF_KIND = {
    "clients": re.compile(r"(api/v1/)?(clients|places)/<"),
    "account/tokens": re.compile(r"account/tokens/<"),
    "views": re.compile(r"views/<"),
    "runs": re.compile(r"(api/v1/)?runs/<"),
}
NO_OBJECT = re.compile(r"[(^]|/history/|^admin/r/|<(path:rest|str:wanted|slug:name|uidb64)")
"""What stands in these addresses is no object, one with a version of its own, or a link that says that it is void."""
ADMIN_OF_CLIENTS = "admin/clients/client/<path:object_id>/"


def told(response: HttpResponseBase, pk: int) -> tuple[int, dict[str, str], str]:
    """Status, headers and body, without the object's number and what differs from one request to the next."""
    text = bytes_of(response).decode("utf-8", "replace")
    text = re.sub(r'(csrfmiddlewaretoken" value|nonce|data-csrf)=[\'"][^\'"]*[\'"]', "", text)
    text = re.sub(r'"X-CSRFToken": "\w+"', "", text)
    headers = {name: NONCE.sub("", said) for name, said in response.headers.items() if name not in MOMENTS}
    number = re.compile(rf"(?<!\d){pk}(?!\d)")
    return response.status_code, {name: number.sub("N", said) for name, said in headers.items()}, number.sub("N", text)


def asked(browser: Browser, method: str, where: str) -> HttpResponseBase:
    route = where.removeprefix("/")
    return browser.generic(method, where, data=body(route), content_type=content_type(route))


@pytest.fixture
def numbers(scene: dict[str, Any], cast: dict[str, User]) -> dict[str, tuple[int, int]]:
    """Of each kind of object that not everybody sees: somebody's, and one that is not there any more."""
    several: dict[str, list[Any]] = {name: [] for name in SEE}
    for number in (FOREIGN, ABSENT):
        blank = {"name": "Atelier", "name_folded": "atelier", "created_at": NOW, "changed_at": NOW}
        several["clients"].append(Client(pk=number, account_manager=cast["amelie"], **blank))
        view = SavedView(pk=number, owner=cast["amelie"], page="clients", name=f"Vue {number}")
        several["views"].append(view)
        later = NOW + timedelta(days=3650)
        several["account/tokens"].append(
            ApiToken(pk=number, user=cast["karim"], name="Clé", digest=str(number), scopes=["read"], expires_at=later)
        )
        several["runs"].append(a_run("held", pk=number))
    for name, model in (("clients", Client), ("views", SavedView), ("account/tokens", ApiToken)):
        model._default_manager.bulk_create(several[name])
    for kind in several.values():
        kind[1].delete()
    return dict.fromkeys(SEE, (FOREIGN, ABSENT))


def of_one(kind: str) -> Iterator[str]:
    """The routes that name one object of this kind."""
    for route in [*PAGES, *API]:
        if OF_KIND[kind].match(route):
            yield route


def compared(browser: Browser, routes: list[str], numbers: tuple[int, int]) -> tuple[int, list[str]]:
    """How many answers were laid side by side, and which of them differ or let somebody in."""
    wrong, count = [], 0
    for route in routes:
        for method in METHODS:
            answers = [
                told(asked(browser, method, "/" + re.sub(r"<[^>]+>", str(pk), route, count=1)), pk) for pk in numbers
            ]
            count += 1
            if answers[0] != answers[1]:
                wrong.append(f"{method} {route}: {answers[0]} != {answers[1]}")
            elif answers[0][0] not in REFUSED and method != "OPTIONS":
                wrong.append(f"{method} {route}: {answers[0][0]}")
    return count, wrong


@pytest.mark.parametrize("kind", SEE)
def test_what_somebody_may_not_see_answers_like_what_does_not_exist(
    kind: str, numbers: dict[str, tuple[int, int]], cast: dict[str, User]
) -> None:
    routes, counted = list(of_one(kind)), 0
    assert routes
    for name in PEOPLE:
        if name in SEE[kind]:
            continue
        browser = signed_in(cast[name]) if name in cast else Browser()
        count, wrong = compared(browser, routes, numbers[kind])
        assert not wrong, f"{name}\n" + "\n".join(wrong)
        counted += count
    sys.stdout.write(f"{kind}: {len(routes)} routes, {counted} pairs of answers compared\n")
    assert counted == len(routes) * len(METHODS) * len(set(PEOPLE) - SEE[kind])


def test_who_may_see_it_gets_something_else_so_that_the_comparison_proves_something(
    numbers: dict[str, tuple[int, int]], cast: dict[str, User]
) -> None:
    for kind, people in SEE.items():
        for name in people:
            _count, wrong = compared(signed_in(cast[name]), list(of_one(kind)), numbers[kind])
            assert wrong, (kind, name)


def test_the_admin_shows_a_restricted_member_of_staff_no_foreign_client(
    numbers: dict[str, tuple[int, int]], scene: dict[str, Any], cast: dict[str, User]
) -> None:
    """An account manager with the key to the admin and every right on clients but that of seeing all of them."""
    karim = cast["karim"]
    karim.is_staff = True
    karim.save()
    rights = [f"{action}_client" for action in ("add", "change", "delete", "view")]
    karim.user_permissions.set(Permission.objects.filter(content_type__app_label="clients", codename__in=rights))
    routes = [ADMIN_OF_CLIENTS, *(f"{ADMIN_OF_CLIENTS}{view}/" for view in ("change", "delete", "history"))]
    count, wrong = compared(signed_in(karim), routes, numbers["clients"])
    assert (count, wrong) == (len(routes) * len(METHODS), [])
    foreign: Client = scene["clients"]
    version = foreign.history.latest().pk
    browser = signed_in(karim)
    assert browser.get(f"/admin/clients/client/{foreign.pk}/history/{version}/").status_code == 404
    field = {"app_label": "segmentation", "model_name": "decision", "field_name": "client"}
    assert foreign.name not in browser.get("/admin/autocomplete/", field).text
    assert foreign.name not in browser.get("/admin/clients/client/?_popup=1&_to_field=id").text
    assert browser.get("/admin/clients/client/?_popup=1&_to_field=email").status_code == 400


# --- A missing object, for everybody ---------------------------------------------------------------------------------


@pytest.mark.parametrize("person", PEOPLE)
def test_what_does_not_exist_is_absent_for_every_person_on_every_route(
    person: str, scene: dict[str, Any], cast: dict[str, User]
) -> None:
    browser = signed_in(cast[person]) if person in cast else Browser()
    nothing: Mapping[str, Any] = {name: SimpleNamespace(pk=987_654_321, slug="nulle-part") for name in scene}
    wrong, checked = [], 0
    for route, methods in table().items():
        if "<" not in route or NO_OBJECT.search(route):
            continue
        for method, expected in methods.items():
            status = asked(browser, method, address(route, nothing)).status_code
            checked += 1
            # Refused for what they are before anything is looked for; else absent, which the admin says on its index.
            allowed = {404, 302} if route.startswith("admin/") else {404}
            if expected[person] in (401, 403, 405) or (person == "anonymous" and expected[person] == 302):
                allowed |= {expected[person]}
            if status not in allowed:
                wrong.append(f"{method} {route}: {status}, expected {allowed}")
    assert not wrong, "\n".join(wrong)
    sys.stdout.write(f"{person}: {checked} answers about nothing\n")
    assert checked > 100


# --- A superuser -----------------------------------------------------------------------------------------------------


def test_a_superuser_is_refused_nothing_that_a_role_may_do(scene: dict[str, Any], cast: dict[str, User]) -> None:
    root = User.objects.create_superuser("root", "root@dignamik.example", "une phrase de passe")
    wrong, checked = [], 0
    for route, methods in table().items():
        if route == "admin/password_change/":
            continue
        for method, expected in methods.items():
            browser = signed_in(root)
            if method != "GET" and "delete" in route:
                continue  # the first one deletes what the others speak of
            status = asked(browser, method, address(route, scene)).status_code
            checked += 1
            # Into the admin only two of them may go.
            theirs = {expected[name] for name in (("adele", "anais") if route.startswith("admin/") else cast)}
            if status in (401, 500) or (status == 403 and theirs != {403}):
                wrong.append(f"{method} {route}: {status}, roles get {theirs}")
    assert not wrong, "\n".join(wrong)
    sys.stdout.write(f"superuser: {checked} answers\n")
    assert checked > 300


# --- Keys to the API -------------------------------------------------------------------------------------------------

# What a key must cover, where it is not `read` for reading and `write` for the rest.
COVERED = {"api/v1/runs/": "runs", "api/v1/runs/<str:pk>/": "runs", "api/v1/score/": "read"}
OUTSIDE = ("api/docs/", "api/schema/", "api/v1/<path:rest>")  # what is about the API, and nothing


@pytest.mark.parametrize("covers", ApiToken.Scope.values)
def test_a_key_opens_what_its_scope_and_its_owners_role_both_open(
    covers: str, scene: dict[str, Any], cast: dict[str, User]
) -> None:
    wrong, checked = [], 0
    for name, user in cast.items():
        key = issue(user, "Essai", [covers], timedelta(days=1))[1]
        for route, methods in API.items():
            if route in OUTSIDE:
                continue
            for method, expected in methods.items():
                if route == "api/v1/runs/" and method == "POST" and expected[name] == 202 and covers == "runs":
                    continue  # asks for a run, once: tested with the tokens
                headers = {"Authorization": f"Bearer {key}"}
                response = Browser().generic(
                    method, address(route, scene), data="{}", content_type="application/json", headers=headers
                )
                checked += 1
                needed = "read" if method == "GET" else COVERED.get(route, "write")
                status = expected[name] if needed == covers else 403
                if response.status_code != status:
                    wrong.append(f"{name} {method} {route}: {response.status_code}, expected {status}")
    assert not wrong, "\n".join(wrong)
    sys.stdout.write(f"key that covers {covers}: {checked} answers\n")


# --- While somebody is signed in -------------------------------------------------------------------------------------


def doors(client: Client) -> list[str]:
    return [f"/clients/{client.pk}/", f"/api/v1/clients/{client.pk}/", f"/places/{client.pk}/",
            f"/api/v1/clients/{client.pk}/neighbours/"]  # fmt: skip


def test_a_client_given_to_a_colleague_is_gone_from_the_next_request_on(cast: dict[str, User]) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    amelie, karim = signed_in(cast["amelie"]), signed_in(cast["karim"])
    assert [amelie.get(door).status_code for door in doors(client)] == [200] * 4
    client.account_manager = cast["karim"]
    save(client, changed=["account_manager"], user=cast["adele"])
    assert [amelie.get(door).status_code for door in doors(client)] == [404] * 4
    assert [karim.get(door).status_code for door in doors(client)] == [200] * 4
    for listed in ("/clients/", "/api/v1/clients/", "/clients/?export=csv", "/day/", "/map/"):
        assert "Dupont" not in bytes_of(amelie.get(listed)).decode("utf-8", "replace")


def test_losing_a_role_or_the_account_closes_an_open_session_and_a_key(cast: dict[str, User]) -> None:
    client, amelie = a_client("Boulangerie Dupont", "amelie"), cast["amelie"]
    browser, key = signed_in(amelie), issue(amelie, "Essai", ["read"], timedelta(days=1))[1]

    def statuses() -> tuple[int, int]:
        answer = Browser().get(f"/api/v1/clients/{client.pk}/", headers={"Authorization": f"Bearer {key}"})
        return browser.get(f"/clients/{client.pk}/").status_code, answer.status_code

    assert statuses() == (200, 200)
    amelie.groups.clear()
    assert statuses() == (403, 403)
    amelie.groups.add(Group.objects.get(name="Chargé de compte"))
    assert statuses() == (200, 200)
    User.objects.filter(pk=amelie.pk).update(is_active=False)
    assert statuses() == (302, 401)


def test_what_was_sent_to_one_person_is_kept_by_nobody_on_the_way(scene: dict[str, Any], cast: dict[str, User]) -> None:
    """Nor is there an ETag that one person's answer and another's could share."""
    browser, checked = signed_in(cast["amelie"]), 0
    for route in [*PAGES, *API]:
        if route in ("logout/", "healthz", "readyz"):
            continue
        response = browser.get(address(route, scene))
        checked += 1
        assert "no-store" in response.headers["Cache-Control"], route
        # The version of one client: a digest of what this person reads, which nothing on the way may keep.
        assert "ETag" not in response.headers or route == "api/v1/clients/<str:pk>/", route
        assert "Last-Modified" not in response.headers, route
        assert "Access-Control-Allow-Origin" not in response.headers, route
        kind = response.headers.get("Content-Type", "")
        assert "charset=utf-8" in kind or not kind.startswith("text/"), route
    again = browser.get("/clients/", headers={"If-None-Match": "*"})
    assert again.status_code == 200
    assert checked > 60


def test_contact_details_are_fields_that_exist() -> None:
    assert {field.name for field in Client._meta.get_fields()} >= set(CONTACT_DETAILS)


def test_a_run_that_is_held_is_on_no_list_of_who_may_not_see_drafts(
    numbers: dict[str, tuple[int, int]], cast: dict[str, User]
) -> None:
    held = Run.objects.get(pk=numbers["runs"][0])
    assert held.pk not in [row["id"] for row in signed_in(cast["amelie"]).get("/api/v1/runs/").json()["results"]]
    assert held.pk in [row["id"] for row in signed_in(cast["anais"]).get("/api/v1/runs/").json()["results"]]


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.env", "/db.sqlite3", "/static/../.env", "/imports/clients.csv", "/media/x"]
)
def test_no_file_of_the_machine_has_an_address(path: str, adele: User) -> None:
    assert signed_in(adele).get(path).status_code == 404


# --- What a list's parameters could tell -----------------------------------------------------------------------------

NAMED = (
    "sector={sector}",
    "city=Ouessant",
    "manager=karim",
    "q=Zymologie",
    "turnover_min=8000000",
    "bbox=-5.2,48.4,-5.0,48.5",
)
UNDERSTOOD_BY_NOBODY = (
    "ids={pk}", "pk={pk}", "id__in={pk}", "name__startswith=Z", "account_manager__password__startswith=p",
    "account_manager=2", "email=x", "ordering=account_manager__password", "ordering=notes", "ordering=pk",
)  # fmt: skip


@pytest.mark.parametrize("face", ["clients", "clients/map", "explorer"])
def test_no_parameter_of_a_list_tells_whether_a_colleague_has_such_a_client(face: str, cast: dict[str, User]) -> None:
    """The answer is the same, to the byte, before and after the colleague's client is there."""
    a_client("Boulangerie Dupont", "amelie")
    amelie, queries = (
        signed_in(cast["amelie"]),
        [query.format(sector="Horlogerie", pk=910_011) for query in (*NAMED, *UNDERSTOOD_BY_NOBODY)],
    )

    def answers() -> dict[str, tuple[int, bytes]]:
        found = {query: amelie.get(f"/api/v1/{face}/?{query}") for query in queries}
        return {query: (response.status_code, response.content) for query, response in found.items()}

    before = answers()
    a_client("Zymologie", "karim", sector="Horlogerie", city="Ouessant", postal_code="29242")
    # The sector of its own, which its type of business does not have.
    Client.objects.filter(name="Zymologie").update(sector="Horlogerie", turnover=8_765_432, turnover_year=2025)
    assert answers() == before
    own = signed_in(cast["karim"]).get("/api/v1/clients/?sector=Horlogerie")
    assert (own.status_code, own.json()["count"]) == (200, 1)
    assert {
        status
        for query, (status, _body) in before.items()
        if query not in [said.format(sector="Horlogerie") for said in NAMED]
    } == {400}
