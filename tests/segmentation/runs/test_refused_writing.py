"""A disk that is full or read-only, a killed process, a damaged model: the published run keeps serving."""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from clients.models import Client
from clients.recording import record
from segmentation.models import Run
from segmentation.runs import bulk
from segmentation.runs.publishing import publish
from segmentation.runs.retraining import Asked, Outcome, retrain
from tests.outside import Start
from tests.outside import manage as outside_manage
from tests.segmentation.runs.conftest import STAMP, hurry, planted_facts
from tests.segmentation.runs.seen import in_service, leftovers, shown

FOUR = Asked(clusters=4)


def test_a_database_that_is_full_is_a_french_sentence_and_the_old_run_serves(
    portfolio: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    retrain(FOUR)
    current, before = Run.objects.current(), shown()

    def full(rows: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(bulk, "write", full)
    with pytest.raises(CommandError, match="disque est-il plein") as refused:
        call_command("retrain", clusters="4", json=True)

    assert refused.value.returncode == 1
    assert "Rien n’a changé" in json.loads(capsys.readouterr().out)["error"]
    assert Run.objects.current() == current and shown() == before
    assert Run.objects.latest("pk").state == Run.State.FAILED


def test_a_place_that_refuses_the_notebook_s_file_does_not_undo_the_run(
    portfolio: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("un fichier là où il faut un dossier")
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)

    outcome = retrain(FOUR)

    assert outcome.state == Run.State.PUBLISHED
    run = Run.objects.get()
    assert any("notebook" in note for note in run.notes)
    assert set(run.seconds) == {"read", "fit", "write", "total"}


def test_a_half_written_export_leaves_no_file(portfolio: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)

    def full(content: Any, file: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segmentation.runs.exporting.joblib.dump", full)

    assert retrain(FOUR).state == Run.State.PUBLISHED
    assert list((tmp_path / "models").iterdir()) == []


def retrain_on_full_disk() -> None:
    """`retrain` in a process to which the system refuses every write beyond 4 KB of a file."""
    hurry()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing past the limit is then an error, as on a full disk
    connection.ensure_connection()
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    outside_manage("retrain", "--clusters", "4")


@pytest.mark.sqlite  # on PostgreSQL another process writes the database's files
def test_when_the_system_itself_refuses_to_write_the_old_run_serves_and_the_next_one_works(outside: Start) -> None:
    record(planted_facts(), STAMP)
    retrain(FOUR)
    before = in_service()
    connection.close()

    refused = outside(retrain_on_full_disk)

    assert refused.end() == 1, refused.said()
    assert "Rien n’a changé pour les lecteurs" in refused.said()
    assert "Traceback" not in refused.said()
    assert in_service() == before and leftovers() == 0
    assert retrain(FOUR).state == Run.State.PUBLISHED
    assert not Run.objects.filter(state=Run.State.TRAINING).exists()


@pytest.mark.postgresql
def test_a_disk_too_full_for_the_notebook_s_file_costs_only_that_file(outside: Start) -> None:
    record(planted_facts(), STAMP)

    done = outside(retrain_on_full_disk)

    assert done.end() == 0, done.said()
    run = Run.objects.current()
    assert run is not None and any("notebook" in note and "File too large" in note for note in run.notes)
    models = Path(settings.DATA_DIR) / "models"
    assert list(models.glob("*.part")) == [] and not (models / f"run-{run.pk}.joblib").exists()


def test_a_stored_model_that_cannot_be_read_is_a_fresh_start_not_a_crash(portfolio: Any) -> None:
    run = retrain(FOUR).run
    assert run is not None
    Run.objects.filter(pk=run.pk).update(document={"format_version": 99})

    outcome = retrain(FOUR)

    assert outcome.state in {Run.State.PUBLISHED, Run.State.HELD}
    assert Run.objects.current() is not None


@pytest.mark.parametrize("count", [0, 1, 3])
def test_so_few_clients_are_told_in_french_and_what_is_published_stays(portfolio: Any, count: int) -> None:

    retrain(FOUR)
    current, before = Run.objects.current(), len(shown())
    kept = Client.objects.order_by("pk").values("pk")[:count]
    Client.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).update(status="inactive")

    with pytest.raises(CommandError, match="Rien à entraîner") as refused:
        call_command("retrain")

    assert refused.value.returncode == 3
    assert Run.objects.current() == current and len(shown()) == before
    assert Run.objects.latest("pk").state == Run.State.FAILED


@pytest.mark.sqlite
def test_a_database_that_is_read_only_is_a_french_sentence(portfolio: Any) -> None:
    connection.connection.execute("PRAGMA query_only = ON")
    try:
        with pytest.raises(CommandError, match="lecture seule") as refused:
            call_command("retrain", clusters="4")
    finally:
        connection.connection.execute("PRAGMA query_only = OFF")
    assert refused.value.returncode == 1


NOBODY = 65534


def retrain_on_read_only(folder: str) -> None:
    """`retrain` whose DATA_DIR its user may read only. Root may write anywhere, so it is not root that tries."""
    hurry()
    settings.DATA_DIR = Path(folder)
    importlib.import_module("dignamik.urls")  # nobody may not read where a developer's Python lies
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    with pytest.raises(PermissionError):
        (Path(folder) / "try").touch()
    outside_manage("retrain", "--clusters", "4")


def test_a_folder_that_is_read_only_stops_the_run_in_words_or_costs_only_the_notebook_s_file(outside: Start) -> None:
    record(planted_facts(), STAMP)
    retrain(FOUR)
    current, before = Run.objects.current(), shown()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)

        done = outside(retrain_on_read_only, folder)
        code = done.end()

    assert "Traceback" not in done.said(), done.said()
    latest = Run.objects.latest("pk")
    if connection.vendor == "sqlite":  # the lock lies in that folder
        assert (code, latest) == (1, current)
        assert "lecture seule" in done.said() and "Permission denied" in done.said()
    else:
        assert code == 0, done.said()
        assert Run.objects.current() == latest != current
        assert any("notebook" in note and "Permission denied" in note for note in latest.notes)
    assert shown() == before


@pytest.mark.postgresql
def test_a_server_whose_disk_fills_up_is_a_french_sentence_and_the_next_run_works(portfolio: Any) -> None:
    """The server itself refuses a row half way through, with the code and the words of a full disk."""
    retrain(FOUR)
    before = in_service()
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION fill_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
            END $$;
            SET CONSTRAINTS ALL IMMEDIATE;
            CREATE TRIGGER fill_up BEFORE INSERT ON segmentation_assignment FOR EACH ROW
                WHEN (NEW.client_id % 80 = 0) EXECUTE FUNCTION fill_up();
        """)
    with pytest.raises(CommandError, match="No space left on device") as refused:
        call_command("retrain", clusters="4")

    assert refused.value.returncode == 1
    assert "Rien n’a changé pour les lecteurs" in str(refused.value)
    assert in_service() == before and leftovers() == 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fill_up ON segmentation_assignment")
    assert retrain(FOUR).state == Run.State.PUBLISHED


def test_segments_that_survive_four_five_four_keep_their_slug_and_a_retired_one_is_never_given_again(
    portfolio: Any,
) -> None:
    four = slugs(retrain(FOUR))
    five = slugs(published(Asked(clusters=5)))
    four_again = slugs(published(FOUR))
    five_again = slugs(published(Asked(clusters=5)))

    assert len(four & five) >= 3
    assert four_again < five and len(four_again & four) >= 3
    assert not (five_again - four_again) & (four | five)


def slugs(outcome: Outcome) -> set[str]:
    return {slug for slug, _, _ in outcome.segments}


def published(asked: Asked) -> Outcome:
    """Held by its lineage, then published by somebody who says why."""
    outcome = retrain(asked)
    assert outcome.run is not None and outcome.state == Run.State.HELD
    publish(outcome.run, reason="essai")
    return outcome


def test_nothing_in_the_application_ever_loads_a_pickle() -> None:
    root = Path(__file__).parents[3]
    loads = re.compile(r"joblib\.load|pickle\.loads?|import pickle|allow_pickle=True|read_pickle")
    sources = [path for app in ("dignamik", "clients", "segmentation") for path in (root / app).rglob("*.py")]
    assert [path.name for path in sources if loads.search(path.read_text(encoding="utf-8"))] == []
