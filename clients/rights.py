"""What remains of the rights that persons exercised: objections to profiling, and tombstones of who was erased."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dignamik.foundation import french

LONGEST_WHY = 500


class Objection(models.Model):
    """One objection to profiling, and its end where it was lifted. `clients.objecting` writes it.

    The open one, if any, is what `Client.profiling_objected_at` repeats for every query to ask.
    """

    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, related_name="objections", verbose_name="client"
    )
    at = models.DateTimeField(_("reçue le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("notée par")
    )
    why = models.CharField(_("raison"), max_length=LONGEST_WHY)
    lifted_at = models.DateTimeField(_("levée le"), null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("levée par")
    )
    lifted_why = models.CharField(_("raison de la levée"), max_length=LONGEST_WHY, blank=True)

    class Meta:
        verbose_name = _("opposition au profilage")
        verbose_name_plural = _("oppositions au profilage")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["client"], condition=Q(lifted_at=None), name="one_open_objection"),
            models.CheckConstraint(condition=~Q(why=""), name="objection_has_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_why="") | Q(lifted_at__isnull=False) & ~Q(lifted_why=""),
                name="lifted_objection_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Opposition du %(day)s") % {"day": french.short_day(self.at)})


class Erasure(models.Model):
    """A tombstone: somebody was erased, and must not come back by a sync, a file, an entry or a restored backup.

    Nothing here names anybody: keyed digests (`clients.tombstones`) of the identifier and of the folded name with its
    place, "" where there was none. Deleting a tombstone lets the person in again.
    """

    class Reason(models.TextChoices):
        REQUEST = "request", _("à la demande de la personne")
        RETENTION = "retention", _("au terme de sa durée de conservation")
        MISTAKE = "mistake", _("après une collecte par erreur")

    key = models.CharField(_("clé"), max_length=8, editable=False)
    source_id = models.CharField(_("empreinte de l’identifiant"), max_length=64, blank=True, db_index=True)
    postal_code = models.CharField(_("empreinte du nom et du code postal"), max_length=64, blank=True, db_index=True)
    city = models.CharField(_("empreinte du nom et de la ville"), max_length=64, blank=True, db_index=True)
    reason = models.CharField(_("motif"), max_length=10, choices=Reason)
    at = models.DateTimeField(_("effacée le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("par")
    )

    class Meta:
        verbose_name = _("effacement")
        verbose_name_plural = _("effacements")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["request", "retention", "mistake"]), name="erasure_reason_is_known"
            ),
            models.UniqueConstraint(
                fields=["key", "source_id", "postal_code", "city", "at"], name="an_erasure_is_noted_once"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Effacement n° %(number)s") % {"number": self.pk})
