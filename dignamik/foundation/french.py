"""Figures and dates as readers write them: French, or British English where that is the language in force.

French: thin separators, decimal comma, the unit after a no-break space. English: commas, decimal point, the sign first.
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
    """No language at all (a command, a thread of our own) is French."""
    return (get_language() or "").startswith("en")


def grouped(value: Number, places: int = 0) -> str:
    """12500.5 → "12 501" ("12,501"), with `places` decimals."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    if not is_english():
        text = text.replace(",", THIN).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def signed(value: Number) -> str:
    """+3, −2; nothing gained or lost is "="."""
    return "=" if value == 0 else grouped(value) if value < 0 else f"+{grouped(value)}"


def _in_euros(amount: str) -> str:
    if not is_english():
        return f"{amount}{HARD}€"
    return f"{MINUS}€{amount[1:]}" if amount.startswith(MINUS) else f"€{amount}"


def euros(value: Number) -> str:
    """To the euro: "12 500 €", "€12,500"."""
    return _in_euros(grouped(value))


def exact_euros(value: Number) -> str:
    """With the cents, where there are any."""
    return _in_euros(grouped(value, 0 if value == int(value) else 2))


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
        years = grouped(value, 1)
        if is_english():
            return f"{years}{HARD}year" if years == "1.0" else f"{years}{HARD}years"
        return f"{years}{HARD}ans" if value >= 2 else f"{years}{HARD}an"
    return grouped(value) if unit == "count" else grouped(value, 2)


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def day(value: date) -> str:
    """12 novembre 2026, 1er novembre 2026; 12 Nov 2026."""
    local = _local(value)
    if is_english():
        return f"{local.day}{HARD}{formats.date_format(local, 'M Y')}"
    first = "1er" if local.day == 1 else str(local.day)
    return f"{first}{HARD}{formats.date_format(local, 'F Y')}"


def short_day(value: date) -> str:
    """For columns: 12/11/2026; 12 Nov 2026, since 12/11 is two dates for those who read English."""
    return day(value) if is_english() else f"{_local(value):%d/%m/%Y}"


def moment(value: datetime) -> str:
    """12 novembre 2026 à 14 h 05; 12 Nov 2026, 14:05."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    if is_english():
        return f"{day(value)}, {local:%H:%M}"
    return f"{day(value)} à {local.hour}{HARD}h{HARD}{local.minute:02d}"
