"""The format that imports read: explained, as a blank file, and filled with the clients of the base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View

from clients.confidential import SEES_CONTACT_DETAILS
from clients.intake.files import layout
from clients.intake.files.table import MAX_BYTES, MAX_ROWS
from clients.querysets import ClientQuerySet
from clients.web.imports import IMPORTS, ImportsPage
from clients.web.views import ClientList
from dignamik.foundation.exporting import FORMATS, Column, Sheet, respond


class ImportFormat(ImportsPage, View):
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        facts = [*layout.FACTS, *layout.turnover_facts(timezone.localdate())[:1]]
        limits = {"most_rows": MAX_ROWS, "most_megabytes": MAX_BYTES // 1_000_000}
        return render(request, "clients/imports/format.html", {"facts": facts, **limits})


class ImportTemplate(ImportsPage, View):
    """A blank file with every heading."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, wanted: str) -> HttpResponseBase:
        if wanted not in FORMATS:
            raise Http404
        empty: Sheet[Any] = Sheet("modele-clients", layout.template_columns(timezone.localdate()), ())
        return respond(empty, wanted)


class ImportableExport(ClientList):
    """The filtered clients in the format that imports read: sent back unchanged, the file changes nothing."""

    permission_required = IMPORTS, SEES_CONTACT_DETAILS  # type: ignore[assignment]
    export_name = "clients-a-reimporter"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("export") not in FORMATS:
            raise Http404
        return self.export_or_ask(back=reverse("import-format"))

    def scope(self) -> ClientQuerySet:
        return self.visible().select_related("category").prefetch_related("readings", "turnovers")

    def export_columns(self) -> Sequence[Column[Any]]:
        return layout.export_columns(layout.years_of(self.filterset.qs.order_by()))
