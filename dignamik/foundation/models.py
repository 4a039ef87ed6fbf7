"""What belongs to no app in particular: the queue of background work, and the views that people keep of a list."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse


class Job(models.Model):
    """Something asked for that a worker does.

    queued → running → done
       │        ├→ failed     (it raised, or died too often)
       │        └→ queued     (its worker died: taken over)
       └→ cancelled           (asked to stop, before or while it ran)

    `attempt` fences what a worker writes: a worker that was thought dead and wakes up finds another number.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "en file d’attente"
        RUNNING = "running", "en cours"
        DONE = "done", "terminé"
        FAILED = "failed", "en échec"
        CANCELLED = "cancelled", "annulé"

    class Trigger(models.TextChoices):
        WEB = "web", "page"
        API = "api", "API"
        ADMIN = "admin", "administration"
        SCHEDULE = "schedule", "planification"

    kind = models.CharField("tâche", max_length=20)
    payload = models.JSONField("demande", default=dict)
    state = models.CharField("état", max_length=10, choices=State, default=State.QUEUED)
    trigger = models.CharField("demandé depuis", max_length=10, choices=Trigger)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name="demandé par"
    )
    asked_at = models.DateTimeField("demandé le", auto_now_add=True)
    attempt = models.PositiveSmallIntegerField("essai", default=0)
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)
    step = models.CharField("étape", max_length=120, blank=True)
    progress = models.FloatField("avancement", default=0.0)
    cancel_asked = models.BooleanField("arrêt demandé", default=False)
    result = models.JSONField("résultat", default=dict)
    error = models.TextField("erreur", blank=True)

    class Meta:
        verbose_name = "tâche de fond"
        verbose_name_plural = "tâches de fond"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "id"], name="job_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(progress__range=(0, 1)), name="job_progress_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} n° {self.pk}"


class SavedViewQuerySet(QuerySet["SavedView"]):
    def open_to(self, user: Any) -> SavedViewQuerySet:
        """A reader's own views, and those that a colleague shares with a role of theirs; pinned ones first."""
        mine = Q(owner=user) | Q(shared_with__in=user.groups.all())
        return self.filter(mine).select_related("owner", "shared_with").order_by("-pinned", "name", "pk")


class SavedView(models.Model):
    """A list as somebody wants to find it again: the name of a page and its query string.

    No rows are kept, so a shared view shows each reader what they may see anyway.
    """

    LONGEST_NAME, LONGEST_QUERY = 60, 2000

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", verbose_name="enregistrée par"
    )
    page = models.CharField("page", max_length=20)  # the name of its route
    name = models.CharField("nom", max_length=LONGEST_NAME)
    query = models.CharField("filtres", max_length=LONGEST_QUERY, blank=True)
    # A role that goes takes no view with it: the view is its owner's alone again.
    shared_with = models.ForeignKey(
        "auth.Group", on_delete=models.SET_NULL, null=True, blank=True, verbose_name="partagée avec"
    )
    pinned = models.BooleanField("épinglée", default=False)

    objects = models.Manager.from_queryset(SavedViewQuerySet)()

    class Meta:
        verbose_name = "vue enregistrée"
        verbose_name_plural = "vues enregistrées"
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_named_once_by_its_owner"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        address = reverse(self.page)
        return f"{address}?{self.query}" if self.query else address
