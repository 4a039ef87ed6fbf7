"""What one file does or did, as its import keeps it: line by line, with what was refused, and how it is recorded.

Whatever brings a file in keeps the same of it: the pages, which rehearse and then confirm, and the command.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from clients.facts import Origin, Recorded, Stamp
from clients.figures import CHUNK
from clients.imports import OPEN, FileImport, ImportedLine
from clients.intake.cells import Broken, Cell, shown
from clients.intake.files.columns import Columns
from clients.intake.files.comparing import State, Wording, differing
from clients.intake.files.rows import Understood
from clients.intake.files.table import Table
from clients.models import Client

NO_STATUS = "Le fichier n’a pas de colonne « Statut » : les nouveaux clients sont notés actifs."
_KEPT_WHOLE = 2_000
"""Characters of one cell that are kept to be corrected."""
_LOOKED_AT = 20
"""Rows in which an example of a column is looked for."""


def headings_of(table: Table, without: Collection[int] = ()) -> list[list[str]]:
    """Each heading with the first cell under it as an example, of a line that is not one of `without`."""
    found = []
    for place, heading in enumerate(table.headings):
        rows = (row for row in table.rows[:_LOOKED_AT] if place < len(row.cells) and row.line not in without)
        below = (shown(row.cells[place]) for row in rows)
        example = next((text for text in below if text.strip()), "")
        found.append([" ".join(heading.split())[:200], example[:40]])
    return found


def tell(
    file_import: FileImport, table: Table, columns: Columns, understood: Understood, lines: list[ImportedLine]
) -> None:
    """What the file says, apart from what it changes."""
    created = sum(line.kind == ImportedLine.Kind.CREATED for line in lines)
    file_import.rows, file_import.blank_lines = len(table.rows), table.blank_lines
    file_import.created, file_import.updated = created, len(lines) - created
    file_import.unchanged = len(understood.facts) - len(lines)
    file_import.ignored = list(columns.ignored)
    file_import.notes = notes_of(table, columns)
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
def keep(file_import: FileImport, lines: Iterable[ImportedLine]) -> None:
    """Store what was found, unless somebody decided meanwhile."""
    if FileImport.objects.select_for_update().filter(pk=file_import.pk, state__in=OPEN).first() is None:
        return
    file_import.lines.all().delete()
    ImportedLine.objects.bulk_create(lines, batch_size=500)
    file_import.save()


def lines_of(
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


def stamp_of(file_import: FileImport, by: Any, at: datetime) -> Stamp:
    """What history says of whatever this import writes."""
    return Stamp(Origin.IMPORT, at, by, which=f"n° {file_import.pk}")


def notes_of(table: Table, columns: Columns) -> list[str]:
    """Sentences on the file as a whole."""
    return [*table.notes, *([] if columns.named("status") else [NO_STATUS])]


def held(pks: Iterable[int]) -> list[int]:
    """These clients in order, locked against whoever else would change them meanwhile; within a transaction."""
    ordered = sorted(set(pks))
    for start in range(0, len(ordered), CHUNK):
        some = Client.objects.filter(pk__in=ordered[start : start + CHUNK])
        list(some.order_by("pk").select_for_update().values_list("pk"))
    return ordered
