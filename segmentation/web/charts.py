"""Charts as plain data: what to draw, the words for those who cannot see it, the figures for a table beside it.

Pure functions from what pages already hold. An unknown figure is None, and a gap in the drawing; never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Followers, Turnover
from dignamik.foundation import french
from segmentation.retelling import speaks_french
from segmentation.web.portrait import Portrait
from segmentation.web.tallies import SegmentTally

UNKNOWN = gettext_lazy("inconnu")
# A profile shows the features that set a segment apart most; its tables show all.
RATIOS_SHOWN = 12
# Beyond 64 times more or less (doublings) a bar says no more by growing.
WIDEST_RATIO = 6.0
# A word that is rare on both sides gives a large ratio and says little.
COMMON = 0.1
# Nearer to 1 than this, a ratio says "like the others".
TELLING_RATIO = 1.05


@dataclass(frozen=True)
class Chart:
    """One drawing. `kind` names the script of static/js/charts that knows it; `rows` is 0 where height is fixed."""

    key: str
    kind: str
    title: str
    summary: str
    data: Mapping[str, Any]
    rows: int = 0
    headings: Sequence[str] = ()
    table: Sequence[Sequence[str]] = field(default_factory=tuple)

    @property
    def source(self) -> str:
        """The id of the data block in the page."""
        return f"chart-{self.key}"


def sizes(tallies: Sequence[SegmentTally]) -> Chart | None:
    """Each segment's share of the reader's clients beside its share of their known turnover."""
    shown = [item for item in tallies if item.share is not None]
    if not shown:
        return None
    says = [
        _("%(name)s\u00a0: %(share)s des clients, %(turnover_share)s du CA")
        % {"name": item.segment.name, "share": _share(item.share), "turnover_share": _share(item.turnover_share)}
        for item in shown
    ]
    return Chart(
        key="sizes",
        kind="bars",
        title=_("Part des clients, part du chiffre d’affaires connu"),
        summary=_("Barres par segment. %(says)s.") % {"says": _(" ; ").join(says)},
        data={
            "names": [item.segment.name for item in shown],
            "colours": [item.segment.colour for item in shown],
            "series": [
                {"name": _("Part des clients"), "values": [item.share for item in shown]},
                {"name": _("Part du CA"), "values": [item.turnover_share for item in shown]},
            ],
        },
        rows=len(shown),
    )


def _share(share: float | None) -> str:
    return str(UNKNOWN) if share is None else french.percent(share)


@dataclass(frozen=True)
class Ratio:
    """One feature of a segment against the rest: `times` more, None when one side is unknown or not above 0."""

    label: str
    own: str
    rest: str
    times: float | None


def profile(portrait: Portrait, colour: int) -> Chart | None:
    """How many times more, or less, than the rest: medians and shares, the most telling first."""
    ratios = sorted(_ratios(portrait), key=lambda ratio: -_telling(ratio))
    drawn = [ratio for ratio in ratios if ratio.times][:RATIOS_SHOWN]
    if not drawn:
        return None
    return Chart(
        key="profile",
        kind="ratios",
        title=_("Ce qui distingue ce segment"),
        summary=_("Rapport au reste des clients. %(says)s.")
        % {
            "says": _(" ; ").join(
                _("%(label)s : %(value)s") % {"label": r.label, "value": _times(r.times)} for r in drawn
            )
        },
        data={
            "colour": colour,
            "lines": [
                {"label": ratio.label, "value": _length(ratio.times or 1), "text": _times(ratio.times)}
                for ratio in drawn
            ],
        },
        rows=len(drawn),
        headings=(_("Donnée"), "Segment", _("Reste"), _("Rapport")),
        table=[(ratio.label, ratio.own, ratio.rest, _times(ratio.times)) for ratio in ratios],
    )


def _ratios(portrait: Portrait) -> Iterable[Ratio]:
    for line in portrait.numbers:
        yield _ratio(_("%(label)s, médiane") % {"label": line.label}, line.median, line.rest_median, line.unit)
    followers = (_("Abonnés %(label)s") % {"label": ""}).strip()
    for line in portrait.networks:
        name = line.label.replace(followers, "").strip() or line.label
        yield _ratio(_("Présents sur %(name)s") % {"name": name}, line.present, line.rest_present, "share")
    for table in portrait.words[:1]:
        for word in (word for word in table.lines if max(word.share or 0, word.rest_share or 0) >= COMMON):
            yield _ratio(f"{word.word} ({table.label.lower()})", word.share, word.rest_share, "share")


def _ratio(label: str, own: float | None, rest: float | None, unit: str) -> Ratio:
    times = own / rest if own and rest and own > 0 and rest > 0 else None
    return Ratio(label, _figure(own, unit), _figure(rest, unit), times)


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return str(UNKNOWN)
    return french.percent(value) if unit == "share" else french.in_unit(value, unit)


def _telling(ratio: Ratio) -> float:
    return abs(math.log2(ratio.times)) if ratio.times else -1.0


def _length(times: float) -> float:
    """Doublings, cut where a bar says no more by growing."""
    return max(-WIDEST_RATIO, min(WIDEST_RATIO, math.log2(times)))


def _times(times: float | None) -> str:
    if times is None:
        return _("sans rapport")
    if 1 / TELLING_RATIO < times < TELLING_RATIO:
        return _("pareil")
    more = times if times >= 1 else 1 / times
    figure = french.grouped(more, 0 if more >= 10 else 1).removesuffix(",0").removesuffix(".0")
    return _("×\u202f%(figure)s") % {"figure": figure} if times >= 1 else _("÷\u202f%(figure)s") % {"figure": figure}


def elbow(scores: Any, chosen: int | None) -> Chart | None:
    """Inertia by number of segments, with that of the same data shuffled."""
    return _measure(
        "elbow", _("Coude\u00a0: inertie"), scores, chosen, "count",
        ((_("Inertie"), "inertia"), (_("Données mélangées"), "null_inertia")),
    )  # fmt: skip


def silhouettes(scores: Any, chosen: int | None) -> Chart | None:
    """Silhouette by number of segments, with that of the same data shuffled."""
    return _measure(
        "silhouette", "Silhouette", scores, chosen, "decimal",
        (("Silhouette", "silhouette"), (_("Données mélangées"), "null_silhouette")),
    )  # fmt: skip


def _measure(
    key: str, title: str, scores: Any, chosen: int | None, unit: str, names: Sequence[tuple[str, str]]
) -> Chart | None:
    found = scores if isinstance(scores, Mapping) else {}
    ks = sorted(int(k) for k in found)
    series = [{"name": name, "values": [found[str(k)].get(column) for k in ks]} for name, column in names]
    series = [line for line in series if any(value is not None for value in line["values"])]
    if len(ks) < 2 or not series:
        return None
    places = 2 if unit == "decimal" else 0
    first = [
        _("%(label)s\u00a0: %(value)s") % {"label": k, "value": french.grouped(v, places)}
        for k, v in zip(ks, series[0]["values"], strict=True)
        if v is not None
    ]
    kept = _(" Nombre retenu\u00a0: %(chosen)s.") % {"chosen": chosen} if chosen else ""
    return Chart(
        key=key,
        kind="lines",
        title=_("%(title)s par nombre de segments") % {"title": title},
        summary=_("%(name)s par nombre de segments. %(first)s.%(kept)s")
        % {"name": series[0]["name"], "first": _(" ; ").join(first), "kept": kept},
        data={"x": ks, "series": series, "chosen": chosen if chosen in ks else None, "unit": unit},
    )


def turnover(years: Sequence[Turnover]) -> Chart | None:
    """A client's own turnover year by year; a year without an amount is a gap."""
    amounts = {line.year: float(line.amount) for line in years}
    if len(amounts) < 2:
        return None
    span = range(min(amounts), max(amounts) + 1)
    says = [
        _("%(label)s\u00a0: %(value)s")
        % {"label": year, "value": french.euros(amounts[year]) if year in amounts else UNKNOWN}
        for year in span
    ]
    return Chart(
        key="turnover",
        kind="columns",
        title=_("Chiffre d’affaires par année"),
        summary=_("Colonnes par année. %(says)s.") % {"says": _(" ; ").join(says)},
        data={"names": [str(year) for year in span], "values": [amounts.get(year) for year in span]},
    )


def followers(readings: Sequence[Followers]) -> Chart | None:
    """Followers over time, a panel a network, for the networks that were read at least twice."""
    known: dict[str, list[tuple[date, int | None]]] = {}
    for reading in sorted(readings, key=lambda reading: reading.measured_on):
        known.setdefault(reading.platform, []).append((reading.measured_on, reading.count))
    labels = dict(Followers.Platform.choices)
    panels = [
        (labels[platform], known[platform])
        for platform in labels
        if sum(count is not None for _, count in known.get(platform, ())) >= 2
    ]
    if not panels:
        return None
    return Chart(
        key="followers",
        kind="trend",
        title=_("Abonnés au fil des relevés"),
        summary=_("Une courbe par réseau. %(says)s.")
        % {"says": _(" ; ").join(_trend(label, points) for label, points in panels)},
        data={
            "panels": [
                {"name": label, "points": [[day.isoformat(), count] for day, count in points]}
                for label, points in panels
            ]
        },
        rows=len(panels),
        headings=(_("Réseau"), _("Relevé le"), _("Abonnés")),
        table=[
            (label, _short(day), str(UNKNOWN) if count is None else french.grouped(count))
            for label, points in panels
            for day, count in points
        ],
    )


def _short(day: date) -> str:
    """12/11/2026; written out in English, where 12/11 is two dates."""
    return day.strftime("%d/%m/%Y") if speaks_french() else french.day(day)


def _trend(label: str, points: Sequence[tuple[date, int | None]]) -> str:
    counts = [count for _, count in points if count is not None]
    return _("%(label)s\u00a0: de %(first)s à %(last)s") % {
        "label": label,
        "first": french.grouped(counts[0]),
        "last": french.grouped(counts[-1]),
    }
