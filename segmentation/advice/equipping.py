"""The default plan of actions of a segment that has just appeared."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from segmentation.advice import versions
from segmentation.models import Condition, Play, Profile

DEFAULTS = Path(__file__).with_name("playbook.toml")
# Where a segment's median must stand among all known values to be called high, or low.
HIGH, LOW = 0.6, 0.45
HAVE_IT = 0.5


def equip(profiles: Iterable[Profile]) -> int:
    """Give the segment of each profile the default plays that fit it; returns how many. Plays it has are left alone."""
    made = 0
    for profile in profiles:
        present = set(profile.segment.plays.values_list("title", flat=True))
        for default in defaults():
            if default["title"] not in present and fits(default.get("fits", {}), profile.data):
                _add(profile, default)
                made += 1
    return made


@cache
def defaults() -> tuple[Mapping[str, Any], ...]:
    """The plays of `playbook.toml`."""
    return tuple(tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))["play"])


def fits(wanted: Mapping[str, Any], profile: Mapping[str, Any]) -> bool:
    """Whether a segment with this profile is one that the play is for. What is not measured fits nothing."""
    numbers = {item["name"]: item for item in profile.get("numbers", [])}
    ranks = {
        "followers": (profile.get("totals") or {}).get("rank"),
        "turnover": numbers.get("turnover", {}).get("rank"),
        "seniority": numbers.get("seniority_years", {}).get("rank"),
    }
    for name, level in wanted.items():
        if name == "sectors":
            if _first_sector(profile) not in level:
                return False
        elif name == "has_on":
            if (numbers.get(level, {}).get("present") or 0) < HAVE_IT:
                return False
        elif ranks[name] is None or not (ranks[name] >= HIGH if level == "high" else ranks[name] <= LOW):
            return False
    return True


def _first_sector(profile: Mapping[str, Any]) -> str | None:
    for words in profile.get("words", []):
        if words["name"] == "sector" and words["shares"]:
            return str(words["shares"][0]["word"])
    return None


def _add(profile: Profile, default: Mapping[str, Any]) -> None:
    fields = {name: default[name] for name in ("title", "pitch", "service", "goal", "priority")}
    play = Play(segment=profile.segment, **fields)
    versions.save(play, [Condition(**condition) for condition in default["conditions"]], seen=0, by=None)
