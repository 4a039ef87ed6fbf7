"""A secret on its way from the form that made it to the page that shows it: in the person's browser alone, signed, for
one visit within two minutes. The server keeps none of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

LIFE = 120  # seconds


def hand_over(request: HttpRequest, response: HttpResponse, name: str, secret: str, path: str) -> None:
    """Put it into the redirect to the page at `path`."""
    response.set_signed_cookie(
        name, secret, max_age=LIFE, path=path, httponly=True, samesite="Strict", secure=request.is_secure()
    )


def handed_over(request: HttpRequest, name: str) -> str:
    """What the page is to show, or ""."""
    return request.get_signed_cookie(name, "", max_age=LIFE) or ""
