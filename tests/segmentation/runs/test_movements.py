from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from clients.facts import ClientFacts, Reading
from clients.recording import record
from segmentation.models import Assignment, Run
from segmentation.runs import movements
from segmentation.runs.movements import Cause
from segmentation.runs.retraining import Asked, retrain
from tests.segmentation.runs.conftest import STAMP

FOUR = Asked(clusters=4)
LATER = replace(STAMP, at=STAMP.at + timedelta(hours=1))


def trained(asked: Asked = FOUR) -> Run:
    run = retrain(asked).run
    assert run is not None
    return run


def test_the_same_data_and_model_move_nobody(portfolio: Any) -> None:
    before, after = trained(), trained()

    found = movements.between(before, after)

    assert found.moves == ()
    assert all(source == target for source, target in found.matrix)


def test_totals_are_the_sizes_of_the_runs(portfolio: Any) -> None:
    before = trained()
    record([ClientFacts("late", {"name": "Tard venu"}, turnover={2025: Decimal(30_000)})], LATER)
    after = trained()

    found = movements.between(before, after)

    for run, axis, alone in ((before, 0, found.left), (after, 1, found.entered)):
        sizes: Counter[str | None] = Counter(Assignment.objects.filter(run=run).values_list("segment__slug", flat=True))
        totals: Counter[str | None] = Counter(alone)
        for pair, count in found.matrix.items():
            totals[pair[axis]] += count
        assert totals == sizes
    assert sum(found.entered.values()) == 1


def test_a_client_whose_figures_changed_moved_because_of_its_data(portfolio: Any) -> None:
    before = trained()
    poorest = Assignment.objects.filter(run=before, fitted=True).order_by("x").first()
    richest = Assignment.objects.filter(run=before, fitted=True).order_by("-x").first()
    assert poorest is not None and richest is not None and poorest.segment != richest.segment
    values = richest.values
    twin = ClientFacts(
        source_id=poorest.client.source_id,
        fields={"sector": values["sector"], "client_since": richest.client.client_since},
        category=values["category"],
        readings={
            name.removeprefix("followers_"): Reading(int(count), measured_on=LATER.at.date() - timedelta(days=9))
            for name, count in values.items()
            if name.startswith("followers_") and count is not None
        },
        turnover={2025: Decimal(str(values["turnover"]))},
    )
    record([twin], LATER)

    found = movements.between(before, trained())

    mine = next(move for move in found.moves if move.client == poorest.client_id)
    assert poorest.segment is not None and richest.segment is not None
    assert (mine.source, mine.target, mine.cause) == (poorest.segment.slug, richest.segment.slug, Cause.DATA)


def test_a_refit_alone_moves_by_the_model_only(portfolio: Any) -> None:
    before = trained(Asked(clusters=2))
    after = trained()  # four groups on the same data

    found = movements.between(before, after)

    assert found.moves
    assert set(found.causes) == {Cause.MODEL}
