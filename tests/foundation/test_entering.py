"""The door, the probes, and what people read when something is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client as Browser

from tests.conftest import PASSWORD
from tests.reading import signed_in

pytestmark = pytest.mark.django_db


def test_it_lets_people_in_and_out(amelie: User) -> None:
    browser = Browser()
    assert "Connexion" in browser.get("/login/").content.decode()
    response = browser.post("/login/?next=/clients/", {"username": "amelie", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/clients/")
    assert browser.get("/logout/").status_code == 405
    assert browser.post("/logout/").status_code == 302
    assert browser.get("/clients/").status_code == 302


def test_it_goes_nowhere_else_after_login(amelie: User) -> None:
    response = Browser().post("/login/?next=https://evil.example/", {"username": "amelie", "password": PASSWORD})
    assert response["Location"] == "/"


def test_it_says_nothing_of_which_half_was_wrong(amelie: User) -> None:
    known = Browser().post("/login/", {"username": "amelie", "password": "x"}).content.decode()
    unknown = Browser().post("/login/", {"username": "personne", "password": "x"}).content.decode()
    errors = [re.findall(r'role="alert">(.*?)</div>', html, re.S) for html in (known, unknown)]
    assert errors[0] == errors[1] != []


def test_it_reloads_the_page_when_the_session_ends_under_htmx() -> None:
    response = Browser().get("/clients/", headers={"HX-Request": "true"}, follow=True)
    assert response.headers["HX-Refresh"] == "true"


def test_it_refuses_a_form_without_its_token(amelie: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(amelie)
    response = browser.post("/logout/")
    assert response.status_code == 403
    assert "Formulaire expiré" in response.content.decode()


def test_it_is_alive_without_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise DatabaseError("mot de passe refusé pour dignamik")

    monkeypatch.setattr(connection, "cursor", broken)
    assert Browser().get("/healthz").status_code == 200
    response = Browser().get("/readyz")
    assert response.status_code == 503
    assert "refusé" not in response.content.decode()


def test_it_is_ready_with_its_database() -> None:
    assert Browser().get("/readyz").status_code == 200
    assert Browser().post("/readyz").status_code == 405


def test_it_says_what_happened_in_french_and_nothing_more(monkeypatch: pytest.MonkeyPatch, helene: User) -> None:
    def broken(*args: Any, **kwargs: Any) -> HttpResponse:
        raise ValueError("secret de Boulangerie Martin")

    monkeypatch.setattr("segmentation.web.overview.tally", broken)
    browser = signed_in(helene)
    browser.raise_request_exception = False
    response = browser.get("/")
    html = response.content.decode()
    assert response.status_code == 500
    assert "Une erreur est survenue" in html
    assert "secret" not in html
    assert "Traceback" not in html


@pytest.mark.parametrize(("path", "status"), [("/nulle-part/", 404), ("/.git/config", 404), ("/clients/abc/", 404)])
def test_it_answers_wrong_addresses_in_french(path: str, status: int) -> None:
    response = Browser().get(path)
    assert response.status_code == status
    assert "Page introuvable" in response.content.decode()


def test_it_refuses_a_strange_host_in_french() -> None:
    response = Browser().get("/login/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "Demande non comprise" in response.content.decode()
