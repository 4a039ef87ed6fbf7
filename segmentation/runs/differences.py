"""What differs between two stored recipes, in words: each knob is said, and only those that differ are kept.

Stored recipes are read as they are, so that one of another version of Dignamik is compared too. What this version does
not know how to say is named as it is stored: a difference is never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segmentation.runs.knobs import GROUPS, TRANSFORMS
from segmentation.runs.wording import (
    FILLS,
    SCALES,
    UNITS,
    UNSAID,
    block_title,
    items_of,
    label_of,
    plain,
    said,
    value_at,
)

COLUMNS, BLOCKS = ("numeric", "categorical"), ("blocks",)
OF_COLUMN: Mapping[str, tuple[str | Promise, Mapping[str, str | Promise]]] = {
    "share": (gettext_lazy("part dans son bloc"), {}),
    "transform": ("transformation", TRANSFORMS),
    "imputation": (gettext_lazy("à la place d’une valeur inconnue"), FILLS),
    "unit": (gettext_lazy("unité"), UNITS),
    "label": (gettext_lazy("nom"), {}),
}
"""What is said of a column, and the words for its values."""
UNTURNED = {
    "format": gettext_lazy("Format de la recette"),
    "largest": gettext_lazy("Nombre tenu pour une erreur de saisie au-delà de"),
    "effort.starts_above_many": gettext_lazy("Effort, départs sur un grand portefeuille"),
    "effort.many_rows": gettext_lazy("Effort, clients à partir desquels le portefeuille est grand"),
    "effort.sample_rows": gettext_lazy("Effort, clients de l’échantillon d’essai"),
    "effort.silhouette_rows": gettext_lazy("Effort, clients sur lesquels la silhouette est mesurée"),
    "effort.bootstraps_least": gettext_lazy("Effort, rééchantillonnages au moins"),
    "effort.bootstrap_rows": gettext_lazy("Effort, clients d’un rééchantillonnage"),
    "effort.null_draws": gettext_lazy("Effort, tirages de données mélangées"),
    "effort.evidence_starts": gettext_lazy("Effort, départs des mesures de preuve"),
}
"""Words for what no form turns."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was, in words."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        return _("%(label)s\u00a0: %(before)s → %(after)s") % {
            "label": self.label,
            "before": self.before,
            "after": self.after,
        }


def differences(old: Any, new: Any) -> list[Difference]:
    """Everything in which the stored recipe `new` is not `old`, in the order of the form."""
    found = [*_asked(old, new), *_columns(old, new), *_blocks(old, new), *_needed(old, new), *_knobs(old, new)]
    return [item for item in (*found, *_others(old, new)) if item.before != item.after]


def _asked(old: Any, new: Any) -> Iterator[Difference]:
    yield Difference(_("Nombre de segments"), *(_number(value_at(recipe, "clusters")) for recipe in (old, new)))
    yield Difference(_("Graine"), *(plain(value_at(recipe, "seed")) for recipe in (old, new)))


def _number(clusters: Any) -> str:
    return _("choisi par la règle") if clusters is None else _("%(clusters)s, imposé") % {"clusters": plain(clusters)}


def _columns(old: Any, new: Any) -> Iterator[Difference]:
    before, after = _by_name(old, *COLUMNS), _by_name(new, *COLUMNS)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            label = label_of(was or now or {})
            yield Difference(label, _use(was, before), _use(now, after))
            continue
        label = label_of(now)
        yield Difference(f"{label}, bloc", *(block_title(column.get("block")) for column in (was, now)))
        for field in _fields(was, now, hidden={"name", "block"}):
            title, words = OF_COLUMN.get(field, (_("«\u00a0%(field)s\u00a0»") % {"field": field}, {}))
            yield Difference(f"{label}, {title}", *_pair(was.get(field), now.get(field), words))


def _use(column: Any, recipe: Mapping[str, Any]) -> str:
    # A recipe of which no column can be read leaves nothing out.
    return _("utilisée") if column else _("laissée de côté") if recipe else str(UNSAID)


def _blocks(old: Any, new: Any) -> Iterator[Difference]:
    before, after = _by_name(old, *BLOCKS), _by_name(new, *BLOCKS)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, {}), after.get(name, {})
        title = _("«\u00a0%(name)s\u00a0»") % {"name": block_title(name)}
        yield Difference(_("Poids de %(title)s") % {"title": title}, *_pair(was.get("weight"), now.get("weight")))
        if was and now:
            for field in _fields(was, now, hidden={"name", "weight"}):
                label = (
                    _("Échelle de %(title)s") % {"title": title}
                    if field == "scale"
                    else _("%(title)s, «\u00a0%(field)s\u00a0»") % {"title": title, "field": field}
                )
                yield Difference(label, *_pair(was.get(field), now.get(field), SCALES))


def _needed(old: Any, new: Any) -> Iterator[Difference]:
    columns = [*items_of(old, *COLUMNS), *items_of(new, *COLUMNS)]
    labels = {str(column.get("name")): label_of(column) for column in columns}
    was, now = (value_at(recipe, "needs_any") for recipe in (old, new))
    if isinstance(was, list) and isinstance(now, list):
        # A column that only one of them looks at is said already, and asked for by no other.
        both = _by_name(old, *COLUMNS).keys() & _by_name(new, *COLUMNS).keys()
        if [name for name in was if name in both] == [name for name in now if name in both]:
            return
    yield Difference(_("Données dont une au moins doit être connue"), _names(was, labels), _names(now, labels))


def _names(names: Any, labels: Mapping[str, str]) -> str:
    if not isinstance(names, list):
        return plain(names)
    return ", ".join(labels.get(str(name), str(name)) for name in names) or _("aucune")


def _knobs(old: Any, new: Any) -> Iterator[Difference]:
    for group in GROUPS:
        for knob in group.knobs:
            # With its group: beside two runs, "clients qui changent de segment" alone would be read as a count.
            name = str(knob.label)
            label = f"{group.title}, {name[0].lower()}{name[1:]}"
            yield Difference(label, *(said(knob, value_at(recipe, knob.name)) for recipe in (old, new)))


def _others(old: Any, new: Any) -> Iterator[Difference]:
    """What no form turns, and what another version of Dignamik wrote."""
    before, after = dict(_flat(old)), dict(_flat(new))
    told = {"clusters", "seed", "needs_any", *COLUMNS, *BLOCKS}
    told |= {knob.name.replace("__", ".") for group in GROUPS for knob in group.knobs}
    for path in dict.fromkeys((*before, *after)):
        if path not in told:
            label = str(UNTURNED.get(path, _("«\u00a0%(path)s\u00a0»") % {"path": path}))
            yield Difference(label, *_pair(before.get(path), after.get(path)))


def _flat(knobs: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in knobs.items() if isinstance(knobs, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _by_name(recipe: Any, *parts: str) -> dict[str, Mapping[str, Any]]:
    return {str(item.get("name")): item for item in items_of(recipe, *parts)}


def _fields(was: Mapping[str, Any], now: Mapping[str, Any], hidden: set[str]) -> list[str]:
    return [field for field in dict.fromkeys((*was, *now)) if field not in hidden]


def _pair(was: Any, now: Any, words: Mapping[str, str | Promise] | None = None) -> tuple[str, str]:
    known = words or {}
    return str(known.get(str(was), plain(was))), str(known.get(str(now), plain(now)))
