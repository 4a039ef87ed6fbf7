"""`manage.py import_clients`: what people and scripts see, and what its exit code means."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from clients import recording
from clients.imports import FileImport
from clients.models import Client
from tests.builders import client, csv_file, row
from tests.clients.test_imports import act, state_of_the_base
from tests.outside import Start
from tests.outside import manage as manage_here
from tests.reading import body, signed_in

DEAD = 86
written: Any = recording
"""What is replaced in the other process."""
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


def killed_import(path: str) -> None:
    """An import whose process is gone in the middle of its transaction."""
    written.write_turnovers = lambda *_: os._exit(DEAD)
    manage_here("import_clients", path, "--commit")


def test_killed_while_writing_it_leaves_nothing_and_can_be_repeated(outside: Start, tmp_path: Path) -> None:
    path = csv_file(tmp_path, *(row(f"c{at}", Nom=f"Maison {at}") for at in range(50)))
    assert outside(killed_import, str(path)).end() == DEAD
    assert not Client.objects.exists() and not FileImport.objects.exists()
    assert json.loads(run(path, "--commit", "--json"))["created"] == 50
    assert FileImport.objects.get().created == 50


# --- The history of imports ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_it_writes_stands_in_the_history_of_imports_with_its_counts(adele: User, tmp_path: Path) -> None:
    client("old", email="vieux@esteve.example")
    client("same", name="Pareil")
    same = {"Identifiant": "same", "Nom": "Pareil"}
    path = csv_file(tmp_path, row("old"), row("new", Nom="Neuf"), same, row("new", Nom="NEUF "), row("x", Statut="?!"))
    said = json.loads(run(path, "--commit", "--skip-bad", "--json"))
    found = FileImport.objects.get(pk=said["import"])
    assert (found.file_name, found.state, found.by, found.done_by) == ("clients.csv", "done", None, None)
    assert (found.rows, found.created, found.updated, found.unchanged) == (5, 1, 1, 1)
    assert [(each["line"], each["problems"][0]["column"]) for each in found.rejected] == [(6, "Statut")]
    assert [each["line"] for each in found.repeated] == [5]
    assert (found.stored_as, found.size) == ("", path.stat().st_size)
    assert Client.history.filter(history_change_reason=f"import de fichier n° {found.pk}").count() == 2
    browser = signed_in(adele)
    listed = body(browser.get("/imports/"))
    assert "clients.csv" in listed and "en ligne de commande" in listed and "compte supprimé" not in listed
    shown = body(browser.get(f"/imports/{found.pk}/?show=changed"))
    assert "vieux@esteve.example" in shown and "(en ligne de commande)" in shown and "Annuler cet import" in shown
    assert "Statut inconnu" in body(browser.get(f"/imports/{found.pk}/rejected/"))


@pytest.mark.django_db
def test_it_is_undone_on_the_page_as_if_the_page_had_sent_it(adele: User, tmp_path: Path) -> None:
    client("old", email="vieux@esteve.example", readings={"facebook": 7}, turnover={2025: 1})
    before = state_of_the_base()
    run(csv_file(tmp_path, row("old"), row("new", Nom="Neuf")), "--commit")
    assert state_of_the_base() != before
    assert "est annulé" in act(signed_in(adele), FileImport.objects.get(), "undo")
    assert state_of_the_base() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statut", "options"), [("Actif", ()), ("Actif", ("--skip-bad",)), ("EnPause", ("--commit",)), ("EnPause", ())]
)
def test_what_wrote_nothing_is_in_no_history(tmp_path: Path, statut: str, options: tuple[str, ...]) -> None:
    with suppress(CommandError):
        run(csv_file(tmp_path, row("a"), row("b", Statut=statut)), *options)
    assert not FileImport.objects.exists()


@pytest.mark.django_db
def test_a_repeated_import_is_in_the_history_and_there_is_nothing_to_undo(adele: User, tmp_path: Path) -> None:
    path = csv_file(tmp_path, row())
    first, second = (json.loads(run(path, "--commit", "--json"))["import"] for _ in range(2))
    assert (FileImport.objects.get(pk=second).unchanged, first) != (0, second)
    assert "Annuler cet import" not in body(signed_in(adele).get(f"/imports/{second}/"))
    assert "Annuler cet import" in body(signed_in(adele).get(f"/imports/{first}/"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["adele", "ADELE", "by mail"])
def test_it_is_made_in_the_name_of_whoever_is_said(adele: User, tmp_path: Path, name: str) -> None:
    run(csv_file(tmp_path, row()), "--commit", "--by", adele.email if name == "by mail" else name)
    found = FileImport.objects.get()
    assert (found.by, found.done_by, Client.history.get().history_user) == (adele, adele, adele)
    adele.delete()
    found.refresh_from_db()
    assert (found.by, found.way) == (None, "command")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "says"), [("nobody", "compte actif"), ("", "compte actif"), ("amelie", "pas le droit")]
)
def test_it_is_not_made_in_the_name_of_who_could_not_do_it(amelie: User, tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(csv_file(tmp_path, row()), "--commit", "--by", name)
    assert not Client.objects.exists()
