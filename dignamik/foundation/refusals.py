"""How the API says no: problem details (RFC 9457), in French, or in English to whoever asks for it.

`application/problem+json` with `type` (a name for machines), `title`, `status`, `detail` (sentences for people) and,
where fields are at fault, `errors`: {field: [sentences]}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, JsonResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from dignamik.foundation.bodies import TooLarge

PROBLEM = "application/problem+json"
# A foreign client and one that does not exist get exactly this.
ABSENT = _("Introuvable.")
# Where Django forms and REST framework put what concerns no field in particular.
NO_FIELD = {"__all__", api_settings.NON_FIELD_ERRORS_KEY}
UNKNOWN_FIELD = _("Ce champ n’existe pas.")
FAULT = _("Une erreur est survenue de notre côté (n° %(number)s). Réessayez dans un instant.")
TITLES: Mapping[int, Any] = {
    HTTPStatus.BAD_REQUEST: _("Demande non comprise"),
    HTTPStatus.UNAUTHORIZED: _("Identification nécessaire"),
    HTTPStatus.FORBIDDEN: _("Accès réservé"),
    HTTPStatus.NOT_FOUND: _("Introuvable"),
    HTTPStatus.METHOD_NOT_ALLOWED: _("Méthode non permise"),
    HTTPStatus.NOT_ACCEPTABLE: _("Format de réponse inconnu"),
    HTTPStatus.CONFLICT: _("Impossible en l’état"),
    HTTPStatus.PRECONDITION_FAILED: _("Modifié entre-temps"),
    HTTPStatus.PRECONDITION_REQUIRED: _("Version lue à préciser"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("Demande trop volumineuse"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _("Format de demande inconnu"),
    HTTPStatus.TOO_MANY_REQUESTS: _("Trop de demandes"),
    HTTPStatus.INTERNAL_SERVER_ERROR: _("Une erreur est survenue"),
}


class Refusal(serializers.Serializer[Any]):
    """Le corps de toute réponse à partir de 400 (RFC 9457) ; `errors` là où des champs sont en cause."""

    type = serializers.CharField(help_text="Le nom du refus, pour les machines : urn:dignamik:…")
    title = serializers.CharField(help_text="Le refus en quelques mots, selon Accept-Language.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="Une ou plusieurs phrases, selon Accept-Language.")
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


def problem(status: int, code: str, detail: Any, errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """The body of a refusal."""
    title = str(TITLES.get(status) or HTTPStatus(status).phrase)
    body = {"type": f"urn:dignamik:{code}", "title": title, "status": status, "detail": str(detail)}
    return body | ({"errors": dict(errors)} if errors else {})


def answer(status: int, code: str, detail: Any) -> JsonResponse:
    """A refusal from outside REST framework."""
    return JsonResponse(problem(status, code, detail), status=status, content_type=PROBLEM)


def explain(raised: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler, with every refusal in the one shape. What it does not know stays a 500."""
    if isinstance(raised, Http404):
        raised = NotFound(ABSENT)  # Django's own text is English and names the model
    elif isinstance(raised, RequestDataTooBig):
        raised = TooLarge()  # Django's own answer is a page
    response = exception_handler(raised, context)
    if response is None:
        return None
    detail = getattr(raised, "detail", "")
    code = raised.default_code if isinstance(raised, APIException) else "permission_denied"
    if isinstance(detail, (dict, list)):
        errors = dict(_flat(detail))
        named = {name: messages for name, messages in errors.items() if name}
        said = str(_("%(label)s\u00a0: %(text)s"))
        sentences = [
            said % {"label": name, "text": text} if name else text for name, texts in errors.items() for text in texts
        ]
        response.data = problem(response.status_code, code, " ".join(sentences), named)
    else:
        response.data = problem(response.status_code, code, _printable(str(detail)))
    response.content_type = PROBLEM
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
