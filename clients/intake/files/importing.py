"""The way in for files: read, judge everything, then write in one transaction, or say what would be written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from clients.facts import Recorded, Stamp
from clients.intake.errors import ERASED, IntakeError, refuse_beside_demo
from clients.intake.files.columns import recognise
from clients.intake.files.rows import Rejected, Track, Understood, understand
from clients.intake.files.table import MAX_BYTES, Table
from clients.intake.files.text import read_csv
from clients.intake.files.workbook import read_workbook
from clients.intake.wording import why
from clients.recording import record
from clients.tombstones import TurnedAway, erased_among, why_gone
from dignamik.foundation.auditing import Kind, note

NO_STATUS = "Le fichier n’a pas de colonne « Statut » : les nouveaux clients sont notés actifs."
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


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
        }


def import_file(path: Path, stamp: Stamp, *, commit: bool, skip_bad: bool = False, track: Track = iter) -> Report:
    """Import clients from a CSV or XLSX file; without `commit`, only say what would happen.

    With bad rows and no `skip_bad` nothing is written; the report counts what the good rows would do.

    Raises:
        IntakeError: the file can't be read as a whole, or this database holds the demonstration.
    """
    if commit:
        refuse_beside_demo()
    table = read_file(path)
    columns = recognise(table.headings, dates_from_1904=table.dates_from_1904)
    understood = understand(table, columns, track)
    turn_away(understood)
    writes = commit and (skip_bad or not understood.rejected)
    recorded = _record(understood, stamp, writes=writes)
    changed = len(recorded.touched) - recorded.clients.created
    return Report(
        rows=len(table.rows),
        blank_lines=table.blank_lines,
        created=recorded.clients.created,
        updated=changed,
        unchanged=len(understood.facts) - recorded.clients.created - changed,
        understood=understood,
        ignored_columns=columns.ignored,
        notes=(*table.notes, *([] if columns.named("status") else [NO_STATUS])),
        committed=writes,
    )


def turn_away(understood: Understood) -> None:
    """Reject the lines about people who were erased, without their cells. Raises IntakeError."""
    try:
        erased = erased_among(understood.facts)
    except TurnedAway as refusal:
        raise IntakeError(str(refusal)) from None
    understood.erased = {understood.lines[at] for at in erased}
    understood.rejected += [
        Rejected(understood.lines[at], "", "", ERASED.format(why_gone(erasure))) for at, erasure in erased.items()
    ]
    understood.rejected.sort(key=lambda problem: problem.line)
    understood.facts = [fact for at, fact in enumerate(understood.facts) if at not in erased]
    understood.lines = [line for line in understood.lines if line not in understood.erased]
    understood.unplaced = [item for item in understood.unplaced if item.line not in understood.erased]


def read_file(path: Path) -> Table:
    """Read a file by what it holds, whatever its name ends with.

    Raises:
        IntakeError: missing, too large, or of no accepted format.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise IntakeError(f"Ce fichier dépasse {MAX_BYTES // 1_000_000} Mo : découpez-le.")
        content = path.read_bytes()
    except OSError as error:
        raise IntakeError(f"Le fichier « {path.name} » ne peut pas être lu : {why(error)}.") from None
    return read_content(content)


def read_content(content: bytes) -> Table:
    """The same for the bytes of a file. Raises IntakeError when they are of no accepted format."""
    if content.startswith(_OLE):
        raise IntakeError(
            "Ce classeur est un ancien .xls ou il a un mot de passe : enregistrez-le en .xlsx, sans protection."
        )
    return read_workbook(content) if content.startswith(_ZIP) else read_csv(content)


def _record(understood: Understood, stamp: Stamp, *, writes: bool) -> Recorded:
    """Record in one transaction, undone again unless `writes`: the preview is the real thing, not an estimate."""
    with transaction.atomic():
        recorded = record(understood.facts, stamp)
        if writes:
            moment = stamp.at.isoformat()
            note(Kind.IMPORT, stamp.user, count=len(recorded.touched), moment=moment)
        else:
            transaction.set_rollback(True)
    return recorded
