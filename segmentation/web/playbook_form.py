"""The form of a play: its words, and its conditions as rows. Rows have no identity: what is sent is what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import HeldService
from segmentation.advice.versions import Content, Row
from segmentation.models import Condition, Play
from segmentation.querysets import SegmentQuerySet

SPARE = 3
"""Empty rows at the end of the form, for who has no JavaScript."""
MOST = 12
UNCHOSEN = "choisir…"
ROWS = "conditions"  # the prefix
INCOMPLETE = gettext_lazy("La page est incomplète\u00a0: rechargez-la avant d’enregistrer.")
TOO_MANY = gettext_lazy("Une action a au plus %(most)s conditions.") % {"most": MOST}


def _dressed(form: forms.BaseForm) -> None:
    for field in form.fields.values():
        if isinstance(field, forms.BooleanField):
            field.widget.attrs["class"] = "form-check-input"
        elif not field.widget.is_hidden:
            chosen = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
            field.widget.attrs |= {"class": "form-select" if chosen else "form-control", "autocomplete": "off"}


class PlayForm(forms.ModelForm):  # type: ignore[type-arg]
    """`seen` is the version that its reader began from. The segment is chosen once, for a new play."""

    seen = forms.IntegerField(
        widget=forms.HiddenInput,
        required=False,
        min_value=1,
        error_messages=dict.fromkeys(("required", "invalid", "min_value"), INCOMPLETE),
    )

    class Meta:
        model = Play
        fields = ("segment", "title", "pitch", "service", "goal", "priority")
        widgets = {"pitch": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, data: Any, play: Play, segments: SegmentQuerySet, initial: dict[str, Any]) -> None:
        super().__init__(data, instance=play, initial=initial)
        if play.pk:
            del self.fields["segment"]
            self.fields["seen"].required = True
        else:
            self.fields["segment"].queryset = segments  # type: ignore[attr-defined]
            self.fields["segment"].empty_label = UNCHOSEN  # type: ignore[attr-defined]
        self.fields["service"].choices = [("", UNCHOSEN), *HeldService.Service.choices]  # type: ignore[attr-defined]
        self.fields["goal"].choices = [("", UNCHOSEN), *Play.Goal.choices]  # type: ignore[attr-defined]
        _dressed(self)


class ConditionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Condition
        fields = ("field", "comparison", "value", "median")
        labels = {"median": gettext_lazy("médiane du segment")}
        help_texts = {"value": ""}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _dressed(self)
        self.fields["field"].choices = [("", UNCHOSEN), *Condition.Field.choices]  # type: ignore[attr-defined]
        self.fields["comparison"].choices = [("", UNCHOSEN), *Condition.Comparison.choices]  # type: ignore[attr-defined]


class ConditionRows(forms.BaseFormSet):  # type: ignore[type-arg]
    """All rows are optional: an empty one is no condition, whatever stood there before."""

    default_error_messages = {"too_many_forms": TOO_MANY}
    can_delete = True
    can_delete_extra = True
    can_order = False
    form = ConditionForm
    renderer = None
    min_num, max_num, absolute_max = 0, MOST, MOST * 3
    validate_min, validate_max = False, True
    edit_only = False

    def __init__(self, data: Any = None, *, rows: Sequence[Row] = ()) -> None:
        names = ("field", "comparison", "value", "median")
        self.extra = min(len(rows) + SPARE, max(MOST, len(rows)))
        super().__init__(data, prefix=ROWS, initial=[dict(zip(names, row, strict=True)) for row in rows])

    def initial_form_count(self) -> int:
        return 0

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("retirer")
        form.fields["DELETE"].widget.attrs["class"] = "form-check-input"

    def is_leaving(self, row: ConditionForm) -> bool:
        """Whether it is ticked to go; what is wrong in it is nobody's business then."""
        return bool(row.cleaned_data.get("DELETE")) if hasattr(row, "cleaned_data") else False

    @property
    def conditions(self) -> list[Condition]:
        """Of valid rows only; unsaved, of no play."""
        gone = self.deleted_forms
        return [form.instance for form in self.forms if form.has_changed() and form not in gone]


class Draft:
    """What somebody is writing: a play in memory and its conditions. `start` fills in a form that nobody has sent."""

    def __init__(
        self, play: Play, segments: SegmentQuerySet, *, data: Any = None, start: Content | None = None
    ) -> None:
        self.play = play
        said = {} if start is None else {name: getattr(start, name) for name in PlayForm.Meta.fields}
        self.form = PlayForm(data, play, segments, initial=said | {"seen": play.version if play.pk else None})
        self.rows = ConditionRows(data, rows=(start.conditions or ()) if start else ())

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.rows.is_valid()])

    def is_computable(self) -> bool:
        """Whether it says enough to know whom it concerns; words may still be missing."""
        return all([not {"segment", "service"} & set(self.form.errors), self.rows.is_valid()])

    @property
    def conditions(self) -> list[Condition]:
        return self.rows.conditions

    @property
    def content(self) -> Content:
        """Of a valid draft only."""
        return Content.of(self.play, self.conditions)

    @property
    def seen(self) -> int:
        return self.form.cleaned_data["seen"] or 0

    @property
    def problems(self) -> list[str]:
        """What keeps it from being computed, a sentence each."""
        found = [] if self.form["service"].errors == [] else [_("Choisissez un service.")]
        if "segment" in self.form.errors:
            found.insert(0, _("Choisissez un segment."))
        for number, row in enumerate(self.rows.forms, start=1):
            if not self.rows.is_leaving(row):
                found += [
                    _("Condition %(number)s\u00a0: %(text)s") % {"number": number, "text": text}
                    for texts in row.errors.values()
                    for text in texts
                ]
        return found + [str(text) for text in self.rows.non_form_errors()]
