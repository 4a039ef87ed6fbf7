"""The logs of clients, to read, correct and erase; they are written on the client's page."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.confidential import reads_log
from clients.models import Client, Contact
from dignamik.foundation.administration import HistoryAdmin


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Contact.Kind.NOTE and not cleaned.get("text"):
            self.add_error("text", _("Écrivez la note."))
        if (day := cleaned.get("day")) and day > timezone.localdate():
            raise ValidationError(_("Un contact a déjà eu lieu\u00a0: son jour ne peut pas être à venir."))
        return cleaned


@admin.register(Contact)
class ContactAdmin(HistoryAdmin):
    form = ContactForm
    list_display = ("day", "client", "kind", "by", "at")
    list_select_related = ("client", "by")
    list_filter = ("kind", ("by", admin.RelatedOnlyFieldListFilter))
    search_fields = ("client__name_folded", "text")
    fields: ClassVar[tuple[Any, ...]] = ("client", "kind", "day", "text", "by", "at")
    readonly_fields = ("client", "by", "at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        """Of the clients that this person may see."""
        return super().get_queryset(request).filter(client__in=Client.objects.visible_to(request.user).order_by())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return reads_log(request.user) and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return reads_log(request.user) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return reads_log(request.user) and super().has_delete_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
