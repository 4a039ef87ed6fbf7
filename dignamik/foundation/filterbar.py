"""What a list's query string says, as people see it: controls, removable chips, and the addresses that change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from dignamik.foundation.filtering import SeveralFilter, StrictFilterSet

Options = Sequence[tuple[str, str]]

ORDERING = "ordering"
# Where one is in the list, not which list: any other change goes back to the start.
PLACE = ("page", "export")


@dataclass(frozen=True)
class Field:
    """One control of the filter bar.

    `kind`: "several" (any number of `options`), "texts" (any number of texts), "choice" (one of `options`), "number",
    "text", or "range" of two numbers, `ends`. `source` is where its counts, its histogram or its suggestions come from.
    """

    name: str
    label: str
    kind: str
    values: tuple[str, ...] = ()
    options: Options = ()
    source: str = ""
    ends: tuple[Field, ...] = ()
    # Of values that are no words: the form field's own `said`.
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> str:
        return self.values[-1] if self.values else ""

    @property
    def used(self) -> int:
        """How many values are in force."""
        return sum(end.used for end in self.ends) if self.ends else len(self.values)

    def shown(self, value: str) -> str:
        """A value as people read it."""
        return self.words.get(value) or dict(self.options).get(value, value)


@dataclass(frozen=True)
class Chip:
    """One value of a filter in force, and the address of the list without it."""

    label: str
    value: str
    url: str
    query: QueryDict


class FilterBar:
    """For lists: over `filterset_class`, whose rows `scope` gives."""

    request: HttpRequest
    filterset_class: type[StrictFilterSet]
    bar: tuple[str, ...] = ()  # filters in sight, in this order
    drawer: tuple[str, ...] = ()  # filters one click away

    def scope(self) -> QuerySet[Any]:
        """The rows that this reader may see, before any filter."""
        raise NotImplementedError

    def options_of(self, name: str) -> Options | None:
        """Values to choose from, for a filter that does not carry its own. Asked once for each filter."""
        return None

    def source_of(self, name: str) -> str:
        """The address that counts, draws or suggests what a control offers; "" for none."""
        return ""

    @property
    def query(self) -> QueryDict:
        return self.request.GET

    @cached_property
    def filterset(self) -> StrictFilterSet:
        return self.filtered_by(self.query)

    def filtered_by(self, query: QueryDict) -> StrictFilterSet:
        """The same rows under another query string."""
        return self.filterset_class(query, queryset=self.scope(), request=self.request)

    # --- Controls ----------------------------------------------------------------------------------------------------

    @cached_property
    def bar_fields(self) -> list[Field]:
        return self.fields(self.bar)

    @cached_property
    def drawer_fields(self) -> list[Field]:
        return self.fields(self.drawer)

    @property
    def hidden_fields(self) -> list[Field]:
        """Filters in force that have no control here: the form carries them along."""
        return [field for field in self.fields(self._others()) if field.used]

    @property
    def carried(self) -> list[Field]:
        """Filters whose control only adds: what they hold already comes with the results."""
        return [field for field in (*self.bar_fields, *self.drawer_fields) if field.kind == "texts"]

    @property
    def drawer_used(self) -> int:
        return sum(field.used for field in self.drawer_fields)

    def _others(self) -> list[str]:
        shown = {end for name in (*self.bar, *self.drawer) for end in (name, *_ends(name))} | {ORDERING}
        return [name for name in self.filterset.filters if name not in shown]

    @cached_property
    def _options(self) -> dict[str, Options | None]:
        return {}

    def _offered(self, name: str) -> Options | None:
        if name not in self._options:
            self._options[name] = self.options_of(name)
        return self._options[name]

    def fields(self, names: Iterable[str]) -> list[Field]:
        """Their controls; a name without a filter of its own is that of a range, `…_min` and `…_max`."""
        known = self.filterset.filters
        return [self.field(name) for name in names if name in known or all(end in known for end in _ends(name))]

    def field(self, name: str) -> Field:
        if name not in self.filterset.filters:
            low, high = (self.field(end) for end in _ends(name))
            label = str(self.filterset.RANGES[name])
            return Field(name, label, "range", source=self.source_of(name), ends=(low, high))
        control = self.filterset.form.fields[name]
        own = [(str(value), str(label)) for value, label in getattr(control, "choices", ()) if value]
        offered = self._offered(name)
        options = own if offered is None else offered
        values = tuple(filter(None, dict.fromkeys(text.strip() for text in self.query.getlist(name))))
        number = type(control).__name__ in {"DecimalField", "IntegerField", "PlainNumberField"}
        kind = "choice" if own or offered is not None else "number" if number else "text"
        if isinstance(self.filterset.filters[name], SeveralFilter):
            kind = "several" if kind == "choice" else "texts"
            strange = [value for value in values if value not in dict(options)]
            options = [*options, *((value, dict(own).get(value, value)) for value in strange)]
        said = getattr(control, "said", None)
        words = {value: said(value) for value in values} if said else {}
        return Field(name, str(control.label), kind, values, options, self.source_of(name), words=words)

    # --- Chips -------------------------------------------------------------------------------------------------------

    @cached_property
    def chips(self) -> list[Chip]:
        """Filters in force, those that are wrong included: each value can be taken away."""
        fields = self.fields([*self.bar, *self.drawer, *self._others()])
        flat = [end for field in fields for end in (field.ends or (field,))]
        chips = [
            self._chip(field.name, field.label, value, field.shown(value)) for field in flat for value in field.values
        ]
        strange = self.filterset.unknown_names()
        return chips + [self._chip(name, name, value, value) for name in strange for value in self.query.getlist(name)]

    def _chip(self, name: str, label: str, value: str, shown: str) -> Chip:
        rest = [text for text in self.query.getlist(name) if text.strip() != value]
        query = self._changed({name: rest})
        return Chip(label, shown, _joined(self.request.path, query), query)

    @cached_property
    def fruitful_chips(self) -> list[Chip]:
        """Of an empty list: the filters without which it would have rows. A query each."""
        return [chip for chip in self.chips if self.filtered_by(chip.query).qs.exists()]

    # --- Addresses ---------------------------------------------------------------------------------------------------

    def url(self, **changes: str) -> str:
        """This list with some parameters changed ("" takes one away). Any change goes back to the first page."""
        return self.address(self.request.path, **changes)

    def address(self, path: str, **changes: str) -> str:
        """The same rows on another page of the site."""
        return _joined(path, self._changed({name: [value] for name, value in changes.items()}))

    def _changed(self, changes: Mapping[str, Sequence[str]]) -> QueryDict:
        query = self.query.copy()
        for name in PLACE:
            query.pop(name, None)
        for name, values in changes.items():
            query.setlist(name, list(values))
        for name, values in list(query.lists()):
            kept = [value for value in values if value]
            if kept:
                query.setlist(name, kept)
            else:
                del query[name]
        return query


def _ends(name: str) -> tuple[str, str]:
    return f"{name}_min", f"{name}_max"


def _joined(path: str, query: QueryDict) -> str:
    text = query.urlencode()
    return f"{path}?{text}" if text else path
