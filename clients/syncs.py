"""Each attempt to follow the internal database: when, by whom, what it did, or why it did nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dignamik.foundation.models import Job

SYNC_KIND = "sync"
"""Of the jobs that are syncs."""


class SourceSync(models.Model):
    """One attempt. What it did is written in one transaction with it, so that `done` means that it is all there.

    running → done
       ├→ stopped   (the source shrank too much: nothing was written until somebody says that this is meant)
       └→ failed    (nothing was written)
    """

    class State(models.TextChoices):
        RUNNING = "running", _("en cours")
        DONE = "done", _("réussie")
        STOPPED = "stopped", _("arrêtée")
        FAILED = "failed", _("en échec")

    class Trigger(models.TextChoices):
        COMMAND = "command", _("commande")
        WEB = "web", _("page")
        SCHEDULE = "schedule", _("planification")

    state = models.CharField(_("état"), max_length=8, choices=State, default=State.RUNNING)
    trigger = models.CharField(_("demandée depuis"), max_length=8, choices=Trigger)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("demandée par"),
    )
    # Host, port and database, never the password.
    source = models.CharField(_("source"), max_length=300)
    mapping = models.CharField(_("correspondance"), max_length=300)
    forced = models.BooleanField(_("retraits acceptés d’avance"), default=False)
    started_at = models.DateTimeField(_("commencée le"))
    finished_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    error = models.TextField(_("erreur"), blank=True)

    # As `sync_source --json` says them: {"clients": {"created", …, "withdrawn"}, "followers": {…}, "turnover": {…}}
    counts = models.JSONField(_("comptes"), default=dict)
    conflict_count = models.PositiveIntegerField(_("désaccords"), default=0)
    # Each with source_id, client, field, ours and theirs.
    conflicts = models.JSONField(_("liste des désaccords"), default=list)
    rejected_count = models.PositiveIntegerField(_("valeurs refusées"), default=0)
    # Each with table, id, column, value and reason; the first ones where there are very many.
    rejected = models.JSONField(_("liste des valeurs refusées"), default=list)

    class Meta:
        verbose_name = _("synchronisation")
        verbose_name_plural = _("synchronisations")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "-id"], name="sync_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running", finished_at__isnull=True)
                | ~Q(state="running") & Q(finished_at__isnull=False),
                name="sync_ended_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Synchronisation n° %(number)s") % {"number": self.pk})

    def get_absolute_url(self) -> str:
        return reverse("sync", args=[self.pk])

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    @property
    def changed_clients(self) -> int:
        """Created, updated and withdrawn."""
        of = self.counts.get("clients", {})
        return sum(of.get(name, 0) for name in ("created", "updated", "withdrawn"))


LISTS = ("conflicts", "rejected")
"""What may be long, and no list of attempts needs."""


def attempts() -> models.QuerySet[SourceSync]:
    """Latest first, without what is long."""
    return SourceSync.objects.select_related("by").defer(*LISTS)


def last_good() -> SourceSync | None:
    """The attempt that the mirror is of."""
    return attempts().filter(state=SourceSync.State.DONE).first()


def last_ended() -> SourceSync | None:
    return attempts().exclude(state=SourceSync.State.RUNNING).first()


def mirror() -> dict[str, Any]:
    """For a page: which sync the clients are as of (`good`), and the one that failed since, if the last one did
    (`failed`); each None where there is none."""
    good, last = last_good(), last_ended()
    return {"good": good, "failed": last if last != good else None}


def pending() -> Job | None:
    """The sync that waits for a worker or is in its hands, if any."""
    waits = Job.objects.filter(kind=SYNC_KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return waits.order_by("pk").first()
