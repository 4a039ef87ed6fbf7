"""French on the pages whatever the browser prefers; French or English in the API, every sentence of it."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from tests.contract import signed_in

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUE = ROOT / "dignamik/locale/en/LC_MESSAGES/django"
LIST = "/api/v1/clients/"


def sentences() -> Iterator[str]:
    """What the code marks for translation."""
    for app in ("dignamik", "clients", "segmentation"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                    (said,) = node.args
                    assert isinstance(said, ast.Constant), f"{path}: what is translated must be one literal"
                    yield str(said.value)


def of_templates() -> Iterator[str]:
    """What templates mark for translation."""
    for path in (ROOT / "templates").rglob("*.html"):
        yield from re.findall(r"""\{% translate "([^"]*)" %\}""", path.read_text())


def test_every_sentence_of_the_api_has_an_english_one_and_the_catalogue_no_other() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        known = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    assert set(sentences()) <= set(known)
    assert set(known) - {""} <= {*sentences(), *of_templates()}
    assert all(english and english != french for french, english in known.items() if french)


def test_the_compiled_catalogue_says_what_the_readable_one_says() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        known = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    lines = [line.partition(" ") for line in CATALOGUE.with_suffix(".po").read_text().splitlines()]
    said = [(word, ast.literal_eval(text)) for word, _, text in lines if word in ("msgid", "msgstr")]
    written = {french: english for (_, french), (_, english) in zip(said[::2], said[1::2], strict=True) if french}
    assert written == {french: english for french, english in known.items() if french}


@pytest.mark.parametrize(
    ("asked", "language", "detail"),
    [
        ("", "fr", "« citty » n’est pas un filtre connu."),
        ("fr", "fr", "« citty » n’est pas un filtre connu."),
        ("en", "en", "“citty” is not a known filter."),
        ("en-GB,en;q=0.9,fr;q=0.5", "en", "“citty” is not a known filter."),
        ("fr-FR,en;q=0.5", "fr", "« citty » n’est pas un filtre connu."),
        ("de,zh;q=0.5", "fr", "« citty » n’est pas un filtre connu."),
        ("\x00;;q=nonsense," * 100, "fr", "« citty » n’est pas un filtre connu."),
    ],
)
def test_a_refusal_speaks_the_language_of_the_caller(helene: User, asked: str, language: str, detail: str) -> None:
    response = signed_in(helene).get(f"{LIST}?citty=x", headers={"Accept-Language": asked})
    assert response.json()["detail"] == detail
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.headers["Vary"]


def test_the_libraries_speak_it_too(helene: User) -> None:
    english = signed_in(helene).get(f"{LIST}?turnover_min=abc", headers={"Accept-Language": "en"}).json()
    assert english["title"] == "Request not understood"
    assert english["errors"] == {"turnover_min": ["Enter a number."]}
    assert (
        signed_in(helene).put(LIST, headers={"Accept-Language": "en"}).json()["detail"] == 'Method "PUT" not allowed.'
    )


@pytest.mark.parametrize("address", ["/", "/clients/", "/login/", "/nowhere/", "/api/docs/", "/admin/login/"])
def test_pages_are_in_french_whatever_the_browser_prefers(adele: User, address: str) -> None:
    response = signed_in(adele).get(address, headers={"Accept-Language": "en"}, follow=True)
    assert 'lang="fr"' in response.content.decode()
    assert "Log in" not in response.content.decode()
