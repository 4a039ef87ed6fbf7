"""The queue of background work, one row a job; and what all workers count together."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


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


class RequestCount(models.Model):
    """How many requests one key made in its latest window. Written by `throttling.counted` alone."""

    key = models.CharField("clé", max_length=40, primary_key=True)
    window = models.BigIntegerField("fenêtre")
    count = models.PositiveIntegerField("demandes")

    class Meta:
        verbose_name = "compteur de demandes"
        verbose_name_plural = "compteurs de demandes"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key}\u00a0: {self.count}"
