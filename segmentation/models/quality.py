"""How complete the book of record was, day by day: counters of the whole base, never a client."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class QualitySnapshot(models.Model):
    """The counters of one day, as last taken on it. Written by `runs.watching` alone."""

    day = models.DateField(_("jour"), unique=True)
    at = models.DateTimeField(_("relevé à"))
    clients = models.PositiveIntegerField("clients")
    # Mean share of known facts, 0 to 1; NULL without a client.
    completeness = models.FloatField(_("complétude moyenne"), null=True)
    unplaced = models.PositiveIntegerField(_("clients sans position"))
    approximate = models.PositiveIntegerField(_("positions approximatives"))
    implausible = models.PositiveIntegerField(_("clients avec une valeur à vérifier"))
    # Fact → how many clients it is unknown of; see clients.completeness.
    unknown = models.JSONField(_("données inconnues"), default=dict)

    class Meta:
        verbose_name = _("relevé de qualité")
        verbose_name_plural = _("relevés de qualité")
        ordering = ["day"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(completeness__isnull=True) | models.Q(completeness__range=(0, 1)),
                name="completeness_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}"
