"""Data to complete: counts that are lists, of the reader's own clients, and that fall by one when a field is filled."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.facts import ClientFacts, Reading
from clients.models import Client
from clients.recording import facts_changed, record
from segmentation.engine.completing import rank_gaps
from segmentation.engine.document import Document
from segmentation.filters import COLUMNS
from segmentation.models import Assignment, Run
from segmentation.runs import frames
from segmentation.runs.gaps import gaps
from segmentation.runs.refreshing import bring_up_to_date
from tests.clients.test_admin import send
from tests.contract import check, every_page
from tests.gappy import one_call_away, settled_by, whole
from tests.published import STAMP, a_client, a_run, place_all, published, some_clients
from tests.reading import signed_in

pytestmark = pytest.mark.django_db

ADDRESS, API = "/completing/", "/api/v1/completing/"
LATER = replace(STAMP, at=STAMP.at + timedelta(hours=1))


def html_of(user: User, path: str = ADDRESS) -> str:
    response = signed_in(user).get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def counts(user: User) -> dict[str, tuple[int, int]]:
    """What the page says: field → (firm, missing)."""
    found = signed_in(user).get(ADDRESS).context["gaps"]
    return {gap.name: (gap.firm, gap.missing) for gap in found.fields}


def listed(user: User, query: str) -> set[int]:
    return {row["id"] for row in every_page(signed_in(user), f"/api/v1/clients/?{query}")}


# --- Counts -----------------------------------------------------------------------------------------------------------


def test_it_ranks_the_fields_as_the_engine_does(helene: User) -> None:
    some_clients(30, prefix="Autre")
    run = one_call_away()
    frame = frames.read(Client.objects.present(), run.as_of)
    gains = rank_gaps(frame.columns, Document.from_dict(run.document or {}))

    found = gaps(run, Client.objects.visible_to(helene))

    assert [(gap.name, gap.label, gap.firm, gap.missing) for gap in found.fields] == [
        (gain.name, gain.label, gain.firm, gain.missing) for gain in gains
    ]
    assert found.fields[0].firm > found.fields[-1].firm
    assert found.several == sum(not place.settling for place in Assignment.objects.filter(standing="provisional"))


def test_every_figure_leads_to_exactly_the_clients_it_counts(helene: User) -> None:
    one_call_away()
    browser = signed_in(helene)
    html = html_of(helene)
    found = browser.get(ADDRESS).context["gaps"]
    figures = {"standing=provisional": found.provisional, "gap=plusieurs": found.several}
    for gap in found.fields:
        figures |= {f"gap={gap.name}": gap.firm, f"standing=provisional&lacks={gap.name}": gap.missing}
    for query, count in figures.items():
        assert len(listed(helene, query)) == count, query
        assert browser.get(f"/clients/?{query}").context["list"].page.paginator.count == count, query
        assert f'href="/clients/?{query.replace("&", "&amp;")}"' in html or not count, query


@pytest.mark.parametrize("query", ["gap=turnover", "lacks=turnover&standing=provisional", "gap=plusieurs"])
def test_table_export_map_explorer_and_api_agree(helene: User, query: str) -> None:
    one_call_away()
    browser, expected = signed_in(helene), listed(helene, query)
    assert expected
    export = b"".join(browser.get(f"/clients/?{query}&export=csv").streaming_content)  # type: ignore[attr-defined]
    assert len(export.decode("utf-8-sig").strip().splitlines()) - 1 == len(expected)
    points = browser.get(f"/api/v1/clients/map/?{query}").json()["features"]
    assert len(points) == len(expected)
    assert set(browser.get(f"/api/v1/explorer/?{query}").json()["points"]["id"]) == expected


def test_it_counts_the_readers_own_clients_only(amelie: User, karim: User, helene: User) -> None:
    record([whole(f"Sien {at}", "karim", 2 * at + 1, lacking=("turnover",)) for at in range(6)], STAMP)
    one_call_away("amelie")
    mine, his, all_ = counts(amelie), counts(karim), counts(helene)
    assert his.keys() == {"turnover"}
    assert all_["turnover"] == (mine["turnover"][0] + his["turnover"][0], mine["turnover"][1] + his["turnover"][1])
    assert "Sien" not in html_of(amelie)
    assert "Sien" in html_of(karim)


@pytest.mark.parametrize("query", ["gap=nonsense", "lacks=nonsense", "gap=%00", "lacks=plusieurs", "gaps=turnover"])
def test_a_field_that_no_model_sees_is_refused_everywhere(helene: User, query: str) -> None:
    one_call_away()
    browser = signed_in(helene)
    for path in ("/api/v1/clients/", "/api/v1/clients/map/", "/clients/"):
        assert browser.get(f"{path}?{query}").status_code == 400, path
    assert browser.get(f"/clients/?{query}&export=csv").status_code == 400
    assert browser.get(f"{API}?{query}").status_code == 400


# --- Filling ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["recording", "admin"])
def test_filling_a_field_lowers_its_counter_by_one_and_takes_nobody_else_out(
    helene: User, adele: User, way: str
) -> None:
    one_call_away()
    place = settled_by("turnover")[2]
    before = {name: listed(helene, f"gap={name}") for name in COLUMNS}
    counted = counts(helene)

    if way == "admin":
        sent = {"turnovers__0__id": "", "turnovers__0__year": "2025", "turnovers__0__amount": "90000"}
        assert send(signed_in(adele), place.client, **sent).status_code == 302
    else:
        fact = whole(place.client.name, at=10)
        record([ClientFacts(fact.source_id, {}, turnover=fact.turnover)], LATER)
        bring_up_to_date()

    assert listed(helene, f"q={place.client.name.replace(' ', '+')}&standing=firm") == {place.client_id}
    after = {name: listed(helene, f"gap={name}") for name in COLUMNS}
    assert before["turnover"] - after["turnover"] == {place.client_id}
    assert {name: before[name] for name in COLUMNS if name != "turnover"} == {
        name: after[name] for name in COLUMNS if name != "turnover"
    }
    firm, missing = counted["turnover"]
    assert counts(helene) == counted | {"turnover": (firm - 1, missing - 1)}


def test_filling_one_of_several_leaves_the_client_provisional_and_one_call_away(helene: User) -> None:
    one_call_away()
    place = next(row for row in settled_by() if row.standing == "provisional")
    assert place.client_id in listed(helene, "gap=plusieurs")
    record([ClientFacts(place.client.source_id, {}, readings={"tiktok": Reading(0)})], LATER)
    bring_up_to_date()
    assert place.client_id in listed(helene, "gap=turnover&standing=provisional")


# --- The page ---------------------------------------------------------------------------------------------------------


def test_it_names_whom_to_call_first_and_never_who_does_not_want_it(amelie: User) -> None:
    said: dict[str, dict[str, Any]] = {
        "Zoé": {"phone": "02 41 11 11 11"},
        "Inactif": {"status": "inactive"},
        "Opposé": {"do_not_contact": True},
        "Ancien prospect": {"status": "prospect"},
    }
    for at, (name, fields) in enumerate(said.items()):
        record([whole(name, "amelie", 10 + at, lacking=("turnover",), **fields)], STAMP)
    published()
    assert len(listed(amelie, "gap=turnover")) == 4

    (line,) = signed_in(amelie).get(ADDRESS).context["lines"]

    # The largest audience first among those who are not active.
    assert [client.name for client in line.first] == ["Zoé", "Ancien prospect", "Inactif"]
    html = html_of(amelie)
    assert "02 41 11 11 11" in html and "téléphone inconnu" in html


def test_it_says_so_before_the_first_run_without_clients_and_with_nothing_to_complete(
    amelie: User, helene: User
) -> None:
    assert "Pas encore de segments." in html_of(helene)
    record([whole("Complet", "karim", 10)], STAMP)
    published()
    assert "Rien à compléter." in html_of(helene)
    assert "Aucun client pour l’instant." in html_of(amelie)


def test_a_draft_is_ranked_for_those_who_judge_it_only(anais: User, helene: User) -> None:
    record([whole("Un", lacking=("turnover",))], STAMP)
    place_all(a_run("held"))
    assert counts(anais)["turnover"] == (1, 1)
    assert "Pas encore de segments." in html_of(helene)
    assert signed_in(helene).get(API).json() == {"run": None, "provisional": 0, "several": 0, "fields_missing": []}


def test_a_clients_page_names_the_field_that_would_make_it_firm(helene: User) -> None:
    one_call_away()
    place = settled_by("turnover")[0]
    assert "Une seule donnée suffirait</dt><dd>Chiffre d’affaires" in html_of(helene, f"/clients/{place.client_id}/")
    several = next(row for row in settled_by() if row.standing == "provisional")
    assert "suffirait" not in html_of(helene, f"/clients/{several.client_id}/")


def test_the_overview_leads_there(helene: User) -> None:
    published()
    assert 'href="/completing/"' in html_of(helene, "/")


@pytest.mark.parametrize("path", [ADDRESS, API])
def test_many_clients_cost_as_many_queries_as_few(helene: User, path: str) -> None:
    browser = signed_in(helene)
    budgets = []
    one_call_away(count=12)
    for count in (0, 60):
        record([whole(f"Lot {at}", at=2 * at + 1, lacking=("turnover",)) for at in range(count)], LATER)
        bring_up_to_date()
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        budgets.append(len(queries))
    assert budgets[0] == budgets[1] <= 16


# --- The API ----------------------------------------------------------------------------------------------------------


def test_the_api_answers_as_its_schema_says(helene: User) -> None:
    run = one_call_away()
    body = signed_in(helene).get(API).json()
    check(body, API)
    assert body["run"] == run.pk
    assert {row["name"]: (row["firm"], row["missing"]) for row in body["fields_missing"]} == counts(helene)


# --- What a placement of after the run says of itself -----------------------------------------------------------------


def test_page_and_api_mark_a_client_placed_after_the_run(helene: User) -> None:
    published()
    late = a_client("Tard venu", at=8)
    assert "sera placé dans un instant" in html_of(helene, f"/clients/{late.pk}/")
    bring_up_to_date()
    assert "Placé après le calcul du 23 novembre 2026" in html_of(helene, f"/clients/{late.pk}/")
    body = signed_in(helene).get(f"/api/v1/clients/{late.pk}/").json()
    check(body, "/api/v1/clients/{id}/")
    assert (body["place"]["late"], body["place"]["fitted"], body["place"]["changed"]) == (True, False, False)


def test_a_client_whose_data_lead_elsewhere_says_so_on_every_face(helene: User) -> None:
    one_call_away()
    place = settled_by("turnover")[-1]
    client = place.client
    record([ClientFacts(client.source_id, {}, turnover={2025: whole("x", at=0).turnover[2025]})], LATER)
    bring_up_to_date()
    place = Assignment.objects.get(client=client)
    assert place.segment is not None and place.heads_for is not None
    page, name = f"/clients/{client.pk}/", place.heads_for.name

    html = html_of(helene, page)
    assert f"Ses données récentes le rapprochent de « {name} »." in html
    assert "Ses données ont changé depuis le calcul" in html.replace("&nbsp;", " ")
    assert "va changer" in html_of(helene, "/clients/?gap=&q=" + client.name.replace(" ", "+"))
    body = signed_in(helene).get(f"/api/v1{page}").json()
    check(body, "/api/v1/clients/{id}/")
    assert body["segment"] == place.segment.slug
    assert body["place"]["heads_for"] == {"slug": place.heads_for.slug, "name": name}
    assert body["place"]["changed"] is True and body["margin"] < 0
    assert "le rapprochent déjà de" in html_of(helene, f"{page}change/?segment={place.heads_for.slug}")


def test_a_client_of_whom_nothing_is_left_still_has_a_page(helene: User) -> None:
    client = a_client("Vidé", at=8)
    published()
    segment = Assignment.objects.get().segment
    assert segment is not None
    client.readings.all().delete()
    client.turnovers.all().delete()
    facts_changed(client)
    bring_up_to_date()

    html = html_of(helene, f"/clients/{client.pk}/")

    assert segment.name in html and "non classable" in html
    assert "il reste jusqu’au prochain calcul publié" in html
    assert "Distance au centre" not in html and "Pourquoi ce segment" not in html
    body = signed_in(helene).get(f"/api/v1/clients/{client.pk}/").json()
    check(body, "/api/v1/clients/{id}/")
    for path in ("/", "/clients/", "/map/", "/explorer/", "/segments/", f"/segments/{segment.slug}/"):
        html_of(helene, path)
    assert Run.objects.count() == 1
