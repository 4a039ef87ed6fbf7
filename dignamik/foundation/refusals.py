"""How the API says no: one shape, `{"detail": sentence, "errors": {field: [sentences]}}`, in French."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

# A foreign client and one that does not exist get exactly this.
ABSENT = "Introuvable."
# Where Django forms and REST framework put what concerns no field in particular.
NO_FIELD = {"__all__", api_settings.NON_FIELD_ERRORS_KEY}
UNKNOWN_FIELD = "Ce champ n’existe pas."


class Refusal(serializers.Serializer[Any]):
    """Le corps de toute réponse à partir de 400 ; `errors` là où des champs sont en cause."""

    detail = serializers.CharField(help_text="Une phrase.")
    errors = serializers.DictField(  # type: ignore[assignment]  # the name is that of a property of the base
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="Par champ."
    )


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


class StrictSerializer(serializers.Serializer[Any]):
    """A body with exactly the declared fields: REST framework would drop a stranger in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            strangers = [name for name in data if name not in self.fields]
            if strangers:
                raise ValidationError({name: [UNKNOWN_FIELD] for name in strangers})
        return super().to_internal_value(data)


def explain(problem: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler, with every refusal in the one shape. What it does not know stays a 500."""
    if isinstance(problem, Http404):
        problem = NotFound(ABSENT)  # Django's own text is English and names the model
    elif isinstance(problem, RequestDataTooBig):
        problem = TooLarge()  # Django's own answer is a page
    response = exception_handler(problem, context)
    if response is None:
        return None
    detail = getattr(problem, "detail", "")
    if not isinstance(detail, (dict, list)):
        response.data = {"detail": _printable(str(detail))}
        return response
    errors = dict(_flat(detail))
    named = {name: messages for name, messages in errors.items() if name}
    sentences = [f"{name}\u00a0: {message}" if name else message for name, all_ in errors.items() for message in all_]
    response.data = {"detail": " ".join(sentences)} | ({"errors": named} if named else {})
    return response


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _flat(detail: Any, at: str = "") -> Iterable[tuple[str, list[str]]]:
    """Nested errors as (dotted field, sentences); an empty field is the whole."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            here = at if name in NO_FIELD else ".".join(filter(None, (at, _printable(str(name)))))
            yield from _flat(inner, here)
    elif isinstance(detail, (list, tuple)) and any(isinstance(item, (Mapping, list)) for item in detail):
        for index, item in enumerate(detail):
            yield from _flat(item, f"{at}.{index}" if at else str(index))
    else:
        yield at, [_printable(str(item)) for item in (detail if isinstance(detail, (list, tuple)) else [detail])]


def _printable(text: str) -> str:
    """Without the half characters that JSON can carry and UTF-8 can't."""
    return text.encode("utf-8", "replace").decode()
