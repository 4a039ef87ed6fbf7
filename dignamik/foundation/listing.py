"""One flow for every list: filter → sort → cut into pages → whole page, fragment (htmx) or export.

The query string means the same rows on each of them. What it does not understand gives a message and no rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from dignamik.foundation.exporting import FORMATS, Column, Sheet, respond
from dignamik.foundation.filtering import StrictFilterSet
from dignamik.foundation.pages import RolePage

Options = Sequence[tuple[str, str]]

PAGE_SIZE, LARGEST_PAGE = 50, 200
ORDERING = "ordering"
EXPORT_CHUNK = 500


@dataclass(frozen=True)
class Field:
    """One control of the filter bar. With `options` a choice among them, else a text or a number."""

    name: str
    label: str
    value: str
    kind: str
    options: Options = ()

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return dict(self.options).get(self.value, self.value)


@dataclass(frozen=True)
class Chip:
    """An active filter, and the address of the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class Face:
    """Another way to look at the same rows: a page that understands the same query string."""

    label: str
    url: str
    here: bool


@dataclass(frozen=True)
class Heading:
    """A column's heading: where a click sorts, and how the list is sorted by it now ("ascending", "descending", "")."""

    label: str
    name: str
    number: bool
    url: str = ""
    sorted: str = ""


class Listing(RolePage, View):
    """Subclasses say which rows (`scope`), which columns, and which options the filter bar offers."""

    http_method_names = ["get", "head", "options"]
    filterset_class: type[StrictFilterSet]
    table_class: type[tables.Table]
    template_name: str
    fragment_name: str
    export_name = "liste"
    bar: tuple[str, ...] = ()  # filters in sight, in this order
    drawer: tuple[str, ...] = ()  # filters one click away
    faces: Sequence[Face] = ()

    def scope(self) -> QuerySet[Any]:
        """The rows that this reader may see, before any filter."""
        raise NotImplementedError

    def export_columns(self) -> Sequence[Column[Any]]:
        raise NotImplementedError

    def choices(self) -> Mapping[str, Options]:
        """Values to choose from, for filters that do not carry their own."""
        return {}

    def context(self) -> dict[str, Any]:
        """What the page shows besides the list."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.query.get("export"):
            return self.export()
        template = self.fragment_name if self.is_fragment else self.template_name
        status = 400 if self.problems else 200
        response = render(request, template, {"list": self, **self.context()}, status=status)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def export(self) -> HttpResponseBase:
        """Exactly the filtered rows, of all pages; 400 and no row where the page would show a message."""
        if self.problems:
            return render(self.request, "400.html", {"problems": self.problems}, status=400)
        rows = self.filterset.qs.iterator(chunk_size=EXPORT_CHUNK)
        return respond(Sheet(self.export_name, self.export_columns(), rows), self.query.get("export", ""))

    @property
    def query(self) -> QueryDict:
        return self.request.GET

    @property
    def is_fragment(self) -> bool:
        """htmx asks for the list alone; restoring history it asks for the page."""
        headers = self.request.headers
        return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"

    @cached_property
    def filterset(self) -> StrictFilterSet:
        return self.filterset_class(self.query, queryset=self.scope(), request=self.request)

    @cached_property
    def problems(self) -> list[str]:
        """What the query string says that we do not understand."""
        found = list(self.filterset.problems)
        for name, most in (("page", None), ("page_size", LARGEST_PAGE)):
            if self.query.get(name) and self._whole(name, most) is None:
                found.append(f"«\u00a0{name}\u00a0» attend un nombre entier{f' de 1 à {most}' if most else ''}.")
        if self.query.get("export", "csv") not in {*FORMATS, ""}:
            found.append("Une liste s’exporte en «\u00a0csv\u00a0» ou en «\u00a0xlsx\u00a0».")
        return found

    def _whole(self, name: str, most: int | None) -> int | None:
        text = self.query.get(name, "")
        if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) < 1:
            return None
        return None if most and int(text) > most else int(text)

    @cached_property
    def page(self) -> Page[Model]:
        rows = self.filterset.qs.none() if self.problems else self.filterset.qs
        paginator = Paginator(rows, self._whole("page_size", LARGEST_PAGE) or PAGE_SIZE)
        return paginator.get_page(self._whole("page", None) or 1)

    @cached_property
    def page_links(self) -> list[tuple[str, str]]:
        """(number, address) of the pages worth a link; an ellipsis has no address."""
        paginator, here = self.page.paginator, self.page.number
        numbers = paginator.get_elided_page_range(here, on_each_side=1, on_ends=1)
        return [(str(n), self.url(page=str(n)) if isinstance(n, int) else "") for n in numbers]

    @property
    def previous_url(self) -> str:
        return self.url(page=str(self.page.previous_page_number())) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        return self.url(page=str(self.page.next_page_number())) if self.page.has_next() else ""

    @cached_property
    def table(self) -> tables.Table:
        """The page's rows, already sorted by the filter set: the table only draws them."""
        return self.table_class(list(self.page.object_list), order_by=(), request=self.request)

    @cached_property
    def headings(self) -> list[Heading]:
        ordering = self.filterset.filters.get(ORDERING)
        sortable = set(ordering.param_map) if ordering else set()
        return [self._heading(column, sortable=column.name in sortable) for column in self.table.columns]

    def _heading(self, column: Any, *, sortable: bool) -> Heading:
        number = "number" in str(column.attrs["td"].get("class", ""))
        label = str(column.header)
        if not sortable:
            return Heading(label, column.name, number)
        now = {column.name: "ascending", f"-{column.name}": "descending"}.get(self.ordering, "")
        # The biggest figures first, the first letters first; a second click turns it round.
        down = now != "descending" if number or now else False
        wanted = f"-{column.name}" if down else column.name
        return Heading(label, column.name, number, self.url(ordering=wanted), now)

    @property
    def ordering(self) -> str:
        return "" if self.problems else self.query.get(ORDERING, "")

    @cached_property
    def chips(self) -> list[Chip]:
        """Filters in force, those that are wrong included: each can be taken away."""
        known = [field for field in self._fields([*self.bar, *self.drawer, *self._others()]) if field.value]
        chips = [Chip(field.label, field.shown, self.url(**{field.name: ""})) for field in known]
        strange = self.filterset.unknown_names()
        return chips + [Chip(name, self.query.get(name, ""), self.url(**{name: ""})) for name in strange]

    def _others(self) -> list[str]:
        shown = {*self.bar, *self.drawer, ORDERING}
        return [name for name in self.filterset.filters if name not in shown]

    @cached_property
    def bar_fields(self) -> list[Field]:
        return self._fields(self.bar)

    @cached_property
    def drawer_fields(self) -> list[Field]:
        return self._fields(self.drawer)

    @property
    def hidden_fields(self) -> list[Field]:
        """Filters in force that have no control here: the form carries them along."""
        return [field for field in self._fields(self._others()) if field.value]

    @property
    def drawer_is_used(self) -> bool:
        return any(field.value for field in self.drawer_fields)

    @cached_property
    def _options(self) -> Mapping[str, Options]:
        return self.choices()

    def _fields(self, names: Sequence[str]) -> list[Field]:
        return [self._field(name) for name in names if name in self.filterset.filters]

    def _field(self, name: str) -> Field:
        control = self.filterset.form.fields[name]
        own = [(str(value), str(label)) for value, label in getattr(control, "choices", ()) if value]
        offered = self._options.get(name, own)
        number = type(control).__name__ in {"DecimalField", "IntegerField"}
        kind = "choice" if name in self._options or own else "number" if number else "text"
        return Field(name, str(control.label), self.query.get(name, "").strip(), kind, offered)

    def url(self, **changes: str) -> str:
        """This list with some parameters changed ("" takes one away). Any change goes back to the first page."""
        return self.address(self.request.path, **changes)

    def address(self, path: str, **changes: str) -> str:
        """The same rows on another page of the site."""
        query = self.query.copy()
        for name in ("page", "export"):
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        for name in [name for name, values in query.lists() if not any(values)]:
            del query[name]
        text = query.urlencode()
        return f"{path}?{text}" if text else path

    @property
    def clear_url(self) -> str:
        """The whole list, sorted as it is."""
        return f"{self.request.path}?ordering={self.ordering}" if self.ordering else self.request.path

    @property
    def exports(self) -> list[tuple[str, str]]:
        """(name, address) of each file format."""
        return [(label, self.url(export=wanted)) for wanted, label in FORMATS.items()]
