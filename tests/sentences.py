"""What the site says: every sentence that templates and Python mark for translation, and what templates forgot to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.template.base import Lexer, Token, TokenType

ROOT = Path(__file__).resolve().parent.parent
APPS = ("dignamik", "clients", "segmentation")
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# Each template tag or filter whose text is looked up when the page is made.
LITERAL = re.compile(r'^(?:translate|trans)\s+"((?:[^"\\]|\\.)*)"(?:\s+context\s+"([^"]*)")?')
MARKED = re.compile(r'_\("((?:[^"\\]|\\.)*)"\)')
NOUN = re.compile(r'\|noun:"([^"]*)"')


class Sentence(NamedTuple):
    """One entry of a catalogue: the French, with its plural and its context where it has one ("" otherwise)."""

    french: str
    plural: str = ""
    context: str = ""


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def of_template(path: Path) -> Iterator[Sentence]:
    tokens = Lexer(_without_comments(path.read_text())).tokenize()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.token_type in (TokenType.BLOCK, TokenType.VAR):
            yield from (Sentence(said) for said in MARKED.findall(token.contents))
            yield from (Sentence(said) for said in NOUN.findall(token.contents))
        if token.token_type != TokenType.BLOCK:
            continue
        if found := LITERAL.match(token.contents):
            yield Sentence(found[1], context=found[2] or "")
        elif token.contents.startswith("blocktrans"):
            texts: list[list[Token]] = [[]]
            while not tokens[at].contents.startswith("endblocktrans"):
                if tokens[at].token_type == TokenType.BLOCK:
                    assert tokens[at].contents == "plural", f"{path}: a tag inside a blocktranslate"
                    texts.append([])
                else:
                    texts[-1].append(tokens[at])
                at += 1
            yield Sentence(_source(texts[0]), _source(texts[1]) if len(texts) > 1 else "")


def _source(tokens: list[Token]) -> str:
    """As Django looks it up: `{{ name }}` is `%(name)s`."""
    return "".join(
        f"%({token.contents})s" if token.token_type == TokenType.VAR else token.contents.replace("%", "%%")
        for token in tokens
    )


def _marked(tree: ast.AST, path: Path) -> Iterator[tuple[str, list[ast.Constant]]]:
    """The context (or "") and the literals of each call that looks a sentence up: one, or singular and plural."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in GETTEXT:
            within = name.startswith("pgettext")
            said = node.args[1:] if within else node.args
            words = said[:2] if name.startswith("ngettext") else said[:1]
            literals = [word for word in words if isinstance(word, ast.Constant)]
            assert literals == words, f"{path}:{node.lineno}: what is translated must be one literal"
            yield str(ast.literal_eval(node.args[0])) if within else "", literals


def of_python(app: str) -> Iterator[Sentence]:
    for path in sorted((ROOT / app).rglob("*.py")):
        for context, words in _marked(ast.parse(path.read_text()), path):
            french, plural = ([str(word.value) for word in words] + [""])[:2]
            yield Sentence(french, plural, context)


def unmarked() -> Iterator[str]:
    """The texts of Python that nothing looks up; migrations say what models said once."""
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py") if path.parent.name != "migrations"):
        tree = ast.parse(path.read_text())
        marked = {id(word) for _, words in _marked(tree, path) for word in words}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in marked:
                yield node.value


# --- What templates forgot ------------------------------------------------------------------------------------------

COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", re.S)
TRANSLATED = re.compile(r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}", re.S)
VERBATIM = re.compile(r"<(code|script|style|kbd)\b.*?</\1>", re.S)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
ATTRIBUTE = re.compile(r'\s(title|aria-label|placeholder|alt|value|data-[\w-]+)="([^"]*)"')
ELEMENT = re.compile(r"<[^>]*>", re.S)
WORD = re.compile(r"[^\W\d_]{2,}")
# Class names that a template hands to the admin's.
CLASSES = re.compile(r"\{% block (coltype|bodyclass) %\}.*?\{% endblock[^%]*%\}", re.S)
ENTITY = re.compile(r"&\w+;")
# Names are the same in every language.
NAMES = {"Dignamik", "API", "CSV", "Excel", "Français", "English", "km", "Angers"}
# A default is shown like any other word.
DEFAULT = re.compile(r'\|default(?:_if_none)?:"([^"]*)"')


def _without_comments(text: str) -> str:
    return COMMENT.sub("", text)


def forgotten(path: Path) -> Iterator[str]:
    """Words that the page shows and nobody can translate: in text, in what is read aloud, in defaults."""
    text = CLASSES.sub("", TRANSLATED.sub("", _without_comments(path.read_text())))
    yield from (said for said in DEFAULT.findall(text) if WORD.search(said))
    text = ENTITY.sub(" ", TAG.sub("\0", VERBATIM.sub("", text)))
    for name, value in ATTRIBUTE.findall(text):
        # What is for scripts and forms is a code; what has a space or a capital is for people.
        shown = name in ("title", "aria-label", "placeholder", "alt") or " " in value.strip() or value[:1].isupper()
        if shown and set(WORD.findall(value)) - NAMES:
            yield f"{name}={value}"
    yield from (said.strip() for said in ELEMENT.sub("\0", text).split("\0") if set(WORD.findall(said)) - NAMES)
