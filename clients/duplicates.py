"""Clients that may be one and the same: pairs to judge, when they were looked for, and merges that were made."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class DuplicatePair(models.Model):
    """Two clients that look like one, until somebody merges them or says that they are two.

    A pair that was set aside stays so while `looked_like` says what the names and addresses of both still are.
    """

    first = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+", verbose_name="client")
    second = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, related_name="+", verbose_name="autre client"
    )
    score = models.PositiveSmallIntegerField("ressemblance (sur 100)")
    # [[code, figure or null]], the strongest first; `dedupe.wording` says them.
    reasons = models.JSONField("raisons", default=list)
    looked_like = models.CharField("empreinte des noms et adresses", max_length=64)
    found_at = models.DateTimeField("trouvé le")
    set_aside_at = models.DateTimeField("écarté le", null=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="écarté par"
    )

    class Meta:
        verbose_name = _("paire de doublons")
        verbose_name_plural = _("paires de doublons")
        ordering = ["-score", "first", "second"]
        indexes = [models.Index(fields=["-score", "first", "second"], name="duplicate_pair_by_score")]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_pair_of_two_clients"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_has_its_order"),
            models.CheckConstraint(condition=Q(score__lte=100), name="pair_score_is_out_of_100"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} – {self.second_id}"


class DuplicateSearch(models.Model):
    """The latest search for doubles over all clients: one row at most."""

    at = models.DateTimeField("faite le")
    clients = models.PositiveIntegerField("clients comparés")
    seconds = models.FloatField("durée (s)")
    # How many clients there were and the latest change among them: nothing new means nothing to look for.
    of = models.CharField(max_length=80)
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = "recherche de doublons"
        verbose_name_plural = "recherches de doublons"

    def __str__(self) -> str:
        return f"{self.at:%d/%m/%Y %H:%M}"


class Merge(models.Model):
    """One client merged into another, with every value it changed, so that it can be undone to the character."""

    kept = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+", verbose_name="client gardé")
    other = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+", verbose_name="client réuni")
    # As they were called then.
    kept_name = models.CharField(max_length=200)
    other_name = models.CharField(max_length=200)
    at = models.DateTimeField("faite le")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="faite par"
    )
    # Rows that the merge changed, before and after; see clients.merging.
    rows = models.JSONField(default=list)
    undone_at = models.DateTimeField("annulée le", null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="annulée par"
    )

    class Meta:
        verbose_name = _("fusion")
        verbose_name_plural = _("fusions")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["other"], condition=Q(undone_at=None), name="a_client_is_merged_once"),
            models.CheckConstraint(condition=~Q(kept=F("other")), name="nobody_is_merged_with_themselves"),
        ]

    def __str__(self) -> str:
        return f"Fusion n° {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("doubles-merge", args=[self.pk])
