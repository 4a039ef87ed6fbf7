"""What every resource of the API has in common: who may, which parameters exist, how a filter refuses."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from dignamik.foundation.filtering import unknown_filter
from dignamik.foundation.refusals import PROBLEM, Refusal, StrictSerializer

WITHOUT_NUL = r"^[^\x00]*$"
LONGEST_ID = 18  # digits; a longer number is no key of a 64-bit column


class StrictFilters(DjangoFilterBackend):
    """Hands the query string to the view's StrictFilterSet.

    django-filter's own translation of errors applies `%` to the sentence, and a parameter called `%d` breaks it.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.judged(request, queryset, view)
        return queryset if filterset is None else filterset.qs

    def judged(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """The view's filter set over these rows, if it has one, valid. Raises ValidationError."""
        filterset = self.get_filterset(request, queryset, view)
        if filterset is not None and not filterset.is_valid():
            raise ValidationError({name: list(messages) for name, messages in filterset.errors.items()})
        return filterset


class ResourceSchema(AutoSchema):
    """Documents what a resource answers when it refuses, next to what it answers."""

    def get_summary(self) -> str:
        """What the list of operations shows beside the address."""
        return str(super().get_description() or "").split("\n", maxsplit=1)[0].rstrip(".")

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        """With what the library leaves out: how long a text may be, and that an empty filter filters nothing, since
        forms send those that nobody filled in."""
        view: Any = self.view
        library: Any = super()
        parameters: list[dict[str, Any]] = library._get_filter_parameters()
        for parameter in parameters:
            parameter["allowEmptyValue"] = True
            longest = view.filterset_class.base_filters[parameter["name"]].extra.get("max_length")
            if longest and parameter["schema"].get("type") == "string":
                parameter["schema"] |= {"maxLength": longest, "pattern": WITHOUT_NUL}
        return parameters

    def get_response_serializers(self) -> Any:
        view: Any = self.view
        answers = view.answers or {200: super().get_response_serializers()}
        codes = {400, 401, 403, 404, 406, 429, *([413, 415] if self.method in {"POST", "PATCH"} else [])}
        given = {code: serializer for code, serializer in answers.items() if serializer is not Refusal}
        return given | {(code, PROBLEM): Refusal for code in sorted(codes | (set(answers) - set(given)))}


class StrictBody(OpenApiSerializerExtension):
    """Says of a strict body that it takes no other fields."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        described = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return described | {"additionalProperties": False}


class Resource(GenericViewSet[Any]):
    """A viewset that refuses query parameters it does not know. `permission_required` in Django's own names."""

    permission_required: tuple[str, ...] = ()
    filter_backends = (StrictFilters,)
    filterset_class: Any = None
    # Rows of the list and the single object, as documented; the answers are plain dictionaries.
    row_class: Any = None
    detail_class: Any = None
    # Status → serializer, where an action answers something else than its `detail_class`.
    answers: ClassVar[dict[int, Any]] = {}
    schema = ResourceSchema()
    metadata_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is None:
            return  # a method that nobody answers: 405, whatever its parameters
        strangers = [name for name in request.query_params if name not in self.parameters()]
        if strangers:
            raise ValidationError({"__all__": [unknown_filter(name) for name in strangers]})

    def parameters(self) -> set[str]:
        """The query parameters of the action at hand."""
        if self.action != "list":
            return set()
        return {"page", "page_size", *(self.filterset_class.base_filters if self.filterset_class else ())}

    def get_serializer_class(self) -> Any:
        return self.row_class if self.action == "list" else self.detail_class


def key(text: str) -> int:
    """The primary key in an address. Whatever can't be one is absent, like one that does not exist."""
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_ID:
        raise Http404
    return int(text)
