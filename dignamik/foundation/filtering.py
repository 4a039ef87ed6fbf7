"""A FilterSet that refuses what it does not know.

django-filter ignores an unknown parameter and, for some widgets, a malformed value: `?citty=Angers` would answer with
the whole portfolio. Here both are errors, on every surface.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils import timezone

# Names that belong to the list around the filter, not to the filter.
LIST_PARAMETERS = frozenset({"page", "page_size", "export"})

FIRST_YEAR, LAST_YEAR = 1900, 2200


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
            message = f"« {name} » n’est pas un filtre connu."
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
            raise ValidationError("Attendu\u00a0: un jour, par exemple 2026-11-23, ou un moment ISO 8601.")
        return moment if moment.tzinfo else timezone.make_aware(moment)


class MomentFilter(django_filters.CharFilter):
    field_class = MomentField


class BoundingBoxField(forms.CharField):
    """`west,south,east,north` in degrees, to a tuple of four floats."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise ValidationError("Attendu : ouest,sud,est,nord en degrés, par exemple -1,46,1,48.") from None
        # Written so that NaN fails too.
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise ValidationError("Ce rectangle est hors du monde ou à l’envers (ouest,sud,est,nord).")
        return west, south, east, north


class BoundingBoxFilter(django_filters.CharFilter):
    field_class = BoundingBoxField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        west, south, east, north = value
        return qs.filter(longitude__range=(west, east), latitude__range=(south, north))


class StableOrdering(django_filters.OrderingFilter):
    """Orders by the asked columns, unknown values last either way, then by pk: pages neither repeat nor miss a row."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        terms = []
        for name in value:
            field = F(self.get_ordering_value(name).lstrip("-"))
            terms.append(field.desc(nulls_last=True) if name.startswith("-") else field.asc(nulls_last=True))
        return qs.order_by(*terms, "pk")
