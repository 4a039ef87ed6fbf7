"""Figures and dates as French people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template

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
