"""What a worker does for a file: judge it, write it, or take it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from clients.imports import FileImport
from clients.intake.errors import IntakeError
from clients.intake.files import filing, undoing
from clients.intake.files.rows import Track
from clients.intake.files.table import Row
from dignamik.foundation import jobs
from dignamik.foundation.jobs import Going, Refused
from dignamik.foundation.models import Job

KIND = "import"
EVERY = 500
"""Rows between two words on progress."""
JUDGE, CONFIRM, UNDO = "judge", "confirm", "undo"
READING, WRITING = "Lecture du fichier", "Écriture dans la base"
COMPARING = "Comparaison avec la base"


def is_large(file_import: FileImport) -> bool:
    """Whether a page would keep somebody waiting too long."""
    return file_import.size > filing.LARGE


@transaction.atomic
def hand_over(file_import: FileImport, what: str, by: Any, **more: Any) -> Job:
    """Leave it to a worker. The job and its import appear together."""
    job = jobs.ask(KIND, {"import": file_import.pk, "what": what, **more}, trigger=Job.Trigger.WEB, by=by)
    file_import.job = job
    file_import.save(update_fields=["job"])
    return job


def carry_out(going: Going) -> Mapping[str, Any]:
    """Do what the job says. Returns the import's number and state; raises Refused with a French sentence.

    A worker that dies leaves nothing: each of the three writes in one transaction, and is done again from the start.
    """
    asked = going.job.payload
    file_import = FileImport.objects.filter(pk=asked["import"]).first()
    if file_import is None:
        raise Refused("Cet import n’existe plus.")
    going.tell(READING, 0.02)
    try:
        if asked["what"] == JUDGE:
            if file_import.is_open:
                filing.judge(file_import, _told(going, COMPARING))
        elif asked["what"] == CONFIRM:
            filing.confirm(
                file_import.pk, going.job.asked_by, skip_bad=bool(asked["skip_bad"]), track=_told(going, WRITING)
            )
        else:
            going.tell(WRITING, 0.3)
            undoing.undo(file_import.pk, going.job.asked_by)
    except IntakeError as problem:
        if _is_already(file_import, asked["what"]):
            return _result(file_import)
        raise Refused(str(problem)) from None
    return _result(file_import)


def _is_already(file_import: FileImport, what: str) -> bool:
    """A worker died between writing and saying so: what it was asked for is done."""
    file_import.refresh_from_db(fields=["state"])
    wanted = {CONFIRM: FileImport.State.DONE, UNDO: FileImport.State.UNDONE}.get(what)
    return file_import.state == wanted


def _result(file_import: FileImport) -> Mapping[str, Any]:
    file_import.refresh_from_db(fields=["state"])
    return {"import": file_import.pk, "state": file_import.state}


def _told(going: Going, then: str) -> Track:
    """Rows with a word on progress now and then; `then` is what comes after the last."""

    def walk(rows: Sequence[Row]) -> Iterable[Row]:
        for at, row in enumerate(rows):
            if at % EVERY == 0:
                going.tell(READING, 0.05 + 0.45 * at / len(rows))
            yield row
        going.tell(then, 0.5)

    return walk
