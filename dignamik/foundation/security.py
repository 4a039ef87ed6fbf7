"""What every response carries, whoever made it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from dignamik.foundation.access import tell
from dignamik.foundation.calls import request_in_hand
from dignamik.foundation.logs import request_number
from dignamik.foundation.refusals import TITLES, answer

PUBLIC_PREFIXES = ("/static/", "/healthz", "/readyz")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
# Set here for the responses that Django's own middleware never sees, such as those to a strange host.
HEADERS = {
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class EveryResponse:
    """The outermost layer. Pages are private: no cache on the way keeps a client's turnover."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number, in_hand = request_number.set(secrets.token_hex(6)), request_in_hand.set(request)
        began, status = time.monotonic(), HTTPStatus.INTERNAL_SERVER_ERROR.value
        try:
            response = self.get_response(request)
            status = response.status_code
        finally:
            tell(request, status, time.monotonic() - began)
            request_number.reset(number)
            request_in_hand.reset(in_hand)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(PUBLIC_PREFIXES):
            response.headers["Cache-Control"] = "no-store, private"
        return response


class KnownMethods:
    """TRACE, and words that are no method, are refused before anybody is sent to the login page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in METHODS else not_allowed(request)


def not_allowed(request: HttpRequest) -> HttpResponse:
    """405, as a page or as the API says it."""
    status = HTTPStatus.METHOD_NOT_ALLOWED
    if not request.path_info.startswith("/api/"):
        return HttpResponseNotAllowed(METHODS)
    response = answer(status, "method_not_allowed", TITLES[status])
    response.headers["Allow"] = ", ".join(METHODS)
    return response
