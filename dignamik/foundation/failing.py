"""What is answered when no view could answer: a page, or problem details under `/api/`."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.views import defaults

from dignamik.foundation.logs import request_number
from dignamik.foundation.refusals import ABSENT, FAULT, TITLES, answer

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith(API):
        return answer(HTTPStatus.BAD_REQUEST, "bad_request", TITLES[HTTPStatus.BAD_REQUEST])
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith(API):
        return answer(HTTPStatus.NOT_FOUND, "not_found", ABSENT)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """No trace and no name, only the number by which the log has both. No database either: it may be what failed."""
    number = request_number.get()
    if request.path_info.startswith(API):
        return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "error", FAULT % {"number": number})
    page = get_template("500.html").render({"number": number})
    return HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)
