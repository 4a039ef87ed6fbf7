"""A disk that is full or read-only, a killed process, a damaged model: the published run keeps serving."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from clients.models import Client
from clients.recording import record
from segmentation.models import Assignment, Run
from segmentation.runs import bulk, retraining
from segmentation.runs.publishing import publish
from segmentation.runs.retraining import Asked, Outcome, retrain
from tests.segmentation.runs.conftest import STAMP, planted_facts

FOUR = Asked(clusters=4)


def shown() -> dict[str, str | None]:
    """What readers see: each client's displayed segment."""
    placed = Assignment.objects.filter(run=Run.objects.current())
    return {str(client): segment for client, segment in placed.values_list("client__source_id", "segment__slug")}


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


FULL = """
import resource, signal, sys, django
django.setup()
from django.core.management import call_command
from django.db import connection
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing past the limit is then an error, as on a full disk
connection.ensure_connection()
most = {most}
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from django.core.management.base import CommandError
try:
    call_command("retrain", clusters="4")
except CommandError as refused:
    print(refused, file=sys.stderr)
    sys.exit(refused.returncode)
"""


@pytest.mark.sqlite  # on PostgreSQL another process writes the database's files
def test_when_the_system_itself_refuses_to_write_the_old_run_serves_and_the_next_one_works(
    manage: Callable[..., subprocess.CompletedProcess[str]], outside_environment: dict[str, str]
) -> None:
    record(planted_facts(), STAMP)
    retrain(FOUR)
    current, before = Run.objects.current(), shown()
    connection.close()

    refused = subprocess.run(
        [sys.executable, "-c", FULL.format(most=4096)],
        env=outside_environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert refused.returncode == 1, refused.stderr
    assert "Rien n’a changé pour les lecteurs" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert Run.objects.current() == current and shown() == before
    assert manage("retrain", "--clusters", "4").returncode == 0
    assert not Run.objects.filter(state=Run.State.TRAINING).exists()


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


def test_a_folder_that_is_read_only_is_a_french_sentence(portfolio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Any:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(retraining, "exclusive", refuse)
    with pytest.raises(CommandError, match="lecture seule") as refused:
        call_command("retrain", clusters="4")
    assert refused.value.returncode == 1
    assert not Run.objects.exists()


def test_segments_that_survive_four_five_four_keep_their_slug_and_a_retired_one_is_never_given_again(
    portfolio: Any,
) -> None:
    four = slugs(retrain(FOUR))
    five = slugs(published(Asked(clusters=5)))
    four_again = slugs(published(FOUR))
    five_again = slugs(published(Asked(clusters=5)))

    assert len(four & five) >= 3
    assert four_again < five
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
