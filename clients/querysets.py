"""Which clients: reads named after the need they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from clients.models import Client

SEES_EVERYTHING = "clients.view_all_clients"
SEES_CLIENTS = "clients.view_client"
APPROXIMATE = ("postal_code", "department")
"""Precisions of a position that is off by kilometres: the middle of a postal code's communes, or of a department's."""
CHANGES = "clients.change_client"
CHANGES_OWN = "clients.change_own_client"


def may_change(user: Any, client: Client) -> bool:
    """Whether this person, who may see the client, may correct its facts. As `changeable_by`, without a query."""
    own = bool(user.has_perm(CHANGES_OWN)) and client.account_manager_id == user.pk
    return own or bool(user.has_perm(CHANGES))


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

    def changeable_by(self, user: Any) -> ClientQuerySet:
        """Whose facts this person may correct: visible clients, their own portfolio for account managers."""
        mine = self.visible_to(user)
        if user.has_perm(CHANGES):
            return mine
        return mine.filter(account_manager=user) if user.has_perm(CHANGES_OWN) else mine.none()

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

    def misplaced(self) -> ClientQuerySet:
        """Nowhere on the map, only near where they are, or where their town is not."""
        near = Q(position_precision__in=APPROXIMATE)
        return self.filter(Q(latitude__isnull=True) | near | ~Q(place_problem=""))


ClientManager = models.Manager.from_queryset(ClientQuerySet)
