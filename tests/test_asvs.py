"""The table of ASVS is held to the code: complete, in its own words, and every test that it names exists."""

from __future__ import annotations

import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
STATES = ("met", "not applicable", "not met")
OPEN = "en cours"
# How many requirements of level 1 each chapter of ASVS 5.0 has.
LEVEL_1 = {1: 8, 2: 4, 3: 8, 4: 2, 5: 4, 6: 13, 7: 6, 8: 4, 9: 4, 10: 5, 11: 3, 12: 3, 13: 1, 14: 2, 15: 3}


class Row(NamedTuple):
    item: str
    level: str
    asks: str
    state: str
    by: str


@cache
def rows() -> tuple[Row, ...]:
    lines = (ROOT / "docs" / "asvs.md").read_text().splitlines()
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line))
    return tuple(Row(*row) for row in cells)


def evidence(row: Row) -> list[str]:
    """The tests and files that a row names."""
    return [
        name for name in re.findall(r"`([\w./:-]+)`", row.by) if "/" in name or name.endswith((".md", ".toml", ".txt"))
    ]


def exists(name: str) -> bool:
    path, _, test = name.partition("::")
    file = ROOT / path
    return file.is_file() and (
        not test or re.search(rf"^def {test}\(", file.read_text(), flags=re.MULTILINE) is not None
    )


def test_it_holds_every_requirement_of_level_1_once() -> None:
    items = [row.item for row in rows()]
    assert len(items) == len(set(items))
    assert Counter(int(row.item.split(".")[0]) for row in rows() if row.level == "1") == LEVEL_1
    assert sum(LEVEL_1.values()) == 70


def test_every_test_and_file_that_it_names_exists() -> None:
    named = [(row.item, name) for row in rows() for name in evidence(row)]
    assert [(item, name) for item, name in named if not exists(name)] == []
    assert len(named) > 90


def test_a_name_that_is_none_would_be_noticed() -> None:
    assert not exists("tests/test_asvs.py::test_that_nobody_wrote")
    assert not exists("tests/test_nothing.py")


def test_what_is_met_says_by_what_and_what_is_not_says_why() -> None:
    for row in rows():
        assert row.state in (*STATES, OPEN), row
        assert evidence(row) if row.state == "met" else len(row.by) > 10, row


def test_nothing_is_left_open() -> None:
    counts = Counter((row.level, row.state) for row in rows())
    sys.stdout.write(f"{dict(sorted(counts.items()))}\n")
    assert [row.item for row in rows() if row.state == OPEN] == []


def test_scripts_keep_nothing_in_the_browser() -> None:
    scripts = list((ROOT / "static" / "js").rglob("*.js"))
    assert scripts
    kept = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie\s*=")
    assert [str(path) for path in scripts if kept.search(path.read_text())] == []
