"""Figures and dates as French people read them, and as British people do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from dignamik.foundation import french


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(0, 0, "0"), (12500, 0, "12\u202f500"), (-1234.5, 1, "−1\u202f234,5"), (Decimal("0.5"), 0, "1"), (-0.4, 0, "0")],
)
def test_it_groups_thousands_with_thin_no_break_spaces(value: float, places: int, text: str) -> None:
    assert french.grouped(value, places) == text


def test_it_puts_a_no_break_space_before_the_unit() -> None:
    assert french.euros(Decimal("12500.40")) == "12\u202f500\u00a0€"
    assert french.exact_euros(Decimal("12500.40")) == "12\u202f500,40\u00a0€"
    assert french.exact_euros(Decimal("12500.00")) == "12\u202f500\u00a0€"


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0\u00a0%"), (0.001, "<\u00a01\u00a0%"), (0.412, "41\u00a0%"), (1.0, "100\u00a0%")]
)
def test_it_never_rounds_something_to_nothing(share: float, text: str) -> None:
    assert french.percent(share) == text


def test_it_writes_dates_in_paris_time() -> None:
    assert french.day(date(2026, 11, 1)) == "1er\u00a0novembre 2026"
    assert french.short_day(date(2026, 11, 1)) == "01/11/2026"
    assert french.moment(datetime(2025, 7, 1, 22, 30, tzinfo=UTC)) == "2\u00a0juillet 2025 à 0\u00a0h\u00a030"


@pytest.mark.parametrize("name", ["count", "euros", "exact_euros", "percent", "decimal", "day", "moment", "known"])
def test_it_says_unknown_where_nothing_is_known(name: str) -> None:
    html = Template("{% load figures %}{{ value|" + name + " }}").render(Context({"value": None}))
    assert html == '<span class="unknown">inconnu</span>'


def test_it_does_not_take_zero_for_unknown() -> None:
    assert Template("{% load figures %}{{ value|count }}").render(Context({"value": 0})) == "0"


def test_it_agrees_nouns_with_their_number() -> None:
    shown = Template('{% load figures %}{% for n in all %}{{ n|noun:"client,clients" }} {% endfor %}')
    assert shown.render(Context({"all": [0, 1, 2]})) == "client client clients "


# --- In English -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (lambda: french.grouped(12500), "12,500"),
        (lambda: french.grouped(-1234.5, 1), "−1,234.5"),
        (lambda: french.signed(1200), "+1,200"),
        (lambda: french.euros(12500), "€12,500"),
        (lambda: french.euros(-12500), "−€12,500"),
        (lambda: french.exact_euros(Decimal("12500.40")), "€12,500.40"),
        (lambda: french.percent(0.412), "41\u00a0%"),
        (lambda: french.percent(0.001), "<\u00a01\u00a0%"),
        (lambda: french.in_unit(1, "years"), "1.0\u00a0year"),
        (lambda: french.in_unit(1.5, "years"), "1.5\u00a0years"),
        (lambda: french.in_unit(0, "years"), "0.0\u00a0years"),
        (lambda: french.in_unit(1234.5, "ratio"), "1,234.50"),
        (lambda: french.day(date(2026, 11, 1)), "1\u00a0Nov 2026"),
        (lambda: french.day(date(2026, 5, 26)), "26\u00a0May 2026"),
        (lambda: french.short_day(date(2026, 11, 1)), "1\u00a0Nov 2026"),
        (lambda: french.moment(datetime(2025, 7, 1, 22, 5, tzinfo=UTC)), "2\u00a0Jul 2025 at 00:05"),
    ],
)
def test_a_reader_of_english_gets_english_figures_and_dates(written: Callable[[], str], text: str) -> None:
    with translation.override("en"):
        assert written() == text


def test_french_counts_years_in_the_plural_from_two_on() -> None:
    assert [french.in_unit(value, "years") for value in (0, 1.9, 2)] == ["0,0\u00a0an", "1,9\u00a0an", "2,0\u00a0ans"]


def test_where_no_language_is_active_it_is_french() -> None:
    with translation.override(None):
        assert (french.grouped(12500), french.euros(1)) == ("12\u202f500", "1\u00a0€")
