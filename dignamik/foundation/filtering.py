"""A FilterSet that refuses what it does not know.

django-filter ignores an unknown parameter and, for some widgets, a malformed value: `?citty=Angers` would answer with
the whole portfolio. Here both are errors, on every surface.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_filters.fields import BaseCSVField
from drf_spectacular.utils import extend_schema_field

# Names that belong to the list around the filter, not to the filter.
LIST_PARAMETERS = frozenset({"page", "page_size", "columns", "export"})

FIRST_YEAR, LAST_YEAR = 1900, 2200


def unknown_filter(name: str) -> str:
    """What is said of a parameter that nobody declared. Not by `%`, which a parameter called `%d` would break."""
    return _("« {name} » n’est pas un filtre connu.").replace("{name}", name)


class StrictFilterSet(django_filters.FilterSet):
    """Filters by exactly its declared names; anything else makes it invalid, and an invalid set has no rows.

    `RANGES`: what the two filters `…_min` and `…_max` are called together.
    """

    RANGES: ClassVar[Mapping[str, str | Promise]] = {}

    def unknown_names(self) -> list[str]:
        """Query parameters that neither this filter nor a list understands, in order of appearance."""
        known = set(self.filters) | LIST_PARAMETERS
        return [name for name in self.data if name not in known]

    def repeated_names(self) -> list[str]:
        """Filters that take one value and were given several: taking the last in silence would mean other rows."""
        single = [name for name, item in self.filters.items() if not isinstance(item, SeveralFilter)]
        return [name for name in single if len({*self._said(name)}) > 1]

    def _said(self, name: str) -> list[str]:
        """Every value that the query string gives a name."""
        several = getattr(self.data, "getlist", None)
        return several(name) if several else [self.data[name]] if name in self.data else []

    def told(self) -> dict[str, list[str] | None]:
        """The filters in use, for the record: their values where they come from a closed list, else None. What people
        search for, and bounds of figures, are nobody's business later."""
        used = {name: [value for value in self._said(name) if value] for name in self.filters}
        closed = {name for name, item in self.filters.items() if {"choices", "validators"} & set(item.extra)}
        return {name: values if name in closed else None for name, values in used.items() if values}

    @cached_property
    def _is_understood(self) -> bool:
        for name in self.unknown_names():
            self.form.add_error(None, unknown_filter(name))
        for name in self.repeated_names():
            self.form.add_error(name, _("Ce filtre ne prend qu’une valeur."))
        return bool(super().is_valid())

    def is_valid(self) -> bool:
        return self._is_understood

    @property
    def problems(self) -> list[str]:
        """What is wrong, a sentence each, for people."""
        if self.is_valid():
            return []
        found = []
        for name, messages in self.form.errors.items():
            label = self.form.fields[name].label if name in self.form.fields else None
            named = _("%(label)s : %(message)s")
            found += [named % {"label": label, "message": text} if label else str(text) for text in messages]
        return found

    @property
    def qs(self) -> QuerySet[Any]:
        if self.is_bound and not self.is_valid():
            return self.queryset.none()  # type: ignore[no-any-return]
        return super().qs  # type: ignore[no-any-return]


class SeveralField(forms.Field):
    """Any number of texts, each of which must be right on its own; blank ones are no answer.

    `validators` get the list of them all, once: asking the database for each would cost a query a value.
    """

    widget = forms.SelectMultiple

    def __init__(
        self, *, choices: Sequence[tuple[str, str]] = (), max_length: int | None = None, **settings: Any
    ) -> None:
        self.choices = tuple(choices)
        self.one: forms.Field = (
            forms.ChoiceField(choices=choices, required=False)
            if choices
            else forms.CharField(max_length=max_length, required=False)
        )
        super().__init__(**settings)

    def to_python(self, value: Any) -> list[str]:
        given = [value] if isinstance(value, str) else value or []
        return [text for text in dict.fromkeys(self.one.clean(item) for item in given) if text]


class SeveralFilter(django_filters.MultipleChoiceFilter):
    """A filter whose repeated parameter means "one of these": `?city=Angers&city=Nantes`."""

    field_class = SeveralField

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, distinct=False, **settings)

    def filter(self, qs: QuerySet[Any], value: Sequence[str]) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


def refuse_strangers(values: Sequence[str], known: Container[str]) -> None:
    """Raise ValidationError with a sentence for each value that is not known."""
    strangers = [value for value in values if value not in known]
    if strangers:
        says = _("«\u00a0{value}\u00a0» n’existe pas.")
        raise ValidationError([says.replace("{value}", value) for value in strangers])


class PlainNumberField(forms.DecimalField):
    """A number in plain digits: `Decimal()` would also read "1_000" and "١٢"."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and ("_" in value or not value.strip().isascii()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field({"type": "number", "maximum": 1e50})  # also for a column of whole numbers
class NumberFilter(django_filters.NumberFilter):
    field_class = PlainNumberField


class MomentField(forms.CharField):
    """A day or a moment in ISO 8601, to an aware datetime; without an offset it is local time."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text.replace(" ", "+"))  # a "+" of an address that nobody encoded
        except ValueError:
            moment = None
        if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:  # at either end of time zones overflow
            raise ValidationError(_("Attendu\u00a0: un jour, par exemple 2026-11-23, ou un moment ISO 8601."))
        return moment if moment.tzinfo else timezone.make_aware(moment)


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^\s*$|^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
        r"(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-3]):[0-5]\d)?)?$",
        "examples": ["2026-11-23", "2026-11-23T09:00:00+01:00"],
    }
)
class MomentFilter(django_filters.CharFilter):
    field_class = MomentField


class BoundingBoxField(forms.CharField):
    """`west,south,east,north` in degrees, to a tuple of four floats."""

    def said(self, text: str) -> str:
        """On a chip: four numbers say nothing to anybody."""
        return "rectangle" if text.count(",") == 3 else ""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise ValidationError(_("Attendu : ouest,sud,est,nord en degrés, par exemple -1,46,1,48.")) from None
        # Written so that NaN fails too.
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise ValidationError(_("Ce rectangle est hors du monde ou à l’envers (ouest,sud,est,nord)."))
        return west, south, east, north


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^\s*$|^-?\d{1,3}(\.\d+)?(,-?\d{1,2}(\.\d+)?){1}(,-?\d{1,3}(\.\d+)?)(,-?\d{1,2}(\.\d+)?)$",
        "examples": ["-1,46,1,48"],
    }
)
class BoundingBoxFilter(django_filters.CharFilter):
    field_class = BoundingBoxField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        west, south, east, north = value
        return qs.filter(longitude__range=(west, east), latitude__range=(south, north))


class OrderingField(BaseCSVField):
    """Names between commas, each of them said: the library drops the empty ones of `,,`."""

    def clean(self, value: Any) -> Any:
        if value and len(value) > 1 and not all(value):
            raise ValidationError(_("Donnez des noms séparés par des virgules."))
        return super().clean(value)


class StableOrdering(django_filters.OrderingFilter):
    """Orders by the asked columns, unknown values last either way, then by pk: pages neither repeat nor miss a row."""

    base_field_class = OrderingField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        terms = []
        for name in value:
            field = F(self.get_ordering_value(name).lstrip("-"))
            terms.append(field.desc(nulls_last=True) if name.startswith("-") else field.asc(nulls_last=True))
        return qs.order_by(*terms, "pk")
