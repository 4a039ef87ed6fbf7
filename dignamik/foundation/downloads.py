"""Rows that leave the house: counted by person and hour, put on record, then sent."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.exporting import Sheet, respond
from dignamik.foundation.throttling import counted

HOUR = 3600
TOO_MANY = _("Trop d’exports")
TRY_LATER = _(
    "%(most)s exports par heure au plus\u00a0: c’est une protection des données des clients. "
    "Réessayez dans %(minutes)s\u00a0min."
)
BACK = _("Revenir aux clients")


def send(
    request: HttpRequest, sheet: Sheet[Any], wanted: str, *, rows: int, filters: Mapping[str, Any] | None = None
) -> HttpResponseBase:
    """The sheet as a download, or a page that says when there can be another one.

    `rows`: how many there are, known before the first one leaves, so that one that was cut off is on record too.
    `filters`: how they were chosen, as `StrictFilterSet.told` has it.
    """
    if refusal := one_too_many(request):
        return refusal
    note(Kind.EXPORT, request, count=rows, format=wanted, sheet=sheet.name, filters=dict(filters or {}))
    return respond(sheet, wanted)


def one_too_many(request: HttpRequest) -> HttpResponse | None:
    """Count a download; the page that says when there can be another one, where this is one too many."""
    now = time.time()
    if counted(f"export:{request.user.pk}", int(now // HOUR)) > settings.EXPORTS_AN_HOUR:
        return later(request, HOUR - now % HOUR)
    return None


def later(request: HttpRequest, seconds: float) -> HttpResponse:
    """429, with the minutes to wait."""
    left = {"most": settings.EXPORTS_AN_HOUR, "minutes": math.ceil(seconds / 60)}
    response = render(request, "429.html", {"title": TOO_MANY, "sentence": TRY_LATER % left, "back": BACK}, status=429)
    response.headers["Retry-After"] = str(math.ceil(seconds))
    return response
