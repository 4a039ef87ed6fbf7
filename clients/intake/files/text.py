"""CSV as people have it: every encoding and delimiter that French spreadsheets write, decided without statistics."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from clients.intake.errors import IntakeError
from clients.intake.files.columns import identify
from clients.intake.files.table import MAX_COLUMNS, Row, Table, check_line

DELIMITERS = (";", ",", "\t", "|")
# UTF-8 read as cp1252 somewhere on the way: "Ã©" for "é", "â‚¬" for "€".
_MOJIBAKE = re.compile(
    "Ã[\u00a0-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u0192\u02c6\u02dc\u2013-\u203a]|â‚¬|â€™|Â\u00a0"
)
_MAX_CELL, _MAX_LINE = 100_000, 1_000_000


def read_csv(content: bytes) -> Table:
    """Read a whole CSV file.

    Raises:
        IntakeError: not text, no rows, unbalanced quotes, or over the limits.
    """
    text = decode(content)
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=(.)\r?", first, re.IGNORECASE)
    if told:  # Excel's own hint
        return _parse(rest, told[1], skipped=1)
    return _parse(text, _delimiter(text))


def decode(content: bytes) -> str:
    """Strict UTF-8 (with or without BOM), UTF-16 by its BOM, else cp1252: never a guess by letter frequency."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _whole(content, "utf-16")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _whole(content, "cp1252")
    if "\x00" in text:
        raise IntakeError("Ce fichier n’est ni un CSV ni un classeur .xlsx : enregistrez-le dans l’un de ces formats.")
    return text


def _whole(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise IntakeError(
            f"Ligne {line} : l’octet 0x{content[error.start]:02x} n’a de sens ni en UTF-8 ni en Windows-1252. "
            "Enregistrez le fichier en « CSV UTF-8 »."
        ) from None


def _delimiter(text: str) -> str:
    """The delimiter under which the first line holds the most known headings, then the most cells."""

    def promise(delimiter: str) -> tuple[int, int]:
        try:
            cells: list[str] = next(_reader(text[:_MAX_LINE], delimiter), [])
        except csv.Error:
            return 0, 0
        return sum(identify(cell) is not None for cell in cells[:MAX_COLUMNS]), len(cells)

    return max(DELIMITERS, key=promise)


def _reader(text: str, delimiter: str) -> Any:
    csv.field_size_limit(_MAX_CELL)
    return csv.reader(_lines(text), delimiter=delimiter, strict=True)


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends. One that is millions of cells long would be read whole before anything could refuse it."""
    for line in io.StringIO(text, newline=""):
        if len(line) > _MAX_LINE:
            raise csv.Error
        yield line


def _parse(text: str, delimiter: str, *, skipped: int = 0) -> Table:
    reader = _reader(text, delimiter)
    table: Table | None = None
    start = 1
    try:
        for cells in reader:
            check_line(start + skipped)
            row = Row(start + skipped, tuple(cells))
            start = reader.line_num + 1
            if table is not None:
                table.add(row)
            elif not row.is_blank:
                table = Table(headings=tuple(cells), rows=[])
    except csv.Error:
        raise IntakeError(
            f"Ligne {start + skipped} : guillemets non fermés ou cellule démesurée. "
            "Corrigez cette ligne et recommencez."
        ) from None
    if table is None:
        raise IntakeError("Ce fichier est vide : il n’a ni titres ni lignes.")
    if len(table.headings) > MAX_COLUMNS:
        raise IntakeError(f"Ce fichier a plus de {MAX_COLUMNS} colonnes : ce n’est pas une liste de clients.")
    if _MOJIBAKE.search(text):
        table.notes.append("Des accents semblent abîmés (« Ã© » pour « é ») : réexportez le fichier en UTF-8.")
    return table
