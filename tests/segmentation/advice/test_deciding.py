"""Deciding on advice: kept with the reason as shown, replaced but not forgotten, refused where it makes no sense."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from clients.models import Client, Turnover
from clients.recording import facts_changed
from segmentation.advice.advising import Playbook, for_client
from segmentation.advice.deciding import LONGEST_COMMENT, CannotDecide, decide
from segmentation.models import Decision, Play, Run
from tests.advised import a_play, decided, only_if, put
from tests.published import a_client, a_run


@pytest.fixture
def client(run: Run) -> Client:
    return put(a_client("Boulangerie Dupont", at=1), run)


@pytest.fixture
def play(run: Run) -> Play:
    return only_if(a_play(), "turnover", "gte", "1000")


def days(count: int) -> date:
    return timezone.localdate() + timedelta(days=count)


@pytest.fixture
def choose(run: Run, client: Client, play: Play, amelie: User) -> Any:
    """`choose("refused", comment="Trop cher")`: Amélie decides on the play of the client."""

    def choose(kind: str, **said: Any) -> Decision:
        said = {"playbook": Playbook.of(run), "by": amelie, **said}
        return decide(client, play, kind, **said)

    return choose


def test_a_decision_keeps_the_reason_as_it_was_shown(choose: Any, client: Client, run: Run) -> None:
    (shown,) = for_client(Playbook.of(run), client)
    made = choose("refused", comment="  Trop cher ")
    Turnover.objects.filter(client=client).update(amount=5_000_000)
    facts_changed(client)
    made.refresh_from_db()
    assert made.shown_reason == shown.reason == "CA 2025 de 9\u202f500\u00a0€."
    assert (made.comment, made.by.username, made.current) == ("Trop cher", "amelie", True)
    assert for_client(Playbook.of(run), client) == []


def test_a_new_decision_replaces_the_old_one_which_stays_as_history(choose: Any) -> None:
    planned, done = choose("planned", until=days(3)), choose("done")
    planned.refresh_from_db()
    assert (planned.current, done.current) == (False, True)
    assert done.shown_reason == planned.shown_reason
    assert list(Decision.objects.values_list("kind", flat=True)) == ["done", "planned"]


def test_the_same_twice_is_one_decision(choose: Any) -> None:
    assert choose("planned") == choose("planned")
    assert choose("planned", until=days(1)) != choose("planned", until=days(2))


def test_reopening_takes_it_back(choose: Any, client: Client, run: Run) -> None:
    choose("refused", comment="Trop cher")
    choose("reopened")
    assert len(for_client(Playbook.of(run), client)) == 1
    with pytest.raises(CannotDecide, match="rien à rouvrir"):
        choose("reopened")


def test_once_its_day_has_passed_the_present_reason_counts(choose: Any, client: Client, run: Run) -> None:
    choose("snoozed", until=days(1))
    Decision.objects.update(until=days(0))
    Turnover.objects.filter(client=client).update(amount=8000)
    facts_changed(client)
    assert choose("planned").shown_reason == "CA 2025 de 8\u202f000\u00a0€."


@pytest.mark.parametrize(
    ("kind", "said", "sentence"),
    [
        ("refused", {}, "pourquoi"),
        ("refused", {"comment": " \n "}, "pourquoi"),
        ("snoozed", {}, "date à venir"),
        ("snoozed", {"until": days(0)}, "date à venir"),
        ("snoozed", {"until": days(-1)}, "date à venir"),
        ("snoozed", {"until": days(3 * 366)}, "deux ans"),
        ("planned", {"until": days(-1)}, "date à venir"),
        ("refused", {"comment": "Non", "until": days(0)}, "date à venir"),
        ("done", {"until": days(1)}, "ne prend pas de date"),
        ("reopened", {"until": days(1)}, "ne prend pas de date"),
        ("reopened", {}, "rien à rouvrir"),
        ("adopted", {}, "n’existe pas"),
        ("done", {"outcome": "delighted"}, "Une issue"),
        ("planned", {"outcome": "accepted"}, "Une issue"),
        ("planned", {"comment": "x" * (LONGEST_COMMENT + 1)}, "trop long"),
    ],
)
def test_what_makes_no_sense_is_refused_and_writes_nothing(choose: Any, kind: str, said: Any, sentence: str) -> None:
    with pytest.raises(CannotDecide, match=sentence):
        choose(kind, **said)
    assert not Decision.objects.exists()


def test_today_may_be_planned_and_a_refusal_may_have_an_end(choose: Any) -> None:
    assert choose("planned", until=days(0)).until == days(0)
    assert choose("refused", comment="Pas cet été", until=days(90)).until == days(90)


def test_what_does_not_concern_the_client_cannot_be_decided(choose: Any, client: Client, run: Run) -> None:
    put(client, run, "segment-1")
    with pytest.raises(CannotDecide, match="ne concerne plus"):
        choose("planned")


def test_what_was_planned_can_be_done_after_the_client_moved(choose: Any, client: Client) -> None:
    choose("planned")
    again = a_run()
    put(client, again, "segment-1")
    assert choose("done", playbook=Playbook.of(again)).kind == "done"


def test_who_may_not_be_contacted_is_planned_nothing_but_a_plan_can_be_taken_back(
    choose: Any, client: Client, play: Play
) -> None:
    choose("planned")
    client.do_not_contact = True
    client.save()
    for kind in ("done", "planned"):
        with pytest.raises(CannotDecide, match="ne pas être sollicité"):
            choose(kind, until=None, comment="encore")
    assert choose("reopened").kind == "reopened"


def test_the_database_knows_one_decision_in_force_and_a_snooze_with_its_day(client: Client, play: Play) -> None:
    decided(client, play, "planned")
    with pytest.raises(IntegrityError), transaction.atomic():
        decided(client, play, "done")
    with pytest.raises(IntegrityError), transaction.atomic():
        decided(client, play, "snoozed", current=False)


def test_a_play_that_was_decided_on_cannot_be_deleted(client: Client, play: Play) -> None:
    decided(client, play, "planned")
    with pytest.raises(ProtectedError):
        play.delete()


@pytest.mark.parametrize(
    ("kind", "until", "said"),
    [
        ("planned", None, "planifié"),
        ("planned", date(2026, 12, 1), "planifié pour le 1er\u00a0décembre 2026"),
        ("refused", date(2026, 12, 3), "écarté jusqu’au 3\u00a0décembre 2026"),
        ("snoozed", date(2026, 12, 3), "remis au 3\u00a0décembre 2026"),
        ("done", None, "fait"),
    ],
)
def test_a_decision_is_said_with_its_day(kind: str, until: date | None, said: str) -> None:
    assert Decision(kind=kind, until=until).said == said


def test_what_is_done_keeps_what_came_of_it_and_where_the_client_stood(choose: Any, play: Play) -> None:
    made = choose("done", outcome="interested", comment="Après les fêtes")
    assert (made.outcome, made.segment, made.said) == ("interested", play.segment, "fait (intéressé, à rappeler)")
    assert choose("done", outcome="interested", comment="Après les fêtes") == made
    assert choose("done", outcome="accepted") != made


def test_the_database_knows_the_outcomes_and_of_what(client: Client, play: Play) -> None:
    for kind, outcome in (("planned", "accepted"), ("done", "delighted")):
        with pytest.raises(IntegrityError), transaction.atomic():
            decided(client, play, kind, outcome=outcome)
