"""Small pieces of French that the ways in share."""

from __future__ import annotations

from dignamik.foundation.french import HARD, grouped


def many(number: int, one: str, more: str) -> str:
    """« 1 ligne », « 1 618 lignes »: zero is singular in French, and thousands take a narrow no-break space."""
    return f"{grouped(number)}{HARD}{one if number < 2 else more}"


def why(error: OSError) -> str:
    """What the system holds against a file, in French."""
    if isinstance(error, FileNotFoundError):
        return "il n’existe pas"
    if isinstance(error, IsADirectoryError):
        return "c’est un dossier"
    if isinstance(error, PermissionError):
        return "l’accès est refusé"
    return str(error.strerror)
