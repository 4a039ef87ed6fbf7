"""The API of the book of record: what it answers, to whom, and how it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.facts import Origin, Stamp
from clients.models import Category, Client
from clients.recording import withdraw
from tests.contract import check, every_page, refused, signed_in
from tests.published import NOW, a_client, place_all, published, some_clients

# Session and its savepoints, user, permissions, the count of requests, run, filter choices, count, rows.
QUERIES = 13
LIST, ONE = "/api/v1/clients/", "/api/v1/clients/{id}/"


# --- Whose clients ---------------------------------------------------------------------------------------------------


def test_an_account_manager_reads_her_own_portfolio(amelie: User, karim: User) -> None:
    mine, theirs = a_client("Boulangerie Dupont", "amelie"), a_client("Garage Petit", "karim")
    rows = every_page(signed_in(amelie), LIST)
    assert [row["id"] for row in rows] == [mine.pk]
    assert str(theirs.name) not in signed_in(amelie).get(LIST).content.decode()


@pytest.mark.parametrize("person", ["helene", "anais", "adele"])
def test_the_other_roles_read_every_client(person: str, cast: dict[str, User]) -> None:
    a_client("Boulangerie Dupont", "amelie")
    a_client("Garage Petit")
    assert len(every_page(signed_in(cast[person]), LIST)) == 2


def test_a_foreign_client_answers_exactly_like_none(amelie: User, karim: User) -> None:
    theirs = a_client("Garage Petit", "karim")
    browser = signed_in(amelie)
    foreign, unknown = browser.get(f"{LIST}{theirs.pk}/"), browser.get(f"{LIST}{theirs.pk + 1}/")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    assert foreign.headers == unknown.headers


def test_asking_for_a_colleagues_clients_gives_none_of_them(amelie: User, karim: User) -> None:
    a_client("Garage Petit", "karim")
    assert every_page(signed_in(amelie), f"{LIST}?manager=karim") == []


def test_a_client_who_changes_hands_is_gone_at_the_next_request(amelie: User, karim: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    browser = signed_in(amelie)
    assert browser.get(f"{LIST}{client.pk}/").status_code == 200
    Client.objects.filter(pk=client.pk).update(account_manager=karim)
    assert browser.get(f"{LIST}{client.pk}/").status_code == 404


def test_a_withdrawn_client_is_in_no_answer(helene: User) -> None:
    client = a_client("Boulangerie Dupont")
    withdraw([str(client.source_id)], Stamp(Origin.SYNC, NOW))
    assert every_page(signed_in(helene), LIST) == []
    assert signed_in(helene).get(f"{LIST}{client.pk}/").status_code == 404


# --- Getting in ------------------------------------------------------------------------------------------------------


def test_anonymous_is_challenged_for_a_token(db: None) -> None:
    response = Browser().get(LIST)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    check(response.json(), LIST, 401)


def test_somebody_without_a_role_is_refused_in_french(sacha: User) -> None:
    response = signed_in(sacha).get(LIST)
    assert response.status_code == 403
    assert "permission" in response.json()["detail"]


# --- What it says of a client ----------------------------------------------------------------------------------------


def test_a_row_gives_turnover_as_text_with_its_year_and_place_with_its_precision(helene: User) -> None:
    client = a_client("Boulangerie Dupont", "helene", at=3)
    row = every_page(signed_in(helene), LIST)[0]
    assert (row["turnover"], row["turnover_year"], row["followers"]) == ("29500.00", 2025, 450 + 63)
    assert (row["city"], row["department"], row["precision"]) == ("Lyon", "69", "commune")
    assert row["latitude"] == pytest.approx(client.latitude)
    assert (row["manager"], row["category"], row["source_id"]) == ("helene", "Boulangerie", "source-Boulangerie Dupont")


def test_what_is_unknown_is_null_and_never_zero(helene: User) -> None:
    a_client("Silencieux", at=29, city="", postal_code="")
    row = every_page(signed_in(helene), LIST)[0]
    assert (row["turnover"], row["turnover_year"], row["followers"]) == (None, None, None)
    assert (row["latitude"], row["longitude"], row["precision"]) == (None, None, "")


def test_one_client_comes_with_its_readings_turnovers_and_services(helene: User) -> None:
    client = a_client("Boulangerie Dupont", at=2)
    body = signed_in(helene).get(f"{LIST}{client.pk}/").json()
    assert body["turnovers"] == [{"year": 2025, "amount": "19500.00"}, {"year": 2024, "amount": "18000.00"}]
    assert {reading["platform"]: reading["count"] for reading in body["readings"]} == {"facebook": 300, "instagram": 28}
    assert (body["services_known"], body["services"]) == (False, [])


def test_every_answer_is_what_the_schema_says(helene: User) -> None:
    clients = some_clients(8)
    for run in (None, published()):
        browser = signed_in(helene)
        check(browser.get(LIST).json(), LIST)
        for client in clients:
            check(browser.get(f"{LIST}{client.pk}/").json(), ONE)
        check(browser.get("/api/v1/categories/").json(), "/api/v1/categories/")
        check(browser.get(f"{LIST}?citty=x").json(), LIST, 400)
        check(browser.get(f"{LIST}0/").json(), ONE, 404)
        assert run is None or browser.get(f"{LIST}{clients[0].pk}/").json()["place"]["run"] == run.pk


def test_categories_carry_their_sector(amelie: User) -> None:
    Category.objects.create(name="Fleuriste", sector="Commerce")
    (row,) = every_page(signed_in(amelie), "/api/v1/categories/")
    assert (row["name"], row["sector"]) == ("Fleuriste", "Commerce")


# --- Filters and pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "citty=Angers", "citty", "turnover_min=abc", "turnover_min=NaN", "turnover_max=inf", "followers_min=1e999",
        "status=NOPE", "standing=sure", "segment=nowhere", "sector=nowhere", "category=nowhere", "category=999999",
        "category=99999999999999999999", "manager=nobody", "department=999", "bbox=1,2,3", "bbox=a,b,c,d",
        "bbox=nan,0,1,1", "bbox=5,0,1,1", "moved=peut-etre", "ordering=password", "ordering=-",
        "ordering=,", "ordering=name,,city",
        "ordering=account_manager__password", "account_manager__password__startswith=p", "id=1", "export=csv",
        "format=xml", "format=json", "%25d=1", "%25(x)s=1", "q=%00", "category=%00", "manager=%00", "sector=%00",
        "segment=%00", "city=%00", f"q={'x' * 201}", "turnover_min=1_000", "page_size=0", "page_size=-1",
        "page_size=201", "page_size=1e9", "page_size=abc", f"page_size={'9' * 5000}",
    ],
)  # fmt: skip
def test_an_unknown_name_or_a_malformed_value_is_refused_with_a_reason(helene: User, query: str) -> None:
    a_client("Boulangerie Dupont")
    response = signed_in(helene).get(f"{LIST}?{query}")
    assert response.status_code == 400, response.content
    refused(response)


def test_a_refusal_names_the_parameter_in_french(helene: User) -> None:
    body = signed_in(helene).get(f"{LIST}?turnover_min=abc&citty=x").json()
    assert body["detail"] == "« citty » n’est pas un filtre connu."
    body = signed_in(helene).get(f"{LIST}?turnover_min=abc").json()
    assert body["errors"] == {"turnover_min": ["Saisissez un nombre."]}
    assert body["detail"] == "turnover_min\u00a0: Saisissez un nombre."


@pytest.mark.parametrize("page", ["", "-1", "0", "99999", "abc", "%00", "9" * 5000, "1.5"])
def test_a_page_that_does_not_exist_is_not_found(helene: User, page: str) -> None:
    a_client("Boulangerie Dupont")
    assert signed_in(helene).get(f"{LIST}?page={page}").status_code == 404


@pytest.mark.parametrize("query", ["", "ordering=-turnover", "ordering=city", "ordering=-followers&status=active"])
def test_next_links_lead_through_every_client_once(helene: User, query: str) -> None:
    some_clients(23)
    rows = every_page(signed_in(helene), f"{LIST}?page_size=4&{query}")
    found = [row["id"] for row in rows]
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(row["id"] for row in every_page(signed_in(helene), f"{LIST}?{query}"))


def test_a_page_holds_fifty_clients_unless_asked_and_two_hundred_at_most(helene: User) -> None:
    some_clients(60)
    assert len(signed_in(helene).get(LIST).json()["results"]) == 50
    assert len(signed_in(helene).get(f"{LIST}?page_size=200").json()["results"]) == 60


# --- Hostile addresses and headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["clients", "segments", "runs"])
@pytest.mark.parametrize(
    "identifier",
    ["%00", "x" * 10_000, "9" * 10_000, "99999999999999999999", "%F0%9F%98%80", "1%20OR%201=1", "..%2F..%2F", "-1",
     "1.0", "%D9%A1", "%FF", "None", "é"],
)  # fmt: skip
def test_a_malformed_identifier_is_not_found(helene: User, resource: str, identifier: str) -> None:
    response = signed_in(helene).get(f"/api/v1/{resource}/{identifier}/")
    assert response.status_code == 404
    assert refused(response)["detail"] == "Introuvable."


def test_an_address_that_leads_nowhere_answers_in_json(helene: User) -> None:
    for method in ("get", "post", "delete"):
        response = getattr(signed_in(helene), method)("/api/v1/nothing/here")
        assert (response.status_code, refused(response)["detail"]) == (404, "Introuvable.")


def test_it_only_speaks_json(helene: User) -> None:
    response = signed_in(helene).get(LIST, headers={"Accept": "text/html"})
    assert response.status_code == 406
    assert refused(response)["title"] == "Format de réponse inconnu"
    assert signed_in(helene).get(LIST, headers={"Accept": "text/html,*/*;q=0.1"}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_clients_are_only_read_or_corrected(helene: User, method: str) -> None:
    client = a_client("Boulangerie Dupont")
    before = Client.objects.values().get(pk=client.pk)
    body: Any = {"name": "X", "is_staff": True, "id": 1}
    for address in (LIST, f"{LIST}{client.pk}/"):
        response = getattr(signed_in(helene), method)(address, body, content_type="application/json")
        corrects = method == "patch" and address != LIST  # not without the version that one has read
        assert response.status_code == (428 if corrects else 405)
    assert Client.objects.values().get() == before


# --- Cost ------------------------------------------------------------------------------------------------------------


def queries(user: User, address: str) -> int:
    browser = signed_in(user)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("query", ["page_size=200", "page_size=200&segment=segment-1&ordering=-turnover&q=cl"])
def test_a_list_costs_the_same_at_ten_and_at_two_hundred_clients(helene: User, query: str) -> None:
    some_clients(10)
    run = published()
    few = queries(helene, f"{LIST}?{query}")
    run.assignments.all().delete()
    some_clients(200)
    place_all(run)
    assert queries(helene, f"{LIST}?{query}") == few <= QUERIES
