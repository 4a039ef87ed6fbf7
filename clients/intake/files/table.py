"""A file of any accepted format as one table of raw cells, and the limits on what is read at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings

from clients.intake.cells import Cell
from clients.intake.errors import IntakeError

MAX_BYTES = 50_000_000
MAX_ROWS: int = settings.IMPORT_MAX_ROWS
MAX_COLUMNS = 200
MAX_LINES = 5 * MAX_ROWS
"""Blank ones included: a workbook of a few KB can announce a cell on line 1,048,576, and all before it are walked."""


@dataclass(frozen=True)
class Row:
    """`line` is the number that a person sees in the file, the heading being line 1."""

    line: int
    cells: tuple[Cell, ...]

    @property
    def is_blank(self) -> bool:
        return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in self.cells)


def check_line(line: int) -> None:
    """Raise IntakeError beyond the last line that is looked at."""
    if line > MAX_LINES:
        raise IntakeError(
            f"Ce fichier va au-delà de la ligne {MAX_LINES} : supprimez les lignes vides, ou découpez-le."
        )


@dataclass
class Table:
    """`notes` are French sentences about the file as a whole; `blank_lines` were skipped between rows.

    `pads_rows`: rows end with their last filled cell, as workbooks have them, so that a short row is no error.
    """

    headings: tuple[str, ...]
    rows: list[Row]
    blank_lines: int = 0
    notes: list[str] = field(default_factory=list)
    dates_from_1904: bool = False
    pads_rows: bool = False
    _blank: int = 0

    def add(self, row: Row) -> None:
        """Append a row. Raises IntakeError beyond the limit; blank rows are counted once something follows them."""
        if row.is_blank:
            self._blank += 1
            return
        if len(self.rows) == MAX_ROWS:
            raise IntakeError(f"Ce fichier dépasse {MAX_ROWS} lignes : découpez-le.")
        self.blank_lines, self._blank = self.blank_lines + self._blank, 0
        self.rows.append(row)
