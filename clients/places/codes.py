"""Postal codes as people and spreadsheets write them."""

from __future__ import annotations

import math
import re
import unicodedata

_WRITTEN = re.compile(
    r"(?:(?:F|FR|FRANCE)[-\s]*)?(\d{1,2}\s?\d{3})(?:[.,]0+)?(?:\s*CEDEX(?:\s*\d{1,2})?)?", re.IGNORECASE | re.ASCII
)
_OVERSEAS = frozenset({"971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988"})


def repair_postal_code(text: str | int | float | None) -> str | None:
    """Return the five digits of a French postal code, or None where there is none: an unreadable code is never guessed.

    Repairs the zero that spreadsheets drop ("1000" is "01000"), spaces ("75 001"), numbers (75001.0), "F-75001" and a
    CEDEX behind the code. Refuses other lengths, letters, 00xxx and the prefixes of no French place (96, 99, 970…).
    """
    if text is None or isinstance(text, bool):
        return None
    if isinstance(text, float):
        if not math.isfinite(text) or not text.is_integer():
            return None
        text = int(text)
    found = _WRITTEN.fullmatch(unicodedata.normalize("NFKC", str(text)).strip())
    if found is None:
        return None
    code = "".join(found[1].split()).zfill(5)
    return code if _is_french(code) else None


def prefix_department(code: str) -> str:
    """Return the department that the digits of a repaired postal code say. A few communes belong to the next."""
    if code.startswith("20"):
        return "2A" if code < "20200" else "2B"
    return code[:3] if code >= "97000" else code[:2]


def _is_french(code: str) -> bool:
    if not code.isascii():
        return False
    return code[:3] in _OVERSEAS if code >= "97000" else "01" <= code[:2] <= "95"
