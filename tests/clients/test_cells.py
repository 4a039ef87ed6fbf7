"""Single cells, as French spreadsheets write them: understood, unknown, or refused with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from clients.intake import cells
from clients.intake.cells import Broken, Unusable

# As a workbook gives it: Excel knows no time zones.
NEW_YEARS_EVE = datetime(2024, 12, 31, 8)  # noqa: DTZ001


def refusal(parse: Callable[[Any], Any], cell: Any) -> str:
    with pytest.raises(Unusable) as caught:
        parse(cell)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12 500,50 €", "12500.50"),
        ("12\u00a0500,50\u00a0€", "12500.50"),
        ("12\u202f500,50", "12500.50"),
        ("1 234,56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234.567", "1234567"),
        ("12 k€", "12000"),
        ("1,5 M€", "1500000"),
        ("-500,00", "-500"),
        ("−500", "-500"),
        ("0,125", "0.12"),
        ("12345.678", "12345.68"),
        ("1234.5", "1234.5"),
        ("0", "0"),
        (12500.5, "12500.50"),
        (7, "7"),
        (Decimal("125000.500000000000000000000000000000"), "125000.50"),
    ],
)
def test_an_amount_is_read_as_people_write_it(written: Any, meant: str) -> None:
    assert cells.amount(written) == Decimal(meant)


@pytest.mark.parametrize("written", ["1.234", "1,234", "-12.500", "123.456", "1.234 €"])
def test_a_number_with_two_readings_is_flagged_and_both_are_offered(written: str) -> None:
    reason = refusal(cells.amount, written)
    assert reason.startswith("Nombre ambigu")
    assert len(re.findall("« [^»]+ »", reason)) == 2


@pytest.mark.parametrize(
    "written",
    ["NaN", "inf", "-Infinity", "1e308", "1_000", "١٢", "１２", "(500)", "12%", "douze", "1 23", "12 34,5", "--5",
     "0x1F", float("nan"), float("inf"), 1e308, Decimal("NaN"), True, NEW_YEARS_EVE, "1" * 40],
)  # fmt: skip
def test_what_is_no_usable_number_is_refused(written: Any) -> None:
    assert refusal(cells.amount, written).endswith(".")


@pytest.mark.parametrize("written", ["", " ", "-", "—", "N/C", "n/c", "NC", "n.d.", "\u00a0", "Inconnu", None])
def test_unknown_is_unknown_in_every_column(written: Any) -> None:
    for parse in (cells.amount, cells.count, cells.degrees, cells.day, cells.postal_code, cells.status, cells.email,
                  cells.phone, cells.yes_or_no):  # fmt: skip
        assert parse(written) is None
    assert cells.words(written, longest=10) is None


def test_a_count_is_whole_not_negative_and_fits() -> None:
    assert cells.count("1 171") == 1171
    assert cells.count("1,2 k") == 1200
    assert cells.count(12.0) == 12
    assert cells.count("0") == 0
    assert "négatif" in refusal(cells.count, "-5")
    assert "entier" in refusal(cells.count, "12,5")
    assert "trop grand" in refusal(cells.count, "3 000 000 000")


@pytest.mark.parametrize(
    "written",
    ["31/12/2024", "31-12-2024", "31.12.2024", "2024-12-31", "2024-12-31T10:00:00Z", "31/12/2024 00:00", "45657", 45657,
     45657.0, date(2024, 12, 31), NEW_YEARS_EVE],
)  # fmt: skip
def test_a_date_is_read_day_first_iso_or_as_excel_counts_it(written: Any) -> None:
    assert cells.day(written) == date(2024, 12, 31)


def test_a_workbook_may_count_its_days_from_1904() -> None:
    assert cells.day(45657 - 1462, dates_from_1904=True) == date(2024, 12, 31)


@pytest.mark.parametrize(
    ("written", "because"),
    [
        ("31/02/2024", "n’existe pas"),
        ("12/31/2024", "n’existe pas"),
        ("01/02/03", "deux chiffres"),
        ("hier", "pas une date"),
        ("2024", "pas une date"),
        ("31/12/0024", "plausible"),
        (12, "pas une date"),
        (True, "pas une date"),
        ("99999", "pas une date"),
    ],
)
def test_what_is_no_date_is_refused_with_the_reason(written: Any, because: str) -> None:
    assert because in refusal(cells.day, written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1000", "01000"),
        (1000, "01000"),
        (1000.0, "01000"),
        ("75001 ", "75001"),
        ("75 001", "75001"),
        ("97400", "97400"),
    ],
)
def test_a_postal_code_gets_its_lost_zero_back(written: Any, meant: str) -> None:
    assert cells.postal_code(written) == meant


@pytest.mark.parametrize("written", ["ABC", "123", "00100", "750011"])
def test_what_is_no_postal_code_is_refused(written: str) -> None:
    assert "code postal" in refusal(cells.postal_code, written)


def test_coordinates_take_comma_and_dot() -> None:
    assert cells.degrees("47,478419") == 47.478419
    assert cells.degrees("-0.563") == -0.563
    assert cells.degrees("1.234") == 1.234
    assert "coordonnée" in refusal(cells.degrees, "abc")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Actif", "active"), ("INACTIVE", "inactive"), ("prospect", "prospect"), ("Perdu", "lost"), ("lost", "lost")],
)
def test_a_status_is_known_in_french_and_english(written: str, meant: str) -> None:
    assert cells.status(written) == meant


def test_a_status_nobody_knows_is_refused_and_the_known_ones_are_named() -> None:
    assert "« Actif », « Inactif », « Prospect », « Perdu »" in refusal(cells.status, "EnPause")


def test_text_loses_odd_spaces_and_nothing_else() -> None:
    assert cells.words("  Boulangerie\u00a0 Dupont\n", longest=50) == "Boulangerie Dupont"
    assert cells.words("=1+1", longest=50) == "=1+1"


@pytest.mark.parametrize("written", ["a\x00b", "a\x07", "x" * 51, "#N/A", "#REF!"])
def test_text_that_cannot_be_kept_is_refused(written: str) -> None:
    assert refusal(lambda cell: cells.words(cell, longest=50), written)


def test_a_formula_without_a_value_is_refused_wherever_it_stands() -> None:
    broken = Broken("=A1", "Cette formule n’a pas de résultat.")
    for parse in (cells.amount, cells.day, cells.postal_code, cells.status, cells.degrees):
        assert refusal(parse, broken)


def test_an_e_mail_and_a_phone_number_are_checked_lightly() -> None:
    assert "e-mail" in refusal(cells.email, "x")
    assert cells.phone(261910000) == "0261910000"
    assert cells.phone("02 61 91 00 00") == "02 61 91 00 00"


def test_yes_and_no() -> None:
    assert (cells.yes_or_no("Oui"), cells.yes_or_no("NON"), cells.yes_or_no(True)) == (True, False, True)
    assert "oui" in refusal(cells.yes_or_no, "peut-être")
