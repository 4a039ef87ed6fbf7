"""One flow for every list: filter → sort → cut into pages → whole page, fragment (htmx) or export.

The query string means the same rows on each of them. What it does not understand gives a message and no rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.generic import View

from dignamik.foundation.downloads import send
from dignamik.foundation.exporting import FORMATS, Column, Sheet
from dignamik.foundation.filterbar import ORDERING, FilterBar
from dignamik.foundation.pages import RolePage

PAGE_SIZE, LARGEST_PAGE = 50, 200
PAGE_SIZES = (25, 50, 100, 200)
COLUMNS = "columns"
EXPORT_CHUNK = 500


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


@dataclass(frozen=True)
class ColumnChoice:
    """A column that can be shown or hidden."""

    name: str
    label: str
    shown: bool


class Listing(FilterBar, RolePage, View):
    """Subclasses say which rows (`scope`), which columns, and which options the filter bar offers."""

    http_method_names = ["get", "head", "options"]
    table_class: type[tables.Table]
    template_name: str
    fragment_name: str
    export_name = "liste"
    faces: Sequence[Face] = ()
    default_size = PAGE_SIZE
    chooses_columns = True
    has_table = True  # False where the same rows are drawn another way
    extra_columns: tuple[str, ...] = ()  # columns that are shown only to who asks for them

    def export_columns(self) -> Sequence[Column[Any]]:
        raise NotImplementedError

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
        found = self.filterset.qs
        sheet = Sheet(self.export_name, self.export_columns(), found.iterator(chunk_size=EXPORT_CHUNK))
        wanted, told = self.query.get("export", ""), self.filterset.told()
        return send(self.request, sheet, wanted, rows=found.order_by().count(), filters=told)

    @property
    def is_fragment(self) -> bool:
        """htmx asks for the list alone; restoring history it asks for the page."""
        headers = self.request.headers
        return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"

    @cached_property
    def problems(self) -> list[str]:
        """What the query string says that we do not understand."""
        found = list(self.filterset.problems)
        for name, most in (("page", None), ("page_size", LARGEST_PAGE)):
            if self.query.get(name) and self._whole(name, most) is None:
                expected = _("«\u00a0%(name)s\u00a0» attend un nombre entier.")
                bounded = _("«\u00a0%(name)s\u00a0» attend un nombre entier de 1 à %(most)s.")
                found.append((bounded if most else expected) % {"name": name, "most": most})
        offered = {column.name for column in self.offered_columns}
        absent = _("La colonne «\u00a0%(name)s\u00a0» n’existe pas.")
        found += [absent % {"name": name} for name in self.asked_columns if name not in offered]
        if self.query.get("export", "csv") not in {*FORMATS, ""}:
            found.append(_("Une liste s’exporte en «\u00a0csv\u00a0» ou en «\u00a0xlsx\u00a0»."))
        return found

    def _whole(self, name: str, most: int | None) -> int | None:
        text = self.query.get(name, "")
        if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) < 1:
            return None
        return None if most and int(text) > most else int(text)

    @cached_property
    def page(self) -> Page[Model]:
        rows = self.filterset.qs.none() if self.problems else self.filterset.qs
        paginator = Paginator(rows, self.page_size)
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
        table = self.table_class(list(self.page.object_list), order_by=(), request=self.request)
        shown = {column.name for column in self.offered_columns if column.shown}
        for name in [name for name in table.columns.names() if name not in {*shown, self.first_column}]:
            table.columns.hide(name)
        return table

    @property
    def first_column(self) -> str:
        """The one that says what a row is: it is always there."""
        return next(iter(self._column_order()))

    def _column_order(self) -> Sequence[str]:
        sequence = [name for name in self.table_class._meta.sequence if name != "..."]
        return [*sequence, *(name for name in self.table_class.base_columns if name not in sequence)]

    @property
    def asked_columns(self) -> list[str]:
        return [name for name in self.query.getlist(COLUMNS) if name]

    @cached_property
    def offered_columns(self) -> list[ColumnChoice]:
        """Columns that a reader may show or hide. An export has all of its own."""
        if not self.chooses_columns:
            return []
        asked = set(self.asked_columns)
        return [
            ColumnChoice(
                name, str(column.verbose_name), shown=name in asked if asked else name not in self.extra_columns
            )
            for name in self._column_order()[1:]
            for column in [self.table_class.base_columns[name]]
        ]

    @property
    def default_columns(self) -> str:
        """What a list shows unasked, for the script that keeps addresses short."""
        return " ".join(column.name for column in self.offered_columns if column.name not in self.extra_columns)

    @property
    def page_size(self) -> int:
        return self._whole("page_size", LARGEST_PAGE) or self.default_size

    @property
    def page_sizes(self) -> list[int]:
        """Those that are offered, and the one in force."""
        return sorted({*PAGE_SIZES, self.page_size})

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

    @property
    def clear_url(self) -> str:
        """The whole list, looking as it does: sorted, cut and with its columns."""
        kept = {ORDERING, COLUMNS, "page_size"} if not self.problems else set()
        return self.url(**{name: "" for name in self.query if name not in kept})

    @property
    def exports(self) -> list[tuple[str, str]]:
        """(name, address) of each file format."""
        return [(label, self.url(export=wanted)) for wanted, label in FORMATS.items()]
