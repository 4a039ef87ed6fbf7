"""The API's own OpenAPI schema, to hold its answers against."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
from django.contrib.auth.models import User
from django.test import Client as Browser
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


@functools.cache
def schema() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(OpenApiJsonRenderer().render(SchemaGenerator().get_schema(public=True)))
    return document


def check(body: Any, path: str, status: int = 200, method: str = "get") -> None:
    """Fail unless `body` is what the schema says this operation answers with, to the field."""
    content = schema()["paths"][path][method]["responses"][str(status)]["content"]
    answer = content["application/json" if status < 400 else "application/problem+json"]["schema"]
    jsonschema.validate(body, {**answer, "components": schema()["components"]})
    strangers = undocumented(body, answer)
    assert not strangers, f"{path} answers with fields that its schema does not name: {strangers}"


def undocumented(body: Any, described: dict[str, Any]) -> set[str]:
    """Names in an answer that the schema does not have; JSON schema itself allows them."""
    if "$ref" in described:
        described = schema()["components"]["schemas"][described["$ref"].rsplit("/", 1)[-1]]
    for option in described.get("oneOf", ()):
        if option.get("type") != "null" and not str(option.get("$ref")).endswith("NullEnum"):
            return undocumented(body, option)
    if isinstance(body, list):
        return {name for item in body for name in undocumented(item, described.get("items", {}))}
    if not isinstance(body, dict) or "properties" not in described:
        return set()
    known = described["properties"]
    inner = {name for key in body if key in known for name in undocumented(body[key], known[key])}
    return inner | (set(body) - set(known))


def refused(response: Any) -> dict[str, Any]:
    """The body of a refusal, which is problem details (RFC 9457) whatever went wrong."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) - {"errors"} == {"type", "title", "status", "detail"}
    assert body["status"] == response.status_code >= 400
    assert body["type"].startswith("urn:dignamik:")
    assert body["title"]
    assert body["detail"]
    return body


def signed_in(user: User) -> Browser:
    """A browser that this person is signed in with."""
    browser = Browser()
    browser.force_login(user)
    return browser


def every_page(browser: Browser, address: str) -> list[dict[str, Any]]:
    """All rows of a list of the API, followed by its `next` links."""
    rows: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        response = browser.get(following)
        assert response.status_code == 200, response.content
        body = response.json()
        rows += body["results"]
        following = body["next"]
    assert len(rows) == body["count"]
    return rows
