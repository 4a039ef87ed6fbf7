"""What remains of the rights that persons exercised, to read; deleting a tombstone lets the person in again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from clients.erasing import listing
from clients.models import Erasure, Objection
from clients.querysets import SEES_EVERYTHING
from dignamik.foundation.administration import ReadOnlyAdmin


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    list_display = ("client", "at", "why", "lifted_at")
    list_select_related = ("client",)
    fields = ("client", "at", "by", "why", "lifted_at", "lifted_by", "lifted_why")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Objections are of anybody's clients: for whoever sees them all."""
        return super().has_view_permission(request, obj) and request.user.has_perm(SEES_EVERYTHING)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "at", "reason", "by")
    list_filter = ("reason",)
    list_select_related = ("by",)
    fields = ("at", "reason", "by")
    actions: Any = None  # one at a time

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("clients.delete_erasure")

    def delete_model(self, request: HttpRequest, obj: Erasure) -> None:
        listing.forget(obj)
        super().delete_model(request, obj)
