"""The API against its own schema: schemathesis sends what the schema allows and what it forbids, to every operation,
as a stranger, as an account manager and as an admin.

Seeded and bounded here. A longer run, which also tries each parameter with each kind of value:
`API_EXAMPLES=200 .venv/bin/python -m pytest tests/test_api_under_fire.py -s`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)

from dignamik.foundation.guesses import TOKENS
from dignamik.foundation.models import ApiToken
from dignamik.foundation.tokens import issue
from tests.contract import schema
from tests.published import published, some_clients

LONG = "API_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("API_EXAMPLES", "8"))
PEOPLE = ("anonymous", "amelie", "adele")
# What a schema without the database cannot say: the field names something that is not there, or contradicts another.
REFERENCES = {"category", "sector", "segment", "manager", "play", "bbox", "new_since"}  # 30 February is no day
RULES: Mapping[str, set[str]] = {
    "clients_partial_update": {"name", "category_id", "postal_code", "latitude", "manager", "email"},
    "recommendations_create": {"play", "comment", "until", ""},
    "runs_create": {"why"},
    "score_create": {"seniority_years", "turnover"},  # the bounds of an amount that is a text,
}

load_all_checks()
CONFIG = ProjectConfig(
    generation=GenerationConfig(deterministic=True, database="none"),
    phases=PhasesConfig(coverage=CoveragePhaseConfig(enabled=LONG)),
)
API = schemathesis.openapi.from_dict(schema(), config=SchemathesisConfig(projects=ProjectsConfig(default=CONFIG)))
API.app = get_wsgi_application()
sent: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def count() -> Iterator[None]:
    yield
    print(f"\n{sum(sent.values())} cases: {dict(sent)}")  # noqa: T201


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests through WSGI would close the connection that holds the test's transaction, as in production."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def authorization(
    request: pytest.FixtureRequest, one_connection: None, db: None, settings: Any
) -> tuple[str, dict[str, str]]:
    """Who asks, and the header that says so. With a portfolio to ask about."""
    settings.API_RATES = {"read": 10**9, "write": 10**9}
    # One of the checks tries wrong keys, more of them than a person may.
    monkeypatch = request.getfixturevalue("monkeypatch")
    monkeypatch.setattr("dignamik.foundation.guesses.TOKENS", replace(TOKENS, free=10**9))
    amelie = request.getfixturevalue("amelie")
    adele = request.getfixturevalue("adele")
    some_clients(12, "amelie")
    published()
    who = request.param
    user = {"amelie": amelie, "adele": adele}.get(who)
    if user is None:
        return who, {}
    _, key = issue(user, "Tout", ApiToken.Scope.values, timedelta(days=1))
    return who, {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("authorization", PEOPLE, indirect=True)
@API.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_what_the_schema_says(case: Any, authorization: tuple[str, dict[str, str]]) -> None:
    who, headers = authorization
    excluded = [CHECKS.get_one("positive_data_acceptance")]
    response = case.call_and_validate(headers=headers, excluded_checks=excluded)
    sent[who] += 1
    if case.meta.generation.mode.is_positive and who != "anonymous" and response.status_code == 400:
        refused_for = set(response.json().get("errors") or {""})
        understood = RULES.get(case.operation.definition.raw["operationId"], set()) | REFERENCES
        assert refused_for <= understood, response.json()
    if who == "anonymous":
        assert response.status_code in (401, 405)
