"""Three internal databases that say the same in their own ways give the same clients and the same segments."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from clients.facts import Origin
from clients.intake.source.mapping import read_mapping
from clients.intake.source.syncing import synchronise
from clients.models import Client, Followers, Turnover
from segmentation.models import Assignment
from segmentation.runs import frames
from segmentation.runs.retraining import Asked, retrain
from tests import postgres, sources
from tests.builders import stamp
from tests.segmentation.runs.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LAYOUTS = {"camel": sources.camel, "long": sources.long, "flat": sources.flat}
# An identifier is the source's own, and the keys are the database's.
OWN = ("id", "source_id", "category_id")


def book() -> Any:
    """Every fact of every client, by name."""
    clients = [
        {name: value for name, value in row.items() if name not in OWN}
        for row in Client.objects.order_by("name").values()
    ]
    trades = list(Client.objects.order_by("name").values_list("name", "category__name", "category__sector"))
    readings = Followers.objects.values_list("client__name", "platform", "measured_on", "count", "has_account")
    amounts = Turnover.objects.values_list("client__name", "year", "amount")
    return clients, trades, sorted(readings), sorted(amounts)


def segments() -> Any:
    """Where a run puts everybody, and how sure it is, by name."""
    retrain(Asked(clusters=4))
    placed = Assignment.objects.order_by("client__name")
    return list(placed.values_list("client__name", "segment__slug", "standing", "x", "y", "distance", "margin"))


def test_the_three_layouts_give_the_same_clients_and_the_same_segments(postgres_server: postgres.Server) -> None:
    told: dict[str, Any] = {}
    clients = sources.people(300)
    for name, fill in LAYOUTS.items():
        with postgres_server.database() as url, transaction.atomic():
            fill(url, clients)
            report = synchronise(stamp(Origin.SYNC, NOW), url=url, mapping=read_mapping(name))
            assert (report.recorded.clients.created, report.rejected) == (300, ()), name
            columns = frames.read(frames.trainable(), NOW.date()).columns
            told[name] = (book(), columns, segments())
            transaction.set_rollback(True)
    assert len(told["camel"][0][2]) > 600, "readings to compare"
    assert len({slug for _, slug, *_ in told["camel"][2]}) == 4
    for name in ("long", "flat"):
        for ours, theirs in zip(told["camel"], told[name], strict=True):
            assert ours == theirs, name
