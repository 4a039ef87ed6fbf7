"""The evidence of a pair in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from clients.dedupe.comparing import LIKELY, SURE
from dignamik.foundation import french


def in_words(reasons: Iterable[Sequence[Any]]) -> list[str]:
    """A few words for each piece of evidence, for and against, in its order."""
    return [_said(code, figure) for code, figure in reasons]


def level(score: int) -> str:
    """What a score means."""
    if score >= SURE:
        return _("presque sûr")
    return _("probable") if score >= LIKELY else _("à vérifier")


def _said(code: str, figure: float | None) -> str:
    if code in ("name", "other_name"):
        per_cent = french.grouped(int(figure or 0))
        if code == "other_name":
            return _("noms différents (proches à %(share)s\u00a0%%)") % {"share": per_cent}
        return _("même nom") if figure == 100 else _("noms proches à %(share)s\u00a0%%") % {"share": per_cent}
    if code == "distance":
        return _("à %(metres)s\u00a0m l’un de l’autre") % {"metres": french.grouped(figure or 0)}
    return {
        "address": _("même adresse"),
        "postal_code": _("même code postal"),
        "town": _("même ville"),
        "phone": _("même téléphone"),
        "email": _("même e-mail"),
        "website": _("même site web"),
        "elsewhere": _("villes différentes"),
        "other_address": _("adresses différentes"),
    }[code]
