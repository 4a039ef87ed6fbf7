"""`manage.py publish`: who publishes, why, and what is refused in words."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from segmentation.models import Publication, Run
from tests.published import a_run, published
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db


def publish(run: int, **options: Any) -> str:
    out = StringIO()
    call_command("publish", run, stdout=out, **options)
    return out.getvalue()


def test_a_held_run_is_published_with_a_reason_in_the_name_of_an_account(anais: User) -> None:
    published()
    held = a_run("held")
    told = json.loads(publish(held.pk, reason="Vu avec la direction", by=anais.username.upper(), json=True))
    assert told == {"run": held.pk, "state": "published", "reason": "Vu avec la direction"}
    latest = Publication.objects.latest("pk")
    assert (latest.run, latest.by, latest.reason) == (held, anais, "Vu avec la direction")
    assert Run.objects.current() == held


def test_without_an_account_the_pages_say_that_it_was_a_terminal(anais: User) -> None:
    first, held = published(), a_run("held")
    publish(held.pk, reason="Vu avec la direction")
    browser = signed_in(anais)
    assert "en ligne de commande" in body(browser.get("/")) and "automatiquement" not in body(browser.get("/"))
    assert "automatiquement" in body(browser.get(f"/runs/{first.pk}/"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "Écrivez pourquoi"),
        ({"reason": "  "}, "Écrivez pourquoi"),
        ({"reason": "Essai", "by": "personne"}, "« personne » n’en est pas un"),
    ],
)
def test_it_refuses_in_words_and_moves_nothing(options: dict[str, str], says: str) -> None:
    current, held = published(), a_run("held")
    with pytest.raises(CommandError, match=says):
        publish(held.pk, **options)
    with pytest.raises(CommandError, match="est déjà publié"):
        publish(current.pk, reason="Encore")
    with pytest.raises(CommandError, match="n’existe pas"):
        publish(held.pk + 1000, reason="Essai")
    assert Run.objects.current() == current
