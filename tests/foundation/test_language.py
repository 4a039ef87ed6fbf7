"""French on the pages whatever the browser prefers; French or English in the API, every sentence of it."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.contract import signed_in

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("dignamik", "clients", "segmentation")
# How many words of French each of them is called with.
MARKS = {"_": 1, "ngettext": 2, "pgettext_lazy": 2}
LIST = "/api/v1/clients/"


def catalogue(app: str) -> Path:
    return ROOT / app / "locale/en/LC_MESSAGES/django"


def sentences(app: str) -> Iterator[str | tuple[str, int]]:
    """What the code of an app marks for translation, as a compiled catalogue has it: plurals twice, context before."""
    for path in (ROOT / app).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in MARKS:
                continue
            said = [str(ast.literal_eval(word)) for word in node.args[: MARKS[node.func.id]]]
            if node.func.id == "ngettext":
                yield from ((said[0], 0), (said[0], 1))
            else:
                yield "\x04".join(said)


def written(app: str) -> Iterator[tuple[str | tuple[str, int], str]]:
    """The readable catalogue, in which each text is one line."""
    for block in catalogue(app).with_suffix(".po").read_text().split("\n\n"):
        lines = [line.partition(" ") for line in block.splitlines() if line.startswith("msg")]
        said = {word: str(ast.literal_eval(text)) for word, _, text in lines}
        french = "\x04".join(said[word] for word in ("msgctxt", "msgid") if word in said)
        plural = [said[word] for word in ("msgstr[0]", "msgstr[1]") if word in said]
        yield from (((french, at), english) for at, english in enumerate(plural))
        if french and not plural:
            yield french, said["msgstr"]


def compiled(app: str) -> dict[Any, str]:
    with catalogue(app).with_suffix(".mo").open("rb") as file:
        known: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {french: english for french, english in known.items() if french}


def test_every_sentence_has_an_english_one_and_the_catalogues_no_other() -> None:
    said = {app: set(sentences(app)) for app in APPS}
    # Until segmentation has its own, the roof's speaks for it; and it has the sentences of some templates already.
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    known = set(compiled("dignamik"))
    assert (said["dignamik"] | said["segmentation"]) - known == set()
    others = {french[0] if isinstance(french, tuple) else french for french in known - said["dignamik"]}
    texts = {re.sub(r"%\((\w+)\)s", r"{{ \1 }}", french) for french in others - said["segmentation"]}
    assert {text for text in texts if text not in templates} == set()
    assert set(compiled("clients")) == said["clients"]


@pytest.mark.parametrize("app", APPS[:2])
def test_the_english_is_english(app: str) -> None:
    assert all(english and english != french for french, english in compiled(app).items())


@pytest.mark.parametrize("app", APPS[:2])
def test_the_compiled_catalogue_says_what_the_readable_one_says(app: str) -> None:
    assert dict(written(app)) == compiled(app)


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
