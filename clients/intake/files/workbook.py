"""XLSX workbooks, read without trusting them: 53 KB can unpack to gigabytes, so the zip directory is judged first."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from clients.intake.cells import Broken, Cell
from clients.intake.errors import IntakeError
from clients.intake.files.table import MAX_COLUMNS, MAX_ROWS, Row, Table, check_line

MAX_ENTRIES = 1_000
MAX_UNPACKED = 100_000_000
# Real workbooks of clients pack 5 to 30 times smaller; small ones may do better without harm.
MAX_RATIO, RATIO_FROM = 100, 1_000_000
# One empty cell in the last column makes a row of 16,384.
MAX_CELLS = MAX_ROWS * MAX_COLUMNS
# Parts that are read whole, as a tree; even workbooks with far too many styles stay below.
MAX_TREE = 10_000_000
_STREAMED = ("xl/worksheets/", "xl/sharedStrings")
NO_WORKBOOK = (
    "Ce fichier n’est pas un classeur .xlsx lisible : ouvrez-le dans Excel et enregistrez-le à nouveau en .xlsx."
)
TOO_MUCH = (
    "Ce classeur se déballerait en un volume démesuré : il est refusé. Réexportez seulement la liste des clients."
)
UNCALCULATED = (
    "Cette formule n’a pas de résultat enregistré : ouvrez le classeur dans Excel et enregistrez-le, "
    "ou collez la valeur."
)
_DECLARATIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_FORMULAS = (b"<f>", b"<f ", b"<f/", b":f>", b":f ")


def read_workbook(content: bytes) -> Table:
    """Read the first sheet; hidden rows and merged cells are read as they are, other sheets are named in the notes.

    Raises:
        IntakeError: not a workbook, dangerous, empty, or over the limits.
    """
    formulas = _judge(content)
    try:
        return _read(content, formulas=formulas)
    except IntakeError:
        raise
    except Exception:  # openpyxl lets whatever a malformed part provokes through: KeyError, TypeError, ParseError…
        raise IntakeError(NO_WORKBOOK) from None


def unpacked_size(content: bytes) -> int:
    """Bytes that a workbook announces to unpack to; 0 when it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except Exception:  # as below; the reader refuses it with a sentence
        return 0


def _judge(content: bytes) -> bool:
    """Refuse by the zip directory, before unpacking, then by what the XML declares. Returns whether formulas occur."""
    formulas = False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            ratio = unpacked / max(1, sum(entry.compress_size for entry in entries))
            if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or (unpacked > RATIO_FROM and ratio > MAX_RATIO):
                raise IntakeError(TOO_MUCH)
            for entry in entries:
                if not entry.filename.endswith((".xml", ".rels")):
                    continue
                if entry.file_size > MAX_TREE and not entry.filename.startswith(_STREAMED):
                    raise IntakeError(TOO_MUCH)
                part = archive.read(entry)  # zipfile stops at the announced size, and its checksum tells a lie
                if any(word in part for word in _DECLARATIONS):
                    raise IntakeError("Ce classeur contient des déclarations XML interdites (DOCTYPE) : il est refusé.")
                formulas |= entry.filename.startswith("xl/worksheets/") and any(mark in part for mark in _FORMULAS)
    except IntakeError:
        raise
    except Exception:  # zipfile: BadZipFile, NotImplementedError, RuntimeError (encrypted), zlib.error…
        raise IntakeError(NO_WORKBOOK) from None
    return formulas


def _read(content: bytes, *, formulas: bool) -> Table:
    values = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    if not values.worksheets:
        raise IntakeError("Ce classeur n’a aucune feuille de calcul.")
    raw = load_workbook(io.BytesIO(content), read_only=True, keep_links=False) if formulas else None
    table: Table | None = None
    for row in _rows(values.worksheets[0], raw.worksheets[0] if raw else None):
        if table is not None:
            table.add(row)
        elif not row.is_blank:
            table = Table(headings=tuple(_heading(cell) for cell in row.cells), rows=[], pads_rows=True)
    if table is None:
        raise IntakeError("La première feuille de ce classeur est vide.")
    table.dates_from_1904 = values.epoch == CALENDAR_MAC_1904
    if len(values.worksheets) > 1:
        others = ", ".join(f"« {sheet.title} »" for sheet in values.worksheets[1:6])
        table.notes.append(f"Seule la première feuille, « {values.worksheets[0].title} », est lue ; pas {others}.")
    return table


def _rows(values: Any, raw: Any) -> Iterator[Row]:
    """Rows without their empty end. A sheet's announced size is not believed: some announce 16,384 columns."""
    values.reset_dimensions()
    if raw is None:
        for line, cells in _bounded(values.iter_rows(values_only=True)):
            yield Row(line, _trimmed(_cell(cell) for cell in cells))
        return
    raw.reset_dimensions()
    sources = raw.iter_rows(values_only=True)
    for line, cells in _bounded(values.iter_rows(values_only=True)):
        yield Row(line, _trimmed(_cell(cell, source) for cell, source in zip(cells, next(sources), strict=True)))


def _bounded(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows with their line, as long as lines and cells, empty ones included, stay within reason."""
    cells = 0
    for line, row in enumerate(rows, start=1):
        check_line(line)
        cells += len(row)
        if cells > MAX_CELLS:
            raise IntakeError(TOO_MUCH)
        yield line, row


def _trimmed(cells: Iterator[Cell]) -> tuple[Cell, ...]:
    kept = list(cells)
    while kept and kept[-1] is None:
        kept.pop()
    if len(kept) > MAX_COLUMNS:
        raise IntakeError(f"Ce fichier a plus de {MAX_COLUMNS} colonnes : ce n’est pas une liste de clients.")
    return tuple(kept)


def _cell(value: Any, source: Any = None) -> Cell:
    if value is None and source is not None:
        return Broken(str(source)[:100], UNCALCULATED)
    return value  # type: ignore[no-any-return]


def _heading(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
