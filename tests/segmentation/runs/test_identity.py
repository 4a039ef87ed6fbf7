"""A name on a client stays while nothing happened to it: end to end, from the rows in the database to what is read."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser

from clients.facts import ClientFacts, Reading
from clients.models import Client
from clients.recording import record
from segmentation.engine.recipe import default_recipe
from segmentation.models import Assignment, Profile, Run, Segment
from segmentation.runs import recipes
from segmentation.runs.publishing import CannotPublish, publish
from segmentation.runs.retraining import Asked, retrain
from tests.reading import body, signed_in
from tests.segmentation.runs.conftest import STAMP, planted_facts
from tests.segmentation.runs.seen import EVERYTHING, in_service, leftovers, shown

FOUR = Asked(clusters=4)
TABLES = ("clients_client", "clients_followers", "clients_turnover")
EXCEPT = ("id", "run_id", "scored_at")


def backwards() -> None:
    """Turn the physical order of the rows around: whoever reads without ORDER BY reads them the other way."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA reverse_unordered_selects = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # CLUSTER waits for no trigger
            for table in TABLES:
                cursor.execute(f"CREATE INDEX backwards_{table} ON {table} (id DESC)")
                cursor.execute(f"CLUSTER {table} USING backwards_{table}")
                cursor.execute(f"DROP INDEX backwards_{table}")
        cursor.execute("SELECT id, notes FROM clients_client")
        read = [row[0] for row in cursor.fetchall()]
    assert read == sorted(read, reverse=True) and len(read) > 1


@pytest.fixture
def turned_back() -> Any:
    """SQLite's pragma is the connection's: undone at the end."""
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA reverse_unordered_selects = OFF")


def placements(run: Run | None) -> list[tuple[Any, ...]]:
    """Every column of a run's placements but those that differ in any two runs."""
    columns = [name for name in EVERYTHING if name not in EXCEPT]
    return list(Assignment.objects.filter(run=run).order_by("client").values_list(*columns))


def test_rows_in_another_physical_order_give_the_same_run_to_the_last_bit(portfolio: Any, turned_back: None) -> None:
    first = retrain(replace(FOUR, publish=False)).run
    backwards()

    second = retrain(replace(FOUR, publish=False)).run

    assert first is not None and second is not None and first.document and second.document
    assert placements(second) == placements(first)
    for name in ("centres", "components", "numeric", "categorical", "inertia"):
        assert second.document[name] == first.document[name]


def test_on_the_demonstration_neither_another_seed_nor_shuffled_rows_move_anybody(
    db: None, monkeypatch: pytest.MonkeyPatch, turned_back: None
) -> None:
    monkeypatch.setattr(recipes, "default_recipe", default_recipe)  # as in service
    call_command("seed_demo", verbosity=0)
    assert retrain(Asked()).state == Run.State.PUBLISHED
    before, segments = shown(), list(Segment.objects.order_by("pk").values_list("slug", "name", "colour"))
    assert len(before) > 1500

    backwards()
    outcome = retrain(Asked(seed=987))

    assert outcome.state == Run.State.PUBLISHED
    assert shown() == before
    assert list(Segment.objects.order_by("pk").values_list("slug", "name", "colour")) == segments
    assert outcome.movements["moved"] == 0


@pytest.mark.parametrize("draw", [1, 2, 3])
def test_when_one_client_in_a_hundred_changes_the_others_keep_segment_name_and_colour(
    portfolio: Any, draw: int
) -> None:
    retrain(FOUR)
    before, segments = shown(), set(Segment.objects.values_list("slug", "name", "colour"))
    changed = np.random.default_rng(draw).choice([fact.source_id for fact in portfolio], 2, replace=False)
    record([ClientFacts(str(name), {}, turnover={2026: Decimal(900_000)}) for name in changed], STAMP)

    outcome = retrain(FOUR)

    assert outcome.state == Run.State.PUBLISHED
    kept = sum(shown()[name] == before[name] for name in before)
    assert kept >= 0.95 * len(before)
    assert set(Segment.objects.values_list("slug", "name", "colour")) == segments


# --- A fifth group ---------------------------------------------------------------------------------------------------

LIVE = (
    "/", "/clients/", "/clients/?export=csv", "/segments/", "/map/", "/explorer/", "/recommendations/", "/runs/",
    "/api/v1/clients/?page_size=200", "/api/v1/clients/map/", "/api/v1/segments/", "/api/v1/runs/",
    "/api/v1/explorer/", "/api/v1/recommendations/",
)  # fmt: skip


def fifth_group(count: int, linkedin: float, turnover: float) -> Sequence[ClientFacts]:
    """Newcomers like nobody else in the book: artisans who have just come, on LinkedIn only; medians as logarithms."""
    rng = np.random.default_rng(5)
    measured = date(2026, 6, 1)
    return [
        ClientFacts(
            f"fifth-{at:03}",
            {"name": f"Atelier {at:03}", "sector": "Artisanat", "client_since": date(2026, 10, 20)},
            category="Menuisier",
            readings={
                **{name: Reading(0, measured_on=measured) for name in ("facebook", "instagram", "tiktok", "youtube")},
                "linkedin": Reading(int(rng.lognormal(linkedin, 0.5)), measured_on=measured),
            },
            turnover={2025: Decimal(int(rng.lognormal(turnover, 0.3)))},
        )
        for at in range(count)
    ]


# As far from the four groups as they are from each other; and so far from all that those look alike beside it.
FIFTH = {"one more": fifth_group(30, 6, 10.5), "far from all": fifth_group(60, 10, 14.5)}


def read_by(browser: Browser) -> dict[str, str]:
    """What the live addresses answer, to the byte but for the form's token, which is masked anew each time."""
    said = {}
    for address in LIVE:
        response = browser.get(address)
        assert response.status_code == 200, address
        text, token = body(response), response.context and response.context.get("csrf_token")
        said[address] = text.replace(str(token), "") if token else text
    return said


@pytest.mark.parametrize("kind", FIFTH)
def test_a_fifth_group_is_held_and_nothing_that_people_read_changes_until_it_is_published(
    portfolio: Any, helene: User, kind: str
) -> None:
    assert retrain(Asked()).fit.k == 4
    record(FIFTH[kind], STAMP)
    browser = signed_in(helene)
    before, live = read_by(browser), in_service()

    outcome = retrain(Asked())

    assert outcome.fit.k == 5 or kind != "one more"
    assert outcome.state == Run.State.HELD
    assert "lineage" in {gate["name"] for gate in outcome.verdict["gates"] if not gate["passed"]}
    assert read_by(browser) == before
    now = in_service()
    assert {name: now[name] for name in ("publication", "run", "placements", "profiles")} == {
        name: live[name] for name in ("publication", "run", "placements", "profiles")
    }

    assert outcome.run is not None
    with pytest.raises(CannotPublish):
        publish(outcome.run)
    assert read_by(browser) == before
    publish(outcome.run, reason="Des artisans sont arrivés")
    after = read_by(browser)
    assert {address for address in LIVE if after[address] == before[address]} <= {"/map/", "/api/v1/clients/map/"}
    assert len({shown()[str(fact.source_id)] for fact in FIFTH[kind]}) == 1


# --- Going back, counting, judging -----------------------------------------------------------------------------------


def test_going_back_restores_placements_and_answers_bit_for_bit(portfolio: Any, helene: User) -> None:
    first = retrain(Asked(clusters=2)).run
    browser, quiet = signed_in(helene), [address for address in LIVE if address.startswith("/api/")]
    assert first is not None
    before = in_service()
    answers = {address: browser.get(address).content for address in quiet if "runs" not in address}
    held = retrain(FOUR).run
    assert held is not None
    publish(held, reason="essai")
    assert in_service()["placements"] != before["placements"]

    call_command("publish", str(first.pk), reason="retour")

    now = in_service()
    for name in ("run", "placements", "profiles"):
        assert now[name] == before[name]
    assert {address: browser.get(address).content for address in answers} == answers


def test_everybody_placed_is_in_exactly_one_segment_and_the_counts_add_up(portfolio: Any) -> None:
    Client.objects.filter(source_id="client-0000").update(status="inactive")
    run = retrain(FOUR).run
    assert run is not None

    rows = Assignment.objects.filter(run=run)
    assert rows.count() == rows.values("client").distinct().count() == Client.objects.count() == 161
    counted: Any = Segment.objects.in_run(run).counted(run, Client.objects.all())
    assert sum(segment.size for segment in counted) == run.scored == 160
    assert rows.filter(segment=None).count() == rows.filter(standing="not_classifiable").count() == 1
    assert sum(Profile.objects.filter(run=run).values_list("size", flat=True)) == run.clients == 159
    fitted = Counter(rows.filter(fitted=True).values_list("segment", flat=True))
    assert fitted == dict(Profile.objects.filter(run=run).values_list("segment", "size"))
    again = rows.exclude(segment=None)[0]
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_columns_shuffled_on_their_own_have_no_structure_and_are_not_published_without_a_reason(db: None) -> None:
    rng = np.random.default_rng(4)
    facts = planted_facts()
    turnovers, readings, trades, since = (
        rng.permutation(np.array(list(values), dtype=object))
        for values in (
            [fact.turnover for fact in facts],
            [fact.readings for fact in facts],
            [(fact.category, fact.fields["sector"]) for fact in facts],
            [fact.fields["client_since"] for fact in facts],
        )
    )
    record(
        [
            ClientFacts(
                fact.source_id,
                {"name": fact.fields["name"], "sector": trades[at][1], "client_since": since[at]},
                category=trades[at][0], turnover=turnovers[at], readings=readings[at],
            )
            for at, fact in enumerate(facts)
        ],
        STAMP,
    )  # fmt: skip

    run = retrain(Asked()).run

    assert run is not None and run.state == Run.State.HELD
    assert not run.choice["structure"]
    with pytest.raises(CannotPublish, match="pourquoi"):
        publish(run)
    assert Run.objects.current() is None


def test_the_number_of_threads_moves_nobody(
    manage: Callable[..., subprocess.CompletedProcess[str]], transactional_db: None
) -> None:
    record(planted_facts(), STAMP)
    one = manage("retrain", "--clusters", "4", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    assert one.returncode == 0, one.stderr
    displayed, first = shown(), Run.objects.current()

    two = manage("retrain", "--clusters", "4", OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2")

    assert two.returncode == 0, two.stderr
    assert Run.objects.current() != first
    assert shown() == displayed and leftovers() == 0
