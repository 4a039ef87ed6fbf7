"""Who writes over the API says what they had read: `ETag`, `If-Match`, `If-None-Match` (RFC 9110, section 13).

A tag is strong: a digest of the whole answer, so that whatever changed in it, by whichever writer, changes the tag.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

DIGITS = 32
STALE = _("Cet objet a été modifié depuis que vous l’avez lu. Relisez-le, puis recommencez. Rien n’a été écrit.")


class Unconditional(APIException):
    """A write that does not say what it is a change of; `*` is everything that there may be, so it says nothing."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = _("Donnez dans If-Match l’ETag de ce que vous avez lu (« * » n’est pas accepté).")
    default_code = "precondition_required"


def tag_of(body: Mapping[str, Any]) -> str:
    """The strong entity tag of an answer, with its quotes."""
    return f'"{hashlib.sha256(JSONRenderer().render(body)).hexdigest()[:DIGITS]}"'


def expected(request: Request) -> list[str]:
    """The tags that a write is to be made upon. Raises Unconditional when it names none."""
    tags: list[str] = parse_etags(request.headers.get("If-Match", ""))
    if not tags or "*" in tags:
        raise Unconditional
    return tags


def is_known(request: Request, tag: str) -> bool:
    """Whether the reader says that they have this already: a weak comparison, as reading asks for."""
    tags: list[str] = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in tags or tag in (each.removeprefix("W/") for each in tags)
