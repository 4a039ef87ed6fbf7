"""A canary in one portfolio is never seen from another: on no GET route of the permission table, by no count or sum.

Two proofs over the same addresses: none of Karim's words and figures is among the bytes that Amélie gets; and her bytes
are the same, to the last, once Karim's clients are gone, so that no total, facet or order told of them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client as Browser

from clients.contacting import log
from clients.facts import ClientFacts, Reading
from clients.models import Client
from clients.recording import record
from segmentation.models import Decision, Play, Run
from segmentation.web.portfolio import Portfolio
from tests.contract import signed_in
from tests.published import STAMP, place_all, some_clients
from tests.test_permissions import ADMIN, API, MODELS, PAGES, address, scene

__all__ = ["scene"]  # the fixture
pytestmark = pytest.mark.django_db

FIELDS: dict[str, Any] = {
    "name": "Zymologie Quenouille", "city": "Ouessant", "postal_code": "29242", "address": "12 quai du Stiff",
    "email": "canari@quenouille.example", "phone": "0298765432", "website": "https://quenouille.example",
    "sector": "Commerce de proximité", "status": "active", "account_manager_name": "karim", "notes": "Divorce secret",
    "client_since": date(2019, 3, 17),
}  # fmt: skip
SECRETS = (
    "Zymologie", "Quenouille", "quenouille", "Ouessant", "29242", "Stiff", "298765432", "Divorce", "source-canari",
    "8765432", "8\u202f765\u202f432", "8\u00a0765\u00a0432", "8 765 432", "7654321", "7\u202f654\u202f321",
    "7 654 321", "7\u00a0654\u00a0321", "Rappeler Zoé",
)  # fmt: skip
# Query strings besides none, by route: what people filter, sort, search and take along.
FILTERS = (
    "q=Quenouille", "city=Ouessant", "department=29", "turnover_min=8000000", "followers_min=7000000",
    "manager=karim", "ordering=-turnover", "ordering=-followers", "bbox=-5.2,48.4,-5.0,48.5", "near=-5.1,48.45,20",
    "status=active", "page_size=200", "placed=true",
)  # fmt: skip
LISTS = ("clients/", "map/", "explorer/", "api/v1/clients/", "api/v1/clients/map/", "api/v1/explorer/")
EXPORTED = ("clients/", "recommendations/")
MORE = {
    "clients/batch/": ["act=plan&all=1", "act=csv&all=1", "act=xlsx&all=1", "act=plan&client={canary}"],
    "clients/towns/": ["q=Ouess", "city_typed=Ouess", "typed=Ouess"],
    "recommendations/": ["q=Quenouille", "decision=planned", "ordering=-turnover"],
    "api/v1/recommendations/": ["q=Quenouille", "decision=planned"],
    "map/visits/": ["client={canary}", "q=Quenouille"],
    "completing/": ["q=Quenouille"],
    "prospect/": ["category={category}&name=Quenouille&turnover=8765432&facebook=7654321"],
    "playbook/": ["state=all"],
    "runs/compare/": ["a={run}&b={run}"],
}


def addresses(objects: Mapping[str, Any], canary: int) -> list[str]:
    """Every GET route with Amélie's objects; those of one client with Karim's as well."""
    found: list[str] = []
    for route in [*PAGES, *API, *ADMIN, *(f"admin/{name}/" for name in MODELS)]:
        if route in ("logout/", "admin/logout/") or route.startswith("admin/^") or "(?P" in route:
            continue
        queries = ["", *(FILTERS if route in LISTS else ()), *MORE.get(route, ())]
        queries += [f"export={wanted}&{query}" for wanted in ("csv", "xlsx") for query in ("", "ordering=-turnover")
                    if route in EXPORTED]  # fmt: skip
        given = {"canary": canary, "run": objects["runs"].pk, "category": objects["clients/category"].pk}
        where = address(route, objects)
        found += [f"{where}?{query.format(**given)}" if query else where for query in queries]
        if re.match(r"(api/v1/)?clients/<", route):
            found.append("/" + re.sub(r"<[^>]+>", str(canary), route))
    found += [f"/clients/facets/{name}/" for name in (*Portfolio.bar, *Portfolio.drawer)]
    return found


def bytes_of(response: HttpResponseBase) -> bytes:
    """What was sent, with a workbook's sheets unpacked."""
    raw: bytes = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    if not raw.startswith(b"PK"):
        return raw
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        parts = [name for name in sorted(book.namelist()) if not name.startswith("docProps")]
        return b"\n".join(book.read(name) for name in parts)


def seen_by(browser: Browser, places: list[str]) -> dict[str, str]:
    """Address → status and text, without what differs from one request to the next."""
    found = {}
    for place in places:
        response = browser.get(place)
        text = bytes_of(response).decode("utf-8", "replace")
        text = re.sub(r'(csrfmiddlewaretoken" value|nonce|hx-headers|data-csrf)=[\'"][^\'"]*[\'"]', "", text)
        text = re.sub(r'"X-CSRFToken": "\w+"|name="until" value="[^"]*"', "", text)
        found[place] = f"{response.status_code} {text}"
    return found


def the_canary(run: Run, karim: User) -> Client:
    """Karim's client with everything that can be known of one, and eleven more of his."""
    figures = {2024: Decimal("7654321.98"), 2025: Decimal("8765432.10")}
    readings = {"facebook": Reading(7_654_321), "instagram": Reading(12)}
    record([ClientFacts("source-canari", FIELDS, "Boulangerie", readings, figures)], STAMP)
    some_clients(11, "karim", "Zymologie")
    theirs = Client.objects.filter(account_manager=karim)
    place_all(run, theirs)
    canary = Client.objects.get(source_id="source-canari")
    play = Play.objects.filter(title="À proposer").get()
    Decision.objects.create(client=canary, play=play, kind="planned", shown_reason="Rappeler Zoé", by=karim)
    log(canary, "call", by=karim, text="Rappeler Zoé", following=date.today())  # noqa: DTZ011
    return canary


@pytest.fixture
def portfolio(scene: dict[str, Any]) -> dict[str, Any]:
    """The scene of the permission table, with a dozen clients of Amélie's."""
    place_all(scene["runs"], some_clients(12, "amelie", "Sienne"))
    return scene


def leaks(seen: Mapping[str, str]) -> list[str]:
    """Addresses that told a secret which the address itself did not say."""
    said = {}
    for place, text in seen.items():
        # What somebody typed may stand in the box where it was typed.
        told = [secret for secret in SECRETS if secret.lower() not in place.lower() and secret in text]
        if told:
            said[place] = told
    return [f"{place}: {told}" for place, told in said.items()]


def test_neither_a_byte_nor_a_count_of_a_colleagues_clients_reaches_somebody_else(
    portfolio: dict[str, Any], cast: dict[str, User]
) -> None:
    canary = the_canary(portfolio["runs"], cast["karim"])
    places, browser = addresses(portfolio, canary.pk), signed_in(cast["amelie"])
    with_them = seen_by(browser, places)
    assert len(places) > 150
    assert leaks(with_them) == []
    assert sum(text.startswith("200") for text in with_them.values()) > 80
    own = [place for place in places if f"/{canary.pk}/" in place and "clients/" in place]
    assert len(own) > 5
    # 403: the rights of persons are the administration's, whomever they are of.
    refused = {"404", "405"} | ({"403"} if any("/rights/" in place for place in own) else set())
    assert {with_them[place][:3] for place in own} <= refused
    Client.objects.filter(account_manager=cast["karim"]).delete()
    without_them = seen_by(browser, places)
    assert [place for place in places if with_them[place] != without_them[place]] == []


def test_who_may_see_it_does_so_that_the_proof_proves_something(
    portfolio: dict[str, Any], cast: dict[str, User]
) -> None:
    canary = the_canary(portfolio["runs"], cast["karim"])
    browser, places = signed_in(cast["karim"]), addresses(portfolio, canary.pk)
    told = leaks(seen_by(browser, places))
    routes = {line.partition(": ")[0].partition("?")[0] for line in told}
    assert {
        "/clients/", "/map/", "/map/visits/", "/day/", "/recommendations/", "/api/v1/clients/", "/api/v1/explorer/",
        "/api/v1/clients/map/", "/api/v1/recommendations/", f"/clients/{canary.pk}/", f"/api/v1/clients/{canary.pk}/",
    } - routes == set()  # fmt: skip
    assert any("export=xlsx" in line for line in told)
