"""Large files: a worker reads and writes them, tells how far it is, and may be killed at any moment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client as Browser

from clients import recording
from clients.imports import FileImport
from clients.intake.files import filing, keeping, working
from clients.models import Client, Followers
from clients.recording import save
from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from dignamik.work import KINDS
from segmentation.models import Assignment
from tests.builders import client, row, xlsx_file
from tests.clients.test_imports import act, page, send, sent
from tests.outside import Start, manage, wait_for
from tests.published import published, some_clients
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are kept where another process looks for them, too."""
    monkeypatch.setattr(working, "LARGE", 0)
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


def test_htmx_gets_the_progress_alone_and_the_whole_page_once_it_ended(
    admin: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "is_alive", lambda job: True)
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


# --- Killed ----------------------------------------------------------------------------------------------------------

DEAD = 86
"""The exit code of a worker that these tests cut off."""
BEFORE_COMMIT = ["the file half read", "half of the facts written", "all written, nothing committed"]
looked_at: Any = filing
written: Any = recording
going: Any = jobs.Going
"""What is replaced in the other process."""


def _die(*args: Any, **kwargs: Any) -> None:
    os._exit(DEAD)  # no handler runs, no connection is closed politely


def _half_read(rows: Any) -> Any:
    yield from rows[: len(rows) // 2]
    _die()


def killed_worker(point: str) -> None:
    """A worker whose process is gone at this point of its job."""
    if point == "the file half read":
        real = looked_at.understand
        looked_at.understand = lambda table, columns, track: real(table, columns, _half_read)
    elif point == "half of the facts written":
        written.write_turnovers = _die
    elif point == "all written, nothing committed":
        looked_at.keep = _die
    elif point == "committed, nothing said":
        going.end = _die
    manage("work", "--once")


def told(browser: Browser, found: FileImport, sentence: str) -> str:
    """The page, once it says this: a server notices within moments that a connection is gone."""
    deadline = time.monotonic() + 20
    while sentence not in (html := page(browser, found)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sentence in html
    return html


def twice_worked(found: FileImport) -> Job:
    """The job, done by the next worker."""
    deadline = time.monotonic() + 20
    while the_job(found).get().state != Job.State.DONE and time.monotonic() < deadline:
        jobs.work_once(KINDS)
    job = the_job(found).get()
    found.refresh_from_db()
    assert (job.state, job.attempt) == (Job.State.DONE, 2)
    return job


@pytest.mark.parametrize("point", BEFORE_COMMIT)
def test_killed_before_the_commit_it_leaves_nothing_says_so_and_the_next_worker_does_it(
    outside: Start, admin: Browser, tmp_path: Path, point: str
) -> None:
    found = ready(admin, tmp_path, *(row(f"c{at}", Nom=f"Maison {at}") for at in range(50)))
    act(admin, found, "confirm")

    assert outside(killed_worker, point).end() == DEAD

    found.refresh_from_db()
    assert (found.state, Client.objects.exists(), Followers.objects.exists()) == ("ready", False, False)
    assert (keeping.folder() / found.stored_as).exists()
    html = told(admin, found, "L’exécutant s’est arrêté en route")
    assert "Rien n’a été écrit dans la base" in html and "<progress" not in html
    twice_worked(found)
    assert (found.state, Client.objects.count(), Client.history.count()) == ("done", 50, 50)
    assert "arrêté en route" not in page(admin, found)


def test_killed_after_the_commit_the_page_says_that_it_is_done_and_nothing_is_written_twice(
    outside: Start, admin: Browser, tmp_path: Path
) -> None:
    found = ready(admin, tmp_path, row())
    act(admin, found, "confirm")
    assert outside(killed_worker, "committed, nothing said").end() == DEAD
    found.refresh_from_db()
    assert (found.state, Client.objects.count()) == ("done", 1)
    html = told(admin, found, "L’exécutant s’est arrêté en route")
    assert "Ce qui était demandé est fait" in html and "Rien n’a été écrit" not in html
    twice_worked(found)
    assert Client.history.count() == 1


def test_killed_while_it_judges_the_next_worker_makes_the_preview(
    outside: Start, admin: Browser, tmp_path: Path
) -> None:
    found = sent(admin, tmp_path, row("a"), row("b", Nom="Autre"))
    assert outside(killed_worker, "half of the facts written").end() == DEAD
    found.refresh_from_db()
    assert (found.state, found.lines.count(), Client.objects.exists()) == ("new", 0, False)
    told(admin, found, "Rien n’a été écrit dans la base")
    twice_worked(found)
    assert (found.state, found.created) == ("ready", 2)


def test_a_file_that_kills_every_worker_is_given_up_and_the_page_says_so(
    outside: Start, admin: Browser, tmp_path: Path
) -> None:
    found = ready(admin, tmp_path, row())
    act(admin, found, "confirm")
    for _ in range(jobs.MOST_ATTEMPTS):
        told(admin, found, "En file d’attente" if not the_job(found).get().attempt else "arrêté en route")
        assert outside(killed_worker, "half of the facts written").end() == DEAD
    told(admin, found, "arrêté en route")
    deadline = time.monotonic() + 20
    while not jobs.reap() and time.monotonic() < deadline:
        time.sleep(0.05)
    html = page(admin, found)
    assert "Interrompu 3 fois de suite" in html and "Confirmer l’import" in html
    assert not Client.objects.exists()


def test_a_worker_that_is_alive_is_not_called_stopped(outside: Start, admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row())
    sign, release = tmp_path / "half way", tmp_path / "go on"
    worker = outside(slow_worker, sign, release)
    wait_for(sign)
    assert "<progress" in page(admin, found)
    release.touch()
    assert worker.end() == 0
    found.refresh_from_db()
    assert found.state == "ready"


def slow_worker(sign: Path, release: Path) -> None:
    """A worker that stops in the middle of a job until it may go on."""
    real = looked_at.understand

    def waiting(*args: Any) -> Any:
        sign.touch()
        wait_for(release)
        return real(*args)

    looked_at.understand = waiting
    manage("work", "--once")


# --- What is large ---------------------------------------------------------------------------------------------------


def test_a_worker_gets_whatever_would_keep_a_page_waiting_however_few_bytes_it_has(
    admin: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # nothing is large by order
    short = send(admin, b"Nom\n" + b"\n".join(b"M%d" % at for at in range(working.MANY_LINES + 1)))
    alike = xlsx_file(tmp_path, *([f"Maison {at}", "Angers"] for at in range(12_000)), headings=("Nom", "Ville"))
    assert alike.stat().st_size < working.LARGE
    packed = send(admin, alike.read_bytes(), "clients.xlsx")
    assert (short.in_hand, packed.in_hand) == (True, True)
    small = send(admin, xlsx_file(tmp_path, ["Paul"], headings=("Nom",)).read_bytes(), "clients.xlsx")
    assert (small.in_hand, small.state) == (False, "ready")
