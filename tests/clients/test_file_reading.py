"""Files that are not what they say: each is understood or refused in French, none breaks the importer."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from clients.intake.cells import Broken
from clients.intake.errors import IntakeError
from clients.intake.files import table as limits
from clients.intake.files.columns import recognise
from clients.intake.files.reading import read_file
from clients.intake.files.rows import understand
from clients.intake.files.table import Table
from tests.builders import HEADINGS, csv_file, row, xlsx_file

WHEN = datetime(2024, 12, 31)  # noqa: DTZ001 (Excel knows no time zones)


def read(folder: Path, content: bytes, name: str = "clients.csv") -> Table:
    path = folder / name
    path.write_bytes(content)
    return read_file(path)


def refusal(folder: Path, content: bytes, name: str = "clients.csv") -> str:
    with pytest.raises(IntakeError) as caught:
        read(folder, content, name)
    return str(caught.value)


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook with each part passed through `change`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return packed.getvalue()


# --- Text ------------------------------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_not_part_of_the_first_heading(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffNom;Ville\nA;B\n".encode()).headings == ("Nom", "Ville")


def test_bytes_of_no_accepted_encoding_are_named_with_their_line(tmp_path: Path) -> None:
    reason = refusal(tmp_path, b"Nom;Ville\nA;B\nC\x81\xff;D\n")
    assert "Ligne 3" in reason
    assert "0x81" in reason


def test_broken_accents_are_noticed(tmp_path: Path) -> None:
    assert "accents" in read(tmp_path, "Nom;Ville\nA;OrlÃ©ans\n".encode()).notes[0]
    assert not read(tmp_path, "Nom;Ville\nA;Orléans\n".encode()).notes


def test_one_column_and_excel_s_own_hint_are_understood(tmp_path: Path) -> None:
    assert read(tmp_path, b"Nom\nA\nB\n").headings == ("Nom",)
    hinted = read(tmp_path, b'sep=,\nNom,Ville\nA,"1,5"\n')
    assert (hinted.headings, hinted.rows[0].line, hinted.rows[0].cells) == (("Nom", "Ville"), 3, ("A", "1,5"))


def test_the_delimiter_is_the_one_that_makes_headings_known(tmp_path: Path) -> None:
    assert read(tmp_path, "Nom;Ville, pays, région, zone\nA;B\n".encode()).headings[0] == "Nom"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "vide"),
        (b"\n\n;;\n", "vide"),
        (b'Nom;Ville\n"A;B\n', "Ligne 2"),
        (b"Nom\n" + b"x" * 200_000, "démesurée"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "Ligne"),
        (b"Nom\n\x00\x01\x02", "ni un CSV"),
        ("Nom\nA\x00".encode("utf-16"), "ni un CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ancien .xls"),
        (b"PK\x03\x04" + b"x" * 100, ".xlsx lisible"),
    ],
)
def test_what_is_no_list_of_clients_is_refused_in_french(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refusal(tmp_path, content, "clients.xlsx")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"« rien\.csv » ne peut pas être lu"):
        read_file(tmp_path / "rien.csv")


def test_the_first_row_too_many_refuses_the_file(tmp_path: Path) -> None:
    rows = [b"A;B"] * (limits.MAX_ROWS + 1)
    assert "20000" in refusal(tmp_path, b"\n".join([b"Nom;Ville", *rows]))
    assert len(read(tmp_path, b"\n".join([b"Nom;Ville", *rows[1:]])).rows) == limits.MAX_ROWS


def test_any_bytes_give_a_table_or_a_sentence(tmp_path: Path) -> None:
    """Random damage to real files, the same every time."""
    rng = random.Random(7)
    whole = csv_file(tmp_path, row(), row("b")).read_bytes()
    book = xlsx_file(tmp_path, ["A", 1], headings=("Nom", "Abonnés Facebook")).read_bytes()
    for content in [whole, book] * 60:
        damaged = bytearray(content)
        for _ in range(rng.randrange(1, 12)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        del damaged[rng.randrange(len(damaged) // 2, len(damaged)) :]
        try:
            assert read(tmp_path, bytes(damaged)).headings
        except IntakeError as refused:
            assert str(refused).strip()


# --- Workbooks -------------------------------------------------------------------------------------------------------


def test_a_workbook_gives_native_cells(tmp_path: Path) -> None:
    table = read_file(
        xlsx_file(tmp_path, ["Paul", 12.5, WHEN, None], headings=("Nom", "CA 2025", "Client depuis", "Ville"))
    )
    assert table.headings == ("Nom", "CA 2025", "Client depuis", "Ville")
    assert (table.rows[0].line, table.rows[0].cells) == (2, ("Paul", 12.5, WHEN))


def test_a_workbook_that_counts_from_1904_says_so(tmp_path: Path) -> None:
    table = read_file(xlsx_file(tmp_path, ["A", WHEN], headings=("Nom", "Client depuis"), epoch=CALENDAR_MAC_1904))
    assert (table.dates_from_1904, table.rows[0].cells[1]) == (True, WHEN)


def test_a_formula_without_its_value_is_not_an_empty_cell(tmp_path: Path) -> None:
    table = read_file(xlsx_file(tmp_path, ["A", "=1+1", None], ["B", 3, 4], headings=("Nom", "CA 2025", "CA 2024")))
    assert isinstance(table.rows[0].cells[1], Broken)
    assert table.rows[1].cells == ("B", 3, 4)


def test_only_the_first_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Nom"])
    book.active.append(["A"])
    book.create_sheet("Archives").append(["Nom"])
    path = tmp_path / "clients.xlsx"
    book.save(path)
    assert "« Archives »" in read_file(path).notes[0]


def test_hidden_rows_are_read_and_of_merged_cells_the_first(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cells in (["Nom", "Ville"], ["A", "Angers"], ["B", "Nantes"], ["C", "Tours"]):
        book.active.append(cells)
    book.active.row_dimensions[2].hidden = True
    book.active.merge_cells("A3:A4")
    path = tmp_path / "clients.xlsx"
    book.save(path)
    table = read_file(path)
    assert [row.cells for row in table.rows] == [("A", "Angers"), ("B", "Nantes"), (None, "Tours")]
    refused = understand(table, recognise(table.headings)).rejected
    assert [(each.line, each.column) for each in refused] == [(4, "Nom")]


def test_an_error_of_excel_in_a_cell_refuses_its_row(tmp_path: Path) -> None:
    table = read_file(xlsx_file(tmp_path, ["A", "#N/A", 1], ["B", 5, "#REF!"], headings=("Nom", "CA 2025", "CA 2024")))
    refused = understand(table, recognise(table.headings)).rejected
    assert [(each.line, each.column, each.value) for each in refused] == [
        (2, "CA 2025", "#N/A"),
        (3, "CA 2024", "#REF!"),
    ]
    assert "erreur d’Excel" in refused[0].reason


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_at_once(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["A"], headings=("Nom",))
    bomb = repacked(path, lambda name, part: part + b" " * 60_000_000 if name.endswith("sheet1.xml") else part)
    assert len(bomb) < 100_000
    started = time.monotonic()
    assert "démesuré" in refusal(tmp_path, bomb)
    assert time.monotonic() - started < 1


def test_ten_thousand_entries_are_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for at in range(10_000):
            archive.writestr(f"xl/{at}.xml", b"")
    assert "démesuré" in refusal(tmp_path, packed.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_declares_entities_is_refused(tmp_path: Path, encoding: str) -> None:
    path = xlsx_file(tmp_path, ["A"], headings=("Nom",))
    laughs = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'.encode(encoding)
    assert "DOCTYPE" in refusal(tmp_path, repacked(path, lambda name, part: laughs if "sheet1" in name else part))


def test_a_zip_that_is_no_workbook_and_an_empty_workbook_are_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hello.txt", b"hello")
    assert ".xlsx lisible" in refusal(tmp_path, packed.getvalue())
    book = openpyxl.Workbook()
    path = tmp_path / "empty.xlsx"
    book.save(path)
    with pytest.raises(IntakeError, match="vide"):
        read_file(path)


def test_a_text_named_xlsx_is_read_as_what_it_is(tmp_path: Path) -> None:
    assert read(tmp_path, csv_file(tmp_path, row()).read_bytes(), "clients.xlsx").headings == HEADINGS
