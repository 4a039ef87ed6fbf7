"""The recipe as people edit it: each version is written once, and which one is in force is a record of its own."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST_REASON = 500


class RecipeVersion(models.Model):
    """One recipe, never edited in place: a change makes the next version.

    No row at all means the default recipe of the engine; the first run or the first change writes it as number 1.
    """

    number = models.PositiveIntegerField("version", unique=True)
    recipe = models.JSONField(gettext_lazy("recette"))
    base = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("faite à partir de"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("par"),
    )
    at = models.DateTimeField(gettext_lazy("écrite le"), auto_now_add=True)
    reason = models.TextField(gettext_lazy("raison"))

    class Meta:
        verbose_name = gettext_lazy("version de la recette")
        verbose_name_plural = gettext_lazy("recette")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="recipe_version_counts_from_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="recipe_version_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"


class RecipeAdoption(models.Model):
    """A version put in force, by whom and why: when it was written, or when people went back to it."""

    version = models.ForeignKey(
        RecipeVersion, on_delete=models.PROTECT, related_name="adoptions", verbose_name="version"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("par"),
    )
    at = models.DateTimeField(gettext_lazy("le"), auto_now_add=True)
    reason = models.TextField(gettext_lazy("raison"))
    current = models.BooleanField(gettext_lazy("en vigueur"), default=True)

    class Meta:
        verbose_name = gettext_lazy("mise en vigueur")
        verbose_name_plural = gettext_lazy("mises en vigueur")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["current"], condition=Q(current=True), name="one_recipe_in_force"),
            models.CheckConstraint(condition=~Q(reason=""), name="recipe_adoption_has_a_reason"),
        ]

    def __str__(self) -> str:
        return _("%(version)s en vigueur") % {"version": self.version}
