"""Data as they really come, in the database: a run is made or refused in words, and every page still opens."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import joblib
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from clients.facts import ClientFacts, Reading
from clients.models import LARGEST_AMOUNT, Client, Followers, Turnover
from clients.recording import record
from segmentation.engine.errors import NothingToTrain
from segmentation.models import Assignment, Run
from segmentation.runs.publishing import publish
from segmentation.runs.retraining import Asked, retrain
from tests.reading import signed_in
from tests.segmentation.runs.conftest import STAMP
from tests.segmentation.runs.seen import in_service, shown

FOUR = Asked(clusters=4)
PAGES = (
    "/", "/clients/", "/clients/?export=csv", "/segments/", "/map/", "/explorer/", "/recommendations/", "/prospect/",
    "/runs/", "/api/v1/clients/", "/api/v1/clients/map/", "/api/v1/segments/", "/api/v1/runs/", "/api/v1/explorer/",
    "/api/v1/recommendations/",
)  # fmt: skip


def every_page_opens(*readers: User) -> None:
    run, client = Run.objects.latest("pk"), Client.objects.order_by("pk").first()
    segments = [segment.get_absolute_url() for profile in run.profiles.all() for segment in [profile.segment]]
    one = [f"/clients/{client.pk}/", f"/api/v1/clients/{client.pk}/"] if client else []
    for reader in readers:
        browser = signed_in(reader)
        for address in (*PAGES, *one):
            assert browser.get(address).status_code == 200, (reader.username, address)
    for address in (f"/runs/{run.pk}/", f"/api/v1/runs/{run.pk}/", *segments):
        # A segment of a run that is not published is nobody's page yet.
        assert signed_in(readers[0]).get(address).status_code in {200, 404}, address


def twins(count: int = 40, **facts: Any) -> list[ClientFacts]:
    """As many clients, all alike."""
    return [
        ClientFacts(f"twin-{at}", {"name": f"Jumeau {at}", "sector": "Services"}, category="Consultant", **facts)
        for at in range(count)
    ]


ALIKE = {
    "identical": twins(readings={"facebook": Reading(120)}, turnover={2025: Decimal(40_000)}),
    "all zero": twins(readings={name: Reading(0) for name in Followers.Platform.values}, turnover={2025: Decimal(0)}),
    "turnover unknown to all": twins(readings={"facebook": Reading(120)}),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_clients_that_are_all_alike_make_a_draft_of_one_group_that_can_even_be_published(
    db: None, anais: User, helene: User, kind: str
) -> None:
    record(ALIKE[kind], STAMP)

    outcome = retrain(Asked())

    assert (outcome.state, outcome.fit.k) == (Run.State.HELD, 1)
    assert Run.objects.current() is None
    assert all(item.silhouette is None for item in outcome.fit.candidates)
    every_page_opens(anais, helene)
    assert outcome.run is not None
    publish(outcome.run, reason="pour voir")
    assert Assignment.objects.filter(run=outcome.run, segment__isnull=False).count() == 40
    every_page_opens(anais, helene)


def test_a_book_whose_clients_became_all_alike_is_held_and_what_is_published_stays(
    portfolio: Any, anais: User, helene: User
) -> None:
    retrain(FOUR)
    Client.objects.update(status="inactive")
    record(ALIKE["identical"], STAMP)
    before = in_service()

    assert retrain(Asked()).state == Run.State.HELD

    assert in_service()["placements"] == before["placements"]
    assert in_service()["publication"] == before["publication"]
    every_page_opens(anais, helene)


def test_a_book_in_which_nothing_is_known_any_more_is_refused_and_every_page_opens(
    portfolio: Any, anais: User, helene: User
) -> None:
    retrain(FOUR)
    before = in_service()
    Followers.objects.all().delete()
    Turnover.objects.all().delete()
    Client.objects.update(turnover=None, turnover_year=None, followers=None)

    with pytest.raises(NothingToTrain, match="Rien à entraîner"):
        retrain(FOUR)

    assert in_service() == before
    every_page_opens(anais, helene)


@pytest.mark.parametrize("column", ["turnover", "followers_tiktok", "category"])
def test_a_column_that_nobody_knows_is_set_aside_and_the_run_says_so(portfolio: Any, anais: User, column: str) -> None:
    if column == "turnover":
        Turnover.objects.all().delete()
        Client.objects.update(turnover=None, turnover_year=None)
    elif column == "category":
        Client.objects.update(category=None)
    else:
        Followers.objects.filter(platform="tiktok").delete()

    run = retrain(FOUR).run

    assert run is not None and run.document and column in run.document["dropped"]
    assert any("colonne écartée" in note for note in run.notes)
    assert run.scored == 160
    every_page_opens(anais)


# --- Amounts ---------------------------------------------------------------------------------------------------------

MONSTROUS = {"sqlite": ["1e308", "9e999", "-9e999", "1e12"], "postgresql": ["'NaN'", "'-999999999999.99'"]}
"""What each database would take in such a column if nothing forbade it. SQLite has no NaN: it is its NULL."""


def written(table: str, column: str, value: str, pk: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE id = %s", [pk])


@pytest.mark.parametrize("table", ["clients_turnover.amount", "clients_client.turnover"])
def test_no_hand_can_write_an_amount_that_is_no_amount(portfolio: Any, table: str) -> None:
    name, _, column = table.partition(".")
    model = Turnover if name == "clients_turnover" else Client
    row = model.objects.filter(**{f"{column}__isnull": False}).order_by("pk").first()
    assert row is not None
    for value in MONSTROUS[connection.vendor]:
        with pytest.raises(IntegrityError), transaction.atomic():
            written(name, column, value, row.pk)


def test_a_negative_turnover_counts_as_it_is(portfolio: Any, anais: User) -> None:
    first = portfolio[0].source_id
    record([ClientFacts(first, {}, turnover={2026: Decimal(-500)})], STAMP)

    run = retrain(FOUR).run

    placed = Assignment.objects.get(run=run, client__source_id=first)
    assert (placed.values["turnover"], placed.fitted) == (-500.0, True)
    assert placed.segment is not None and "turnover" not in placed.unknown
    every_page_opens(anais)


def test_a_turnover_a_million_times_too_large_makes_no_segment_and_moves_few(portfolio: Any) -> None:
    retrain(FOUR)
    before = shown()
    richest = Client.objects.filter(turnover__isnull=False).order_by("-turnover")[0]
    assert richest.turnover is not None and richest.source_id is not None
    giant = min(richest.turnover * 10**6, LARGEST_AMOUNT)
    record([ClientFacts(richest.source_id, {}, turnover={2026: giant})], STAMP)

    outcome = retrain(FOUR)

    assert outcome.state == Run.State.PUBLISHED
    assert min(size for _, _, size in outcome.segments) > 5
    others = [name for name in before if name != richest.source_id]
    assert sum(shown()[name] != before[name] for name in others) < 0.05 * len(others)


def test_a_trade_that_no_trained_client_has_is_placed_all_the_same(portfolio: Any, anais: User) -> None:
    exotic = ClientFacts(
        "exotic", {"name": "Astres", "sector": "Astrologie", "status": "prospect"}, category="Voyante",
        readings={"facebook": Reading(300)}, turnover={2025: Decimal(20_000)},
    )  # fmt: skip
    record([exotic], STAMP)

    run = retrain(FOUR).run

    placed = Assignment.objects.get(run=run, client__source_id="exotic")
    assert placed.segment is not None and not placed.fitted
    every_page_opens(anais)


# --- A damaged model -------------------------------------------------------------------------------------------------

DAMAGED: dict[str, Any] = {
    "missing": None,
    "another version": {"format_version": 99},
    "cut short": lambda document: {name: document[name] for name in list(document)[:4]},
    "a centre too few": lambda document: document | {"centres": document["centres"][:-1]},
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_model_keeps_its_placements_and_pages_and_is_replaced(portfolio: Any, anais: User, kind: str) -> None:
    run = retrain(FOUR).run
    assert run is not None
    before = shown()
    damage = DAMAGED[kind]
    Run.objects.filter(pk=run.pk).update(document=damage(run.document) if callable(damage) else damage)

    every_page_opens(anais)
    assert shown() == before
    outcome = retrain(FOUR)

    assert outcome.state == Run.State.PUBLISHED  # matched by the clients they share: that needs no model
    assert shown() == before


class Burglar:
    """Unpickled, it leaves a trace."""

    def __init__(self, trace: str) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.trace, "w"))


def test_a_model_file_that_runs_code_when_loaded_is_never_loaded(portfolio: Any, anais: User, tmp_path: Path) -> None:
    run = retrain(FOUR).run
    assert run is not None
    trace = tmp_path / "trace"
    exported = Path(settings.DATA_DIR) / "models" / f"run-{run.pk}.joblib"
    joblib.dump(Burglar(str(trace)), exported)

    every_page_opens(anais)
    retrain(FOUR)
    publish(run, reason="retour")

    assert not trace.exists()
    joblib.load(exported)
    assert trace.exists()  # it would have
