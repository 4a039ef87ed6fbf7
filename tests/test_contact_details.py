"""Who may not see how to reach a client learns none of it, on any surface: the analyst, by role.

The permission decides, not the role: an admin who moves it between groups moves what people see.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client as Browser
from django.utils import timezone

from clients.confidential import CONTACT_DETAILS, SEES_CONTACT_DETAILS
from clients.contacting import log
from clients.facts import ClientFacts
from clients.models import Client, SourceSync
from clients.recording import record
from dignamik.foundation import roles
from tests.contract import schema, signed_in
from tests.published import STAMP, a_client
from tests.test_canary import bytes_of
from tests.test_permissions import ADMIN, API, MODELS, PAGES, address, scene

__all__ = ["scene"]  # the fixture
pytestmark = pytest.mark.django_db

BEFORE = {
    "email": "ancien@quenouille.example", "phone": "0240888888", "address": "9 rue du Passé", "notes": "Note ancienne",
}  # fmt: skip
NOW = {
    "email": "canari@quenouille.example", "phone": "0298765432", "address": "12 quai du Stiff",
    "notes": "Divorce secret",
}  # fmt: skip
SECRETS = (
    "ancien@", "quenouille.example", "0240888888", "240888888", "rue du Passé", "Note ancienne", "0298765432",
    "298765432", "quai du Stiff", "Divorce", "Rappeler Zoé", "0277777777", "refusee@",
)  # fmt: skip
QUERIES = {
    "clients/": ("export=csv", "export=xlsx", "q=Zymologie", "columns=email&columns=phone"),
    "clients/batch/": ("act=csv&all=1", "act=xlsx&all=1"),
    "places/": ("export=csv", "placed=true&export=xlsx", "placed=true"),
    "quality/clients/": ("export=csv", "ordering=known"),
    "recommendations/": ("export=csv", "export=xlsx", "decision=done"),
    "map/visits/": ("q=Zymologie",),
    "day/": ("",),
}


@pytest.fixture
def canary(scene: dict[str, Any], cast: dict[str, User]) -> Client:
    """Amélie's client of the scene, with every contact detail, changed once, and a word in its log."""
    client: Client = scene["clients"]
    name = {"name": "Zymologie", "account_manager_name": "amelie"}
    for said in (BEFORE, NOW):
        record([ClientFacts(client.source_id, name | said)], STAMP)
    client.refresh_from_db()
    assert [getattr(client, field) for field in CONTACT_DETAILS] == [NOW[field] for field in CONTACT_DETAILS]
    log(client, "call", by=cast["amelie"], text="Rappeler Zoé", following=timezone.localdate())
    conflict = {"source_id": "x", "client": "Zymologie", "field": "phone", "ours": NOW["phone"], "theirs": "0277777777"}
    refused = {"table": "Client", "id": "x", "column": "email", "value": "refusee@", "reason": "« refusee@ » ?"}
    SourceSync.objects.filter(pk=scene["sync"].pk).update(
        state="done", conflicts=[conflict], conflict_count=1, rejected=[refused], rejected_count=1, error="",
        counts={name: {"created": 0, "updated": 0, "unchanged": 0} for name in ("clients", "followers", "turnover")},
    )  # fmt: skip
    return client


def addresses(objects: dict[str, Any], client: Client) -> list[str]:
    """Every GET address of the site, of this client, with what can be asked of lists."""
    found = []
    for route in [*PAGES, *API, *ADMIN, *(f"admin/{name}/" for name in MODELS)]:
        if "logout" in route or route.startswith("admin/^") or "(?P" in route:
            continue
        where = address(route, objects)
        found += [where, *(f"{where}?{query}" for query in QUERIES.get(route, ()))]
    versions = [f"/admin/clients/client/{client.pk}/history/{row.pk}/" for row in client.history.all()]
    admin = f"/admin/clients/client/{client.pk}"
    return [*found, *versions, f"{admin}/change/", f"{admin}/history/", f"{admin}/delete/"]


def told(user: User, places: list[str]) -> dict[str, list[str]]:
    browser = signed_in(user)
    found = {}
    for place in places:
        response = browser.get(place)
        text = bytes_of(response).decode("utf-8", "replace")
        if secrets := [secret for secret in SECRETS if secret in text]:
            found[place] = secrets
    return found


def strip(user: User) -> User:
    """The same person, whose every group has lost the permission."""
    for group in user.groups.all():
        group.permissions.remove(Permission.objects.get(codename="view_contact_details"))
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("name", ["anais", "adele"])
def test_no_address_of_the_site_tells_a_contact_detail_to_who_may_not_see_them(
    name: str, canary: Client, scene: dict[str, Any], cast: dict[str, User]
) -> None:
    places = addresses(scene, canary)
    assert len(places) > 140
    assert told(strip(cast[name]), places) == {}


def test_who_may_see_them_does_everywhere_else_the_proof_would_prove_nothing(
    canary: Client, scene: dict[str, Any], cast: dict[str, User]
) -> None:
    places = addresses(scene, canary)
    amelie = told(cast["amelie"], places)
    page, api = f"/clients/{canary.pk}/", f"/api/v1/clients/{canary.pk}/"
    assert {page, api, "/day/", f"/places/{canary.pk}/", "/clients/?export=csv", "/clients/?export=xlsx",
            "/clients/batch/?act=csv&all=1", "/map/visits/?q=Zymologie"} <= set(amelie)  # fmt: skip
    # Every secret is told somewhere, so that each could have been missed.
    adele = told(cast["adele"], places)
    assert {secret for found in (*amelie.values(), *adele.values()) for secret in found} == set(SECRETS)
    admin = f"/admin/clients/client/{canary.pk}"
    assert {f"{admin}/change/", f"{admin}/history/", f"/sync/{scene['sync'].pk}/"} <= set(adele)


def test_roles_hold_it_but_the_analysts(cast: dict[str, User]) -> None:
    assert {name for name, user in cast.items() if user.has_perm(SEES_CONTACT_DETAILS)} == {
        "amelie", "karim", "helene", "adele",
    }  # fmt: skip


def test_taking_it_from_a_group_takes_the_surface_away_and_giving_it_brings_it(
    canary: Client, cast: dict[str, User]
) -> None:
    """As an admin does, on the page of a group in the Django admin, while the person is signed in."""
    amelie, adele, page = signed_in(cast["amelie"]), signed_in(cast["adele"]), f"/clients/{canary.pk}/"
    group = Group.objects.get(name=roles.ACCOUNT_MANAGER)
    held = list(group.permissions.values_list("pk", flat=True))
    details = Permission.objects.get(codename="view_contact_details").pk
    assert NOW["email"] in amelie.get(page).text

    def save(permissions: list[int]) -> None:
        sent = {"name": group.name, "permissions": permissions}
        assert adele.post(f"/admin/auth/group/{group.pk}/change/", sent).status_code == 302

    save([pk for pk in held if pk != details])
    assert NOW["email"] not in amelie.get(page).text
    save(held)
    assert NOW["email"] in amelie.get(page).text
    analysts = Group.objects.get(name=roles.ANALYST)
    assert NOW["email"] not in signed_in(cast["anais"]).get(page).text
    analysts.permissions.add(details)
    assert NOW["email"] in signed_in(cast["anais"]).get(page).text


def test_an_export_leaves_the_columns_out_and_the_page_says_so(canary: Client, cast: dict[str, User]) -> None:
    analyst = signed_in(cast["anais"])
    heading = bytes_of(analyst.get("/clients/?export=csv")).decode("utf-8-sig").splitlines()[0]
    assert "Téléphone" not in heading
    assert "E-mail" not in heading
    assert "Site web" in heading
    assert "(sans e-mail ni téléphone)" in analyst.get("/clients/").text
    theirs = signed_in(cast["amelie"])
    assert "(sans e-mail ni téléphone)" not in theirs.get("/clients/").text
    assert "Téléphone" in bytes_of(theirs.get("/clients/?export=csv")).decode("utf-8-sig").splitlines()[0]


def test_the_api_says_null_which_its_schema_explains(canary: Client, cast: dict[str, User]) -> None:
    answer = signed_in(cast["anais"]).get(f"/api/v1/clients/{canary.pk}/").json()
    assert {field: answer[field] for field in CONTACT_DETAILS} == dict.fromkeys(CONTACT_DETAILS)
    said = schema()["paths"]["/api/v1/clients/{id}/"]["get"]["responses"]["200"]["content"]["application/json"]
    described = schema()["components"]["schemas"][said["schema"]["$ref"].rpartition("/")[2]]["properties"]
    for field in CONTACT_DETAILS:
        assert described[field]["type"] == ["string", "null"] or described[field].get("nullable")
        assert "Null" in described[field]["description"]


@pytest.mark.parametrize("path", ["/clients/", "/api/v1/clients/", "/map/", "/places/", "/admin/clients/client/"])
@pytest.mark.parametrize("word", ["canari", "quenouille.example", "0298765432", "Stiff", "Divorce", "Zoé"])
def test_a_search_finds_nobody_by_what_is_hidden(path: str, word: str, canary: Client, cast: dict[str, User]) -> None:
    query = {"q": word} | ({"placed": "true"} if path == "/places/" else {})
    assert "Zymologie" not in signed_in(cast["anais"]).get(path, query).text


def test_an_admin_finds_them_by_e_mail_who_may_see_it(canary: Client, cast: dict[str, User]) -> None:
    assert "Zymologie" in signed_in(cast["adele"]).get("/admin/clients/client/", {"q": "canari@"}).text


@pytest.mark.parametrize("field", ["email", "phone", "address"])
def test_nobody_is_told_by_a_filter_whether_what_they_may_not_see_is_known(
    field: str, canary: Client, cast: dict[str, User]
) -> None:
    a_client("Muette", "amelie")
    analyst, manager = signed_in(cast["anais"]), signed_in(cast["amelie"])
    assert analyst.get("/api/v1/clients/", {"lacks": field}).status_code == 400
    assert manager.get("/api/v1/clients/", {"lacks": field}).status_code == 200
    assert f"lacks={field}" not in analyst.get("/quality/").text
    assert f"lacks={field}" in manager.get("/quality/").text
    assert analyst.get("/api/v1/clients/", {"lacks": "city"}).status_code == 200


@pytest.mark.parametrize("field", CONTACT_DETAILS)
def test_hidden_fields_sort_and_filter_nothing(field: str, canary: Client, cast: dict[str, User]) -> None:
    for user in (cast["anais"], cast["amelie"]):
        browser = signed_in(user)
        for query in ({"ordering": field}, {field: "x"}, {f"{field}__startswith": "0"}):
            assert browser.get("/api/v1/clients/", query).status_code == 400


@pytest.mark.parametrize("lookup", ["email__startswith", "phone__contains", "address", "notes__regex", "local_fields"])
def test_the_admin_filters_by_no_column_that_its_lists_do_not_offer(
    lookup: str, canary: Client, cast: dict[str, User]
) -> None:
    """Django itself lets any of a model's own columns through."""
    for user in (cast["anais"], cast["adele"]):
        assert signed_in(user).get("/admin/clients/client/", {lookup: "canari"}).status_code == 400


def test_completeness_counts_only_what_its_reader_may_see(canary: Client, cast: dict[str, User]) -> None:
    """Else the difference of two figures would tell."""

    def shares(browser: Browser) -> str:
        return browser.get("/quality/clients/").text

    before = shares(signed_in(cast["anais"]))
    record([ClientFacts(canary.source_id, dict.fromkeys(("email", "phone", "address"), ""))], STAMP)
    assert shares(signed_in(cast["anais"])).count("/\u00a011") == before.count("/\u00a011") > 0
    assert "/\u00a014" not in before


def test_files_and_doubles_are_for_who_sees_what_is_in_them(canary: Client, cast: dict[str, User]) -> None:
    adele = strip(cast["adele"])
    for path in ("/imports/", "/imports/clients/?export=csv", "/doubles/"):
        assert signed_in(adele).get(path).status_code == 403
