"""Two runs side by side as tables and a drawing: who stayed, who went where, who came and left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import french
from segmentation.models import Segment
from segmentation.runs.movements import Movements
from segmentation.web.charts import Chart

NO_SEGMENT = gettext_lazy("Sans segment")
CAME, LEFT = gettext_lazy("Nouveaux"), gettext_lazy("Partis")
TOLD = 8
"""Flows that the words beside the drawing name, the largest first."""
MOST_ROWS = 12

Slug = str | None


@dataclass(frozen=True)
class Side:
    """One segment of one run; `segment` is None for clients without one."""

    slug: Slug
    segment: Segment | None

    @property
    def name(self) -> str:
        return self.segment.name if self.segment else str(NO_SEGMENT)


@dataclass(frozen=True)
class Line:
    """Where the clients of one segment of the earlier run are in the later one, in the order of its segments."""

    side: Side
    cells: Sequence[tuple[int, bool]]
    left: int
    total: int


@dataclass(frozen=True)
class Change:
    """What one segment won and lost. `before` or `after` is None where the run has no such segment."""

    side: Side
    before: int | None
    came: int
    went: int
    after: int | None


@dataclass(frozen=True)
class Flows:
    """The matrix with its totals: `lines` total the earlier run's sizes, `totals` the later one's."""

    columns: Sequence[Side]
    lines: Sequence[Line]
    came: Sequence[int]
    totals: Sequence[int]
    changes: Sequence[Change]

    @property
    def stayed(self) -> int:
        return sum(count for line in self.lines for count, same in line.cells if same)

    @property
    def moved(self) -> int:
        return sum(count for line in self.lines for count, same in line.cells if not same)

    @property
    def newcomers(self) -> int:
        return sum(self.came)

    @property
    def leavers(self) -> int:
        return sum(line.left for line in self.lines)


def flows(found: Movements, before: Sequence[Segment], after: Sequence[Segment]) -> Flows:
    """`before` and `after`: the segments of each run, in the order to show them in."""
    rows = _sides(before, {pair[0] for pair in found.matrix} | set(found.left))
    # In the order of the rows, so that who stayed stands on the diagonal; what is new follows.
    order = {segment.slug: at for at, segment in enumerate(before)}
    ordered = sorted(after, key=lambda segment: order.get(segment.slug, len(order)))
    columns = _sides(ordered, {pair[1] for pair in found.matrix} | set(found.entered))
    lines = [_line(row, columns, found) for row in rows]
    came = [found.entered.get(column.slug, 0) for column in columns]
    totals = [new + sum(line.cells[at][0] for line in lines) for at, new in enumerate(came)]
    sizes_before = {line.side.slug: line.total for line in lines}
    sizes_after = {column.slug: total for column, total in zip(columns, totals, strict=True)}
    sides = [*columns, *(row for row in rows if row.slug not in sizes_after)]
    stays = {slug: found.matrix.get((slug, slug), 0) for slug in [side.slug for side in sides]}
    changes = [
        Change(
            side,
            sizes_before.get(side.slug),
            sizes_after.get(side.slug, 0) - stays[side.slug],
            sizes_before.get(side.slug, 0) - stays[side.slug],
            sizes_after.get(side.slug),
        )
        for side in sides
    ]
    return Flows(columns, lines, came, totals, changes)


def _sides(segments: Iterable[Segment], met: set[Slug]) -> list[Side]:
    """The run's segments; those without one come last, if there are any."""
    return [*(Side(item.slug, item) for item in segments), *([Side(None, None)] if None in met else [])]


def _line(row: Side, columns: Sequence[Side], found: Movements) -> Line:
    cells = [(found.matrix.get((row.slug, column.slug), 0), row.slug == column.slug) for column in columns]
    left = found.left.get(row.slug, 0)
    return Line(row, cells, left, left + sum(count for count, _ in cells))


def sankey(found: Flows, before: str, after: str) -> Chart | None:
    """The matrix drawn as bands; nothing where nobody moved, came or left."""
    if not (found.moved or found.newcomers or found.leavers):
        return None
    bands = [
        (_node("a", line.side), _node("b", column), count)
        for line in found.lines
        for column, (count, _) in zip(found.columns, line.cells, strict=True)
    ]
    bands += [
        (_end("a", str(CAME)), _node("b", side), count) for side, count in zip(found.columns, found.came, strict=True)
    ]
    bands += [(_node("a", line.side), _end("b", str(LEFT)), line.left) for line in found.lines]
    bands = [band for band in bands if band[2]]
    used = {str(node["name"]): node for source, target, _ in bands for node in (source, target)}
    sides = [sum(name.startswith(side) for name in used) for side in "ab"]
    return Chart(
        key="flows",
        kind="flows",
        title=_("De gauche à droite\u00a0: %(before)s, puis %(after)s") % {"before": before, "after": after},
        summary=_told(found),
        data={
            "nodes": list(used.values()),
            "links": [{"source": a["name"], "target": b["name"], "value": count} for a, b, count in bands],
        },
        rows=min(MOST_ROWS, max(sides)),
    )


def _node(side: str, of: Side) -> Mapping[str, object]:
    colour = of.segment.colour if of.segment else None
    return {"name": f"{side}-{of.slug or ''}", "label": of.name, "colour": colour}


def _end(side: str, label: str) -> Mapping[str, object]:
    return {"name": f"{side}--{label}", "label": label, "colour": None}


def _told(found: Flows) -> str:
    """The largest flows in words."""
    parts = [
        (
            count,
            _("%(here)s vers %(there)s\u00a0: %(count)s")
            % {"here": line.side.name, "there": column.name, "count": french.grouped(count)},
        )
        for line in found.lines
        for column, (count, same) in zip(found.columns, line.cells, strict=True)
        if count and not same
    ]
    parts.sort(key=lambda part: -part[0])
    said = [text for _, text in parts[:TOLD]]
    stayed = _("Restés dans leur segment\u00a0: %(stayed)s") % {"stayed": french.grouped(found.stayed)}
    return _("Bandes d’un calcul à l’autre. %(says)s.") % {"says": _(" ; ").join([stayed, *said])}
