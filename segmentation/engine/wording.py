"""Figures as French text."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share as French text, with a no-break space."""
    return f"{share * 100:.0f} %"


def figure(value: float, unit: str) -> str:
    """A number as French text in its unit, with narrow and plain no-break spaces."""
    if unit == "years":
        return f"{value:.1f}".replace(".", ",") + " ans"
    if unit == "number" and abs(value) < 10 and value != round(value):
        return f"{value:.2g}".replace(".", ",")
    text = f"{value:,.0f}".replace(",", " ")
    return f"{text} €" if unit == "euros" else text
