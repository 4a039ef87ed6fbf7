"""Which clients: reads named after the need they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import QuerySet

if TYPE_CHECKING:
    from clients.models import Client  # noqa: F401 (named in a string below)

SEES_EVERYTHING = "clients.view_all_clients"
SEES_CLIENTS = "clients.view_client"
EXERCISES_RIGHTS = "clients.exercise_rights"


class ClientQuerySet(QuerySet["Client"]):
    def present(self) -> ClientQuerySet:
        """Clients that the source has not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def visible_to(self, user: Any) -> ClientQuerySet:
        """The first word of every page, export, map, list and API answer.

        Everybody with `clients.view_all_clients`, their own portfolio for account managers, nothing for a stranger.
        """
        if not user.has_perm(SEES_CLIENTS):
            return self.none()
        if user.has_perm(SEES_EVERYTHING):
            return self.present()
        return self.present().filter(account_manager=user)

    def within_rights_of(self, user: Any) -> ClientQuerySet:
        """Whose rights as persons this user may exercise: withdrawn clients too, for rights outlive the contract."""
        return self if user.has_perms((SEES_EVERYTHING, EXERCISES_RIGHTS)) else self.none()

    def profiled(self) -> ClientQuerySet:
        """Whom profiling may look at: training, placing, advice, peers and averages take nobody else.

        The one place that decides it. Who objected has no placement either, which `segmentation.rights` sees to.
        """
        return self.filter(profiling_objected_at__isnull=True)

    def active(self) -> ClientQuerySet:
        return self.present().filter(status="active")

    def unplaced(self) -> ClientQuerySet:
        return self.filter(latitude__isnull=True)


ClientManager = models.Manager.from_queryset(ClientQuerySet)
