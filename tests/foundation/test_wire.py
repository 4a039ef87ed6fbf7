"""What goes over the wire: headers on every answer, none of our faults in sight, settings that refuse to be unsafe."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client as Browser

from dignamik.foundation.logs import OneLine, request_number
from dignamik.foundation.security import EveryResponse
from tests.conftest import ROOT
from tests.contract import refused, signed_in

pytestmark = pytest.mark.django_db
ALWAYS = {
    "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy",
    "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
}  # fmt: skip
PRODUCTION = {
    "PATH": os.environ["PATH"], "SECRET_KEY": "of-production-" * 5, "DEBUG": "0", "ALLOWED_HOSTS": "dignamik.example",
    "DATABASE_URL": "sqlite://:memory:", "SOURCE_DATABASE_URL": "", "TILES_URL": "", "PROXY_COUNT": "0",
    "CSRF_TRUSTED_ORIGINS": "", "SECURE_SSL_REDIRECT": "1", "DJANGO_SETTINGS_MODULE": "dignamik.settings",
}  # fmt: skip
# Answers of the site as production runs it, in a process of its own, as JSON. No collectstatic has run here.
ANSWERS = """
import json
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.WHITENOISE_USE_FINDERS = True
import django; django.setup()
from django.test import Client
browser, found = Client(headers={"Host": "dignamik.example"}), {}
def keep(name, response):
    cookies = {key: {**morsel, "value": morsel.value} for key, morsel in response.cookies.items()}
    found[name] = {"status": response.status_code, "headers": dict(response.headers), "cookies": cookies}
    browser.cookies.clear()
keep("login", browser.get("/login/", secure=True))
keep("http", browser.get("/login/"))
keep("missing", browser.get("/nowhere/", secure=True))
keep("host", browser.get("/", headers={"Host": "evil.example"}))
keep("api host", browser.get("/api/v1/clients/", headers={"Host": "evil.example"}, secure=True))
keep("static", browser.get("/static/css/tokens.css", secure=True))
keep("language", browser.post("/language/", {"language": "en", "next": "/login/"}, secure=True))
keep("trace", browser.generic("TRACE", "/", secure=True))
print(json.dumps(found))
"""


def production(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**PRODUCTION, **environment}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True)


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    done = production(ANSWERS)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# --- Headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/", 200), ("GET", "/login/", 302), ("GET", "/clients/?export=csv", 200), ("POST", "/clients/", 405),
        ("GET", "/nowhere/", 404), ("GET", "/admin/", 200), ("GET", "/admin/nowhere", 404), ("GET", "/api/docs/", 200),
        ("GET", "/api/schema/", 200), ("GET", "/api/v1/clients/", 200), ("GET", "/api/v1/clients/0/", 404),
        ("GET", "/api/v1/clients/?citty=x", 400), ("TRACE", "/", 405), ("TRACE", "/api/v1/clients/", 405),
        ("GET", "/static/nowhere.css", 404), ("GET", "/healthz", 200),
    ],
)  # fmt: skip
def test_every_answer_carries_the_headers(adele: User, method: str, address: str, status: int) -> None:
    response = signed_in(adele).generic(method, address)
    assert response.status_code == status
    assert set(response.headers) >= ALWAYS
    assert "'unsafe" not in response.headers["Content-Security-Policy"]
    if not address.startswith(("/static/", "/healthz")):
        assert response.headers["Cache-Control"] == "no-store, private"


def test_so_does_a_fault_of_ours(helene: User, monkeypatch: pytest.MonkeyPatch) -> None:
    response = broken(helene, monkeypatch)
    assert response.status_code == 500
    assert set(response.headers) >= ALWAYS


def test_in_production_every_answer_carries_them_too_even_to_a_strange_host(answers: dict[str, Any]) -> None:
    statuses = {name: answer["status"] for name, answer in answers.items()}
    assert statuses == {
        "login": 200,
        "http": 301,
        "missing": 404,
        "host": 400,
        "api host": 400,
        "static": 200,
        "language": 302,
        "trace": 405,
    }
    for name, answer in answers.items():
        assert set(answer["headers"]) >= ALWAYS, name


def observatory(answers: dict[str, Any]) -> dict[str, int]:
    """The score of the MDN HTTP Observatory, test by test, for what can be known without a browser or its lists.

    https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring
    """
    headers, cookies = answers["login"]["headers"], answers["login"]["cookies"]
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    safe = not re.search(r"unsafe-|https?:(\s|$)|\*", " ".join(policy.values())) and "data:" not in policy["script-src"]
    age = re.search(r"max-age=(\d+)", headers.get("Strict-Transport-Security", ""))
    bound = all(cookie["secure"] for cookie in cookies.values())
    tied = all(cookie["samesite"] in ("Lax", "Strict") for cookie in cookies.values())
    private = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
    moved = answers["http"]["status"] == 301 and answers["http"]["headers"]["Location"].startswith("https://")
    return {
        "csp": (10 if policy.get("default-src") == "'none'" else 5) if safe else -20,
        "cookies": (5 if tied else -20) if bound and cookies else -40,
        "cors": -50 if "Access-Control-Allow-Origin" in headers else 0,
        "hsts": 0 if age and int(age[1]) >= 15_768_000 else -20,
        "redirection": 0 if moved else -20,
        "referrer": 5 if headers.get("Referrer-Policy") in private else 0,
        "nosniff": 0 if headers.get("X-Content-Type-Options") == "nosniff" else -5,
        "framing": 5 if policy.get("frame-ancestors") == "'none'" else -20,
    }


def test_the_observatory_gives_115_or_more(answers: dict[str, Any]) -> None:
    score = observatory(answers)
    assert min(score.values()) >= 0, score  # bonuses only count on top of 90
    assert 100 + sum(score.values()) >= 115, score


def test_cookies_are_bound_to_this_host(answers: dict[str, Any]) -> None:
    assert list(answers["login"]["cookies"]) == ["__Host-csrftoken"]
    assert list(answers["language"]["cookies"]) == ["__Host-language"]
    kept = answers["language"]["cookies"]["__Host-language"]
    assert (kept["secure"], kept["httponly"], kept["path"], kept["domain"]) == (True, True, "/", "")
    assert answers["login"]["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


# --- Methods and faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "BREW"])
def test_a_method_that_is_none_is_not_allowed_to_anybody(adele: User, method: str) -> None:
    for browser in (Browser(), signed_in(adele)):
        for address in ("/", "/login/", "/admin/", "/healthz", "/nowhere/"):
            assert browser.generic(method, address).status_code == 405
        assert refused(browser.generic(method, "/api/v1/clients/"))["type"] == "urn:dignamik:method_not_allowed"


def broken(user: User, monkeypatch: pytest.MonkeyPatch) -> Any:
    def fail(*args: Any, **kwargs: Any) -> HttpResponse:
        raise ValueError("SELECT turnover FROM Boulangerie Martin")

    monkeypatch.setattr("segmentation.web.overview.tally", fail)
    browser = signed_in(user)
    browser.raise_request_exception = False
    return browser.get("/")


def test_a_fault_gives_the_number_under_which_the_log_has_it(
    helene: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    line = OneLine("%(request_number)s %(message)s")
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(line.format(record)))
    logging.getLogger("django.request").addHandler(handler)
    try:
        html = broken(helene, monkeypatch).content.decode()
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    number = re.search(r"<strong>([0-9a-f]{12})</strong>", html)
    assert number is not None
    assert lines[0].startswith(number[1])
    assert "Boulangerie Martin" in lines[0]  # the log has what the page has not
    assert "Martin" not in html
    assert request_number.get() == "-"


def test_a_line_break_in_a_name_forges_no_line_of_the_log() -> None:
    record = logging.LogRecord("x", 30, "", 1, "login of %s", ("eve\r\n2026 INFO root came\u2028in\x1b[2J",), None)
    said = OneLine("%(request_number)s %(message)s").format(record)
    assert said == "- login of eve\\r\\n2026 INFO root came\\u2028in\\x1b[2J"


def test_a_number_is_given_to_each_request(rf: Any) -> None:
    seen: list[str] = []
    layer = EveryResponse(lambda request: seen.append(request_number.get()) or HttpResponse())  # type: ignore[func-returns-value]
    for _ in range(3):
        layer(rf.get("/"))
    assert len(set(seen)) == 3


# --- Settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SECRET_KEY", "", "SECRET_KEY est vide"),
        ("SECRET_KEY", "short", "SECRET_KEY est trop courte"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS doit nommer"),
        ("ALLOWED_HOSTS", "dignamik.example,*", "ALLOWED_HOSTS doit nommer"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS doit nommer"),
    ],
)
def test_it_refuses_to_start_unsafely(variable: str, value: str, said: str) -> None:
    done = production("import django; django.setup()", **{variable: value})
    assert done.returncode != 0
    assert said in done.stderr
