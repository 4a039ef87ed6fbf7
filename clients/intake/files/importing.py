"""The way in for files without a page: read and judged, then written in one transaction, or only rehearsed.

What is written joins the history of imports, where it can be looked at and taken back as if a page had sent it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import translation

from clients.facts import Recorded, Stamp
from clients.imports import FileImport
from clients.intake.errors import refuse_beside_demo
from clients.intake.files.columns import Columns, recognise
from clients.intake.files.comparing import Wording, states
from clients.intake.files.erased import turn_away
from clients.intake.files.filing import clean
from clients.intake.files.outcome import headings_of, held, keep, lines_of, notes_of, stamp_of, tell
from clients.intake.files.reading import bytes_of, read_content
from clients.intake.files.rows import Track, Understood, understand
from clients.intake.files.table import Table
from clients.matching import known_clients
from clients.recording import record
from dignamik.foundation.auditing import Kind, note


@dataclass(frozen=True)
class Report:
    """What an import did, or would do when not `committed`."""

    rows: int
    blank_lines: int
    created: int
    updated: int
    unchanged: int
    understood: Understood
    ignored_columns: tuple[str, ...]
    notes: tuple[str, ...]
    committed: bool
    number: int | None = None
    """Of the import in the history, once written."""

    @property
    def rejected_rows(self) -> int:
        return len({problem.line for problem in self.understood.rejected})

    def to_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": [problem.to_dict() for problem in self.understood.rejected],
            "rejected_rows": self.rejected_rows,
            "duplicates": [asdict(duplicate) for duplicate in self.understood.duplicates],
            "blank_lines": self.blank_lines,
            "unplaced": [asdict(unplaced) for unplaced in self.understood.unplaced],
            "ignored_columns": list(self.ignored_columns),
            "notes": list(self.notes),
            "committed": self.committed,
            "import": self.number,
        }


def import_file(path: Path, stamp: Stamp, *, commit: bool, skip_bad: bool = False, track: Track = iter) -> Report:
    """Import clients from a CSV or XLSX file; without `commit`, only say what would happen.

    With bad rows and no `skip_bad` nothing is written; the report counts what the good rows would do.

    Raises:
        IntakeError: the file can't be read as a whole, or this database holds the demonstration.
    """
    if commit:
        refuse_beside_demo()
    content = bytes_of(path)
    table = read_content(content)
    columns = recognise(table.headings, dates_from_1904=table.dates_from_1904)
    understood = understand(table, columns, track)
    turn_away(understood)
    number = None
    if commit and (skip_bad or not understood.rejected):
        sent = FileImport(
            file_name=clean(path.name), sha256=hashlib.sha256(content).hexdigest(), size=len(content),
            by=stamp.user, sent_at=stamp.at, way=FileImport.Way.COMMAND,
        )  # fmt: skip
        recorded = _written(sent, table, columns, understood, stamp)
        number = sent.pk
    else:
        recorded = _rehearsed(understood, stamp)
    changed = len(recorded.touched) - recorded.clients.created
    return Report(
        rows=len(table.rows),
        blank_lines=table.blank_lines,
        created=recorded.clients.created,
        updated=changed,
        unchanged=len(understood.facts) - recorded.clients.created - changed,
        understood=understood,
        ignored_columns=columns.ignored,
        notes=tuple(notes_of(table, columns)),
        committed=number is not None,
        number=number,
    )


def _rehearsed(understood: Understood, stamp: Stamp) -> Recorded:
    """The preview is the real thing, undone; no estimate."""
    with transaction.atomic():
        recorded = record(understood.facts, stamp)
        transaction.set_rollback(True)
    return recorded


@transaction.atomic
def _written(sent: FileImport, table: Table, columns: Columns, understood: Understood, stamp: Stamp) -> Recorded:
    """Record, and keep what became of each line beside it: both, or neither."""
    sent.save()
    before = states(held(client.pk for client in known_clients(understood.facts).clients.values()))
    recorded = record(understood.facts, stamp_of(sent, stamp.user, stamp.at))
    sent.headings = headings_of(table, understood.erased)
    sent.state, sent.done_at, sent.done_by = FileImport.State.DONE, stamp.at, stamp.user
    with translation.override("fr"):
        lines = lines_of(sent, understood, recorded, before, states(recorded.touched), Wording())
    tell(sent, table, columns, understood, lines)
    keep(sent, lines)
    note(Kind.IMPORT, stamp.user, about=sent, count=len(lines), moment=stamp.at.isoformat())
    return recorded
