"""Which language speaks: French on every page, French or English in the API as the caller prefers."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

API = "/api/v1/"


class ApiLanguage(LocaleMiddleware):
    """Reads `Accept-Language` for the API alone: the pages exist in French only."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(API):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = settings.LANGUAGE_CODE
