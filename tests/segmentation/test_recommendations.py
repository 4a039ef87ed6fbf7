"""The queue of advice, on the page, in its export and over the API: the same lines for the same query string."""

from __future__ import annotations

import csv
import io
import random
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client
from segmentation.models import Decision, Play, Run
from tests.advised import a_play, decided, only_if, put
from tests.contract import check, every_page, signed_in
from tests.published import a_client, a_run, place_all, some_clients

API = "/api/v1/recommendations/"


@pytest.fixture
def run(db: None) -> Run:
    """A run with two plays in each segment."""
    found = a_run()
    for at in range(4):
        only_if(a_play("Suivre ses abonnés", f"segment-{at}", priority=1), "followers", "known")
        only_if(
            a_play("Créer le site", f"segment-{at}", service="website", goal="acquisition"), "turnover", "gte", "20000"
        )
    return found


@pytest.fixture
def clients(run: Run, amelie: User, karim: User) -> list[Client]:
    """Forty of Amélie's, all placed, and one of Karim's."""
    found = some_clients(40, "amelie")
    a_client("Chez Karim", "karim", at=3)
    a_client("Discret", "amelie", at=3, do_not_contact=True)
    place_all(run)
    return found


def listed(user: User, query: str = "") -> Any:
    response = signed_in(user).get(f"/recommendations/?{query}")
    assert response.status_code == 200
    return response.context["list"]


def pairs(user: User, query: str = "") -> list[tuple[int, int]]:
    """(client, play) of every line, by the API."""
    rows = every_page(signed_in(user), f"{API}?page_size=200&{query}")
    return [(row["client"], row["play"]["id"]) for row in rows]


def test_it_lists_an_action_a_line_with_its_reason_and_the_count(amelie: User, clients: list[Client]) -> None:
    response = signed_in(amelie).get("/recommendations/?q=Client 007")
    html = response.content.decode()
    found = response.context["list"]
    assert [(line.client.name, line.play.title) for line in found.lines] == [
        ("Client 007", "Suivre ses abonnés"), ("Client 007", "Créer le site"),
    ]  # fmt: skip
    assert "1\u202f393 abonnés, tous réseaux." in html
    assert "<strong>2</strong> actions proposées" in html


def test_only_the_readers_clients_and_nobody_who_may_not_be_contacted(
    amelie: User, karim: User, helene: User, anais: User, clients: list[Client]
) -> None:
    mine, theirs, all_ = pairs(amelie), pairs(karim), pairs(helene)
    assert {client for client, _ in mine} <= {client.pk for client in clients}
    assert {client for client, _ in theirs} == {Client.objects.get(name="Chez Karim").pk}
    assert sorted(all_) == sorted(mine + theirs) == sorted(pairs(anais))
    silent = Client.objects.get(name="Discret")
    decided(silent, Play.objects.first(), "planned")  # type: ignore[arg-type]
    for kind in ("todo", "planned", "refused", "snoozed", "done"):
        assert silent.pk not in {client for client, _ in pairs(helene, f"decision={kind}")}


def test_a_stranger_may_not_and_nobody_may_post_to_the_page(sacha: User, amelie: User, run: Run) -> None:
    assert signed_in(sacha).get("/recommendations/").status_code == 403
    assert signed_in(amelie).post("/recommendations/").status_code == 405


@pytest.mark.parametrize("query", ["citty=Angers", "due=demain", "outcome=ravi",
                                   "play=x", "play=999999", "play=-1", "service=pizza", "goal=x",
                                   "decision=maybe", "decision=reopened", "ordering=priority2", "page=0", "play=1%00",
                                   "segment=nowhere"])  # fmt: skip
def test_what_is_not_understood_leaves_no_line(amelie: User, clients: list[Client], query: str) -> None:
    response = signed_in(amelie).get(f"/recommendations/?{query}")
    assert response.status_code == 400
    assert "data-client" not in response.content.decode()
    assert signed_in(amelie).get(f"/recommendations/?{query}&export=csv").status_code == 400
    if query != "page=0":
        assert signed_in(amelie).get(f"{API}?{query}").status_code == 400


@pytest.mark.parametrize("kind", ["planned", "refused", "snoozed", "done"])
def test_what_is_decided_moves_to_its_tab(amelie: User, clients: list[Client], kind: str) -> None:
    client, play = pairs(amelie)[0]
    tomorrow = timezone.localdate() + timedelta(days=1)
    said = {"until": tomorrow} if kind == "snoozed" else {}
    decided(Client.objects.get(pk=client), Play.objects.get(pk=play), kind, comment="Parce que", **said)
    assert (client, play) not in pairs(amelie)
    assert pairs(amelie, f"decision={kind}") == [(client, play)]
    page = listed(amelie, f"decision={kind}")
    counts = {tab.label: tab.count for tab in page.tabs}
    assert sorted(counts.values()) == sorted([0, 0, 0, 1, len(pairs(amelie))])
    assert next(tab for tab in page.tabs if tab.here).count == 1
    assert "Parce que" in signed_in(amelie).get(f"/recommendations/?decision={kind}").content.decode()


def test_a_snooze_that_ended_is_to_be_decided_again(amelie: User, clients: list[Client]) -> None:
    client, play = pairs(amelie)[0]
    decided(Client.objects.get(pk=client), Play.objects.get(pk=play), "snoozed", until=timezone.localdate())
    assert pairs(amelie, "decision=snoozed") == []
    assert (client, play) in pairs(amelie)


def test_the_plan_is_listed_by_its_day(amelie: User, run: Run) -> None:
    play = Play.objects.filter(segment__slug="segment-0").latest("pk")
    today = timezone.localdate()
    for name, days in (("Sans jour", None), ("Demain", 1), ("En retard", -3)):
        client = put(a_client(name, "amelie", at=3), run)
        decided(client, play, "planned", until=None if days is None else today + timedelta(days=days))
    assert [line.client.name for line in listed(amelie, "decision=planned").lines] == [
        "En retard",
        "Demain",
        "Sans jour",
    ]


def test_decisions_are_filtered_by_their_day_and_by_their_outcome(amelie: User, run: Run) -> None:
    play = Play.objects.filter(segment__slug="segment-0").latest("pk")
    today = timezone.localdate()
    said: dict[str, dict[str, Any]] = {
        "Sans jour": {"kind": "planned"},
        "Demain": {"kind": "planned", "until": today + timedelta(days=1)},
        "Aujourd’hui": {"kind": "planned", "until": today},
        "En retard": {"kind": "planned", "until": today - timedelta(days=3)},
        "Oui": {"kind": "done", "outcome": "accepted"},
        "Muet": {"kind": "done"},
    }
    for name, fields in said.items():
        decided(put(a_client(name, "amelie", at=3), run), play, **fields)

    def names(query: str) -> set[str]:
        found = {line.client.name for line in listed(amelie, query).lines}
        rows = signed_in(amelie).get(f"{API}?{query}").json()["results"]
        assert {row["client_name"] for row in rows} == found
        return found

    assert names("decision=planned&due=today") == {"Aujourd’hui", "En retard"}
    assert names("decision=planned&due=later") == {"Demain"}
    assert names("decision=planned&due=none") == {"Sans jour"}
    assert names("decision=done&outcome=accepted") == {"Oui"}
    assert names("decision=done&outcome=none") == {"Muet"}
    assert names("decision=planned&outcome=accepted") == set()
    assert names("due=today") == names("outcome=none") == set()  # nothing to decide has a day or an outcome


def test_the_filters_of_the_portfolio_mean_the_same_here(helene: User, clients: list[Client]) -> None:
    """Random query strings: lines = lines of all × clients of the table, on page, export and API."""
    random.seed(7)
    everything = pairs(helene)
    browser = signed_in(helene)
    known = {
        "q": ["client 0", "angers"], "sector": ["Artisanat"], "status": ["active", "prospect"], "city": ["Nantes"],
        "segment": ["segment-0", "segment-1", "aucun"], "standing": ["firm"], "manager": ["amelie", "aucun"],
        "turnover_min": ["30000"], "followers_max": ["4000"], "ordering": ["-turnover", "name", "segment", "margin"],
        "moved": ["false"], "department": ["44"], "category": ["Garage"],
    }  # fmt: skip
    for _ in range(15):
        query = {name: random.choice(known[name]) for name in random.sample(sorted(known), 2)}
        words = urlencode(query)
        rows = every_page(browser, f"/api/v1/clients/?page_size=200&{words}")
        chosen = {row["id"] for row in rows}
        api = pairs(helene, words)
        assert sorted(api) == sorted(pair for pair in everything if pair[0] in chosen), words
        page = [(line.client.pk, line.play.pk) for line in listed(helene, f"page_size=200&{words}").lines]
        assert page == api, words
        sheet = b"".join(browser.get(f"/recommendations/?export=csv&{words}").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        assert [int(row[1]) for row in list(csv.reader(io.StringIO(sheet), delimiter=";"))[1:]] == [pk for pk, _ in api]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("service=website", {"Créer le site"}),
        ("service=seo", set()),
        ("goal=growth", {"Suivre ses abonnés"}),
        ("goal=retention", set()),
        ("decision=todo", {"Créer le site", "Suivre ses abonnés"}),
    ],
)
def test_plays_are_filtered_by_service_and_goal(
    amelie: User, clients: list[Client], query: str, kept: set[str]
) -> None:
    rows = every_page(signed_in(amelie), f"{API}?{query}")
    assert {row["play"]["title"] for row in rows} == kept


def test_one_play_has_its_clients_and_its_name_on_the_chip(amelie: User, clients: list[Client]) -> None:
    play = Play.objects.get(segment__slug="segment-1", title="Suivre ses abonnés")
    assert {found for _, found in pairs(amelie, f"play={play.pk}")} == {play.pk}
    (chip,) = listed(amelie, f"play={play.pk}").chips
    assert chip.value == f"Suivre ses abonnés ({play.segment.name})"


def test_ordering_holds_across_pages_without_a_line_twice(amelie: User, clients: list[Client]) -> None:
    for ordering in ("", "-turnover", "turnover", "city", "standing", "-margin", "manager"):
        whole = pairs(amelie, f"ordering={ordering}")
        by_tens = [
            (row["client"], row["play"]["id"])
            for row in every_page(signed_in(amelie), f"{API}?page_size=10&ordering={ordering}")
        ]
        assert by_tens == whole
        assert len(set(whole)) == len(whole) > 50


def test_decisions_are_ordered_as_the_clients_are(amelie: User, clients: list[Client]) -> None:
    for client, play in pairs(amelie)[:12]:
        decided(Client.objects.get(pk=client), Play.objects.get(pk=play), "done")
    for ordering in ("-turnover", "name"):
        found = [client for client, _ in pairs(amelie, f"decision=done&ordering={ordering}")]
        wanted = [
            row["id"] for row in every_page(signed_in(amelie), f"/api/v1/clients/?ordering={ordering}&page_size=200")
        ]
        positions = [wanted.index(client) for client in found]
        assert positions == sorted(positions)


def test_when_there_is_nothing_it_says_so_kindly(amelie: User, run: Run) -> None:
    browser = signed_in(amelie)
    assert "Rien à proposer pour l’instant." in browser.get("/recommendations/").content.decode()
    assert "Rien à proposer avec ces filtres." in browser.get("/recommendations/?goal=growth").content.decode()
    assert "Aucune décision avec ces filtres." in browser.get("/recommendations/?decision=done").content.decode()
    run.publications.all().delete()
    assert "Pas encore de recommandations." in browser.get("/recommendations/").content.decode()


def test_htmx_gets_the_list_alone(amelie: User, clients: list[Client]) -> None:
    html = signed_in(amelie).get("/recommendations/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert 'id="count" hx-swap-oob' in html


def test_two_hundred_clients_cost_as_many_queries_as_ten(amelie: User, run: Run) -> None:
    browser = signed_in(amelie)

    def cost(address: str) -> int:
        browser.get(address)
        with CaptureQueriesContext(connection) as context:
            assert browser.get(address).status_code == 200
        return len(context)

    place_all(run, some_clients(10, "amelie"))
    addresses = [
        "/recommendations/?page_size=200",
        f"{API}?page_size=200",
        "/recommendations/?decision=done&page_size=200",
    ]
    for client, play in pairs(amelie)[:2]:
        decided(Client.objects.get(pk=client), Play.objects.get(pk=play), "done")
    few = [cost(address) for address in addresses]
    place_all(run, some_clients(190, "amelie", "Autre"))
    for client, play in pairs(amelie)[:40]:
        decided(Client.objects.get(pk=client), Play.objects.get(pk=play), "done")
    assert [cost(address) for address in addresses] == few
    assert max(few) <= 25


def test_who_only_reads_has_no_column_of_buttons(anais: User, helene: User, clients: list[Client]) -> None:
    assert "Décision</th>" not in signed_in(anais).get("/recommendations/").content.decode()
    assert "Décision</th>" in signed_in(helene).get("/recommendations/").content.decode()


# --- The API ---------------------------------------------------------------------------------------------------------


def test_the_api_answers_as_its_schema_says(amelie: User, clients: list[Client]) -> None:
    browser = signed_in(amelie)
    body = browser.get(API).json()
    check(body, API)
    row = body["results"][0]
    one = browser.get(f"/api/v1/clients/{row['client']}/recommendations/").json()
    check(one, "/api/v1/clients/{id}/recommendations/")
    assert {item["client"] for item in one["results"]} == {row["client"]}
    assert row in one["results"]


def decide(user: User, **said: Any) -> Any:
    return signed_in(user).post(API, said, content_type="application/json")


def test_a_decision_is_made_and_shown_again(amelie: User, clients: list[Client]) -> None:
    client, play = pairs(amelie)[0]
    response = decide(amelie, client=client, play=play, kind="refused", comment="Trop cher")
    assert response.status_code == 201
    check(response.json(), API, 201, "post")
    made = Decision.objects.get()
    assert response.json()["id"] == made.pk
    assert (made.by, made.comment, made.client_id, made.play_id) == (amelie, "Trop cher", client, play)
    (row,) = signed_in(amelie).get(f"{API}?decision=refused").json()["results"]
    assert row["decision"]["comment"] == "Trop cher"
    assert row["reason"] == made.shown_reason


def test_what_is_done_says_its_outcome_over_the_api(amelie: User, clients: list[Client]) -> None:
    client, play = pairs(amelie)[0]
    response = decide(amelie, client=client, play=play, kind="done", outcome="no_answer")
    check(response.json(), API, 201, "post")
    assert (response.json()["outcome"], Decision.objects.get().outcome) == ("no_answer", "no_answer")


@pytest.mark.parametrize(
    ("said", "status", "named"),
    [
        ({"kind": "refused"}, 400, ""),
        ({"kind": "snoozed"}, 400, ""),
        ({"kind": "snoozed", "until": "bientôt"}, 400, "until"),
        ({"kind": "adopted"}, 400, "kind"),
        ({"kind": "planned", "why": "x"}, 400, "why"),
        ({"kind": "planned", "play": 999999}, 400, "play"),
        ({"kind": "planned", "play": "1"}, 400, "play"),
        ({"kind": "planned", "play": True}, 400, "play"),
        ({"kind": "planned", "play": 10**30}, 400, "play"),
        ({"kind": "planned", "client": 999999}, 404, ""),
        ({"kind": "planned", "client": None}, 400, "client"),
        ({"kind": "refused", "comment": "x" * 1001}, 400, "comment"),
        ({"kind": "refused", "comment": ["x"]}, 400, "comment"),
        ({"kind": "done", "outcome": "ravi"}, 400, "outcome"),
        ({"kind": "planned", "outcome": "accepted"}, 400, ""),
        ({"kind": "refused", "comment": "a\x00b"}, 400, "comment"),
        ({}, 400, "kind"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    amelie: User, clients: list[Client], said: dict[str, Any], status: int, named: str
) -> None:
    client, play = pairs(amelie)[0]
    response = decide(amelie, **({"client": client, "play": play} | said))
    assert response.status_code == status
    assert response.json()["detail"]
    assert set(response.json().get("errors", {})) == ({named} if named else set())
    assert not Decision.objects.exists()


def test_a_foreign_client_is_absent_and_an_analyst_decides_nothing(
    karim: User, anais: User, amelie: User, clients: list[Client]
) -> None:
    client, play = pairs(amelie)[0]
    assert decide(karim, client=client, play=play, kind="planned").status_code == 404
    assert decide(anais, client=client, play=play, kind="planned").status_code == 403
    assert signed_in(karim).get(f"/api/v1/clients/{client}/recommendations/").status_code == 404
    assert signed_in(amelie).get("/api/v1/clients/x/recommendations/").status_code == 404
    assert not Decision.objects.exists()


def test_someone_elses_play_cannot_be_decided_on_a_client_it_does_not_concern(amelie: User, run: Run) -> None:
    client = put(a_client("Boulangerie", "amelie"), run, "segment-0")
    other = Play.objects.filter(segment__slug="segment-1").latest("pk")
    response = decide(amelie, client=client.pk, play=other.pk, kind="planned")
    assert response.status_code == 400
    assert "ne concerne plus" in response.json()["detail"]
