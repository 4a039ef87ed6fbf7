"""French on the pages unless the reader chose English; French or English in the API; every sentence in both."""

from __future__ import annotations

import ast
import gettext
import html
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.test import Client as Browser
from django.utils import translation
from django.utils.html import conditional_escape

from dignamik.foundation.templatetags.figures import UNKNOWN
from tests.contract import signed_in
from tests.sentences import APPS, ROOT, Sentence, forgotten, of_python, of_template, templates, unmarked
from tests.test_permissions import address, scene, table

__all__ = ["scene"]

LIST = "/api/v1/clients/"
PAGES = ["/", "/clients/", "/login/", "/nowhere/", "/api/docs/", "/admin/login/"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|<[^>]+>")
# Words that English took from French, or both from Latin.
THE_SAME = {
    "Action", "Administration", "Cause", "Client", "Clients", "Condition", "Conditions", "Date", "E-mail", "Imports",
    "Menu", "Notes", "Position", "Prospect", "Publications", "Segment", "Segments", "Service", "Silhouette", "Total",
    "Version", "Versions", "absent", "client,clients", "page", "segment", "segment,segments", "segments", "silhouette",
    "source", "version", "version,versions", "{count} client", "{count} clients",
}  # fmt: skip


def catalogue(app: str) -> Path:
    return ROOT / app / "locale/en/LC_MESSAGES/django"


def entries(app: str) -> Iterator[tuple[Sentence, list[str]]]:
    """Each French sentence of the readable catalogue, in which a text is one line, with its English forms."""
    for block in catalogue(app).with_suffix(".po").read_text().split("\n\n"):
        said: dict[str, str] = {}
        for line in block.splitlines():
            word, _, text = line.partition(" ")
            if word.startswith("msg"):
                said[word] = ast.literal_eval(text)
        if said.get("msgid"):
            english = [text for word, text in said.items() if word.startswith("msgstr")]
            yield Sentence(said["msgid"], said.get("msgid_plural", ""), said.get("msgctxt", "")), english


def used(app: str) -> set[Sentence]:
    """What the code of an app says; what templates say is the roof's."""
    said = [*of_python(app)]
    if app == "dignamik":
        said += [sentence for path in templates() for sentence in of_template(path)]
    return set(said)


# --- The catalogues -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", APPS)
def test_every_sentence_has_an_english_one_and_the_catalogue_no_other(app: str) -> None:
    known = {sentence for sentence, _ in entries(app)}
    assert used(app) - known == set(), "without an English sentence"
    assert known - used(app) == set(), "nobody says this any more"


@pytest.mark.parametrize("app", APPS)
def test_the_english_is_english_and_says_the_same_figures(app: str) -> None:
    for (french, plural, _), english in entries(app):
        assert all(english), french
        assert french in THE_SAME or french not in english, french
        assert len(english) == (2 if plural else 1), french
        for text in english:
            assert sorted(set(PLACEHOLDER.findall(text))) == sorted(set(PLACEHOLDER.findall(french))), french
        # The words of the `noun` filter: one, and several.
        if re.fullmatch(r"[^,]+,[^ ,][^,]*", french):
            assert english[0].count(",") == 1, french


@pytest.mark.parametrize("app", APPS)
def test_the_compiled_catalogue_says_what_the_readable_one_says(app: str) -> None:
    with catalogue(app).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    written: dict[Any, str] = {}
    for (french, plural, context), english in entries(app):
        key = f"{context}\x04{french}" if context else french
        written |= {(key, at): text for at, text in enumerate(english)} if plural else {key: english[0]}
    assert written == {french: english for french, english in compiled.items() if french}


@pytest.mark.parametrize("app", APPS)
def test_the_entries_of_a_catalogue_stand_in_order(app: str) -> None:
    said = [sentence.french for sentence, _ in entries(app)]
    assert said == sorted(said, key=lambda french: french.encode())


def test_no_template_says_anything_that_cannot_be_translated() -> None:
    left = [f"{path.relative_to(ROOT)}: {said}" for path in templates() for said in forgotten(path)]
    assert left == []


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("<p>Une phrase</p>", ["Une phrase"]),
        ('<p>{% translate "Une phrase" %}</p>', []),
        ("<p>{% blocktranslate %}Une {{ x }} phrase{% endblocktranslate %}</p>", []),
        ('<input placeholder="Nom">', ["placeholder=Nom"]),
        ('<td data-label="Ville">{{ x }}</td>', ["data-label=Ville"]),
        ('<td data-kind="ville">{{ x }}</td>', []),
        ('{{ x|default:"rien" }}', ["rien"]),
        ("{# Un commentaire #}<code>manage.py work</code>", []),
        ("{{ x }} abonnés", ["abonnés"]),
    ],
)
def test_a_forgotten_word_would_be_noticed(tmp_path: Path, written: str, left: list[str]) -> None:
    path = tmp_path / "page.html"
    path.write_text(written)
    assert list(forgotten(path)) == left


# --- The choice -----------------------------------------------------------------------------------------------------


def choose(browser: Browser, language: str, back: str = "/clients/?city=Angers", **more: Any) -> Any:
    return browser.post("/language/", {"language": language, "next": back}, **more)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_in_french_whatever_the_browser_prefers(adele: User, path: str) -> None:
    response = signed_in(adele).get(path, headers={"Accept-Language": "en"}, follow=True)
    assert 'lang="fr"' in response.content.decode()
    assert "Log in" not in response.content.decode()
    assert response.headers["Content-Language"] == "fr"


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_in_english_for_who_chose_it(adele: User, path: str) -> None:
    browser = signed_in(adele)
    answer = choose(browser, "en")
    assert (answer.status_code, answer.url) == (302, "/clients/?city=Angers")
    response = browser.get(path, headers={"Accept-Language": "fr"}, follow=True)
    assert 'lang="en"' in response.content.decode()
    assert response.headers["Content-Language"] == "en"
    assert "Cookie" in response.headers["Vary"]
    choose(browser, "fr")
    assert 'lang="fr"' in browser.get(path, follow=True).content.decode()


def test_the_choice_is_a_cookie_that_scripts_cannot_read(db: None) -> None:
    cookie = choose(Browser(), "en").cookies["language"]
    assert (cookie.value, cookie["path"], cookie["samesite"], cookie["domain"]) == ("en", "/", "Lax", "")
    assert cookie["httponly"]
    assert cookie["max-age"] == 365 * 24 * 3600


def test_somebody_who_is_not_signed_in_chooses_too(db: None) -> None:
    browser = Browser()
    page = browser.get("/login/?next=/segments/").content.decode()
    assert "Se connecter" in page
    back = html.unescape(re.findall(r'action="/language/".*?name="next" value="([^"]*)"', page, re.S)[0])
    assert choose(browser, "en", back).url == "/login/?next=/segments/"
    assert "Sign in" in browser.get("/login/").content.decode()


@pytest.mark.parametrize("back", ["https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)", ""])
def test_one_never_goes_back_to_another_site(db: None, back: str) -> None:
    assert choose(Browser(), "en", back).url == "/"


@pytest.mark.parametrize("language", ["de", "en-gb", "../en", "", "x" * 5000])
def test_a_language_that_we_do_not_speak_changes_nothing(helene: User, language: str) -> None:
    browser = signed_in(helene)
    choose(browser, language)
    browser.cookies["language"] = language
    assert 'lang="fr"' in browser.get("/").content.decode()


def test_following_a_link_chooses_nothing(helene: User) -> None:
    response = signed_in(helene).get("/language/?language=en&next=/")
    assert response.status_code == 405
    assert not response.cookies.get("language")


def test_a_form_of_another_site_chooses_nothing(db: None) -> None:
    response = choose(Browser(enforce_csrf_checks=True), "en")
    assert response.status_code == 403
    assert not response.cookies.get("language")


def test_the_api_follows_the_caller_and_not_the_choice(helene: User) -> None:
    browser = signed_in(helene)
    choose(browser, "en")
    assert browser.get(f"{LIST}?citty=x").json()["detail"] == "« citty » n’est pas un filtre connu."


def test_after_a_request_the_process_speaks_french_again(helene: User) -> None:
    browser = signed_in(helene)
    choose(browser, "en")
    browser.get("/")
    browser.get(LIST, headers={"Accept-Language": "en"})
    assert translation.get_language() == "fr"


@pytest.mark.parametrize(
    ("written", "value", "french", "english"),
    [
        ("count", 12500, "12\u202f500", "12,500"),
        ("euros", -500, "−500\u00a0€", "−€500"),
        ("decimal:1", 12.4, "12,4", "12.4"),
        ("day", date(2026, 11, 1), "1er\u00a0novembre 2026", "1\u00a0Nov 2026"),
        ("short_day", date(2026, 11, 1), "01/11/2026", "1\u00a0Nov 2026"),
        ("known", None, '<span class="unknown">inconnu</span>', '<span class="unknown">unknown</span>'),
        ("quoted", "A & B", "«&nbsp;A &amp; B&nbsp;»", "“A &amp; B”"),
        ('noun:"client,clients"', 0, "client", "clients"),
        ('noun:"client,clients"', 1, "client", "client"),
        ('noun:"a,ont"', 2, "ont", "need"),
        ('noun:"mot inconnu,mots inconnus"', 2, "mots inconnus", "mots inconnus"),
        ("date", date(2026, 3, 4), "4 mars 2026", "4 Mar 2026"),
    ],
)
def test_figures_and_words_are_written_as_readers_write_them(
    written: str, value: Any, french: str, english: str
) -> None:
    shown = Template("{% load figures %}{{ value|" + written + " }}")
    for language, text in (("fr", french), ("en", english)):
        with translation.override(language):
            assert shown.render(Context({"value": value})) == text


def test_unknown_is_said_in_the_language_of_whoever_reads_it() -> None:
    with translation.override("en"):
        assert str(UNKNOWN) == '<span class="unknown">unknown</span>'
    assert conditional_escape(UNKNOWN) == '<span class="unknown">inconnu</span>'


def test_an_export_is_the_same_file_in_both_languages(scene: dict[str, Any], helene: User) -> None:
    browser, files = signed_in(helene), []
    for language in ("fr", "en"):
        choose(browser, language)
        files.append(b"".join(browser.get("/clients/?export=csv")))
    assert files[0] == files[1]
    assert b"Boulangerie Dupont" in files[0]


def test_who_is_locked_out_reads_why_in_their_language(db: None) -> None:
    browser = Browser()
    choose(browser, "en")
    for _ in range(12):
        response = browser.post("/login/", {"username": "helene", "password": "wrong"})
    assert response.status_code == 429
    assert "Too many failed attempts. Try again in" in response.content.decode()


def test_a_fault_of_ours_is_said_in_english_too(helene: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("segmentation.web.help.Help.get", fail, raising=False)
    browser = signed_in(helene)
    browser.raise_request_exception = False
    choose(browser, "en")
    response = browser.get("/help/")
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


def test_no_page_says_a_french_sentence_to_who_chose_english(cast: dict[str, User], scene: dict[str, Any]) -> None:
    """Sentences of templates, on every page that Adèle or the account manager may open."""
    templated = {sentence.french for path in templates() for sentence in of_template(path)}
    long = {html.unescape(french) for french in templated if len(french) > 12 and not PLACEHOLDER.search(french)}
    translated = {html.unescape(english[0]) for _, english in entries("dignamik")}
    # Where Python says the same words by itself, they are no sign that the template did.
    spoken = "\n".join(unmarked()).casefold()
    watched = {french for french in long - translated if french.casefold() not in spoken}
    assert len(watched) > 500
    opened, left = 0, []
    for name in ("amelie", "adele"):
        browser = signed_in(cast[name])
        choose(browser, "en")
        for route, methods in table().items():
            if methods["GET"][name] != 200 or route.startswith("api/") or route in ("healthz", "readyz"):
                continue
            response = browser.get(address(route, scene))
            if not response.headers["Content-Type"].startswith("text/html"):
                continue  # exports are French files
            page = html.unescape(response.content.decode())
            opened += 1
            assert "<html" not in page or '<html lang="en"' in page, route  # what htmx swaps in has no such tag
            left += [f"{route}: {french}" for french in watched if french in page]
    assert opened > 60
    assert left == []


# --- The API --------------------------------------------------------------------------------------------------------


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
