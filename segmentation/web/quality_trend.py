"""The counters of quality day by day, as a drawing and a table."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dignamik.foundation import french
from segmentation.models import QualitySnapshot
from segmentation.web.charts import UNKNOWN, Chart


def trend(days: Sequence[QualitySnapshot]) -> Chart | None:
    """Of the whole base; nothing before there are two days to compare. A day without a client has no completeness."""
    shares = [None if day.completeness is None else round(100 * day.completeness, 1) for day in days]
    panels: list[tuple[str, Sequence[float | None]]] = [
        (_("Complétude moyenne, en %"), shares),
        (_("Clients sans position"), [day.unplaced for day in days]),
        (_("Clients avec une valeur à vérifier"), [day.implausible for day in days]),
    ]
    panels = [(label, values) for label, values in panels if any(value is not None for value in values)]
    if len(days) < 2:
        return None
    written = [[_written(value) for value in values] for _label, values in panels]
    says = [f"{label}\u00a0: {of[0]} → {of[-1]}" for (label, _values), of in zip(panels, written, strict=True)]
    return Chart(
        key="quality",
        kind="trend",
        title=_("Qualité des données au fil des jours"),
        summary=f"{' ; '.join(says)}.",
        data={"panels": [{"name": label, "points": _points(days, values)} for label, values in panels]},
        rows=len(panels),
        headings=(_("Jour"), *(label for label, _values in panels)),
        table=[
            (day.day.strftime("%d/%m/%Y"), *figures)
            for day, *figures in reversed(list(zip(days, *written, strict=True)))
        ],
    )


def _points(days: Sequence[QualitySnapshot], values: Sequence[float | None]) -> list[list[str | float | None]]:
    return [[day.day.isoformat(), value] for day, value in zip(days, values, strict=True)]


def _written(value: float | None) -> str:
    return str(UNKNOWN) if value is None else french.grouped(value, 0 if value == int(value) else 1)
