"""How long a decision keeps its action away: refusals until the client changes segment, what is done until its turn."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from clients.models import Client
from segmentation.advice.advising import Playbook, counts, for_client
from segmentation.models import Decision, Play, Publication, Run
from segmentation.querysets import REST
from tests.advised import a_play, decided, put
from tests.contract import signed_in
from tests.published import a_client, a_run

RESTED = REST + timedelta(days=1)


def advice(run: Run, client: Client) -> set[str]:
    found = {item.play.title for item in for_client(Playbook.of(run), client)}
    counted = counts(Playbook.of(run), Client.objects.filter(pk=client.pk))
    assert sum(counted.values()) == len(found)
    return found


@pytest.fixture
def client(run: Run) -> Client:
    return put(a_client("Boulangerie Dupont"), run)


@pytest.fixture
def play(run: Run) -> Play:
    return a_play("Ouvrir un compte")


# --- Refused ----------------------------------------------------------------------------------------------------------


def test_a_refusal_survives_publications_that_leave_the_client_in_its_segment(client: Client, play: Play) -> None:
    decided(client, play, "refused")
    for _ in range(2):
        again = a_run()
        put(client, again)
        assert advice(again, client) == set()


def test_a_refusal_falls_for_good_once_the_client_was_published_in_another_segment(client: Client, play: Play) -> None:
    refusal = decided(client, play, "refused")
    elsewhere = a_run()
    put(client, elsewhere, "segment-1")
    assert advice(elsewhere, client) == set()  # that segment has no play
    back = a_run()
    put(client, back)
    assert advice(back, client) == {play.title}
    refusal.refresh_from_db()
    assert refusal.current  # nothing was written: it only fell


def test_a_refusal_falls_when_an_earlier_run_comes_back_with_another_segment(client: Client, play: Play) -> None:
    earlier, now = a_run(), a_run()
    put(client, earlier, "segment-1")
    put(client, now)
    decided(client, play, "refused")
    assert advice(now, client) == set()
    Publication.objects.create(run=earlier)
    Publication.objects.create(run=now)
    assert advice(now, client) == {play.title}


@pytest.mark.parametrize("state", ["trained", "held"])
def test_a_run_that_nobody_published_moves_nobody(client: Client, play: Play, run: Run, state: str) -> None:
    decided(client, play, "refused")
    put(client, a_run(state), "segment-1")
    assert advice(run, client) == set()


def test_not_classifiable_is_no_other_segment(client: Client, play: Play) -> None:
    decided(client, play, "refused")
    put(client, a_run(), None)
    back = a_run()
    put(client, back)
    assert advice(back, client) == set()


def test_a_refusal_after_the_move_counts_anew(client: Client, play: Play) -> None:
    decided(client, play, "refused", current=False)
    put(client, a_run(), "segment-1")
    back = a_run()
    put(client, back)
    decided(client, play, "refused")
    assert advice(back, client) == set()


def test_what_is_planned_or_put_off_does_not_fall_with_the_segment(client: Client, play: Play) -> None:
    decided(client, play, "planned")
    decided(client, a_play("Autre"), "snoozed", until=timezone.localdate() + timedelta(days=9))
    put(client, a_run(), "segment-1")
    back = a_run()
    put(client, back)
    assert advice(back, client) == set()


def test_the_client_page_says_what_was_refused_before(client: Client, play: Play, amelie: User) -> None:
    Client.objects.update(account_manager=amelie)
    decided(client, play, "refused", comment="Trop tôt", by=amelie)
    put(client, a_run(), "segment-1")
    put(client, a_run())
    html = signed_in(amelie).get(f"/clients/{client.pk}/").content.decode()
    assert "Déjà écarté" in html
    assert "Trop tôt" in html
    assert "Décisions passées" in html


# --- Done -------------------------------------------------------------------------------------------------------------


def test_nobody_gets_the_same_play_twice_in_a_row(run: Run, client: Client, play: Play) -> None:
    decided(client, play, "done", ago=10 * REST)
    assert advice(run, client) == set()
    other = a_play("Autre")
    assert advice(run, client) == {"Autre"}
    decided(client, other, "done")
    assert advice(run, client) == {play.title}


def test_what_was_done_rests_even_when_something_else_was_done_since(run: Run, client: Client, play: Play) -> None:
    first = decided(client, play, "done", ago=timedelta(days=30))
    decided(client, a_play("Autre"), "done", ago=timedelta(days=1))
    assert advice(run, client) == set()
    Decision.objects.filter(pk=first.pk).update(at=timezone.now() - RESTED)
    assert advice(run, client) == {play.title}


def test_something_else_done_before_does_not_count(run: Run, client: Client, play: Play) -> None:
    decided(client, a_play("Autre"), "done", ago=3 * REST)
    decided(client, play, "done", ago=2 * REST)
    assert advice(run, client) == {"Autre"}


def test_something_else_that_was_only_planned_or_taken_back_does_not_count(
    run: Run, client: Client, play: Play
) -> None:
    other = a_play("Autre")
    decided(client, play, "done", ago=2 * REST)
    decided(client, other, "done", current=False)
    decided(client, other, "planned")
    assert advice(run, client) == set()


def test_the_same_action_of_another_segment_is_the_same_action(client: Client, play: Play) -> None:
    decided(client, play, "done", ago=2 * REST)
    a_play(play.title, "segment-1")
    a_play("Autre", "segment-1")
    elsewhere = a_run()
    put(client, elsewhere, "segment-1")
    assert advice(elsewhere, client) == {"Autre"}
    decided(client, Play.objects.get(title="Autre"), "done")
    assert advice(elsewhere, client) == {play.title}


def test_what_one_client_did_keeps_nothing_from_another(run: Run, client: Client, play: Play) -> None:
    other = put(a_client("Garage Martin"), run)
    decided(client, play, "done")
    decided(other, a_play("Autre"), "done")
    assert advice(run, client) == {"Autre"}
    assert advice(run, other) == {play.title}


def test_the_rest_ends_with_its_day(run: Run, client: Client, play: Play) -> None:
    decided(client, play, "done")
    decided(client, a_play("Autre"), "done")
    that_day = timezone.localdate() - 2 * REST
    noon = timezone.make_aware(datetime.combine(that_day, time(12)))
    Decision.objects.filter(play=play).update(at=noon)
    of_the_play = Decision.objects.filter(play=play)
    assert of_the_play.in_force(that_day + REST).exists()
    assert not of_the_play.in_force(that_day + RESTED).exists()
