"""Attempts to follow the internal database, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clients.confidential import sees_contact_details
from clients.models import SourceSync
from clients.syncs import LISTS
from dignamik.foundation.administration import ReadOnlyAdmin


@admin.register(SourceSync)
class SourceSyncAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "trigger", "by", "started_at", "changed", "conflict_count", "rejected_count")
    list_filter = ("state", "trigger")
    list_select_related = ("by",)
    fields = (
        "state", "trigger", "by", "source", "mapping", "forced", "started_at", "finished_at", "error", "counts",
        "conflict_count", "conflicts", "rejected_count", "rejected",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the values, for who may not see contact details, which are among them."""
        return (
            self.fields if sees_contact_details(request.user) else [name for name in self.fields if name not in LISTS]
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SourceSync]:
        rows: QuerySet[SourceSync] = super().get_queryset(request)
        return rows.defer(*LISTS)

    @admin.display(description=_("clients changés"))
    def changed(self, sync: SourceSync) -> Any:
        return sync.changed_clients if sync.state == SourceSync.State.DONE else None
