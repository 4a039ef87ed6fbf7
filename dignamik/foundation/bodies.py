"""What the API accepts as a body.

A module of its own: REST framework loads its parsers while its views are still being defined, so that a parser beside
anything that imports those views could not be found.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "La demande est trop volumineuse."
    default_code = "too_large"


class JsonBody(JSONParser):
    """JSON as its standard has it: UTF-8, no NaN, bounded in size and depth. REST framework's own bounds neither."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(largest + 1)
        if len(body) > largest:
            raise TooLarge
        try:
            return json.loads(body.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ParseError("La demande n’est pas un JSON lisible, en UTF-8, sans NaN ni Infinity.") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
