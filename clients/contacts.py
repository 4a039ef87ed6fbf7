"""The log of a client: calls, visits, e-mails and notes, each with who and when. `clients.contacting` writes it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from dignamik.foundation import french


class Contact(models.Model):
    """One line of a client's log. A note is no contact by itself, and says something; a call may be enough said."""

    class Kind(models.TextChoices):
        CALL = "call", _("appel")
        VISIT = "visit", _("visite")
        EMAIL = "email", "e-mail"
        NOTE = "note", "note"

    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, related_name="contacts", verbose_name="client"
    )
    kind = models.CharField(_("nature"), max_length=5, choices=Kind)
    day = models.DateField(_("jour"), help_text=_("Le jour du contact, pas celui de la saisie."))
    text = models.TextField(_("texte"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("par")
    )
    at = models.DateTimeField(_("noté le"), editable=False)
    history = HistoricalRecords(verbose_name=_("historique"))

    class Meta:
        verbose_name = "contact"
        verbose_name_plural = _("contacts et notes")
        ordering = ["-day", "-pk"]
        indexes = [models.Index(fields=["client", "-day", "-id"], name="contact_by_client")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["call", "visit", "email", "note"]), name="contact_kind_is_known"
            ),
            models.CheckConstraint(condition=~Q(kind="note") | ~Q(text=""), name="note_says_something"),
        ]

    def __str__(self) -> str:
        return _("%(kind)s du %(day)s") % {"kind": self.get_kind_display(), "day": french.short_day(self.day)}
