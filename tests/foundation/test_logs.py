"""What the log says, and what it never says."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client as Browser

from dignamik.foundation.audit import AuditEvent
from dignamik.foundation.logs import JsonLine, OneLine
from dignamik.foundation.tokens import issue
from tests.conftest import PASSWORD
from tests.contract import signed_in
from tests.foundation.test_wire import production
from tests.published import a_client, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that the site's own handler writes, as production writes it."""
    (handler,) = [found for found in logging.getLogger().handlers if found.name == "stderr"]
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    monkeypatch.setattr(handler, "formatter", JsonLine())
    yield stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def record(message: str, *args: Any, error: BaseException | None = None) -> logging.LogRecord:
    given = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("dignamik.x", 30, "", 1, message, args, given)


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


# --- The shape -------------------------------------------------------------------------------------------------------


def test_a_request_is_one_object_with_its_route_and_not_its_address(helene: User, written: io.StringIO) -> None:
    signed_in(helene).get("/clients/?q=Dupont")
    (line,) = [line for line in lines(written) if line["logger"] == "dignamik.access"]
    assert set(line) == {
        "time", "level", "logger", "message", "request", "method", "route", "status", "milliseconds", "user",
    }  # fmt: skip
    assert (line["method"], line["route"], line["status"], line["user"]) == ("GET", "clients", 200, helene.pk)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])
    assert re.fullmatch(r"[0-9a-f]{12}", line["request"])
    assert isinstance(line["milliseconds"], int)


def test_the_line_of_a_request_and_the_audit_trail_have_the_same_number(karim: User, written: io.StringIO) -> None:
    signed_in(karim).get("/imports/")
    event = AuditEvent.objects.get(kind="refused")
    assert [line["request"] for line in lines(written)] == [event.request_number]


def test_a_strangers_request_and_a_tokens_are_told_apart(karim: User, written: io.StringIO, client: Browser) -> None:
    _, key = issue(karim, "Tableau", ["read"], timedelta(days=1))
    client.get("/api/v1/clients/")
    client.get("/api/v1/clients/", headers={"Authorization": f"Bearer {key}"})
    client.get("/healthz")
    assert [(line["user"], line["status"]) for line in lines(written)] == [(None, 401), (karim.pk, 200)]


def test_a_name_with_line_breaks_and_terminal_codes_forges_nothing() -> None:
    name = 'eve\r\n{"level": "INFO", "message": "root came in"}\u2028\x1b[2J\x00\ud800'
    said = JsonLine().format(record("login of %s", name))
    assert said.isascii()
    assert said.isprintable()
    assert json.loads(said)["message"].startswith("login of eve\\r\\n{")
    assert "\x1b" not in json.loads(said)["message"]
    plain = OneLine("%(message)s").format(record("x", error=raised(ValueError("a\n2026 INFO root came in\x1b[2J"))))
    first, *rest = plain.split("\n")
    assert first == "x"
    assert all(line.startswith("  ") for line in rest)
    assert "\x1b" not in plain


def test_an_error_is_told_without_the_data_that_it_quotes() -> None:
    error = raised(ValueError("could not convert 'Boulangerie Dupont' to 98765.43"))
    line = json.loads(JsonLine().format(record("Job %s failed", 3, error=error)))
    assert (line["message"], line["error"]) == ("Job 3 failed", "ValueError")
    assert line["trace"][-1].endswith(" raised")
    machine = json.loads(JsonLine().format(record("x", error=raised(OperationalError("disk full\nat\x1b once")))))
    assert machine["error"] == "OperationalError: disk full\\nat\\x1b once"


def test_production_writes_json_and_a_developer_reads_lines() -> None:
    code = "import django; django.setup(); from django.conf import settings as s; print(s.LOG_FORMAT)"
    assert production(code).stdout.strip() == "json"
    assert production(code, LOG_FORMAT="lines").stdout.strip() == "lines"
    assert production(code, DEBUG="1").stdout.strip() == "lines"
    refused = production(code, LOG_FORMAT="xml")
    assert refused.returncode != 0
    assert "LOG_FORMAT attend « json » ou « lines »" in refused.stderr


def test_what_production_writes_to_stderr_is_json_line_by_line() -> None:
    code = """
import django; django.setup()
import logging
logging.getLogger("clients.x").warning("said\\nin two lines")
try: 1 / 0
except ZeroDivisionError: logging.getLogger("django.request").exception("Internal Server Error: %s", "/clients/")
"""
    done = production(code)
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["message"] for line in found] == ["said\\nin two lines", "Internal Server Error: /clients/"]
    assert found[1]["error"] == "ZeroDivisionError"


# --- What it never says ----------------------------------------------------------------------------------------------

CANARIES: dict[str, Any] = {
    "name": "Zanzibar Quenouille", "turnover": 98765.43, "email": "canari@quenouille.example", "phone": "0698765432",
    "search": "introuvable-mais-cherche", "password": "mot-de-passe-canari-9", "note": "il divorce, discretion",
}  # fmt: skip


def a_day_of_work(amelie: User, adele: User, helene: User, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that handles a client's name, figure or key once, faults included. Returns what must not be told."""
    client = a_client(CANARIES["name"], "amelie", email=CANARIES["email"], phone=CANARIES["phone"])
    published()
    secrets = []
    browser = Browser()
    browser.post("/login/", {"username": CANARIES["password"], "password": CANARIES["search"]})
    browser.post("/login/", {"username": "amelie", "password": CANARIES["password"]})
    browser.post("/login/", {"username": "amelie", "password": PASSWORD})
    secrets.append(browser.cookies["sessionid"].value)
    browser.post("/account/tokens/", {"name": "Tableau", "scopes": ["read", "write"], "days": 30})
    page = browser.get("/account/tokens/").content.decode()
    (key,) = set(re.findall(r"dgk_[\w-]{43}", page))
    secrets.append(key)
    bearer = {"Authorization": f"Bearer {key}"}
    for address in (
        "/", "/day/", f"/clients/?q={CANARIES['search']}", f"/clients/?q={CANARIES['name']}", f"/clients/{client.pk}/",
        f"/clients/?turnover_min={CANARIES['turnover']}&export=csv", f"/map/?q={CANARIES['search']}",
        f"/nowhere/{CANARIES['name']}/", f"/clients/?citty={CANARIES['name']}", f"/prospect/?name={CANARIES['name']}",
        f"/clients/999999/?q={CANARIES['name']}", f"/imports/?q={CANARIES['name']}",
    ):  # fmt: skip
        browser.get(address)
        Browser().get(address.replace("/clients/", "/api/v1/clients/"), headers=bearer)
    browser.post(f"/clients/{client.pk}/contacts/", {"kind": "note", "text": CANARIES["note"]})
    Browser().post(
        "/api/v1/score/", json.dumps({"name": CANARIES["name"], "turnover": CANARIES["turnover"]}),
        content_type="application/json", headers=bearer,
    )  # fmt: skip
    Browser().get("/api/v1/clients/", headers={"Authorization": f"Bearer {key[:-1]}"})
    staff = signed_in(adele)
    text = f"Nom;Ville;Chiffre d'affaires 2025\n{CANARIES['name']} II;Angers;{CANARIES['turnover']}\nX;Angers;abc\n"
    sent = SimpleUploadedFile("clients.csv", text.encode())
    where = staff.post("/imports/", {"file": sent}).headers["Location"]
    staff.post(f"{where}confirm/", {"only": "good"})
    staff.get(f"{where}rejected/")
    staff.get(f"/admin/clients/client/?q={CANARIES['name']}")
    staff.post(f"/admin/clients/client/{client.pk}/change/", {"name": CANARIES["name"]})
    broken(signed_in(helene), monkeypatch)
    browser.post("/logout/")
    return secrets


def broken(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> HttpResponse:
        raise ValueError(f"{CANARIES['name']} owes {CANARIES['turnover']}")

    monkeypatch.setattr("segmentation.web.overview.tally", fail)
    browser.raise_request_exception = False
    assert browser.get("/").status_code == 500


def test_a_day_of_work_leaves_no_name_figure_or_key_in_the_log_or_the_trail(
    amelie: User, adele: User, helene: User, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = [*map(str, CANARIES.values()), "98765", "Quenouille", *a_day_of_work(amelie, adele, helene, monkeypatch)]
    said = written.getvalue()
    assert len(lines(written)) > 30
    assert {"clients", "import-confirm", "api-score-list"} <= {line.get("route") for line in lines(written)}
    assert [line["error"] for line in lines(written) if "error" in line] == ["ValueError"]
    assert [secret for secret in secrets if secret in said] == []
    trail = json.dumps(list(AuditEvent.objects.values()), default=str)
    assert {"login", "export", "import", "token", "refused"} <= set(AuditEvent.objects.values_list("kind", flat=True))
    assert [secret for secret in secrets if secret in trail] == []


def test_the_log_of_django_and_of_axes_is_left_to_ours() -> None:
    loggers: Any = settings.LOGGING["loggers"]
    assert {loggers[name]["level"] for name in ("django.request", "django.server", "axes")} == {"ERROR"}
