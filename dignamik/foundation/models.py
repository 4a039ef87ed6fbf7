"""What belongs to no app in particular: the queue of background work, what all workers count together, keys to the API,
and the views that people keep of a list. The audit trail stands in `audit`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dignamik.foundation.audit import AuditEvent as AuditEvent


class Job(models.Model):
    """Something asked for that a worker does.

    queued → running → done
       │        ├→ failed     (it raised, or died too often)
       │        └→ queued     (its worker died: taken over)
       └→ cancelled           (asked to stop, before or while it ran)

    `attempt` fences what a worker writes: a worker that was thought dead and wakes up finds another number.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("en file d’attente")
        RUNNING = "running", _("en cours")
        DONE = "done", _("terminé")
        FAILED = "failed", _("en échec")
        CANCELLED = "cancelled", _("annulé")

    class Trigger(models.TextChoices):
        WEB = "web", "page"
        API = "api", "API"
        ADMIN = "admin", "administration"
        SCHEDULE = "schedule", _("planification")

    kind = models.CharField(_("tâche"), max_length=20)
    payload = models.JSONField(_("demande"), default=dict)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.QUEUED)
    trigger = models.CharField(_("demandé depuis"), max_length=10, choices=Trigger)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("demandé par")
    )
    asked_at = models.DateTimeField(_("demandé le"), auto_now_add=True)
    attempt = models.PositiveSmallIntegerField(_("essai"), default=0)
    started_at = models.DateTimeField(_("commencé le"), null=True, blank=True)
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    step = models.CharField(_("étape"), max_length=120, blank=True)
    progress = models.FloatField(_("avancement"), default=0.0)
    cancel_asked = models.BooleanField(_("arrêt demandé"), default=False)
    result = models.JSONField(_("résultat"), default=dict)
    error = models.TextField(_("erreur"), blank=True)

    class Meta:
        verbose_name = _("tâche de fond")
        verbose_name_plural = _("tâches de fond")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "id"], name="job_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(progress__range=(0, 1)), name="job_progress_is_a_share"),
        ]

    def __str__(self) -> str:
        return _("%(kind)s n° %(number)s") % {"kind": self.kind, "number": self.pk}


class RequestCount(models.Model):
    """How many requests one key made in its latest window. Written by `throttling.counted` alone."""

    key = models.CharField(_("clé"), max_length=40, primary_key=True)
    window = models.BigIntegerField(_("fenêtre"))
    count = models.PositiveIntegerField(_("demandes"))

    class Meta:
        verbose_name = _("compteur de demandes")
        verbose_name_plural = _("compteurs de demandes")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key}\u00a0: {self.count}"


class Guess(models.Model):
    """Passwords and tokens tried for one key, and until when it waits. Written by `guesses` alone; an admin who
    deletes a row lets its key try at once."""

    key = models.CharField(_("compte et adresse"), max_length=200, primary_key=True)
    count = models.PositiveIntegerField(_("essais"), default=0)
    last_at = models.DateTimeField(_("dernier essai"))
    until = models.DateTimeField(_("attend jusqu’à"))

    class Meta:
        verbose_name = _("essai de connexion")
        verbose_name_plural = _("essais de connexion")
        ordering = ["-last_at"]
        default_permissions = ("view", "delete")

    def __str__(self) -> str:
        return self.key


class ApiToken(models.Model):
    """One person's key to the API: what it opens, until when. The key itself is kept by nobody, only its digest."""

    class Scope(models.TextChoices):
        READ = "read", _("lire")
        WRITE = "write", _("écrire")
        RUNS = "runs", _("demander des calculs")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        verbose_name=pgettext_lazy("holder", "personne"),  # elsewhere the word means nobody
    )
    name = models.CharField(_("nom"), max_length=60)
    digest = models.CharField(_("empreinte"), max_length=64, unique=True)
    hint = models.CharField(_("commence par"), max_length=12)
    scopes = models.JSONField(_("droits"), default=list)
    created_at = models.DateTimeField(_("créé le"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expire le"))
    last_used_at = models.DateTimeField(_("dernière utilisation"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)

    class Meta:
        verbose_name = _("jeton d’API")
        verbose_name_plural = _("jetons d’API")
        ordering = ["-pk"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def is_live(self) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def says(self) -> str:
        """What it opens, in words."""
        return ", ".join(str(label) for value, label in self.Scope.choices if value in self.scopes)


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
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="saved_views",
        verbose_name=_("enregistrée par"),
    )
    page = models.CharField("page", max_length=20)  # the name of its route
    name = models.CharField(_("nom"), max_length=LONGEST_NAME)
    query = models.CharField(_("filtres"), max_length=LONGEST_QUERY, blank=True)
    # A role that goes takes no view with it: the view is its owner's alone again.
    shared_with = models.ForeignKey(
        "auth.Group", on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("partagée avec")
    )
    pinned = models.BooleanField(_("épinglée"), default=False)

    objects = models.Manager.from_queryset(SavedViewQuerySet)()

    class Meta:
        verbose_name = _("vue enregistrée")
        verbose_name_plural = _("vues enregistrées")
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_named_once_by_its_owner"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        address = reverse(self.page)
        return f"{address}?{self.query}" if self.query else address
