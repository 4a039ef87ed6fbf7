"""`manage.py import_clients`: what people and scripts see, and what its exit code means."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.core.management import CommandError, call_command

from clients.models import Client
from tests.builders import csv_file, row

Manage = Callable[..., "CompletedProcess[str]"]


def run(path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import_clients", str(path), *options, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_it_is_a_dry_run_unless_told_otherwise(tmp_path: Path) -> None:
    said = run(csv_file(tmp_path, row()))
    assert "1\u00a0client créé" in said
    assert "rien n’a été écrit" in said
    assert not Client.objects.exists()


@pytest.mark.django_db
def test_json_is_one_object_with_the_contracted_keys(tmp_path: Path) -> None:
    said = json.loads(run(csv_file(tmp_path, row()), "--commit", "--json"))
    assert {name: said[name] for name in ("rows", "created", "updated", "unchanged", "rejected", "committed")} == {
        "rows": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": [], "committed": True,
    }  # fmt: skip


@pytest.mark.django_db
def test_bad_rows_are_said_in_french_and_fail(tmp_path: Path) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="Rien n’a été écrit") as caught:
        call_command("import_clients", str(csv_file(tmp_path, row(Statut="EnPause"))), "--commit", stdout=out)
    assert caught.value.returncode == 1
    assert "Ligne 2, colonne « Statut », « EnPause » : Statut inconnu" in out.getvalue()
    assert not Client.objects.exists()


@pytest.mark.django_db
def test_good_rows_come_in_when_bad_ones_may_be_skipped(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row("good"), row("bad", Statut="EnPause"))
    said = json.loads(run(path, "--commit", "--skip-bad", "--json"))
    assert (said["created"], said["rejected"][0]["line"], said["committed"]) == (1, 3, True)


@pytest.mark.django_db
def test_an_unreadable_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"ne peut pas être lu"):
        run(tmp_path / "absent.csv")


def test_in_a_pipe_stdout_is_one_json_object_and_the_exit_code_tells(manage: Manage, tmp_path: Path) -> None:
    done = manage("import_clients", str(csv_file(tmp_path, row("a"), row("b", Statut="?!"))), "--commit", "--json")
    assert (done.returncode, json.loads(done.stdout)["committed"]) == (1, False)
    assert "Lecture" not in done.stderr, "no progress bar in a pipe"
    assert "Traceback" not in done.stderr
    missing = manage("import_clients", "absent.csv", "--json")
    assert (missing.returncode, list(json.loads(missing.stdout))) == (1, ["error"])


def test_killed_while_writing_it_leaves_nothing(
    transactional_db: None, outside_environment: dict[str, str], tmp_path: Path
) -> None:
    path = csv_file(tmp_path, *(row(f"c{at}", Nom=f"Maison {at}") for at in range(50)))
    # The import stops in the middle of its transaction, says so, and waits to be killed.
    code = (
        "import django, sys, time; django.setup();"
        "import clients.recording as recording;"
        "recording.write_turnovers = lambda *_: (print('half way', flush=True), time.sleep(60));"
        "from django.core.management import call_command;"
        f"call_command('import_clients', {str(path)!r}, '--commit')"
    )
    environment = {**os.environ, **outside_environment}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    assert not Client.objects.exists()
    assert json.loads(run(path, "--commit", "--json"))["created"] == 50
