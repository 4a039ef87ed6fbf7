"""Files in the admin: ticked clients leave in the format that imports read. Bringing one in is the page of imports'."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from clients.intake.files import layout
from clients.models import Client
from dignamik.foundation.exporting import Sheet, respond

CHUNK = 2_000
"""Clients read at a time, with what hangs on them."""


class FileExchange(admin.ModelAdmin):  # type: ignore[type-arg]
    """Two actions on a list of clients, for whoever may import."""

    actions: Any = ("export_csv", "export_xlsx")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Clients are not deleted by the dozen."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("clients.add_fileimport")

    @admin.action(description=_("Exporter en CSV, à corriger et renvoyer"), permissions=["import"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponseBase:
        return self._exported(queryset, "csv")

    @admin.action(description=_("Exporter pour Excel, à corriger et renvoyer"), permissions=["import"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponseBase:
        return self._exported(queryset, "xlsx")

    def _exported(self, queryset: QuerySet[Client], wanted: str) -> HttpResponseBase:
        """Without withdrawn clients, whom the file would bring back."""
        present = queryset.filter(withdrawn_at=None)
        columns = layout.export_columns(layout.years_of(present.order_by().values("pk")))
        rows = present.select_related("category").prefetch_related("readings", "turnovers")
        return respond(Sheet("clients-a-reimporter", columns, rows.iterator(chunk_size=CHUNK)), wanted)
