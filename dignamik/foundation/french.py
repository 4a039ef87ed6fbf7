"""Figures and dates as French people read them: thin separators, decimal comma, the unit after a no-break space."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats, timezone

THIN = "\u202f"  # between thousands: never breaks, never mistaken for a space between words
HARD = "\u00a0"  # before a unit
MINUS = "−"

Number = int | float | Decimal


def grouped(value: Number, places: int = 0) -> str:
    """12500.5 → "12 501", with `places` decimals after a comma."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}".replace(",", THIN).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def signed(value: Number) -> str:
    """+3, −2; nothing gained or lost is "="."""
    return "=" if value == 0 else grouped(value) if value < 0 else f"+{grouped(value)}"


def euros(value: Number) -> str:
    """To the euro."""
    return f"{grouped(value)}{HARD}€"


def exact_euros(value: Number) -> str:
    """With the cents, where there are any."""
    return f"{grouped(value, 0 if value == int(value) else 2)}{HARD}€"


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
        return f"{grouped(value, 1)}{HARD}ans" if value >= 2 else f"{grouped(value, 1)}{HARD}an"
    return grouped(value) if unit == "count" else grouped(value, 2)


def day(value: date) -> str:
    """12 novembre 2026, 1er novembre 2026."""
    local = timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
    first = "1er" if local.day == 1 else str(local.day)
    return f"{first}{HARD}{formats.date_format(local, 'F Y')}"


def moment(value: datetime) -> str:
    """12 novembre 2026 à 14 h 05."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(value)} à {local.hour}{HARD}h{HARD}{local.minute:02d}"
