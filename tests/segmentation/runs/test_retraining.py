from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import joblib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from clients.facts import ClientFacts
from clients.models import Client
from clients.recording import record
from dignamik.foundation.locks import exclusive
from segmentation.engine.errors import NothingToTrain
from segmentation.engine.training import train
from segmentation.models import Assignment, Profile, Publication, Run, Segment
from segmentation.runs import bulk, retraining
from segmentation.runs.placing import place
from segmentation.runs.publishing import CannotPublish, publish
from segmentation.runs.retraining import Asked, rehearse, retrain
from tests.segmentation.runs.conftest import STAMP
from tests.segmentation.runs.seen import shown

FOUR = Asked(clusters=4)


def test_it_writes_run_profiles_placements_and_moves_the_pointer(portfolio: Any) -> None:
    outcome = retrain(FOUR)

    run = Run.objects.current()
    assert run is not None and run == outcome.run
    assert (run.state, run.k, run.clients) == (Run.State.PUBLISHED, 4, 160)
    assert Profile.objects.filter(run=run).count() == 4
    assert sum(Profile.objects.filter(run=run).values_list("size", flat=True)) == 160
    assert Assignment.objects.filter(run=run).count() == Client.objects.count()
    assert run.scored == Assignment.objects.filter(run=run, segment__isnull=False).count()
    assert set(run.scores) == {str(k) for k in range(2, 7)}


def test_a_client_about_whom_nothing_is_known_gets_no_segment(portfolio: Any) -> None:
    retrain(FOUR)

    silent = Assignment.objects.get(client__source_id="silent")
    assert silent.segment is None
    assert (silent.standing, silent.fitted, silent.distance) == ("not_classifiable", False, None)


def test_inactive_clients_are_placed_but_not_fitted_on(portfolio: Any) -> None:
    Client.objects.filter(source_id="client-0000").update(status="inactive")

    outcome = retrain(FOUR)

    assert outcome.clients == 159
    placed = Assignment.objects.get(client__source_id="client-0000")
    assert placed.segment is not None and not placed.fitted


def test_withdrawn_clients_are_neither_fitted_on_nor_placed(portfolio: Any) -> None:
    Client.objects.filter(source_id="client-0000").update(withdrawn_at=STAMP.at)

    assert retrain(FOUR).clients == 159
    assert not Assignment.objects.filter(client__source_id="client-0000").exists()


def test_the_same_data_moves_nobody(portfolio: Any) -> None:
    retrain(FOUR)
    before = shown()

    outcome = retrain(FOUR)

    assert shown() == before
    assert outcome.movements["moved"] == 0 and outcome.movements["compared"] == 160
    assert Segment.objects.count() == 4


def test_another_seed_moves_nobody(portfolio: Any) -> None:
    retrain(FOUR)
    before = shown()

    retrain(replace(FOUR, seed=987))

    assert shown() == before


def test_another_physical_order_of_the_rows_moves_nobody(portfolio: Any) -> None:
    retrain(FOUR)
    before = shown()
    # Touching rows makes PostgreSQL write them anew, at the end of the table.
    for client in Client.objects.order_by("-source_id")[:80]:
        Client.objects.filter(pk=client.pk).update(notes="relu")

    retrain(FOUR)

    assert shown() == before


def test_people_keep_the_name_they_gave(portfolio: Any) -> None:
    retrain(FOUR)
    segment = Segment.objects.first()
    assert segment is not None
    segment.name, segment.name_is_suggested = "Les habitués", False
    segment.save()

    retrain(FOUR)

    segment.refresh_from_db()
    assert segment.name == "Les habitués"
    assert Segment.objects.count() == 4


def test_segments_get_names_slugs_and_colours_of_their_own(portfolio: Any) -> None:
    retrain(FOUR)

    for field in ("name", "slug", "colour"):
        assert len(set(Segment.objects.values_list(field, flat=True))) == 4


def test_a_run_that_splits_what_people_know_is_held_and_readers_see_no_change(portfolio: Any) -> None:
    retrain(Asked(clusters=2))
    current, before = Run.objects.current(), shown()

    outcome = retrain(FOUR)

    assert outcome.state == Run.State.HELD
    assert Run.objects.current() == current and shown() == before
    failed = [gate["name"] for gate in outcome.verdict["gates"] if not gate["passed"] and gate["level"] == "hold"]
    assert "lineage" in failed


def test_a_held_group_found_twice_is_one_segment(portfolio: Any) -> None:
    retrain(Asked(clusters=2))
    retrain(FOUR)
    segments = set(Segment.objects.values_list("slug", flat=True))

    retrain(FOUR)

    assert set(Segment.objects.values_list("slug", flat=True)) == segments


def test_a_held_run_is_published_with_a_reason_only(portfolio: Any) -> None:
    retrain(Asked(clusters=2))
    held = retrain(FOUR).run
    assert held is not None

    with pytest.raises(CannotPublish, match="pourquoi"):
        publish(held)
    publish(held, reason="Quatre groupes, comme dans notre analyse")

    assert Run.objects.current() == held
    assert Publication.objects.latest("pk").reason.startswith("Quatre groupes")


def test_rolling_back_restores_what_readers_saw(portfolio: Any) -> None:
    first = retrain(Asked(clusters=2)).run
    before = shown()
    held = retrain(FOUR).run
    assert first is not None and held is not None
    publish(held, reason="essai")

    publish(first, reason="retour")

    assert shown() == before
    assert Publication.objects.count() == 3


def test_no_publish_keeps_the_run_and_the_pointer(portfolio: Any) -> None:
    outcome = retrain(replace(FOUR, publish=False))

    assert outcome.state == Run.State.TRAINED
    assert Run.objects.current() is None


def test_a_rehearsal_writes_nothing(portfolio: Any) -> None:
    outcome = rehearse(FOUR)

    assert len(outcome.segments) == 4
    assert not Run.objects.exists() and not Segment.objects.exists()


def test_nothing_to_train_on_fails_the_run_and_says_so(db: None) -> None:
    with pytest.raises(NothingToTrain):
        retrain(FOUR)

    run = Run.objects.get()
    assert run.state == Run.State.FAILED and run.error
    assert Run.objects.current() is None


def test_a_client_deleted_meanwhile_is_left_out(portfolio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = train

    def train_while_one_leaves(*args: Any, **kwargs: Any) -> Any:
        fit = real(*args, **kwargs)
        Client.objects.get(source_id="client-0001").delete()
        return fit

    monkeypatch.setattr(retraining, "train", train_while_one_leaves)

    outcome = retrain(FOUR)

    assert outcome.state == Run.State.PUBLISHED
    assert Assignment.objects.filter(run=outcome.run).count() == 160


def test_a_run_that_breaks_while_writing_leaves_the_old_one(portfolio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    retrain(FOUR)
    current, before = Run.objects.current(), shown()

    def break_down(rows: Any) -> None:
        raise RuntimeError("disk")

    monkeypatch.setattr(bulk, "write", break_down)
    with pytest.raises(RuntimeError):
        retrain(FOUR)

    assert Run.objects.current() == current and shown() == before
    assert Run.objects.latest("pk").state == Run.State.FAILED
    assert not Profile.objects.filter(run=Run.objects.latest("pk")).exists()


def test_the_export_loads_in_a_notebook(portfolio: Any) -> None:
    run = retrain(FOUR).run
    assert run is not None

    content = joblib.load(Path(settings.DATA_DIR) / "models" / f"run-{run.pk}.joblib")

    assert set(content) >= {"pipeline", "index", "labels", "document", "recipe"}
    assert len(content["labels"]) == 160


def test_a_business_that_is_not_a_client_is_placed_where_its_twin_is(portfolio: Any) -> None:
    run = retrain(FOUR).run
    assert run is not None
    fact = next(fact for fact in portfolio if fact.turnover and fact.category and len(fact.readings) == 5)
    twin = Assignment.objects.get(client__source_id=fact.source_id)

    placed = place(
        {
            "category": fact.category,
            "sector": fact.fields["sector"],
            "turnover": next(iter(fact.turnover.values())),
            "client_since": fact.fields["client_since"] or None,
            "followers": {platform: reading.count for platform, reading in fact.readings.items()},
        },
        run,
    )

    assert placed.segment == twin.segment
    assert placed.distance == pytest.approx(twin.distance, abs=1e-6)


def test_a_new_clients_figures_decide_where_it_goes(portfolio: Any) -> None:
    retrain(FOUR)
    newcomer = ClientFacts("late", {"name": "Tard venu", "sector": "Services"}, turnover={2025: Decimal(30_000)})
    record([newcomer], replace(STAMP, at=STAMP.at + timedelta(hours=1)))
    assert "late" not in shown()

    retrain(FOUR)

    assert shown()["late"] is not None


# --- The command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_one_json_object(portfolio: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("retrain", clusters="4", json=True)

    printed = json.loads(capsys.readouterr().out)
    assert printed["state"] == "published" and printed["k"] == 4
    assert {"slug", "name", "size"} == set(printed["segments"][0])
    assert {"inertia", "silhouette", "stability", "smallest"} == set(printed["scores"]["4"])
    assert {"name", "value", "threshold", "passed", "says"} <= set(printed["verdict"]["gates"][0])
    assert set(printed["seconds"]) == {"read", "fit", "write", "total"}


def test_the_command_leaves_with_2_when_held(portfolio: Any) -> None:
    call_command("retrain", clusters="2")

    with pytest.raises(SystemExit) as left:
        call_command("retrain", clusters="4")

    assert left.value.code == 2


def test_the_command_leaves_with_3_when_there_is_nothing_to_train_on(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("retrain", json=True)

    assert refused.value.returncode == 3
    assert "error" in json.loads(capsys.readouterr().out)


def test_the_command_leaves_with_4_while_another_is_going(
    manage: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    with exclusive("retrain"):
        done = manage("retrain")

    assert done.returncode == 4
    assert "en cours" in done.stderr


@pytest.mark.parametrize("clusters", ["0", "1", "31", "four", "-3", "٤"])
def test_the_command_refuses_a_number_of_segments_that_makes_no_sense(db: None, clusters: str) -> None:
    with pytest.raises(CommandError, match="--clusters"):
        call_command("retrain", clusters=clusters)


def test_it_says_whom_it_left_out_and_why_so_that_everybody_is_counted(portfolio: Any) -> None:
    for status, count in (("inactive", 3), ("prospect", 2), ("lost", 1)):
        some = Client.objects.filter(status="active", source_id__startswith="client-")[:count]
        Client.objects.filter(pk__in=[client.pk for client in some]).update(status=status)

    run = retrain(FOUR).run

    assert run is not None
    assert run.left_out == {"inactive": 3, "prospect": 2, "lost": 1, "nothing_known": 1}
    assert run.clients + sum(run.left_out.values()) == Client.objects.count()
