"""Every answer from 400 on under /api/ is problem details, also where no view of the API was reached."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from tests.contract import refused, schema, signed_in

LIST, SCORE = "/api/v1/clients/", "/api/v1/score/"


@pytest.mark.parametrize("address", ["/api/", "/api/v2/clients/", "/api/v1", "/api/nowhere"])
def test_an_address_outside_the_api_answers_as_the_api_does(helene: User, address: str) -> None:
    response = signed_in(helene).get(address)
    assert (response.status_code, refused(response)["type"]) == (404, "urn:dignamik:not_found")


def test_a_fault_of_ours_gives_nothing_away(helene: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("SELECT secret FROM Boulangerie Martin")

    monkeypatch.setattr("clients.api.clients.Clients.paginate_queryset", broken)
    browser = signed_in(helene)
    browser.raise_request_exception = False
    response = browser.get(LIST, headers={"Accept-Language": "en"})
    assert response.status_code == 500
    assert refused(response)["detail"].startswith("Something went wrong on our side (no. ")
    assert "Martin" not in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_the_shape_is_the_same_without_login_without_right_and_without_csrf_token(sacha: User, helene: User) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(helene)
    kinds = {
        refused(Browser().get(LIST))["type"],
        refused(signed_in(sacha).get(LIST))["type"],
        refused(strict.post(SCORE, {}, content_type="application/json"))["type"],
    }
    assert kinds == {"urn:dignamik:not_authenticated", "urn:dignamik:permission_denied"}


def test_a_refusal_names_itself_for_machines(anais: User) -> None:
    response = signed_in(anais).post(SCORE, {}, content_type="application/json")
    assert (response.status_code, refused(response)["type"]) == (409, "urn:dignamik:not_published")


def test_every_refusal_in_the_schema_is_problem_details() -> None:
    operations = [operation for path in schema()["paths"].values() for operation in path.values()]
    for operation in operations:
        for status, answer in operation["responses"].items():
            if status == "304":
                assert "content" not in answer  # what one has already read
                continue
            assert list(answer["content"]) == [
                "application/json" if int(status) < 400 else "application/problem+json"
            ], (operation["operationId"], status)
    assert len(operations) > 12


def test_every_body_that_is_written_refuses_unknown_fields() -> None:
    """A serializer that drops strangers in silence would pass for one that kept them."""
    parts = schema()["components"]["schemas"]
    bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        for path in schema()["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    }
    assert bodies
    assert all(parts[name]["additionalProperties"] is False for name in bodies)
