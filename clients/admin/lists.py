"""Filters of the client list in the admin that are more than a column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clients.models import Client

Choices = Iterable[tuple[str, Any]]  # labels in the reader's language


class Choice(admin.SimpleListFilter):
    """A list filter over a fixed set of choices, refused by emptiness when the address says something else."""

    choices_offered: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return self.choices_offered


class Placed(Choice):
    """How a position was found, and which clients have none."""

    title = "position"
    parameter_name = "position"
    choices_offered = (("none", _("non placé")), *Client.Precision.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        if self.value() is None:
            return queryset
        return queryset.filter(position_precision="" if self.value() == "none" else self.value())


class LookedAfter(Choice):
    """Clients without an account manager, and among them those whose source names somebody we could not match."""

    title = _("rattachement")
    parameter_name = "attachment"
    choices_offered = (("pending", _("chargé de compte à rattacher")), ("nobody", _("sans chargé de compte")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        if self.value() is None:
            return queryset
        alone = queryset.filter(account_manager=None)
        return alone.exclude(account_manager_name="") if self.value() == "pending" else alone


class Present(Choice):
    """Withdrawn clients are out of every list; here too, unless asked for."""

    title = _("présence")
    parameter_name = "presence"
    choices_offered = (("withdrawn", _("retirés de la source")), ("all", _("tous")))

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("présents")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        if self.value() == "all":
            return queryset
        return queryset.filter(withdrawn_at__isnull=self.value() != "withdrawn")
