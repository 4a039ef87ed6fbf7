"""Until when each person has seen what is new: their own word for it, given with a button."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Visit(models.Model):
    """Up to which moment a person has seen the newcomers of their portfolio."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="visit",
        verbose_name=gettext_lazy("utilisateur"),
    )
    at = models.DateTimeField(gettext_lazy("jusqu’au"))

    class Meta:
        verbose_name = gettext_lazy("passage")
        verbose_name_plural = gettext_lazy("passages")

    def __str__(self) -> str:
        return _("%(user)s jusqu’au %(at)s") % {"user": self.user, "at": f"{self.at:%d/%m/%Y}"}
