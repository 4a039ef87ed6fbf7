"""How the API says no: one shape, `{"detail": sentence, "errors": {field: [sentences]}}`, in French."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from dignamik.foundation.bodies import TooLarge

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
