"""A segment's profile as its page shows it: each figure against the rest, from what the run wrote.

A run of an older version may lack a figure: what is missing is left out or unknown, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dignamik.foundation import french
from segmentation.disclosure import disclosed
from segmentation.engine.sentence import ClusterRule
from segmentation.models import Profile
from segmentation.retelling import retold

WORDS_SHOWN = 8
TOWN_SIZE = "town_size"
TRAITS = 4
TELLING = 0.2
"""A trait weaker than this (0: as elsewhere, 1: as nowhere else) says nothing worth a line."""


@dataclass(frozen=True)
class NumberLine:
    """A median against the rest's. `width` and `rest_width` (0 to 1) are the lengths of their bars."""

    label: str
    unit: str
    median: float | None
    rest_median: float | None
    q25: float | None
    q75: float | None
    known: int | None
    present: float | None
    rest_present: float | None
    rank: float | None

    @property
    def strength(self) -> float:
        """How far the median stands from the middle of all clients, 0 to 1."""
        return 0.0 if self.rank is None or self.median is None else abs(self.rank - 0.5) * 2

    @property
    def width(self) -> float | None:
        return self._width(self.median)

    @property
    def rest_width(self) -> float | None:
        return self._width(self.rest_median)

    def _width(self, value: float | None) -> float | None:
        most = max(self.median or 0, self.rest_median or 0)
        return None if value is None or most <= 0 else max(0.0, value) / most


@dataclass(frozen=True)
class ShareLine:
    """How many of the members whose answer is known have this word."""

    word: str
    count: int | None
    share: float | None
    rest_share: float | None


@dataclass(frozen=True)
class WordTable:
    """The words of one column, the most frequent first; `others` counts those left out."""

    label: str
    lines: Sequence[ShareLine]
    others: int


@dataclass(frozen=True)
class Portrait:
    """What a segment looked like in training.

    `turnover_share` is its part of all turnover known to the run, `rule` says it in a sentence. The `extra_` lines
    describe columns that the run did not look at. `based_on` are the reasons of `suggested_name`.
    """

    size: int
    numbers: Sequence[NumberLine]
    networks: Sequence[NumberLine]
    words: Sequence[WordTable]
    turnover_share: float | None = None
    rule: ClusterRule | None = None
    extra_numbers: Sequence[NumberLine] = ()
    extra_words: Sequence[WordTable] = ()
    suggested_name: str = ""
    based_on: Sequence[str] = ()

    def traits(self) -> list[str]:
        """What sets the segment apart most, a sentence each; nothing that is the same elsewhere."""
        found = [(line.strength, _number_trait(line)) for line in self.numbers]
        found += [
            (abs((line.share or 0) - (line.rest_share or 0)), _word_trait(table.label, line))
            for table in self.words[:1]
            for line in table.lines[:1]
        ]
        strong = sorted((pair for pair in found if pair[0] >= TELLING), key=lambda pair: -pair[0])
        return [sentence for _, sentence in strong[:TRAITS]]


def _number_trait(line: NumberLine) -> str:
    """Only for lines with a median."""
    own = french.in_unit(line.median or 0, line.unit)
    if line.rest_median is None:
        return _("%(label)s\u00a0: médiane de %(own)s") % {"label": line.label, "own": own}
    return _("%(label)s\u00a0: médiane de %(own)s, contre %(rest_median)s ailleurs") % {
        "label": line.label,
        "own": own,
        "rest_median": french.in_unit(line.rest_median, line.unit),
    }


def _word_trait(label: str, line: ShareLine) -> str:
    own, rest = french.percent(line.share or 0), french.percent(line.rest_share or 0)
    return _("%(label)s «\u00a0%(word)s\u00a0»\u00a0: %(own)s des clients du segment, %(rest)s ailleurs") % {
        "label": label,
        "word": line.word,
        "own": own,
        "rest": rest,
    }


def portrait(profile: Profile, *, fewest: int) -> Portrait:
    """Read a profile, leaving out what fewer than `fewest` members stand behind: it would speak of single clients."""
    data = disclosed(profile.data, profile.size, fewest)
    numbers = [_number(item) for item in data["numbers"]]
    return Portrait(
        size=profile.size,
        numbers=[
            *([_number(data["totals"])] if data["totals"] else []),
            *(line for line in numbers if line.unit != "count"),
        ],
        networks=[line for line in numbers if line.unit == "count"],
        words=_tables(data["words"]),
        turnover_share=data["turnover_share"],
        rule=_rule(data["rule"]),
        extra_numbers=[_number(item) for item in data["extra_numbers"]],
        extra_words=_tables(data["extra_words"]),
        suggested_name=str(data.get("suggested_name") or ""),
        based_on=[retold(str(reason)) for reason in data.get("based_on") or ()],
    )


def _rule(data: Any) -> ClusterRule | None:
    """The rule that the run wrote, if it can be read."""
    try:
        rule = ClusterRule.from_dict(data)
    except (TypeError, KeyError):
        return None
    return rule if rule.conditions else None


def _number(data: Mapping[str, Any]) -> NumberLine:
    return NumberLine(
        label=retold(str(data.get("label") or data.get("name") or "")),
        unit=str(data.get("unit") or "number"),
        median=data.get("median"),
        rest_median=data.get("rest_median"),
        q25=data.get("q25"),
        q75=data.get("q75"),
        known=data.get("known"),
        present=data.get("present"),
        rest_present=data.get("rest_present"),
        rank=data.get("rank"),
    )


def _tables(columns: Sequence[Mapping[str, Any]]) -> list[WordTable]:
    return [table for table in map(_words, columns) if table.lines]


def _words(data: Mapping[str, Any]) -> WordTable:
    shares = data["shares"]
    told = retold if data.get("name") == TOWN_SIZE else str  # the other words are the book's
    return WordTable(
        label=retold(str(data.get("label") or data.get("name") or "")),
        lines=[
            ShareLine(told(item.get("word", "")), item.get("count"), item.get("share"), item.get("rest_share"))
            for item in shares[:WORDS_SHOWN]
        ],
        others=len(shares[WORDS_SHOWN:]) + data["hidden"],
    )
