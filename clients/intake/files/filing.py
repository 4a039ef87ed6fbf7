"""A file that somebody sent, from its arrival to what becomes of it: received, judged, confirmed or given up.

What a preview shows is what the recording did, in a transaction that was undone; a confirmation records again and is
refused when the base would now become something else. What is kept of a file is French whoever sent it, so that two
readers of different languages see the same preview, and confirming it compares like with like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from clients.facts import Origin, Recorded, Stamp
from clients.imports import OPEN, FileImport, ImportedLine
from clients.intake.cells import Broken, Cell, shown
from clients.intake.errors import IntakeError, refuse_beside_demo
from clients.intake.files import keeping
from clients.intake.files.columns import Columns, recognise
from clients.intake.files.comparing import State, Wording, differing, states
from clients.intake.files.importing import NO_STATUS, read_content, turn_away
from clients.intake.files.rows import Track, Understood, understand
from clients.intake.files.table import MAX_BYTES, Table
from clients.models import Client
from clients.recording import record
from dignamik.foundation import jobs
from dignamik.foundation.auditing import Kind, note

LARGE = 300_000
"""Bytes (some 2,000 clients) above which a worker does it: a page should answer within seconds."""
MOVED = _("La base a changé depuis l’aperçu : rien n’a été écrit. Voici ce que l’import ferait maintenant.")
DECIDED = _("Cet import n’attend plus de décision.")
NOTHING = _("Il n’y a rien à écrire : la base dit déjà tout ce que dit ce fichier.")
BAD_ROWS = _("Des lignes sont refusées : importez les bonnes lignes seulement, ou corrigez le fichier.")
_KEPT_WHOLE = 2_000
"""Characters of one cell that are kept to be corrected."""
_LOOKED_AT = 20
"""Rows in which an example of a column is looked for."""


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
        file_name=_clean(sent.name or ""), sha256=digest, size=size, stored_as=name, by=by, sent_at=timezone.now()
    )


def _clean(name: str) -> str:
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
    file_import.headings, file_import.problem = _headings(table), ""
    try:
        columns = _columns(file_import, table)
    except IntakeError as problem:
        file_import.state, file_import.problem = FileImport.State.COLUMNS, str(problem)
        _keep(file_import, [])
        return
    understood = understand(table, columns, track)
    turn_away(understood)
    file_import.headings = _headings(table, understood.erased)
    with transaction.atomic():
        lines = _rehearsed(file_import, understood)
        _said(file_import, table, columns, understood, lines)
        file_import.state = FileImport.State.READY
        _keep(file_import, lines)


def _refuse(file_import: FileImport, problem: str) -> None:
    stored, file_import.stored_as = file_import.stored_as, ""
    file_import.state, file_import.problem = FileImport.State.REFUSED, problem
    _keep(file_import, [])
    keeping.discard(stored)


def _headings(table: Table, without: Collection[int] = ()) -> list[list[str]]:
    """Each heading with the first cell under it as an example, of a line that is not one of `without`."""
    found = []
    for place, heading in enumerate(table.headings):
        rows = (row for row in table.rows[:_LOOKED_AT] if place < len(row.cells) and row.line not in without)
        below = (shown(row.cells[place]) for row in rows)
        example = next((text for text in below if text.strip()), "")
        found.append([" ".join(heading.split())[:200], example[:40]])
    return found


def _columns(file_import: FileImport, table: Table) -> Columns:
    chosen = {int(place): code for place, code in file_import.chosen.items()}
    return recognise(table.headings, dates_from_1904=table.dates_from_1904, chosen=chosen)


def _said(
    file_import: FileImport, table: Table, columns: Columns, understood: Understood, lines: list[ImportedLine]
) -> None:
    """What the file says, apart from what it changes."""
    created = sum(line.kind == ImportedLine.Kind.CREATED for line in lines)
    file_import.rows, file_import.blank_lines = len(table.rows), table.blank_lines
    file_import.created, file_import.updated = created, len(lines) - created
    file_import.unchanged = len(understood.facts) - len(lines)
    file_import.ignored = list(columns.ignored)
    file_import.notes = [*table.notes, *([] if columns.named("status") else [NO_STATUS])]
    file_import.rejected = _rejected(table, understood)
    file_import.repeated = [asdict(repeated) for repeated in understood.duplicates]
    file_import.unplaced = [asdict(unplaced) for unplaced in understood.unplaced]


def _rejected(table: Table, understood: Understood) -> list[dict[str, Any]]:
    problems: dict[int, list[Any]] = defaultdict(list)
    for problem in understood.rejected:
        said = problem.to_dict()
        problems[said.pop("line")].append(said)
    return [
        {
            "line": row.line,
            "cells": [] if row.line in understood.erased else [_whole(cell) for cell in row.cells],
            "problems": problems[row.line],
        }
        for row in table.rows
        if row.line in problems
    ]


def _whole(cell: Cell) -> str:
    """A cell to be corrected and sent again: as the file has it."""
    if isinstance(cell, Broken | str):
        return str(cell)[:_KEPT_WHOLE]
    return shown(cell).replace(".", ",") if isinstance(cell, float) else shown(cell)


@transaction.atomic
def _keep(file_import: FileImport, lines: Iterable[ImportedLine]) -> None:
    """Store what was found, unless somebody decided meanwhile."""
    if FileImport.objects.select_for_update().filter(pk=file_import.pk, state__in=OPEN).first() is None:
        return
    file_import.lines.all().delete()
    ImportedLine.objects.bulk_create(lines, batch_size=500)
    file_import.save()


# --- Rehearsing and recording ----------------------------------------------------------------------------------------


def _rehearsed(file_import: FileImport, understood: Understood) -> list[ImportedLine]:
    """What recording would do, line by line: done, looked at, and undone. Clients that it would create have no key."""
    with transaction.atomic():
        recorded = record(understood.facts, _stamp(file_import, file_import.by))
        after, wording = states(recorded.touched), Wording()
        transaction.set_rollback(True)
    lines = _lines(file_import, understood, recorded, states(recorded.touched), after, wording)
    for line in lines:
        if line.kind == ImportedLine.Kind.CREATED:
            line.client_id = None
    return lines


def _lines(
    file_import: FileImport,
    understood: Understood,
    recorded: Recorded,
    before: Mapping[int, State],
    after: Mapping[int, State],
    wording: Wording,
) -> list[ImportedLine]:
    """What became of each client that was touched. Whoever is not in `before` is new."""
    touched = set(recorded.touched)
    return [
        ImportedLine(
            file_import=file_import,
            line=number,
            kind=ImportedLine.Kind.CHANGED if pk in before else ImportedLine.Kind.CREATED,
            client_id=pk,
            name=after[pk]["name"],
            changes=[list(change) for change in wording.changes(before.get(pk, {}), after[pk])],
            before=differing(before[pk], after[pk]) if pk in before else {},
        )
        for number, pk in zip(understood.lines, recorded.pks, strict=True)
        if pk in touched
    ]


def _stamp(file_import: FileImport, by: Any) -> Stamp:
    return Stamp(Origin.IMPORT, timezone.now(), by, which=f"n° {file_import.pk}")


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
        known = sorted(line.client_id for line in shown_lines if line.client_id is not None)
        list(Client.objects.filter(pk__in=known).order_by("pk").select_for_update().values_list("pk"))
        before, stamp = states(known), _stamp(file_import, by)
        recorded = record(understood.facts, stamp)
        with translation.override("fr"):
            lines = _lines(file_import, understood, recorded, before, states(recorded.touched), Wording())
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
            _keep(file_import, lines)
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
