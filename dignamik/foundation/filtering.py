"""A FilterSet that refuses what it does not know.

django-filter ignores an unknown parameter and, for some widgets, a malformed value: `?citty=Angers` would answer with the
whole portfolio. Here both are errors, on every surface.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

# Names that belong to the list around the filter, not to the filter.
LIST_PARAMETERS = frozenset({"page", "page_size", "per_page", "ordering", "export", "columns"})


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
