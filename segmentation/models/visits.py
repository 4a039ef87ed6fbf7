"""Until when each person has seen what is new: their own word for it, given with a button."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Visit(models.Model):
    """Up to which moment a person has seen the newcomers of their portfolio."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="visit", verbose_name="utilisateur"
    )
    at = models.DateTimeField("jusqu’au")

    class Meta:
        verbose_name = "passage"
        verbose_name_plural = "passages"

    def __str__(self) -> str:
        return f"{self.user} jusqu’au {self.at:%d/%m/%Y}"
