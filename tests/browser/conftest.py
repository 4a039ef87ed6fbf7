"""Pages as people see them: a real Chromium, wide and narrow, light and dark.

`visit = open_as(amelie)` gives a page that is signed in. Whatever goes wrong behind a page (a Content-Security-Policy
violation, a console error, a failed or outgoing request) fails its test at the end, asked for or not. `visit.sound()`
looks at the page at hand in both colour schemes. Whether every page is sound, `test_every_page.py` asks in one place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT as AXE
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as DjangoClient
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.chromium import FLAGS, chromium

# Playwright's loop runs in this thread, and Django takes any running loop for an async view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

WIDE, NARROW = 1440, 390
Scheme = Literal["light", "dark"]
# How each page is loaded: either width, either scheme. `Visit.sound` looks at the other scheme without a load.
LOOKS: list[tuple[int, Scheme]] = [(WIDE, "light"), (NARROW, "dark")]
# The rules of axe that colours can break; all others say the same of a page in light and in dark.
COLOUR_RULES = ("color-contrast", "link-in-text-block")
MOST_SHIFT = 0.1  # https://web.dev/articles/cls: up to this a layout is called steady
COLLECT_VIOLATIONS = """
window.cspViolations = [];
document.addEventListener("securitypolicyviolation", (event) => {
    const where = `${event.sourceFile}:${event.lineNumber}`;
    window.cspViolations.push(`${event.effectiveDirective} ${event.blockedURI} ${where}`);
});
window.layoutShift = 0;
new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.layoutShift += shift.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# The page wears a scheme, and no colour is on its way to another.
PAINTED = """scheme => document.documentElement.dataset.bsTheme === scheme
    && document.getAnimations().every((one) => one.playState !== "running")"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = __package__.replace(".", "/")
    for item in items:
        if here in item.nodeid:
            item.add_marker(pytest.mark.browser)


@dataclass
class Visit:
    """One page in the browser, and what went wrong behind it. `complaints` are checked when the test ends."""

    page: Page
    base: str
    scheme: Scheme = "light"
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str, status: int = 200) -> Page:
        """Open a path of the site, and see that it answered as expected and that its style sheets arrived."""
        if self.page.url != "about:blank":
            self.gather()
        response = self.page.goto(self.base + path)
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}"
        sheets = self.page.evaluate(
            "[...document.querySelectorAll('link[rel=stylesheet]')].map(l => [l.href, l.sheet?.cssRules.length ?? 0])"
        )
        assert sheets, f"{path} names no style sheet"
        assert all(rules for _, rules in sheets), f"{path}: an empty or missing style sheet among {sheets}"
        return self.page

    def gather(self) -> None:
        """Take over the violations of the page at hand; they are lost when it goes."""
        found = self.page.evaluate("window.cspViolations?.splice(0) ?? []")
        self.complaints += [f"CSP: {violation}" for violation in found]

    def accessibility(self, *rules: str) -> list[str]:
        """What axe finds wrong on the page at hand, a line each: by all rules, or by these."""
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = {"type": "rule", "values": list(rules)}
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE)
        violations = self.page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
        return [
            f"{rule['id']} ({rule['impact']}): " + " | ".join(" ".join(map(str, n["target"])) for n in rule["nodes"])
            for rule in violations
        ]

    def overflow(self) -> int:
        """How many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def faults(self) -> list[str]:
        """What is wrong with the page at hand as it stands, in both colour schemes: axe, and what sticks out."""
        # What was folded away changes its colours only once it is unfolded, by a transition.
        self.page.wait_for_function(PAINTED, arg=self.scheme)
        found = self.accessibility()
        if (wider := self.overflow()) > 0:
            found.append(f"{wider} px wider than its window")
        other: Scheme = "dark" if self.scheme == "light" else "light"
        self.wear(other)
        found += [f"{other}: {line}" for line in self.accessibility(*COLOUR_RULES)]
        self.wear(self.scheme)
        return found

    def wear(self, scheme: Scheme) -> None:
        """Change the colour scheme that the system asks for, and wait until the page wears it."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.wait_for_function(PAINTED, arg=scheme)

    def sound(self, where: str = "") -> None:
        """Nothing is wrong with the page at hand."""
        assert self.faults() == [], where or self.page.url

    def listen(self) -> None:
        page, complaints = self.page, self.complaints

        def on_request(request: Any) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self.base).netloc:
                complaints.append(f"outgoing request: {request.url}")

        def on_response(response: Any) -> None:
            # The page itself may be a 403 or 404 on purpose: `go` judges it.
            if response.status >= 400 and not response.request.is_navigation_request():
                complaints.append(f"{response.status}: {response.url}")

        def on_console(message: Any) -> None:
            # "Failed to load resource" repeats what on_response has judged.
            if message.type == "error" and not message.text.startswith("Failed to load resource"):
                complaints.append(f"console: {message.text}")

        def on_failure(request: Any) -> None:
            # Leaving a page ends what it was still loading.
            if request.failure != "net::ERR_ABORTED":
                complaints.append(f"{request.failure}: {request.url}")

        page.on("request", on_request)
        page.on("response", on_response)
        page.on("console", on_console)
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on("requestfailed", on_failure)


def tick(page: Page, control: str, value: str) -> None:
    """Tick one value of a filter that takes several, as a person does: open it, tick, close it."""
    summary = page.locator("#filters summary", has_text=control)
    summary.click()
    lines = page.locator("#filters [data-facet][open] label.facet-line")
    lines.filter(has=page.get_by_text(value, exact=True)).locator("input").check()
    summary.click()


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    found = chromium()
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    rows = getattr(connection, "_test_serialized_contents", None)
    with sync_playwright() as playwright:
        # With a loop running, this thread gets another connection, which would not bring back what migrations wrote.
        if rows is not None:
            connection._test_serialized_contents = rows  # type: ignore[attr-defined]
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_as(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Visit]]:
    """Open pages as somebody: `open_as(amelie)`, `open_as(amelie, width=NARROW, scheme="dark")`, `open_as(None)`."""
    visits: list[Visit] = []

    def open_one(user: User | None, width: int = WIDE, scheme: Scheme = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale="fr-FR", timezone_id="Europe/Paris"
        )
        context.add_init_script(COLLECT_VIOLATIONS)
        if user is not None:
            session = DjangoClient()
            session.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": session.cookies[name].value, "url": live_server.url}])
        visit = Visit(context.new_page(), live_server.url, scheme)
        visit.listen()
        visits.append(visit)
        return visit

    yield open_one
    complaints = []
    for visit in visits:
        if visit.page.url != "about:blank":
            visit.gather()
        complaints += visit.complaints
        visit.page.context.close()
    assert not complaints, "\n".join(complaints)
