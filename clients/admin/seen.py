"""Forms that remember what their reader saw, so that nobody writes over what somebody else saved meanwhile.

The hidden `seen` holds the values that the form was opened with. What the reader left as it was takes the value of
now; what only the reader changed is written; what both changed is asked, with both values, who and when. A file, a
sync or the API in between are somebody else like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.figure_edits import last_change
from dignamik.foundation import french

LONGEST = 60
GONE = gettext_lazy(
    "Cette ligne a été supprimée entre-temps. Cochez «\u00a0Supprimer\u00a0» pour continuer sans elle, ou écrivez-la "
    "de nouveau dans une nouvelle ligne."
)
CHANGED = gettext_lazy(
    "La ligne «\u00a0%(row)s\u00a0» a été modifiée entre-temps par %(who)s\u00a0: elle n’est pas supprimée."
)


class SeenForm(forms.ModelForm):  # type: ignore[type-arg]
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.merged: list[str] = []  # labels of what somebody else changed meanwhile and the reader did not
        self.by = ""  # whoever changed it last
        if self.instance.pk is not None:
            self.initial["seen"] = json.dumps(self.held)

    @cached_property
    def held(self) -> dict[str, Any]:
        """The values of now. Cached before anything is put on the instance."""
        columns: Any = self.instance._meta
        return {name: plain(getattr(self.instance, columns.get_field(name).attname)) for name in self.told}

    @property
    def told(self) -> list[str]:
        own = {field.name for field in self.instance._meta.concrete_fields} - {"id", "client"}
        return [name for name in self.fields if name in own]

    @cached_property
    def base(self) -> Mapping[str, Any]:
        """The values that the reader saw; {} where the form does not say."""
        try:
            said = json.loads(self.data.get(self.add_prefix("seen")) or "{}")
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}

    @cached_property
    def changed_data(self) -> list[str]:
        names: list[str] = [name for name in super().changed_data if name != "seen"]
        if not self.base or self.instance.pk is None:
            return names
        return [name for name in names if name not in self.base or self.touched(name)]

    def touched(self, name: str) -> bool:
        """Whether the reader wrote something else than they saw."""
        said, base = self[name].data, self.base[name]
        model_field: Any = self.instance._meta.get_field(name)
        if isinstance(model_field, (models.CharField, models.TextField)):
            return bool(plain(said or "") != plain(str(base or "")))
        if not model_field.is_relation and base is not None:
            base = model_field.to_python(base)
        return bool(self.fields[name].has_changed(base, said))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            if self.base:
                self.errors.pop("id", None)
                self.add_error(None, GONE)
            return cleaned
        if set(self.told) - set(self.base):
            self.add_error(None, _("Ce formulaire est incomplet\u00a0: rouvrez la page. Rien n’a été écrit."))
            return cleaned
        asked = []
        for name in self.told:
            theirs, base = self.held[name], self.base[name]
            if not self.touched(name):
                if name in cleaned:
                    cleaned[name] = getattr(self.instance, name)
                if theirs != base:
                    self.merged.append(self.label_of(name))
            elif theirs != base and name in cleaned and plain(cleaned[name]) != theirs:
                asked.append((name, cleaned[name]))
        for name, mine in asked:
            self.add_error(name, self.question(name, mine))
        self.by = last_change(self.instance) if self.merged else ""
        self.refresh()
        return cleaned

    def question(self, name: str, mine: Any) -> str:
        said = {"theirs": self.said(name, getattr(self.instance, name)), "mine": self.said(name, mine)}
        return _(
            "Modifié entre-temps par %(who)s\u00a0: «\u00a0%(theirs)s\u00a0»\u00a0; vous avez écrit "
            "«\u00a0%(mine)s\u00a0». Enregistrez de nouveau pour garder votre valeur, ou écrivez l’autre."
        ) % {**said, "who": last_change(self.instance)}

    def refresh(self) -> None:
        """If the form has to be shown again, it is of now: what the reader has been asked is not asked twice."""
        data: Any = self.data
        data = data.copy()
        for name in self.told:
            if not self.touched(name) and self.held[name] != self.base[name]:
                self._fill(data, name)
        data[self.add_prefix("seen")] = json.dumps(self.held)
        self.data = data

    def _fill(self, data: Any, name: str) -> None:
        field, key = self.fields[name], self.add_prefix(name)
        value = getattr(self.instance, name)
        if isinstance(field.widget, forms.CheckboxInput):
            data.pop(key, None)
            if value:
                data[key] = "on"
            return
        shown = field.widget.format_value(field.prepare_value(self.initial.get(name, value)))
        data[key] = (shown[0] if shown else "") if isinstance(shown, list) else ("" if shown is None else shown)

    def refuse_deleting(self) -> str:
        """Why this row is not to be deleted: it is not what the reader saw any more. "" if it is."""
        row = self.instance
        if row.pk is None or not self.base or all(self.base.get(name) == self.held[name] for name in self.told):
            return ""
        self.refresh()
        return str(CHANGED) % {"row": str(row), "who": last_change(row)}

    def label_of(self, name: str) -> str:
        return str(self.fields[name].label or name)

    def said(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return _("inconnu")
        if isinstance(value, bool):
            return _("oui") if value else _("non")
        if isinstance(value, date):
            return french.day(value)
        choices = dict(getattr(self.instance._meta.get_field(name), "flatchoices", ()))
        text = str(choices.get(value, value))
        if isinstance(value, Decimal):
            text = french.grouped(value, 2)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def plain(value: Any) -> Any:
    """As JSON holds it; equal values are equal, however a form spells them."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
