"""One sheet of rows, as a CSV that French Excel opens right, or as XLSX.

Text is text: what begins like a formula gets an apostrophe before it in CSV, and the type "text" in XLSX. Numbers stay
numbers, negative ones included; what is unknown is an empty cell. A file is French whatever language its pages are in:
it goes on to colleagues, and comes back by the imports.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Cell = str | int | float | Decimal | date | bool | None
T = TypeVar("T")

FRENCH = "fr"
FORMATS = {"csv": "CSV", "xlsx": "Excel"}
BOM = "\ufeff"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What a spreadsheet may run, in ASCII and full-width; leading blanks don't protect from it, nor do signs of no width.
_FORMULA = re.compile(r"^[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@\t\r＝＋－＠]")
# Refused by XLSX and invisible in CSV. TAB and line ends become a space: a cell is one line.
_BREAKS = re.compile(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]+")
# What openpyxl itself makes more of than text: formulas, and error codes like "#N/A".
_TAKEN_FOR_MORE = ("=", "#")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column: its heading, and how to read it from a row."""

    heading: str
    read: Callable[[T], Cell]
    width: int = 16


@dataclass(frozen=True)
class Sheet(Generic[T]):
    """What to export. `rows` is walked once."""

    name: str
    columns: Sequence[Column[T]]
    rows: Iterable[T]

    def cells(self) -> Iterator[list[Cell]]:
        """Headings, then the rows. In French one by one: between two rows the thread is the response's again."""
        yield [column.heading for column in self.columns]
        for row in self.rows:
            with translation.override(FRENCH):
                cells = [column.read(row) for column in self.columns]
            yield cells


def one_line(text: str) -> str:
    """The same text without control characters."""
    return _CONTROLS.sub("", _BREAKS.sub(" ", text))


def inert(text: str) -> str:
    """The same text on one line, that no spreadsheet takes for a formula."""
    line = one_line(text)
    return f"'{line}" if _FORMULA.match(text) or _FORMULA.match(line) else line


def respond(sheet: Sheet[Any], wanted: str) -> HttpResponseBase:
    """The sheet as a download: `wanted` is one of `FORMATS`."""
    stamp = f"{timezone.localdate():%Y-%m-%d}"
    filename = f"{sheet.name}-{stamp}.{wanted}"
    if wanted == "csv":
        response = StreamingHttpResponse(as_csv(sheet), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
        return response
    return FileResponse(as_xlsx(sheet), as_attachment=True, filename=filename, content_type=XLSX_TYPE)


class _Line:
    """A file that hands back what was last written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(sheet: Sheet[Any]) -> Iterator[bytes]:
    """UTF-8 with its mark, `;` between cells, decimal comma, dd/mm/yyyy: what Excel reads without asking, in French."""
    writer = csv.writer(_Line(), delimiter=";", lineterminator="\r\n")
    yield BOM.encode()
    for cells in sheet.cells():
        yield writer.writerow([_written(cell) for cell in cells]).encode()


def _written(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, float | Decimal):
        return f"{Decimal(str(value)):f}".replace(".", ",")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def as_xlsx(sheet: Sheet[Any]) -> io.BufferedIOBase:
    """A workbook of one sheet, written row by row: memory does not grow with the rows."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.name.capitalize()[:31])
    page.freeze_panes = "A2"
    for at, column in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(at)].width = column.width
    for number, cells in enumerate(sheet.cells()):
        page.append([_cell(page, value, bold=number == 0) for value in cells])
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book.save(file)
    file.seek(0)
    return file


def _cell(page: Any, value: Cell, *, bold: bool) -> Any:
    if value is None:
        return None
    if isinstance(value, bool):
        value = "oui" if value else "non"
    if isinstance(value, str):
        value = one_line(value)
        plain = not value.startswith(_TAKEN_FOR_MORE)
    else:
        plain = not isinstance(value, date)
    if plain and not bold:
        return value  # openpyxl is much slower with a cell made here
    cell = WriteOnlyCell(page, value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, whatever it begins with
    elif isinstance(value, date):
        cell.number_format = "DD/MM/YYYY"
    if bold:
        cell.font = Font(bold=True)
    return cell
