"""What became of the advice: counted as decided, silent under ten, and always called observed."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.models import Decision, Play
from segmentation.web.outcomes import NOT_AN_EFFECT
from tests.advised import a_play, decided
from tests.contract import signed_in
from tests.published import a_run, some_clients
from tests.reading import body

ADDRESS = "/recommendations/outcomes/"


@pytest.fixture
def play(db: None) -> Play:
    a_run()
    return a_play("Ouvrir un compte")


def decide(clients: list[Client], play: Play, *said: tuple[str, str]) -> None:
    for client, (kind, outcome) in zip(clients, said, strict=True):
        decided(client, play, kind, outcome=outcome)


def rows(user: User) -> list[Any]:
    response = signed_in(user).get(ADDRESS)
    assert response.status_code == 200
    return list(response.context["rows"])


TEN = [("done", "accepted")] * 6 + [("planned", "")] * 2 + [("refused", "")] * 2


def test_nine_decisions_tell_nothing_and_ten_tell_their_share(helene: User, play: Play) -> None:
    clients = some_clients(10)
    decide(clients[:9], play, *TEN[:9])
    (row,) = rows(helene)
    assert (row.seen.decided, row.seen.acceptance, row.seen.answered) == (None, None, None)
    html = body(signed_in(helene).get(ADDRESS))
    assert "moins de&nbsp;10" in html
    assert "%" not in html.split("<tbody>")[1]
    decided(clients[9], play, "refused")
    (row,) = rows(helene)
    assert (row.seen.decided, row.seen.acceptance, row.seen.answered) == (10, 0.8, None)
    assert "80\u00a0%" in body(signed_in(helene).get(ADDRESS))


def test_outcomes_are_told_from_ten_on_and_without_what_nobody_noted(helene: User, play: Play) -> None:
    clients = some_clients(14)
    said = [("done", "accepted")] * 5 + [("done", "declined")] * 4 + [("done", "")] * 5
    decide(clients, play, *said)
    (row,) = rows(helene)
    assert (row.seen.decided, row.seen.answered) == (14, None)
    Decision.objects.filter(client=clients[-1]).update(outcome="no_answer")
    (row,) = rows(helene)
    assert dict(row.shares) == {
        "accepté": 0.5, "intéressé, à rappeler": 0.0, "refusé par le client": 0.4, "sans réponse": 0.1,
    }  # fmt: skip


def test_what_was_put_off_taken_back_or_replaced_is_no_answer(helene: User, play: Play) -> None:
    clients = some_clients(12)
    decide(clients[:10], play, *TEN)
    decided(clients[10], play, "reopened")
    decided(clients[11], play, "snoozed", until="2030-01-01")
    decided(clients[0], play, "refused", current=False)
    (row,) = rows(helene)
    assert (row.seen.decided, row.seen.acceptance) == (10, 0.8)


def test_it_tells_segments_apart_by_where_the_client_stood(helene: User, play: Play) -> None:
    clients = some_clients(11)
    decide(clients[:10], play, *TEN)
    elsewhere = a_play("Autre", "segment-1").segment
    decided(clients[10], play, "refused", segment=elsewhere)
    assert [(row.seen.segment, row.seen.decided) for row in rows(helene)] == [(play.segment, 10), (elsewhere, None)]


def test_it_counts_visible_clients_only(helene: User, play: Play) -> None:
    clients = some_clients(10)
    decide(clients, play, *TEN)
    Client.objects.filter(pk=clients[0].pk).update(withdrawn_at="2026-01-01T00:00Z")
    (row,) = rows(helene)
    assert row.seen.decided is None


def test_it_is_always_called_observed_and_never_an_effect(helene: User, play: Play) -> None:
    assert "Aucune décision pour l’instant" in body(signed_in(helene).get(ADDRESS))
    decide(some_clients(10), play, *TEN)
    html = body(signed_in(helene).get(ADDRESS))
    assert "pas l’effet de l’action" in html
    assert str(NOT_AN_EFFECT) in html
    assert html.count("observé") >= 5


def test_it_is_exported_as_it_is_shown(helene: User, play: Play) -> None:
    decide(some_clients(10), play, *TEN)
    text = body(signed_in(helene).get(f"{ADDRESS}?export=csv"))
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["Décisions"], row["Observé : action retenue (%)"]) == ("10", "80,0")
    assert (row["Issues notées"], row["Observé : accepté (%)"]) == ("", "")
    assert signed_in(helene).get(f"{ADDRESS}?export=xlsx").status_code == 200
    assert signed_in(helene).get(f"{ADDRESS}?export=pdf").status_code == 400


def test_it_is_for_who_sees_everybody(helene: User, amelie: User, play: Play) -> None:
    assert signed_in(amelie).get(ADDRESS).status_code == 403
    assert ADDRESS not in body(signed_in(amelie).get("/recommendations/"))
    assert ADDRESS in body(signed_in(helene).get("/recommendations/"))


def test_it_costs_the_same_for_many_actions(helene: User, play: Play) -> None:
    def cost() -> int:
        browser = signed_in(helene)
        browser.get(ADDRESS)
        with CaptureQueriesContext(connection) as context:
            assert browser.get(ADDRESS).status_code == 200
        return len(context)

    clients = some_clients(10)
    decide(clients, play, *TEN)
    few = cost()
    for at in range(12):
        decide(clients, a_play(f"Action {at}"), *TEN)
    assert cost() == few <= 11
