"""Two runs side by side, as rows: measures by number of groups, checks, segments. Plain data from what the runs wrote.

`a` is the run on the left, `b` the one on the right. What only one of them has is None on the other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import french
from segmentation.models import Run, Segment
from segmentation.web.charts import Chart
from segmentation.web.portrait import Portrait, portrait
from segmentation.web.runs import Candidate, candidates, gates_of

GATES = {
    "structure": "Structure",
    "stability": gettext_lazy("Stabilité"),
    "contours": gettext_lazy("Contours"),
    "smallest": gettext_lazy("Plus petit segment"),
    "redundancy": gettext_lazy("Redondance"),
    "lineage": gettext_lazy("Continuité"),
    "moved": gettext_lazy("Clients déplacés"),
}
WHOLE, SHARES = {"smallest", "lineage"}, {"moved"}


@dataclass(frozen=True)
class Trial:
    """One number of groups, as each run measured it."""

    k: int
    a: Candidate | None
    b: Candidate | None


@dataclass(frozen=True)
class Check:
    """What one run says of one check. `figure` and `bound` are written the French way."""

    passed: bool
    level: str
    says: str
    figure: str
    bound: str


@dataclass(frozen=True)
class CheckPair:
    label: str
    a: Check | None
    b: Check | None


@dataclass(frozen=True)
class MedianPair:
    """One column's median in a segment. None where it is unknown, or where the run has no such segment."""

    label: str
    unit: str
    a: float | None
    b: float | None


@dataclass(frozen=True)
class SegmentPair:
    """One segment, matched by identity, as it was in training."""

    segment: Segment
    a: Portrait | None
    b: Portrait | None
    medians: Sequence[MedianPair]

    @property
    def kind(self) -> Literal["kept", "new", "vanished"]:
        if self.a is None:
            return "new"
        return "kept" if self.b is not None else "vanished"

    @property
    def growth(self) -> str:
        """How many clients more or fewer, signed; nothing where there is nothing to compare."""
        if self.a is None or self.b is None or self.a.size == self.b.size:
            return ""
        change = self.b.size - self.a.size
        return f"{'+' if change > 0 else ''}{french.grouped(change)}"


@dataclass(frozen=True)
class Table:
    """The segments of both runs. `columns` are the labels of the medians."""

    columns: Sequence[str]
    rows: Sequence[SegmentPair]

    def count(self, kind: str) -> int:
        return sum(row.kind == kind for row in self.rows)

    @property
    def kept(self) -> int:
        return self.count("kept")

    @property
    def new(self) -> int:
        return self.count("new")

    @property
    def vanished(self) -> int:
        return self.count("vanished")


def trials(a: Run, b: Run) -> list[Trial]:
    """Every number of groups that either run tried."""
    old, new = ({item.k: item for item in candidates(run.scores)} for run in (a, b))
    return [Trial(k, old.get(k), new.get(k)) for k in sorted({*old, *new})]


def drawn(found: Sequence[Trial], names: tuple[str, str]) -> list[Chart]:
    """Silhouette and stability of both runs by number of groups."""
    measures = (("silhouette", "Silhouette"), ("stability", _("Stabilité du segment le plus fragile")))
    charts = (_chart(found, names, key, title) for key, title in measures)
    return [chart for chart in charts if chart]


def _chart(found: Sequence[Trial], names: tuple[str, str], key: str, title: str) -> Chart | None:
    measured: list[tuple[str, list[float | None]]] = [
        (name, [getattr(item, key, None) for item in side])
        for name, side in zip(names, ([item.a for item in found], [item.b for item in found]), strict=True)
    ]
    if len(found) < 2 or all(value is None for _, values in measured for value in values):
        return None
    told = [
        _("%(label)s\u00a0: %(value)s")
        % {
            "label": name,
            "value": ", ".join(
                _("%(value)s à %(k)s") % {"value": french.grouped(value, 2), "k": trial.k}
                for trial, value in zip(found, values, strict=True)
                if value is not None
            ),
        }
        for name, values in measured
    ]
    return Chart(
        key=f"both-{key}",
        kind="lines",
        title=_("%(title)s par nombre de segments") % {"title": title},
        summary=_("%(title)s par nombre de segments. %(told)s.") % {"title": title, "told": _(" ; ").join(told)},
        data={
            "x": [item.k for item in found],
            "series": [{"name": name, "values": values} for name, values in measured],
            "chosen": None,
            "unit": "decimal",
        },
    )


def checks(a: Run, b: Run) -> list[CheckPair]:
    """Every check of either run. Checks of one name (redundancy with several columns) pair in their order."""
    old, new = _checks(a), _checks(b)
    names = dict.fromkeys((*old, *new))
    order = {name: at for at, name in enumerate(GATES)}
    keys = sorted(names, key=lambda key: (order.get(key[0], len(order)), key[1]))
    return [CheckPair(str(GATES.get(key[0], key[0])), old.get(key), new.get(key)) for key in keys]


def _checks(run: Run) -> dict[tuple[str, int], Check]:
    found: dict[tuple[str, int], Check] = {}
    for gate in gates_of(run):
        name = str(gate.get("name", ""))
        at = sum(key[0] == name for key in found)
        found[name, at] = Check(
            passed=bool(gate.get("passed")),
            level=str(gate.get("level", "hold")),
            says=str(gate.get("says") or name),
            figure=_figure(name, gate.get("value")),
            bound=_figure(name, gate.get("threshold")),
        )
    return found


def _figure(name: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return _("inconnu")
    if name in SHARES:
        return french.percent(value)
    return french.grouped(value, 0 if name in WHOLE else 2)


def segments(a: Run, b: Run, fewest: int) -> Table:
    """The segments of both runs, the biggest of `b` first, then those that only `a` has."""
    old, new = _portraits(a, fewest), _portraits(b, fewest)
    every = [found for run in (new, old) for _, found in run.values()]
    columns = list(dict.fromkeys((line.label, line.unit) for found in every for line in found.numbers))
    rows = []
    for slug in dict.fromkeys((*new, *old)):
        segment = (new.get(slug) or old[slug])[0]
        one, two = (run[slug][1] if slug in run else None for run in (old, new))
        medians = [MedianPair(label, unit, _median(one, label), _median(two, label)) for label, unit in columns]
        rows.append(SegmentPair(segment, one, two, medians))
    return Table([label for label, _ in columns], rows)


def _portraits(run: Run, fewest: int) -> dict[str, tuple[Segment, Portrait]]:
    profiles = run.profiles.select_related("segment")
    return {profile.segment.slug: (profile.segment, portrait(profile, fewest=fewest)) for profile in profiles}


def _median(found: Portrait | None, label: str) -> float | None:
    lines = found.numbers if found else ()
    return next((line.median for line in lines if line.label == label), None)
