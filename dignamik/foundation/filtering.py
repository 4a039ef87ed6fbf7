"""A FilterSet that refuses what it does not know.

django-filter ignores an unknown parameter and, for some widgets, a malformed value: `?citty=Angers` would answer with
the whole portfolio. Here both are errors, on every surface.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django_filters.fields import BaseCSVField
from drf_spectacular.utils import extend_schema_field

# Names that belong to the list around the filter, not to the filter.
LIST_PARAMETERS = frozenset({"page", "page_size", "export"})


def unknown_filter(name: str) -> str:
    """What is said of a parameter that nobody declared. Not by `%`, which a parameter called `%d` would break."""
    return _("« {name} » n’est pas un filtre connu.").replace("{name}", name)


def if_storable(validator: Callable[[str], None]) -> Callable[[str], None]:
    """For validators that ask the database: a form runs them all, also on a text with a NUL that another one refuses,
    and PostgreSQL's driver raises on such a text."""

    @functools.wraps(validator)
    def guarded(value: str) -> None:
        if "\x00" not in value:
            validator(value)

    return guarded


class StrictFilterSet(django_filters.FilterSet):
    """Filters by exactly its declared names; anything else makes it invalid, and an invalid set has no rows."""

    def unknown_names(self) -> list[str]:
        """Query parameters that neither this filter nor a list understands, in order of appearance."""
        known = set(self.filters) | LIST_PARAMETERS
        return [name for name in self.data if name not in known]

    def is_valid(self) -> bool:
        valid: bool = super().is_valid()
        for name in self.unknown_names():
            valid = False
            message = unknown_filter(name)
            if message not in self.form.non_field_errors():
                self.form.add_error(None, message)
        return valid

    @property
    def problems(self) -> list[str]:
        """What is wrong, a sentence each, for people."""
        if self.is_valid():
            return []
        found = []
        for name, messages in self.form.errors.items():
            label = self.form.fields[name].label if name in self.form.fields else None
            found += [f"{label} : {message}" if label else str(message) for message in messages]
        return found

    @property
    def qs(self) -> QuerySet[Any]:
        if self.is_bound and not self.is_valid():
            return self.queryset.none()  # type: ignore[no-any-return]
        return super().qs  # type: ignore[no-any-return]


class PlainNumberField(forms.DecimalField):
    """A number in plain digits: `Decimal()` would also read "1_000" and "١٢"."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and ("_" in value or not value.strip().isascii()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field({"type": "number", "maximum": 1e50})  # also for a column of whole numbers
class NumberFilter(django_filters.NumberFilter):
    field_class = PlainNumberField


class BoundingBoxField(forms.CharField):
    """`west,south,east,north` in degrees, to a tuple of four floats."""

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
