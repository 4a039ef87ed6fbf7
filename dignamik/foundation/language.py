"""Which language speaks: on pages French unless the reader chose English, in the API what the caller prefers."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

API = "/api/v1/"

# Keeps the choice in a cookie, which is set for people with an account and without, and goes back to `next`.
choose = login_not_required(require_POST(set_language))


class Language(LocaleMiddleware):
    """The API follows `Accept-Language`, a page the cookie alone: how a browser is set up is nobody's choice."""

    async_capable = False  # under ASGI too a request is answered within one thread, whose language this sets

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Until the answer is made and no longer: what runs in this thread afterwards speaks French.
        with translation.override(settings.LANGUAGE_CODE):
            return cast(HttpResponseBase, super().__call__(request))

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(API):
            request.COOKIES.pop(settings.LANGUAGE_COOKIE_NAME, None)  # Django would ask it before the header
            super().process_request(request)
            return
        translation.activate(chosen(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path_info.startswith(API):
            return super().process_response(request, response)
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        patch_vary_headers(response, ["Cookie"])
        return response


def chosen(request: HttpRequest) -> str:
    """The language that this browser's reader chose, if it is one of ours."""
    code = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
