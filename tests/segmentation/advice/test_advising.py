"""Which play for which client: only in its segment, never what is held, decided or forbidden."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.facts import Reading
from clients.models import Client, HeldService
from clients.recording import record
from segmentation.advice.advising import Advice, Playbook, advices, counts, for_business, for_client, preview, queue
from segmentation.advice.conditions import Figures
from segmentation.advice.facts import of_business
from segmentation.models import Decision, Play, Profile, Run, Segment
from tests.advised import a_play, decided, only_if, put
from tests.published import STAMP, a_client, a_run, facts, place_all, some_clients


def advice(run: Run | None, client: Client) -> list[str]:
    return [item.play.title for item in for_client(Playbook.of(run), client)]


@pytest.fixture
def client(run: Run) -> Client:
    return put(a_client("Boulangerie Dupont"), run)


@pytest.fixture
def play(run: Run) -> Play:
    return a_play("Ouvrir un compte")


def test_a_play_is_for_the_clients_of_its_segment(run: Run, client: Client, play: Play) -> None:
    elsewhere, nowhere = put(a_client("Garage Martin"), run, "segment-1"), put(a_client("Fleuriste"), run, None)
    assert [advice(run, one) for one in (client, elsewhere, nowhere, a_client("Nouveau"))] == [[play.title], [], [], []]


def test_all_conditions_must_hold(run: Run, client: Client, play: Play) -> None:
    only_if(play, "followers", "gte", "100")
    assert advice(run, client) == [play.title]
    only_if(play, "website", "eq", "non")
    assert advice(run, client) == []  # unknown is not no


def test_a_service_already_held_is_never_proposed(run: Run, client: Client, play: Play) -> None:
    HeldService.objects.create(client=client, service="seo")
    assert advice(run, client) == [play.title]
    HeldService.objects.create(client=client, service=play.service)
    assert advice(run, client) == []


def test_who_may_not_be_contacted_is_proposed_nothing(run: Run, play: Play) -> None:
    silent = put(a_client("Discret", do_not_contact=True), run)
    assert advice(run, silent) == []
    assert counts(Playbook.of(run), Client.objects.all()) == {play.pk: 0}


def test_a_withdrawn_client_is_proposed_nothing(run: Run, client: Client, play: Play) -> None:
    Client.objects.filter(pk=client.pk).update(withdrawn_at=timezone.now())
    assert advice(run, client) == []


def test_an_archived_play_is_proposed_to_nobody(run: Run, client: Client, play: Play) -> None:
    Play.objects.update(active=False)
    assert advice(run, client) == []


def test_before_the_first_run_there_is_nothing_to_propose(client: Client, play: Play) -> None:
    assert advice(None, client) == []
    assert list(queue(Playbook.of(None), Client.objects.all())) == []
    assert counts(Playbook.of(None), Client.objects.all()) == {}


@pytest.mark.parametrize("kind", ["planned", "done", "refused"])
def test_what_is_decided_stays_away_also_after_another_run(run: Run, client: Client, play: Play, kind: str) -> None:
    decided(client, play, kind)
    assert advice(run, client) == []
    again = a_run()
    put(client, again)
    assert advice(again, client) == []


@pytest.mark.parametrize(("kind", "days", "proposed"), [
    ("refused", 1, False), ("refused", 0, True), ("refused", -1, True),
    ("snoozed", 1, False), ("snoozed", 0, True), ("planned", -30, False),
])  # fmt: skip
def test_a_refusal_and_a_snooze_end_on_their_day(
    run: Run, client: Client, play: Play, kind: str, days: int, proposed: bool
) -> None:
    decided(client, play, kind, until=timezone.localdate() + timedelta(days=days))
    assert bool(advice(run, client)) is proposed


def test_what_is_reopened_is_proposed_again(run: Run, client: Client, play: Play) -> None:
    decided(client, play, "refused", current=False)
    decided(client, play, "reopened")
    assert advice(run, client) == [play.title]


def test_a_refusal_is_of_one_client(run: Run, client: Client, play: Play) -> None:
    decided(client, play, "refused")
    assert advice(run, put(a_client("Voisin"), run)) == [play.title]


def test_a_client_that_changes_segment_leaves_its_refusals_behind(run: Run, client: Client, play: Play) -> None:
    same = a_play(play.title, "segment-1")
    decided(client, play, "refused", comment="Trop cher")
    again = a_run()
    put(client, again, "segment-1")
    found = for_client(Playbook.of(again), client)
    assert [item.play for item in found] == [same]
    assert Decision.objects.get(client=client).comment == "Trop cher"


def test_the_most_urgent_comes_first_then_the_name(run: Run, client: Client) -> None:
    other = put(a_client("Atelier Aubry"), run)
    low, high = a_play("Plus tard", priority=3), a_play("Tout de suite", priority=1)
    found = advices(Playbook.of(run), queue(Playbook.of(run), Client.objects.all()))
    assert [(item.play, item.client) for item in found] == [
        (high, other.pk), (high, client.pk), (low, other.pk), (low, client.pk),
    ]  # fmt: skip


def test_the_queue_sorts_by_a_column_with_the_unknown_last(run: Run, play: Play) -> None:
    small, big, unknown = (put(a_client(f"C{at}", at=at), run) for at in (1, 3, 5))
    for ordering, expected in (("turnover", [small, big, unknown]), ("-turnover", [big, small, unknown])):
        rows = queue(Playbook.of(run), Client.objects.all(), [ordering])
        assert [row[2] for row in rows] == [client.pk for client in expected]


def test_counts_equal_the_lists(run: Run) -> None:
    clients = some_clients(40)
    place_all(run)
    for at in range(4):
        only_if(a_play("Suivre", f"segment-{at}", service="seo"), "followers", "gte", median=True)
        only_if(a_play("Relancer", f"segment-{at}"), "turnover_growth", "gt", "0")
    decided(clients[0], Play.objects.filter(segment__slug="segment-0").latest("pk"), "refused")
    playbook = Playbook.of(run)
    found = counts(playbook, Client.objects.all())
    assert sum(found.values()) == queue(playbook, Client.objects.all()).count() > 0
    for play in playbook.plays:
        assert found[play.pk] == queue(playbook, Client.objects.all()).filter(play=play.pk).count()


def test_a_reason_quotes_the_client_against_its_segment(run: Run) -> None:
    client = put(a_client("Boulangerie", at=10), run)
    play = only_if(only_if(a_play(), "followers_instagram", "gte", "1"), "status", "eq", "inactif")
    (found,) = for_client(Playbook.of(run), client)
    assert found == Advice(client.pk, play, "700 abonnés sur Instagram.")


def test_a_status_alone_is_a_reason(run: Run) -> None:
    only_if(a_play(), "status", "eq", "inactif")
    (found,) = for_client(Playbook.of(run), put(a_client("Boulangerie", at=2), run))
    assert found.reason == "Statut «\u00a0inactif\u00a0»."


def test_a_play_without_conditions_says_so(run: Run, client: Client, play: Play) -> None:
    (found,) = for_client(Playbook.of(run), client)
    assert found.reason == f"Proposé à tout le segment «\u00a0{play.segment.name}\u00a0»."


def test_figures_of_the_segment_are_left_out_where_they_may_not_be_read(run: Run, client: Client, play: Play) -> None:
    only_if(play, "followers", "lte", median=True)
    Profile.objects.filter(run=run, segment=play.segment).update(data={"totals": {"median": 4321.0, "present": 1.0}})
    quoted, silent = (for_client(Playbook.of(run, quoted=quoted), client)[0].reason for quoted in (True, False))
    assert "4\u202f321" in quoted
    assert "4\u202f321" not in silent
    assert "sous la médiane du segment" in silent


def test_two_hundred_clients_cost_as_many_queries_as_ten(run: Run) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as context:
            playbook = Playbook.of(run)
            rows = queue(playbook, Client.objects.all())
            assert rows.count()
            assert advices(playbook, rows[:200])
            counts(playbook, Client.objects.all())
        return len(context)

    for at in range(4):
        only_if(a_play("Suivre", f"segment-{at}"), "followers", "known")
    some_clients(10)
    place_all(run)
    few = cost()
    place_all(run, some_clients(190, prefix="Autre"))
    assert cost() == few == 7


def test_a_business_gets_the_plays_whose_conditions_hold_for_what_is_known(run: Run) -> None:
    segment = Segment.objects.get(slug="segment-0")
    site = only_if(a_play("Créer le site", priority=1), "website", "eq", "non")
    only_if(a_play("Suivre", priority=2), "followers", "gte", "500")
    first = only_if(a_play("Découvrir", priority=3), "status", "eq", "prospect")
    a_play("Ailleurs", "segment-1")
    playbook = Playbook.of(run)
    known = {"followers": {"facebook": 200, "instagram": None}, "has_website": False, "status": "prospect"}
    found = for_business(playbook, segment, of_business(known))
    assert [(item.client, item.play) for item in found] == [(None, site), (None, first)]
    assert for_business(playbook, segment, of_business({})) == []


def test_a_preview_shows_a_few_with_their_sentences(run: Run, play: Play) -> None:
    clients = [put(client, run) for client in some_clients(5)]
    found = preview(Playbook.of(run), play, Client.objects.all(), limit=2)
    assert [item.client for item in found] == [client.pk for client in clients[:2]]


def test_a_play_that_can_hold_for_nobody_is_for_nobody(run: Run, client: Client, play: Play) -> None:
    only_if(play, "followers", "gte", median=True)
    Profile.objects.update(data={})
    playbook = Playbook.of(run)
    assert playbook.figures[play.segment_id]["followers"] == Figures()
    assert list(queue(playbook, Client.objects.all())) == []
    assert counts(playbook, Client.objects.all()) == {play.pk: 0}


def test_the_latest_known_reading_counts_not_an_empty_later_one(run: Run, play: Play) -> None:
    client = put(a_client("Boulangerie", at=10), run)
    later = facts("Boulangerie", at=10)
    later.readings["instagram"] = Reading(None, True, date(2026, 11, 30))  # type: ignore[index]
    record([later], STAMP)
    only_if(play, "followers_instagram", "eq", "700")
    assert advice(run, client) == [play.title]
