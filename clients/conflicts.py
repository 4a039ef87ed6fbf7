"""What a person set here and the internal database says otherwise: kept until somebody decides. Ours stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clients.facts import Conflict, Stamp

CHUNK = 5000


class FieldConflict(models.Model):
    """One field of one client. The row stays when it is settled, so that the same word is not asked about twice.

    open → kept    (ours is right; a newer word of the source opens it again)
       ├→ taken   (theirs was written here)
       └→ agreed  (the source does not contradict any more)
    """

    class State(models.TextChoices):
        OPEN = "open", _("à trancher")
        KEPT = "kept", _("la nôtre gardée")
        TAKEN = "taken", _("la leur prise")
        AGREED = "agreed", _("plus de désaccord")

    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, related_name="conflicts", verbose_name="client"
    )
    # A field of Client, `turnover.<year>` or `followers.<platform>.<day>`; "latitude" is the whole position.
    field = models.CharField(_("donnée"), max_length=60)
    theirs = models.JSONField(_("valeur de la base interne"))
    # The first and the last sync that said this value, by the moment that they began.
    first_seen_at = models.DateTimeField(_("dite depuis le"))
    last_seen_at = models.DateTimeField(_("dite encore le"))
    state = models.CharField(_("état"), max_length=6, choices=State, default=State.OPEN)
    settled_at = models.DateTimeField(_("tranché le"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("tranché par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("désaccord")
        verbose_name_plural = _("désaccords")
        ordering = ["first_seen_at", "pk"]
        default_permissions = ("view", "change")
        indexes = [models.Index(fields=["state", "field"], name="conflict_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["client", "field"], name="one_conflict_a_field"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True) | ~Q(state="open") & Q(settled_at__isnull=False),
                name="conflict_settled_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} ({self.client_id})"


State = FieldConflict.State
UNDECIDED = (State.OPEN, State.KEPT)


def open_conflicts(clients: QuerySet[Any]) -> QuerySet[FieldConflict]:
    """Those that wait for a decision, of these clients."""
    return FieldConflict.objects.filter(state=State.OPEN, client__in=clients.order_by().values("pk"))


def remember(found: Iterable[Conflict], spoken_of: Collection[int], stamp: Stamp) -> None:
    """After a sync that spoke of these clients: keep what it found, close what it found no more."""
    held = {(row.client_id, row.field): row for row in _rows_of(sorted(set(spoken_of)))}
    new, changed = [], []
    for conflict in found:
        row = held.pop((conflict.pk, conflict.field), None)
        if row is None:
            row = FieldConflict(client_id=conflict.pk, field=conflict.field, theirs=conflict.value)
            row.first_seen_at = row.last_seen_at = stamp.at
            new.append(row)
            continue
        row.last_seen_at = stamp.at
        if row.theirs != conflict.value or row.state not in UNDECIDED:
            row.theirs, row.first_seen_at = conflict.value, stamp.at
            row.state, row.settled_at, row.settled_by_id = State.OPEN, None, None
        changed.append(row)
    for row in held.values():
        if row.state in UNDECIDED:
            row.state, row.settled_at, row.settled_by_id = State.AGREED, stamp.at, None
            changed.append(row)
    FieldConflict.objects.bulk_create(new, batch_size=500)
    names = ["theirs", "first_seen_at", "last_seen_at", "state", "settled_at", "settled_by"]
    FieldConflict.objects.bulk_update(changed, names, batch_size=500)


def _rows_of(pks: Sequence[int]) -> list[FieldConflict]:
    if len(pks) > CHUNK:
        spoken = set(pks)
        return [row for row in FieldConflict.objects.all() if row.client_id in spoken]
    return list(FieldConflict.objects.filter(client__in=pks))
