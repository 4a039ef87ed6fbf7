"""What of the whole base a person may read: which runs, and whose figures.

Whatever lists or counts clients goes through `Client.objects.visible_to`; this is about figures of everybody at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clients.querysets import SEES_EVERYTHING
from segmentation.models import Profile, Run
from segmentation.querysets import SEES_DRAFTS, RunQuerySet

# In a smaller group a figure begins to describe somebody.
SMALLEST_GROUP = 5


def runs_open_to(user: Any) -> RunQuerySet:
    """Runs that were published once; queued, held and failed ones too for those who may see drafts."""
    runs = Run.objects.all()
    if user.has_perm(SEES_DRAFTS):
        return runs
    return runs.filter(pk__in=Run.objects.filter(publications__isnull=False).values("pk"))


def figures_are_open(run: Run | None, user: Any) -> bool:
    """Whether this person may read sizes, profiles and quality of this run.

    Everybody when each of its groups has at least five members; else those who see every client anyway.
    """
    if run is None:
        return False
    if user.has_perm(SEES_EVERYTHING):
        return True
    sizes = list(Profile.objects.filter(run=run).values_list("size", flat=True))
    return bool(sizes) and min(sizes) >= SMALLEST_GROUP


def fewest_behind(user: Any) -> int:
    """How many members must stand behind a figure of a group for this person to read it."""
    return 1 if user.has_perm(SEES_EVERYTHING) else SMALLEST_GROUP


def disclosed(data: Any, size: int, fewest: int) -> dict[str, Any]:
    """What a run wrote of a group of `size`, without the figures that fewer than `fewest` members stand behind.

    A number that nobody's value is known of stays: it says so, of no one. `hidden` counts the words left out of a
    column. Lists of members are not judged here: `Client.objects.visible_to` does that.
    """
    found = dict(data) if isinstance(data, Mapping) else {}
    for name in ("numbers", "extra_numbers"):
        found[name] = _numbers(found.get(name) or (), fewest)
    for name in ("words", "extra_words"):
        found[name] = [_words(column, fewest) for column in found.get(name) or ()]
    found["totals"] = next(iter(_numbers([found["totals"]] if found.get("totals") else [], fewest)), None)
    # Of the first column in euros, as `engine.profiles` has it.
    shares = (line.get("of_total") for line in found["numbers"] if line.get("unit") == "euros")
    found["turnover_share"] = next(shares, None)
    rule = found.get("rule")
    if not isinstance(rule, Mapping) or round((rule.get("coverage") or 0) * size) < fewest:
        found["rule"] = None
    return found


def _numbers(lines: Sequence[Mapping[str, Any]], fewest: int) -> list[Mapping[str, Any]]:
    return [line for line in lines if not line.get("known") or line["known"] >= fewest]


def _words(column: Mapping[str, Any], fewest: int) -> dict[str, Any]:
    shares = list(column.get("shares") or ())
    shown = [share for share in shares if (share.get("count") or 0) >= fewest]
    return {**column, "shares": shown, "hidden": len(shares) - len(shown)}
