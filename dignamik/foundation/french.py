"""Figures and dates as the reader of a page writes them.

In French, thin separators, a decimal comma, the unit after a no-break space; in English, as the British do. Exports and
commands have a form of their own and ask for French.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats, timezone
from django.utils.translation import get_language

THIN = "\u202f"  # between thousands: never breaks, never mistaken for a space between words
HARD = "\u00a0"  # before a unit
MINUS = "−"

Number = int | float | Decimal


def is_english() -> bool:
    """Whether the language at hand is English; whatever else it is, French speaks."""
    return (get_language() or "").startswith("en")


def grouped(value: Number, places: int = 0) -> str:
    """12500.5 → "12 501" (English "12,501"), with `places` decimals after the comma (point)."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    if not is_english():
        text = text.replace(",", THIN).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def signed(value: Number) -> str:
    """+3, −2; nothing gained or lost is "="."""
    return "=" if value == 0 else grouped(value) if value < 0 else f"+{grouped(value)}"


def euros(value: Number) -> str:
    """To the euro: "12 500 €", "€12,500"."""
    return _in_euros(grouped(value))


def exact_euros(value: Number) -> str:
    """With the cents, where there are any."""
    return _in_euros(grouped(value, 0 if value == int(value) else 2))


def _in_euros(figure: str) -> str:
    if not is_english():
        return f"{figure}{HARD}€"
    return f"{MINUS}€{figure.removeprefix(MINUS)}" if figure.startswith(MINUS) else f"€{figure}"


def percent(share: float) -> str:
    """0.412 → "41 %"; what is above nothing is never written 0."""
    if 0 < share < 0.005:
        return f"<{HARD}1{HARD}%"
    return f"{grouped(share * 100)}{HARD}%"


def in_unit(value: Number, unit: str) -> str:
    """A figure of a recipe's column: units are those of `engine.recipe.Unit`."""
    if unit == "euros":
        return euros(value)
    if unit == "years":
        return _in_years(value)
    return grouped(value) if unit == "count" else grouped(value, 2)


def _in_years(value: Number) -> str:
    """French counts in the plural from two on, English whatever is not one."""
    figure = grouped(value, 1)
    if is_english():
        return f"{figure}{HARD}{'year' if figure == '1.0' else 'years'}"
    return f"{figure}{HARD}{'ans' if value >= 2 else 'an'}"


def day(value: date) -> str:
    """12 novembre 2026, 1er novembre 2026; in English 12 Nov 2026."""
    local = timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
    if is_english():
        return f"{local.day}{HARD}{formats.date_format(local, 'b').capitalize()} {local.year}"
    first = "1er" if local.day == 1 else str(local.day)
    return f"{first}{HARD}{formats.date_format(local, 'F Y')}"


def moment(value: datetime) -> str:
    """12 novembre 2026 à 14 h 05; in English 12 Nov 2026 at 14:05."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    if is_english():
        return f"{day(value)} at {local:%H:%M}"
    return f"{day(value)} à {local.hour}{HARD}h{HARD}{local.minute:02d}"


def short_day(value: date) -> str:
    """For columns: 12/11/2026; in English 12 Nov 2026, since 12/11 is two dates there."""
    return day(value) if is_english() else f"{value:%d/%m/%Y}"
