"""Facts in words: what a field is called and what a value says, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import DateField
from django.utils.translation import gettext as _

from clients.models import Client, Followers
from dignamik.foundation import french

LONGEST_VALUE = 60


def label_of(name: str) -> str:
    """A field of Client, `turnover.<year>`, `followers.<platform>.<day>`, or only the first word of these."""
    kind, _dot, rest = name.partition(".")
    if kind == "latitude":
        return _("Position")
    if kind == "turnover":
        return _("CA %(year)s") % {"year": rest} if rest else _("Chiffre d’affaires")
    if kind == "followers":
        if not rest:
            return _("Abonnés")
        platform, _dot, day = rest.partition(".")
        network = dict(Followers.Platform.choices).get(platform, platform)
        said = {"network": network, "day": french.day(date.fromisoformat(day))}
        return _("Abonnés %(network)s au %(day)s") % said
    label = str(getattr(Client._meta.get_field(name), "verbose_name", name))
    return f"{label[:1].upper()}{label[1:]}"


def value_said(name: str, value: Any) -> str:
    """A value as a model or as JSON holds it."""
    kind, _dot, rest = name.partition(".")
    if value is None or value == "":
        return _("aucune") if name == "next_follow_up" else _("inconnu")
    if kind == "latitude":
        return "\u00a0; ".join(french.grouped(degrees, 4) for degrees in value)
    if rest and kind == "turnover":
        return french.exact_euros(Decimal(value))
    if rest and kind == "followers":
        return french.grouped(value)
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, str) and isinstance(Client._meta.get_field(name), DateField):
        value = date.fromisoformat(value)
    if isinstance(value, (date, datetime)):
        return french.day(value)
    if name == "status":
        return str(dict(Client.Status.choices).get(value, value))
    if hasattr(value, "get_username"):
        value = value.get_full_name() or value.get_username()
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
