"""The recipe as a form: its knobs within their bounds, and what the engine refuses beside the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import french
from segmentation.engine.errors import RecipeError
from segmentation.engine.recipe import NumericColumn, Recipe
from segmentation.models.recipes import LONGEST_REASON
from segmentation.retelling import retold
from segmentation.runs.knobs import (
    BLOCKS,
    GROUPS,
    TRANSFORMS,
    WEIGHTS,
    Knob,
    knobs_of,
    known_columns,
    turned,
    values_of,
)
from segmentation.runs.recipes import REASON_IS_NEEDED
from segmentation.runs.wording import plain

DECIMALS = 4
SHARE_IS_NEEDED = gettext_lazy("Donnez sa part à une donnée utilisée.")
WEIGHT_HELP = gettext_lazy(
    "De 0,01 à 100. 1 est le poids d’une donnée seule\u00a0; à laisser de côté plutôt qu’à mettre à zéro."
)
COLUMNS_HELP = gettext_lazy(
    "Ce que le calcul regarde. La part répartit le poids du bloc entre ses données\u00a0; le "
    "logarithme convient à ce qui varie de un à mille, comme les abonnés et le chiffre "
    "d’affaires."
)
# Where a form shows what the engine says of a whole part of the recipe.
BESIDE = {"range": "k_max", "gates": "gates__jaccard_warn"}


class RecipeForm(forms.Form):
    """Every knob of `recipe`, filled in with `values` (its own unless others are given)."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    base = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, recipe: Recipe, data: Any = None, *, initial: Mapping[str, Any], values: Mapping[str, Any] | None = None
    ) -> None:
        self.start = recipe
        self.recipe: Recipe | None = None
        self.knobs = {knob.name: knob for knob in knobs_of(recipe)}
        self.columns = known_columns(recipe)
        filled = values_of(recipe) | dict(values or {})
        super().__init__(data, initial={**self._written(filled), **initial})
        for knob in self.knobs.values():
            self.fields[knob.name] = _number(knob)
            if knob.name.startswith("blocks__"):
                self.fields[knob.name].help_text = ""  # said once, above them all
        for name, column in self.columns.items():
            self.fields |= dict(_of_column(name, column))
        self.fields["reason"] = forms.CharField(
            label=_("Ce qui change, et pourquoi"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"required": REASON_IS_NEEDED},
            help_text=_("Gardé avec la version, et montré avec chaque calcul qu’elle a servi."),
        )  # fmt: skip

    def fieldsets(self) -> list[tuple[str | None, dict[str, Any]]]:
        """As the admin lays out a form."""
        weights = [name for name in self.knobs if name.startswith("blocks__")]
        rows = [
            tuple(name for name in self.fields if name.startswith(f"columns__{column}__")) for column in self.columns
        ]
        return [
            (None, {"fields": ["seen", "base"], "classes": ["hidden"]}),
            (_("Données"), {"fields": rows, "description": COLUMNS_HELP}),
            (_("Poids des blocs"), {"fields": [tuple(weights)], "description": WEIGHT_HELP}),
            *(
                (str(group.title), {"fields": [knob.name for knob in group.knobs], "description": group.help})
                for group in GROUPS
            ),
            (_("Raison"), {"fields": ["reason"]}),
        ]

    def values(self) -> dict[str, Any]:
        """What a valid form says, in the recipe's units; a column that is left out keeps what it had."""
        kept = values_of(self.start)
        said = {name: self.cleaned_data[name] for name in kept}
        return {name: kept[name] if value is None else self._read(name, value) for name, value in said.items()}

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        for name in self.columns:
            share = f"columns__{name}__share"
            if said.get(f"columns__{name}__used") and share not in self.errors and said.get(share) is None:
                self.add_error(share, SHARE_IS_NEEDED)
        if not self.errors.keys() - {"reason"}:
            try:
                self.recipe = turned(self.start, self.values())
            except RecipeError as problem:
                first = f"columns__{next(iter(self.columns))}__used"
                self.add_error(first if problem.about == "names" else BESIDE.get(problem.about), str(problem))
        return said

    def _written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values as the fields show them: percentages, and no trail of binary fractions."""
        shown = {}
        for name, value in values.items():
            percent = name in self.knobs and self.knobs[name].kind == "percent"
            scaled = value * 100 if percent else value
            shown[name] = Decimal(f"{round(scaled, DECIMALS + 2):g}") if isinstance(scaled, float) else scaled
        return shown

    def _read(self, name: str, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        percent = name in self.knobs and self.knobs[name].kind == "percent"
        return float(value / 100 if percent else value)


def _number(knob: Knob) -> forms.Field:
    least, most = knob.bounds
    percent = knob.kind == "percent"
    scale = 100 if percent else 1
    bounds = (
        _("De %(least)s à %(most)s\u00a0%%.") % {"least": plain(least * scale), "most": french.grouped(most * scale)}
        if percent
        else (_("De %(least)s à %(most)s.") % {"least": plain(least), "most": french.grouped(most)})
    )
    help_text = f"{knob.help} {bounds}".strip()
    if knob.kind == "whole":
        return forms.IntegerField(label=str(knob.label), min_value=int(least), max_value=int(most), help_text=help_text)
    return _decimal(f"{knob.label} (%)" if percent else str(knob.label), least * scale, most * scale, help_text)


def _decimal(label: str, least: float, most: float, help_text: str, *, required: bool = True) -> forms.Field:
    field = forms.DecimalField(
        label=label, min_value=Decimal(f"{least:g}"), max_value=Decimal(f"{most:g}"), decimal_places=DECIMALS,
        localize=True, help_text=help_text, required=required,
        error_messages=dict.fromkeys(
            ("min_value", "max_value"), _("Entre %(least)s et %(most)s.") % {"least": plain(least), "most": plain(most)}
        ),
    )  # fmt: skip
    field.widget.attrs |= {"inputmode": "decimal", "size": 8, "autocomplete": "off"}
    return field


def _of_column(name: str, column: Any) -> Iterator[tuple[str, forms.Field]]:
    label = retold(column.label or name)
    yield f"columns__{name}__used", forms.BooleanField(label=label, required=False)
    yield (
        f"columns__{name}__share",
        _decimal(
            _("Part de «\u00a0%(block)s\u00a0»") % {"block": BLOCKS.get(column.block, column.block)},
            *WEIGHTS,
            "",
            required=False,
        ),
    )
    if isinstance(column, NumericColumn):
        choices = list(TRANSFORMS.items())
        yield f"columns__{name}__transform", forms.ChoiceField(label="Transformation", choices=choices)
