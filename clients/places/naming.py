"""One normal form for comparing text, and one for comparing the names of towns."""

from __future__ import annotations

import functools
import re
import unicodedata

# What Unicode decomposition leaves alone: letters that are written as two, and barred or dotless letters.
_LETTERS = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
# Apostrophes and dashes of every keyboard: people mix them with each other and with a space.
_SEPARATORS = "'’‘ʼ`´′‛＇-‐‑‒–—―−"
_TABLE = str.maketrans({**_LETTERS, **dict.fromkeys(_SEPARATORS, " ")})
# The accented letters of Latin alphabets at once: decomposing is slow, and the table of communes has 37,000 names.
_ACCENTED = _TABLE | {
    code: parts[0].lower()
    for code in range(0xC0, 0x180)
    if len(parts := unicodedata.normalize("NFD", chr(code))) > 1 and parts[0].isascii()
}

_SAINTS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ROMAN = (
    *("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"),
    *("xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"),
)
_DISTRICTS = {"paris": 20, "lyon": 9, "marseille": 16}
_CITIES = tuple(f"{city} " for city in _DISTRICTS)

_UNDER = re.compile(r"\bs/s(?:/|\b)\s*")  # "Rosny s/s Bois"
_ON = re.compile(r"\bs/\s*")  # "Chalon s/Saône"
_TRAILING_ARTICLE = re.compile(r"^(?P<name>.+?)\s*\(\s*(?P<article>le|la|les|l)\s*\)$")
_NOT_WORD = re.compile(r"[^\w]+|_+")
_POSTAL_CODE = re.compile(r"\b\d{2} ?\d{3}\b")
_CEDEX = re.compile(r"\bcedex(?: \d{1,2})?\b")
_ARTICLES = ("le ", "la ", "les ", "l ")
_DISTRICT = re.compile(
    r"^(?P<city>paris|lyon|marseille) "
    rf"(?P<number>\d{{1,2}}|{'|'.join(reversed(_ROMAN))}) ?"
    r"(?:er|e|eme|ieme|me|nd|nde|re)?(?: ?(?:arr|arrdt|arrt|ardt|arrond|arrondissement))?$"
)


def fold(text: str) -> str:
    """Return `text` without what search and comparison ignore: case, accents, ligatures, apostrophes, hyphens, spacing.

    NFC and NFD, `œ` and `oe`, `’`, `'` and `-`, a no-break space and a space become the same. Other punctuation stays.
    Folding twice changes nothing.
    """
    simple = text.lower().translate(_ACCENTED)
    if simple.isascii():
        return " ".join(simple.split())
    # Look-alikes of the apostrophe, such as a lone acute accent, decompose too: they are replaced before and after.
    plain = unicodedata.normalize("NFKD", text.translate(_TABLE)).casefold()
    plain = unicodedata.normalize("NFKD", plain)
    kept = (char for char in plain if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")
    return " ".join("".join(kept).translate(_TABLE).split())


@functools.lru_cache(maxsize=4096)
def fold_town(text: str) -> str:
    """Return the name of a town as `fold` does, and also without the ways of writing that do not change the town.

    `St`/`Ste` are spelled out, `s/` is `sur`, and a CEDEX, a postal code, an arrondissement of Paris, Lyon or Marseille
    and punctuation go away: "SAINT-ETIENNE CEDEX 2", "St. Etienne" and "42000 Saint-Étienne" are one town. Empty for
    no name.
    """
    name, _ = split_district(text)
    return name


def split_district(text: str) -> tuple[str, int | None]:
    """Return the folded town and the number of its arrondissement or None: "PARIS 11ème" gives ("paris", 11)."""
    name = _spelled_out(fold(text))
    found = _DISTRICT.match(name) if name.startswith(_CITIES) else None
    if found is None:
        return name, None
    city, written = found["city"], found["number"]
    number = int(written) if written.isdigit() else _ROMAN.index(written) + 1
    return (city, number) if 1 <= number <= _DISTRICTS[city] else (name, None)


def without_article(town: str) -> str:
    """Return a folded town without its article: files exported from other tools write "Mans" for "Le Mans"."""
    return town.partition(" ")[2] if town.startswith(_ARTICLES) else town


def postal_code_in(text: str) -> str | None:
    """Return the five digits written together with a town ("75011 Paris"), or None."""
    found = _POSTAL_CODE.search(fold(text))
    return found.group().replace(" ", "") if found else None


def _spelled_out(folded: str) -> str:
    """Spell out what a folded name of a town abbreviates and drop what is not its name."""
    name = _ON.sub("sur ", _UNDER.sub("sous ", folded)) if "/" in folded else folded
    if name.endswith(")"):
        name = _TRAILING_ARTICLE.sub(r"\g<article> \g<name>", name)
    if not name.replace(" ", "").isalpha():
        name = _POSTAL_CODE.sub(" ", _NOT_WORD.sub(" ", name))
    words = name.split()
    if not _SAINTS.keys().isdisjoint(words):
        words = [_SAINTS.get(word, word) for word in words]
    name = " ".join(words)
    return " ".join(_CEDEX.sub(" ", name).split()) if "cedex" in words else name
