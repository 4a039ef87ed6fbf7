"""Large files: a worker reads and writes them, tells how far it is, and may be killed at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client as Browser

from clients.imports import FileImport
from clients.intake.files import filing, keeping, working
from clients.models import Client, Followers
from clients.recording import save
from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from dignamik.work import KINDS
from segmentation.models import Assignment
from tests.builders import client, row
from tests.clients.test_imports import act, page, sent
from tests.published import published, some_clients
from tests.reading import body, signed_in

Manage = Callable[..., "CompletedProcess[str]"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are kept where another process looks for them, too."""
    monkeypatch.setattr(filing, "LARGE", 0)
    yield
    for path in keeping.folder().glob("*"):
        path.unlink()


@pytest.fixture
def admin(adele: User) -> Browser:
    return signed_in(adele)


def worked(found: FileImport) -> Job:
    """Let a worker do what waits."""
    job = jobs.work_once(KINDS)
    assert job is not None
    job.refresh_from_db()
    found.refresh_from_db()
    return job


def the_job(found: FileImport) -> QuerySet[Job]:
    assert found.job_id is not None
    return Job.objects.filter(pk=found.job_id)


def ready(browser: Browser, folder: Path, *rows: Any) -> FileImport:
    found = sent(browser, folder, *rows)
    worked(found)
    assert found.state == "ready"
    return found


def test_a_large_file_waits_for_a_worker_and_its_page_follows(admin: Browser, adele: User, tmp_path: Path) -> None:
    some_clients(30)
    run = published()
    found = sent(admin, tmp_path, row("new", Nom="Neuf"))
    assert (found.state, found.in_hand) == ("new", True)
    html = page(admin, found)
    assert "En file d’attente" in html and f'hx-get="/imports/{found.pk}/"' in html
    assert worked(found).state == Job.State.DONE
    assert (found.state, found.created) == ("ready", 1)
    assert "Un exécutant s’en charge" in act(admin, found, "confirm")
    assert "travaille déjà" in act(admin, found, "confirm")
    assert not Client.objects.filter(name="Neuf").exists()
    worked(found)
    assert (found.state, found.done_by, Client.history.first().history_user) == ("done", adele, adele)
    assert Assignment.objects.filter(run=run, client__name="Neuf").exists()
    assert "Un exécutant s’en charge" in act(admin, found, "undo")
    worked(found)
    assert found.state == "undone"
    assert Client.objects.get(name="Neuf").withdrawn_at is not None


def test_htmx_gets_the_progress_alone_and_the_whole_page_once_it_ended(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row())
    the_job(found).update(state="running", step=working.READING, progress=0.4)
    response = admin.get(f"/imports/{found.pk}/", headers={"HX-Request": "true"})
    assert body(response).lstrip().startswith('<div class="job"') and 'value="40"' in body(response)
    assert "HX-Refresh" not in response.headers
    the_job(found).update(state="queued", attempt=0)
    worked(found)
    assert admin.get(f"/imports/{found.pk}/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_progress_is_told_row_by_row(admin: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "EVERY", 2)
    told: list[tuple[str, float]] = []
    tell = jobs.Going.tell

    def listened(going: jobs.Going, step: str, share: float) -> None:
        told.append((step, share))
        tell(going, step, share)

    monkeypatch.setattr(jobs.Going, "tell", listened)
    found = sent(admin, tmp_path, *(row(f"c{at}", Nom=f"Maison {at}") for at in range(6)))
    worked(found)
    assert [step for step, _ in told] == [working.READING] * 4 + [working.COMPARING]
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] < 1


def test_a_base_that_moved_fails_the_job_once_and_shows_the_new_preview(admin: Browser, tmp_path: Path) -> None:
    one = client("c1", email="vieux@esteve.example")
    found = ready(admin, tmp_path, row("c1"))
    one.email = "autre@esteve.example"
    save(one, changed=["email"])
    act(admin, found, "confirm")
    assert worked(found).state == Job.State.FAILED
    html = page(admin, found)
    assert html.count("La base a changé depuis l’aperçu") == 1
    assert "autre@esteve.example" in html and "Confirmer l’import" in html


def test_giving_up_while_it_waits_takes_the_job_away(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row())
    act(admin, found, "drop")
    assert (found.state, jobs.work_once(KINDS), list(keeping.folder().iterdir())) == ("dropped", None, [])


def test_a_worker_that_died_after_writing_finds_it_done(admin: Browser, tmp_path: Path) -> None:
    found = ready(admin, tmp_path, row())
    act(admin, found, "confirm")
    worked(found)
    histories = Client.history.count()
    the_job(found).update(state="running", attempt=1)
    job = worked(found)
    assert (job.state, job.attempt, job.result["state"]) == (Job.State.DONE, 2, "done")
    assert Client.history.count() == histories


def test_a_file_that_breaks_its_workers_can_be_decided_again(
    admin: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ready(admin, tmp_path, row())
    act(admin, found, "confirm")
    with monkeypatch.context() as broken:
        broken.setattr("clients.recording.write_turnovers", None)
        assert worked(found).state == Job.State.FAILED
    html = page(admin, found)
    assert "n’a pas abouti" in html and "NoneType" not in html and "Confirmer l’import" in html
    assert not Client.objects.exists()
    act(admin, found, "confirm")
    worked(found)
    assert found.state == "done"


def test_killed_while_writing_it_leaves_nothing_and_the_next_worker_does_it(
    transactional_db: None, admin: Browser, manage: Manage, outside_environment: dict[str, str], tmp_path: Path
) -> None:
    found = ready(admin, tmp_path, *(row(f"c{at}", Nom=f"Maison {at}") for at in range(50)))
    act(admin, found, "confirm")
    # A worker stops in the middle of the transaction, says so, and waits to be killed.
    code = (
        "import django, time; django.setup();"
        "import clients.recording as recording;"
        "recording.write_turnovers = lambda *_: (print('half way', flush=True), time.sleep(60));"
        "from django.core.management import call_command;"
        "call_command('work', '--once')"
    )
    environment = {**os.environ, **outside_environment}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.send_signal(signal.SIGKILL)
    found.refresh_from_db()
    assert (found.state, Client.objects.exists(), Followers.objects.exists()) == ("ready", False, False)
    assert (keeping.folder() / found.stored_as).exists()
    deadline = time.monotonic() + 20  # the server notices a dropped connection within moments
    while found.state != "done" and time.monotonic() < deadline:
        done = manage("work", "--once")
        assert done.returncode == 0, done.stderr
        found.refresh_from_db()
    assert (found.state, Client.objects.count(), Client.history.count()) == ("done", 50, 50)
    assert the_job(found).get().attempt == 2
