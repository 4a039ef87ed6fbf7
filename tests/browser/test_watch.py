"""The watch that every browser test stands on: what it must notice, shown on pages made wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Visit

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src *; connect-src *"
SHEET = '<link rel="stylesheet" href="/sheet.css">'


def serve(visit: Visit, body: str) -> None:
    """Answer for the server: one page with that body, and one style sheet."""

    def answer(route: Route) -> None:
        if route.request.url.endswith("/sheet.css"):
            route.fulfill(content_type="text/css", body="body { color: black }")
        elif route.request.url.endswith("/page"):
            html = f"<!doctype html><html lang=fr><title>Page</title>{body}"
            route.fulfill(content_type="text/html", body=html, headers={"Content-Security-Policy": POLICY})
        else:
            route.fulfill(status=404)

    visit.page.route("**/*", answer)


def complaints(visit: Visit) -> list[str]:
    """Take what the watch noticed, so that the test itself passes."""
    visit.gather()
    found = list(visit.complaints)
    visit.complaints.clear()
    return found


def test_it_has_nothing_to_say_about_a_good_page(open_as: Callable[..., Visit]) -> None:
    visit = open_as(None)
    serve(visit, SHEET)
    visit.go("/page")
    assert complaints(visit) == []


@pytest.mark.parametrize(
    ("body", "noticed"),
    [
        ("<p style='color: red'>", "CSP: style-src"),
        ("<script>window.x = 1</script>", "CSP: script-src"),
        ("<img alt='' src='/missing.png'>", "404: "),
        ("<img alt='' src='https://tiles.example/1.png'>", "outgoing request: https://tiles.example/1.png"),
    ],
)
def test_it_notices(open_as: Callable[..., Visit], body: str, noticed: str) -> None:
    visit = open_as(None)
    serve(visit, SHEET + body)
    visit.go("/page")
    visit.page.wait_for_load_state("networkidle")
    assert any(complaint.startswith(noticed) for complaint in complaints(visit))


@pytest.mark.parametrize("body", ["<p>no sheet at all", '<link rel="stylesheet" href="/gone.css">'])
def test_it_refuses_a_page_without_its_style(open_as: Callable[..., Visit], body: str) -> None:
    visit = open_as(None)
    serve(visit, body)
    with pytest.raises(AssertionError, match="style sheet"):
        visit.go("/page")
    complaints(visit)
