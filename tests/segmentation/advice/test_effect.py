"""Whom a play would concern before it is saved: exactly whom it concerns once it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client, HeldService
from segmentation.advice.advising import Playbook, counts, key, preview
from segmentation.advice.effect import NO_RUN, effect, saved_count
from segmentation.models import Condition, Decision, Play, Run, Segment
from tests.advised import a_play, decided, only_if, put
from tests.published import a_run, some_clients

EVERY = [
    *((field, "gte", "300", False) for field in Condition.MEASURED if field != "seniority"),
    *((field, "lt", "", True) for field in Condition.MEASURED),
    *((field, comparison, "", False) for field in Condition.Field for comparison in ("known", "unknown")),
    ("seniority", "gte", "2", False), ("turnover_growth", "gt", "-5", False), ("website", "eq", "non", False),
    ("status", "eq", "actif", False), ("followers_instagram", "eq", "0", False),
]  # fmt: skip


@pytest.fixture
def run(db: None) -> Run:
    run = a_run()
    for at, client in enumerate(some_clients(60)):
        put(client, run, f"segment-{at % 4}")
    return run


def new_play(slug: str = "segment-0", **fields: Any) -> Play:
    said = {"title": "Neuve", "pitch": "Dites oui.", "service": "social", "goal": "growth", "priority": 1}
    return Play(segment=Segment.objects.get(slug=slug), **(said | fields))


def test_a_play_concerns_the_same_clients_before_and_after_it_is_saved(run: Run) -> None:
    """Over every field of the closed list, in every segment."""
    some = 0
    for at, (field, comparison, value, median) in enumerate(EVERY):
        condition = Condition(field=field, comparison=comparison, value=value, median=median)
        play = new_play(f"segment-{at % 4}", title=f"Action {at}")
        before = effect(run, play, [condition], Client.objects.present())
        play.save()
        only_if(play, field, comparison, value, median=median)
        playbook = Playbook.of(run, plays=Play.objects.filter(pk=play.pk))
        after = [(item.client, item.reason) for item in preview(playbook, play, Client.objects.present())]
        assert before.clients == counts(playbook, Client.objects.present())[play.pk], (field, comparison)
        assert [(client.pk, sentence) for client, sentence in before.sentences] == after
        some += before.clients or 0
    assert some > 0


def test_an_edited_play_is_computed_as_it_is_written_not_as_it_is_saved(run: Run) -> None:
    play = only_if(a_play(), "followers_facebook", "gte", "300")
    saved = saved_count(run, play, Client.objects.present())
    found = effect(run, play, [], Client.objects.present())
    assert found.clients == Client.objects.filter(assignments__segment=play.segment).count()
    assert saved == effect(run, play, list(play.conditions.all()), Client.objects.present()).clients
    assert saved is not None
    assert found.clients > saved
    assert saved_count(run, play, Client.objects.present()) == saved


def test_a_draft_leaves_out_whom_a_saved_play_would_leave_out(run: Run) -> None:
    play = a_play()
    mine = list(Client.objects.filter(assignments__segment=play.segment).order_by("pk"))
    everybody = effect(run, play, [], Client.objects.present()).clients
    assert everybody == len(mine) >= 4
    HeldService.objects.create(client=mine[0], service="social")
    decided(mine[1], play, "planned")
    Client.objects.filter(pk=mine[2].pk).update(do_not_contact=True)
    assert effect(run, play, [], Client.objects.present()).clients == everybody - 3
    play.service = "seo"
    assert effect(run, play, [], Client.objects.present()).clients == everybody - 2
    # A decision on another play says nothing of a new one.
    assert effect(run, new_play(), [], Client.objects.present()).clients == everybody - 2


def test_an_archived_play_is_computed_as_if_it_were_active(run: Run) -> None:
    play = a_play(active=False)
    assert effect(run, play, [], Client.objects.present()).clients
    assert saved_count(run, play, Client.objects.present()) is None


def test_the_sentences_quote_no_figure_of_the_segment_to_who_may_not_read_it(run: Run) -> None:
    condition = Condition(field="followers", comparison="gte", median=True)
    quoted = effect(run, new_play(), [condition], Client.objects.present())
    silent = effect(run, new_play(), [condition], Client.objects.present(), quoted=False)
    assert quoted.clients == silent.clients
    assert quoted.clients
    assert all(sentence.endswith("médiane du segment.") for _, sentence in silent.sentences)
    assert not any(sentence.endswith("médiane du segment.") for _, sentence in quoted.sentences)


def test_it_says_why_nobody_can_be_counted(run: Run) -> None:
    stranger = Segment.objects.create(slug="ailleurs", name="Ailleurs", colour=5)
    for problem in (effect(None, new_play(), [], Client.objects.present()),
                    effect(run, new_play("ailleurs"), [], Client.objects.present())):  # fmt: skip
        assert (problem.clients, problem.problem, list(problem.sentences)) == (None, str(NO_RUN), [])
    assert stranger.pk


def test_a_condition_that_can_hold_for_nobody_concerns_nobody(run: Run) -> None:
    never = Condition(field="followers_facebook", comparison="eq", value="1,5")
    found = effect(run, new_play(), [never], Client.objects.present())
    assert (found.clients, list(found.sentences)) == (0, [])


def test_computing_writes_nothing_at_a_constant_cost(run: Run) -> None:
    condition = Condition(field="followers_facebook", comparison="gte", value="1")
    play, costs = new_play(), []
    for more in (0, 40):
        for client in some_clients(more, prefix="Autre") if more else []:
            put(client, run)
        with CaptureQueriesContext(connection) as context:
            effect(run, play, [condition], Client.objects.present())
        costs.append(len(context))
        assert all(query["sql"].startswith("SELECT") for query in context.captured_queries)
    assert costs[0] == costs[1] <= 5
    assert not Play.objects.exists()
    assert not Decision.objects.exists()


def test_a_saved_play_is_called_by_its_key(run: Run) -> None:
    play = a_play()
    assert (key(play), key(new_play())) == (play.pk, 0)
