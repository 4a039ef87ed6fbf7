"""A stored recipe in words: what it looks at, where its knobs stand. One that today's code cannot parse is said too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import french
from segmentation.retelling import retold, speaks_french
from segmentation.runs.knobs import BLOCKS, GROUPS, TRANSFORMS, Knob

UNSAID = gettext_lazy("non précisé")
FILLS = {"median": gettext_lazy("médiane"), "mean": gettext_lazy("moyenne")}
SCALES = {"column": gettext_lazy("une échelle par donnée"), "pooled": gettext_lazy("une échelle commune")}
UNITS: Mapping[str, str | Promise] = {
    "count": gettext_lazy("nombre entier"),
    "euros": "euros",
    "years": gettext_lazy("années"),
    "number": gettext_lazy("nombre"),
}


@dataclass(frozen=True)
class Setting:
    """One knob of a recipe and where it stands, in words."""

    label: str
    value: str


@dataclass(frozen=True)
class Column:
    """One column that a recipe looks at, in words. `weight` is its block's; "" for a figure that is not stored."""

    label: str
    treatment: str
    share: str
    block: str
    weight: str

    def __str__(self) -> str:
        part = _("part %(share)s du bloc «\u00a0%(block)s\u00a0», de poids %(weight)s") % {
            "share": self.share or UNSAID,
            "block": self.block,
            "weight": self.weight or UNSAID,
        }
        return _("%(label)s\u00a0: %(treatment)s\u00a0; %(part)s") % {
            "label": self.label,
            "treatment": self.treatment,
            "part": part,
        }


def plain(value: Any) -> str:
    """A stored value as people write it; what is no number or word, as it is stored."""
    if value is None:
        return str(UNSAID)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value, ensure_ascii=False)
    if float(value).is_integer():
        return french.grouped(value)
    return f"{value:g}".replace(".", ",") if speaks_french() else f"{value:g}"


def said(knob: Knob, value: Any) -> str:
    """A knob's value, in percent where people turn it so."""
    if knob.kind != "percent" or isinstance(value, bool) or not isinstance(value, int | float):
        return plain(value)
    return _("%(value)s\u00a0%%") % {"value": plain(round(value * 100, 6))}


def items_of(stored: Any, *parts: str) -> Iterator[Mapping[str, Any]]:
    """The columns or blocks of a stored recipe, in its order."""
    found = stored if isinstance(stored, Mapping) else {}
    for part in parts:
        yield from (item for item in found.get(part) or () if isinstance(item, Mapping))


def value_at(stored: Any, path: str) -> Any:
    """What a stored recipe has under a knob's name; None for nothing."""
    found = stored
    for part in path.split("__"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def settings_of(stored: Any) -> list[tuple[str, list[Setting]]]:
    """A stored recipe's knobs by group, weights and columns aside."""
    groups = []
    for group in GROUPS:
        stands = [(knob, value_at(stored, knob.name)) for knob in group.knobs]
        lines = [Setting(str(knob.label), said(knob, value)) for knob, value in stands if value is not None]
        if lines:
            groups.append((str(group.title), lines))
    return groups


def columns_of(stored: Any) -> list[Column]:
    """What a stored recipe looks at, in its order."""
    weights = {block.get("name"): block.get("weight") for block in items_of(stored, "blocks")}
    found = [(column, bent(column)) for column in items_of(stored, "numeric")]
    words = _("une colonne par valeur\u00a0; inconnu\u00a0: la plus fréquente")
    found += [(column, words) for column in items_of(stored, "categorical")]
    return [_column(column, treatment, weights.get(column.get("block"))) for column, treatment in found]


def bent(column: Mapping[str, Any]) -> str:
    """What becomes of a number before it counts."""
    bend, fill = column.get("transform"), column.get("imputation")
    treatment = str(TRANSFORMS.get(str(bend), plain(bend)))
    return (
        _("%(treatment)s\u00a0; inconnu\u00a0: %(fill)s")
        % {"treatment": treatment, "fill": FILLS.get(str(fill), plain(fill))}
        if fill
        else treatment
    )


def label_of(column: Mapping[str, Any]) -> str:
    """A column's name for people."""
    return retold(str(column.get("label") or column.get("name")))


def block_title(name: Any) -> str:
    """A block's name for people."""
    return str(BLOCKS.get(str(name), name))


def _column(column: Mapping[str, Any], treatment: str, weight: Any) -> Column:
    share, heavy = ("" if value is None else plain(value) for value in (column.get("share"), weight))
    return Column(label_of(column), treatment, share, block_title(column.get("block")), heavy)
