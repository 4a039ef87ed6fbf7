"""Exports that French Excel opens right, and that nobody's name can turn into a formula."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext
from openpyxl import load_workbook

from dignamik.foundation.exporting import Column, Sheet, as_csv, as_xlsx, inert

Row = tuple[Any, ...]


def sheet(*rows: Row) -> Sheet[Row]:
    return Sheet("essai", [Column("Nom", lambda row: row[0]), Column("Valeur", lambda row: row[1])], rows)


def csv_rows(*rows: Row) -> list[list[str]]:
    text = b"".join(as_csv(sheet(*rows))).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def xlsx_rows(*rows: Row) -> list[tuple[Any, ...]]:
    return list(load_workbook(as_xlsx(sheet(*rows))).active.iter_rows())


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "==1",
        "+33 6 12",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "  =1",
        "\x00=1",
        "\n=1",
        "=#REF!",
        "\u200b=1",
        "\ufeff@SUM(A1)",
        "\u202e+1",
        "\xa0-1+1",
    ],
)
def test_it_writes_text_that_begins_like_a_formula_as_text(name: str) -> None:
    written = csv_rows((name, None))[1][0]
    assert written.startswith("'")
    assert inert(written) == written
    cell = xlsx_rows((name, None))[1][0]
    assert cell.data_type == "s"
    assert "\x00" not in cell.value


@pytest.mark.parametrize("name", ["#N/A", "#REF!", "#1 du quartier", "="])
def test_a_workbook_takes_no_name_for_an_error(name: str) -> None:
    cell = xlsx_rows((name, None))[1][0]
    assert (cell.data_type, cell.value) == ("s", name)


def test_headings_from_somebodys_file_are_text_too() -> None:
    mine: Sheet[Row] = Sheet("x", [Column("=cmd|' /C calc'!A0", lambda row: row[0])], [("a",)])
    assert b"".join(as_csv(mine)).decode("utf-8-sig").startswith("'=cmd|")
    assert load_workbook(as_xlsx(mine)).active["A1"].data_type == "s"


@pytest.mark.parametrize("code", range(0x20))
def test_no_control_character_gets_through(code: int) -> None:
    name = f"Chez{chr(code)}Léa{chr(code)}"
    for written in (csv_rows((name, None))[1][0], xlsx_rows((name, None))[1][0].value):
        assert written.strip() in ("ChezLéa", "Chez Léa")
        assert written.isprintable()


def test_it_keeps_negative_numbers_numbers() -> None:
    for wanted in (-500, -0.5):
        assert xlsx_rows(("avoir", wanted))[1][1].data_type == "n"
        assert not csv_rows(("avoir", wanted))[1][1].startswith("'")
    assert csv_rows(("avoir", Decimal("-500.00")))[1] == ["avoir", "-500,00"]
    cell = xlsx_rows(("avoir", Decimal("-500.00")))[1][1]
    assert (cell.data_type, cell.value) == ("n", -500)


def test_it_removes_control_characters_and_line_ends() -> None:
    assert csv_rows(("A\x07B\r\nC\x00", None))[1][0] == "AB C"
    assert xlsx_rows(("A\x07B\r\nC\x00\ud800", None))[1][0].value == "AB C"


def test_it_writes_what_french_excel_reads() -> None:
    raw = b"".join(
        as_csv(sheet(("Crêperie ; « Œuf »", Decimal("12500.50")), ("oui ?", True), ("né", date(2024, 12, 31))))
    )
    assert raw.startswith("\ufeff".encode())
    assert raw.decode("utf-8-sig").splitlines() == [
        "Nom;Valeur", '"Crêperie ; « Œuf »";12500,50', "oui ?;oui", "né;31/12/2024",
    ]  # fmt: skip


def test_it_writes_unknown_as_an_empty_cell_and_zero_as_zero() -> None:
    assert csv_rows(("a", None), ("b", 0))[1:] == [["a", ""], ["b", "0"]]
    assert [row[1].value for row in xlsx_rows(("a", None), ("b", 0))[1:]] == [None, 0]


def test_it_writes_small_and_large_numbers_without_exponents() -> None:
    assert [row[1] for row in csv_rows(("a", 1e-7), ("b", 1e16), ("c", Decimal("1E+3")))[1:]] == [
        "0,0000001", "10000000000000000", "1000",
    ]  # fmt: skip


def test_a_file_is_french_while_its_reader_reads_english() -> None:
    spoken: list[Column[Row]] = [
        Column("Nom", lambda row: gettext("Introuvable.")),
        Column("Date", lambda row: date(2026, 11, 26)),
    ]
    with translation.override("en"):
        lines = b"".join(as_csv(Sheet("essai", spoken, [()]))).decode("utf-8-sig").splitlines()
        cells = list(load_workbook(as_xlsx(Sheet("essai", spoken, [()]))).active.iter_rows(values_only=True))
        assert gettext("Introuvable.") == "Not found."
    assert lines == ["Nom;Date", "Introuvable.;26/11/2026"]
    assert cells[1][0] == "Introuvable."
