"""A refusal through real runs: kept by a retrain, fallen once the client's own data lead it into another segment."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User

from clients.facts import ClientFacts
from clients.models import Client
from clients.recording import record
from segmentation.advice.advising import Playbook, for_client
from segmentation.advice.deciding import decide
from segmentation.models import Assignment, Play, Run, Segment
from segmentation.runs.retraining import Asked, retrain
from tests.segmentation.runs.conftest import STAMP


def place(client: Client) -> Segment:
    found = Assignment.objects.get(run=Run.objects.current(), client=client).segment
    assert found is not None
    return found


def offered(client: Client) -> set[int]:
    return {item.play.pk for item in for_client(Playbook.of(Run.objects.current()), client)}


def test_a_refusal_outlives_a_retrain_and_falls_with_the_segment(
    portfolio: Sequence[ClientFacts], amelie: User
) -> None:
    retrain(Asked(clusters=4))
    first = Run.objects.current()
    firm = Assignment.objects.filter(run=first, standing="firm").order_by("-margin").select_related("client")
    here = firm[0]
    there = firm.exclude(segment=here.segment)[0]
    client = here.client
    assert here.segment is not None
    play = Play.objects.create(segment=here.segment, title="La nôtre", pitch="Oui.", service="seo", goal="growth")
    assert play.pk in offered(client)
    decide(client, play, "refused", playbook=Playbook.of(first), by=amelie, comment="Trop cher")

    retrain(Asked(clusters=4, seed=99))
    assert Run.objects.current() != first
    assert place(client) == here.segment
    assert play.pk not in offered(client)

    facts = {fact.source_id: fact for fact in portfolio}
    theirs, ours = facts[there.client.source_id], facts[client.source_id]
    record([ClientFacts(ours.source_id, {**theirs.fields, "name": client.name}, theirs.category, theirs.readings,
                        theirs.turnover)], STAMP)  # fmt: skip
    retrain(Asked(clusters=4))
    assert place(client) == there.segment
    assert play.pk not in offered(client)

    record([ours], STAMP)
    retrain(Asked(clusters=4))
    assert place(client) == here.segment
    assert play.pk in offered(client)
    (kept,) = client.decisions.all()
    assert (kept.comment, kept.segment) == ("Trop cher", here.segment)
