"""What the API accepts as a body.

A module of its own: REST framework loads its parsers while its views are still being defined, so that a parser beside
anything that imports those views could not be found.
"""

from __future__ import annotations

import json
import math
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

# Our deepest body has two levels.
DEEPEST = 32
UNREADABLE = _("La demande n’est pas un JSON lisible, en UTF-8, sans NaN ni Infinity.")


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("La demande est trop volumineuse.")
    default_code = "too_large"


class JsonBody(JSONParser):
    """JSON as its standard has it: UTF-8, finite numbers, bounded in size and depth. REST framework's own bounds
    neither."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(largest + 1)
        if len(body) > largest:
            raise TooLarge
        try:
            said = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
            _refuse_deep(said)
        except (ValueError, RecursionError):
            raise ParseError(UNREADABLE) from None
        return said


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _finite(digits: str) -> float:
    """`float` would read 1e400 as infinity."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


def _refuse_deep(said: Any, level: int = 0) -> None:
    if level > DEEPEST:
        raise ValueError("too deep")
    if isinstance(said, (dict, list)):
        for inner in said.values() if isinstance(said, dict) else said:
            _refuse_deep(inner, level + 1)
