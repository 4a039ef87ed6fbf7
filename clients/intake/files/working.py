"""What a worker does for a file: judge it, write it, or take it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from clients.imports import FileImport
from clients.intake.errors import IntakeError
from clients.intake.files import filing, keeping, undoing
from clients.intake.files.reading import is_zip
from clients.intake.files.rows import Track
from clients.intake.files.table import Row
from clients.intake.files.workbook import unpacked_size
from dignamik.foundation import jobs
from dignamik.foundation.jobs import Going, Refused
from dignamik.foundation.models import Job

KIND = "import"
LARGE, MANY_LINES, LARGE_UNPACKED = 300_000, 2_000, 1_500_000
"""Bytes (some 2,000 clients), lines, and bytes of an unpacked workbook above which a worker does it."""
EVERY = 500
"""Rows between two words on progress."""
JUDGE, CONFIRM, UNDO = "judge", "confirm", "undo"
READING, WRITING = "Lecture du fichier", "Écriture dans la base"
COMPARING = "Comparaison avec la base"


def is_large(file_import: FileImport) -> bool:
    """Whether a page would keep somebody waiting too long: by bytes, by lines, and by what a workbook unpacks to.

    Bytes alone deceive: 20,000 short lines are 100 KB, and a workbook of likenesses packs a hundred times smaller.
    """
    if file_import.size > LARGE or file_import.rows > MANY_LINES:
        return True
    if not file_import.stored_as:
        return False
    try:
        content = keeping.content_of(file_import.stored_as)
    except IntakeError:
        return False  # whoever reads it says so
    return unpacked_size(content) > LARGE_UNPACKED if is_zip(content) else content.count(b"\n") > MANY_LINES


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
        file_import.refresh_from_db(fields=["state"])
        if is_already(file_import, asked["what"]):
            return _result(file_import)
        raise Refused(str(problem)) from None
    return _result(file_import)


def is_already(file_import: FileImport, what: str) -> bool:
    """A worker died between writing and saying so: what it was asked for is done."""
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
