"""The bytes of a file as a table: a workbook or a text, by what they are, whatever the name ends with."""

from __future__ import annotations

from pathlib import Path

from clients.intake.errors import IntakeError
from clients.intake.files.table import MAX_BYTES, Table
from clients.intake.files.text import read_csv
from clients.intake.files.workbook import read_workbook
from clients.intake.wording import why

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_file(path: Path) -> Table:
    """Read a file. Raises IntakeError: missing, too large, or of no accepted format."""
    return read_content(bytes_of(path))


def bytes_of(path: Path) -> bytes:
    """The whole of a file. Raises IntakeError when it is missing or too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise IntakeError(f"Ce fichier dépasse {MAX_BYTES // 1_000_000} Mo : découpez-le.")
        return path.read_bytes()
    except OSError as error:
        raise IntakeError(f"Le fichier « {path.name} » ne peut pas être lu : {why(error)}.") from None


def read_content(content: bytes) -> Table:
    """The same for the bytes of a file. Raises IntakeError when they are of no accepted format."""
    if content.startswith(_OLE):
        raise IntakeError(
            "Ce classeur est un ancien .xls ou il a un mot de passe : enregistrez-le en .xlsx, sans protection."
        )
    return read_workbook(content) if is_zip(content) else read_csv(content)


def is_zip(content: bytes) -> bool:
    return content.startswith(_ZIP)
