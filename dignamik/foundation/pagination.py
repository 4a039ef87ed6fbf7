"""Pages of the API: by number, of a size that the caller chooses within bounds."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

SIZE = 50
LARGEST = 200
OUT_OF_BOUNDS = _("Donnez un nombre entier de 1 à %(largest)s.")


class ApiPagination(PageNumberPagination):
    """Follow `next` until it is null. A size out of bounds is refused, as on the pages."""

    page_size = SIZE
    max_page_size = LARGEST
    page_size_query_param = "page_size"
    page_size_query_description = f"Lignes par page : {SIZE} sans précision, {LARGEST} au plus."
    page_query_description = "Numéro de page, à partir de 1."

    def get_page_number(self, request: Request, paginator: Any) -> int | str:
        if request.query_params.get(self.page_query_param) == "":
            return ""  # no page has this number; the library would take it for the first
        return super().get_page_number(request, paginator)

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return SIZE
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 10) or not 1 <= int(asked) <= LARGEST:
            raise ValidationError({self.page_size_query_param: [OUT_OF_BOUNDS % {"largest": LARGEST}]})
        return int(asked)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["required"] = ["count", "next", "previous", "results"]
        link = {"type": ["string", "null"], "format": "uri"}  # the library's `nullable` is of OpenAPI 3.0
        described["properties"] |= {"next": link, "previous": link}
        return described

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        described: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in described:
            parameter["schema"]["minimum"] = 1
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"maximum": LARGEST, "default": SIZE}
        return described
