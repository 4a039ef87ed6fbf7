"""A file that somebody sent, from its arrival to what becomes of it: received, judged, confirmed or given up.

What a preview shows is what the recording did, in a transaction that was undone; a confirmation records again and is
refused when the base would now become something else. What is kept of a file is French whoever sent it, so that two
readers of different languages see the same preview, and confirming it compares like with like.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from clients.imports import OPEN, FileImport, ImportedLine
from clients.intake.errors import IntakeError, refuse_beside_demo
from clients.intake.files import keeping
from clients.intake.files.columns import Columns, recognise
from clients.intake.files.comparing import Wording, states
from clients.intake.files.erased import turn_away
from clients.intake.files.outcome import headings_of, held, keep, lines_of, stamp_of, tell
from clients.intake.files.reading import read_content
from clients.intake.files.rows import Track, Understood, understand
from clients.intake.files.table import MAX_BYTES, Table
from clients.recording import record
from dignamik.foundation import jobs
from dignamik.foundation.auditing import Kind, note

MOVED = _("La base a changé depuis l’aperçu : rien n’a été écrit. Voici ce que l’import ferait maintenant.")
DECIDED = _("Cet import n’attend plus de décision.")
NOTHING = _("Il n’y a rien à écrire : la base dit déjà tout ce que dit ce fichier.")
BAD_ROWS = _("Des lignes sont refusées : importez les bonnes lignes seulement, ou corrigez le fichier.")


class Moved(IntakeError):
    """The base changed since the preview in a way that changes what the import does."""


# --- Arriving --------------------------------------------------------------------------------------------------------


def receive(sent: UploadedFile[Any], by: Any) -> FileImport:
    """Keep a file and a row for it; the same bytes that somebody still has to decide on are not kept twice.

    Raises IntakeError when it is too large.
    """
    if (sent.size or 0) > MAX_BYTES:
        raise IntakeError(f"Ce fichier dépasse {MAX_BYTES // 1_000_000} Mo : découpez-le.")
    keeping.sweep(timezone.now())
    name, digest, size = keeping.keep(sent.chunks())
    waiting = FileImport.objects.filter(sha256=digest, state__in=OPEN).exclude(stored_as="").first()
    if waiting is not None:
        keeping.discard(name)
        return waiting
    return FileImport.objects.create(
        file_name=clean(sent.name or ""), sha256=digest, size=size, stored_as=name, by=by, sent_at=timezone.now()
    )


def clean(name: str) -> str:
    """A name to show, never to open: its last part, without what no screen shows."""
    last = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:200] or "sans nom"


def earlier(file_import: FileImport) -> FileImport | None:
    """The latest import of the same bytes that is in the base."""
    same = FileImport.objects.filter(sha256=file_import.sha256, state=FileImport.State.DONE)
    return same.exclude(pk=file_import.pk).select_related("done_by").first()


# --- Judging ---------------------------------------------------------------------------------------------------------


@translation.override("fr")
def judge(file_import: FileImport, track: Track = iter) -> None:
    """Read the file and say what it would do; the state tells what is next. Nothing of the base is changed."""
    try:
        table = read_content(keeping.content_of(file_import.stored_as))
    except IntakeError as problem:
        _refuse(file_import, str(problem))
        return
    file_import.headings, file_import.problem = headings_of(table), ""
    try:
        columns = _columns(file_import, table)
    except IntakeError as problem:
        file_import.state, file_import.problem = FileImport.State.COLUMNS, str(problem)
        keep(file_import, [])
        return
    understood = understand(table, columns, track)
    turn_away(understood)
    file_import.headings = headings_of(table, understood.erased)
    with transaction.atomic():
        lines = _rehearsed(file_import, understood)
        tell(file_import, table, columns, understood, lines)
        file_import.state = FileImport.State.READY
        keep(file_import, lines)


def _refuse(file_import: FileImport, problem: str) -> None:
    stored, file_import.stored_as = file_import.stored_as, ""
    file_import.state, file_import.problem = FileImport.State.REFUSED, problem
    keep(file_import, [])
    keeping.discard(stored)


def _columns(file_import: FileImport, table: Table) -> Columns:
    chosen = {int(place): code for place, code in file_import.chosen.items()}
    return recognise(table.headings, dates_from_1904=table.dates_from_1904, chosen=chosen)


# --- Rehearsing and recording ----------------------------------------------------------------------------------------


def _rehearsed(file_import: FileImport, understood: Understood) -> list[ImportedLine]:
    """What recording would do, line by line: done, looked at, and undone. Clients that it would create have no key."""
    with transaction.atomic():
        recorded = record(understood.facts, stamp_of(file_import, file_import.by, timezone.now()))
        after, wording = states(recorded.touched), Wording()
        transaction.set_rollback(True)
    lines = lines_of(file_import, understood, recorded, states(recorded.touched), after, wording)
    for line in lines:
        if line.kind == ImportedLine.Kind.CREATED:
            line.client_id = None
    return lines


# --- Deciding --------------------------------------------------------------------------------------------------------


def confirm(pk: int, by: Any, *, skip_bad: bool, track: Track = iter) -> FileImport:
    """Write what the preview showed, in one transaction.

    Raises:
        Moved: the base has changed in between; nothing was written, and the preview is a new one.
        IntakeError: there is nothing to write, it was decided already, or this base holds the demonstration.
    """
    refuse_beside_demo()
    file_import = FileImport.objects.get(pk=pk)
    _may_be_written(file_import, skip_bad=skip_bad)
    table = read_content(keeping.content_of(file_import.stored_as))
    understood = understand(table, _columns(file_import, table), track)
    turn_away(understood)
    with transaction.atomic():
        # Whoever confirms twice, or a worker that was thought dead, finds it done.
        file_import = FileImport.objects.select_for_update().get(pk=pk)
        _may_be_written(file_import, skip_bad=skip_bad)
        stored, shown_lines = file_import.stored_as, list(file_import.lines.defer("before"))
        known = held(line.client_id for line in shown_lines if line.client_id is not None)
        before, stamp = states(known), stamp_of(file_import, by, timezone.now())
        recorded = record(understood.facts, stamp)
        with translation.override("fr"):
            lines = lines_of(file_import, understood, recorded, before, states(recorded.touched), Wording())
        # A client that somebody made meanwhile looks new here, too: the count tells.
        moved = recorded.clients.created != file_import.created or [line.said for line in lines] != [
            line.said for line in shown_lines
        ]
        if moved:
            transaction.set_rollback(True)
        else:
            file_import.stored_as, file_import.problem = "", ""
            file_import.state = FileImport.State.DONE
            file_import.done_by, file_import.done_at = by, stamp.at
            keep(file_import, lines)
            note(Kind.IMPORT, by, about=file_import, count=len(lines), moment=stamp.at.isoformat())
    if moved:
        judge(FileImport.objects.get(pk=pk))
        with translation.override("fr"):
            FileImport.objects.filter(pk=pk).update(problem=str(MOVED))
        raise Moved(MOVED)
    keeping.discard(stored)
    return file_import


def _may_be_written(file_import: FileImport, *, skip_bad: bool) -> None:
    if file_import.state != FileImport.State.READY:
        raise IntakeError(DECIDED)
    if not file_import.changes_something:
        raise IntakeError(NOTHING)
    if file_import.rejected and not skip_bad:
        raise IntakeError(BAD_ROWS)


def drop(pk: int) -> None:
    """Give an import up and delete its file. Raises IntakeError when it was decided already."""
    with transaction.atomic():
        file_import = FileImport.objects.select_for_update().get(pk=pk)
        if not file_import.is_open:
            raise IntakeError(DECIDED)
        stored, file_import.stored_as = file_import.stored_as, ""
        file_import.state, file_import.problem = FileImport.State.DROPPED, ""
        file_import.save()
        file_import.lines.all().delete()
    keeping.discard(stored)
    if file_import.job is not None:
        jobs.cancel(file_import.job)
