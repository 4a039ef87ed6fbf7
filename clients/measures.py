"""What is measured of a client: followers by network and day, turnover by year. `clients.models` names them too."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from dignamik.foundation import french

# Beyond a hundred billion euros an amount is a typing error, whoever typed it.
LARGEST_AMOUNT = Decimal("100000000000")
FIRST_YEAR, LAST_YEAR = 1990, 2100


class Followers(models.Model):
    """One dated reading of a client's followers on one platform.

    `count` 0 is a known zero; no row is unknown; `has_account` False is a third fact.
    """

    class Platform(models.TextChoices):
        FACEBOOK = "facebook", "Facebook"
        INSTAGRAM = "instagram", "Instagram"
        LINKEDIN = "linkedin", "LinkedIn"
        TIKTOK = "tiktok", "TikTok"
        YOUTUBE = "youtube", "YouTube"

    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, related_name="readings", verbose_name="client"
    )
    platform = models.CharField(_("réseau"), max_length=10, choices=Platform)
    count = models.PositiveIntegerField(_("abonnés"), null=True, blank=True)
    has_account = models.BooleanField(_("a un compte"), null=True, blank=True, help_text=_("Vide : inconnu."))
    measured_on = models.DateField(_("relevé le"))
    history = HistoricalRecords(verbose_name=_("historique"))

    class Meta:
        verbose_name = _("relevé d’abonnés")
        verbose_name_plural = _("relevés d’abonnés")
        ordering = ["platform", "-measured_on"]
        constraints = [
            models.UniqueConstraint(fields=["client", "platform", "measured_on"], name="one_reading_a_day"),
            models.CheckConstraint(
                condition=Q(platform__in=["facebook", "instagram", "linkedin", "tiktok", "youtube"]),
                name="platform_is_known",
            ),
            models.CheckConstraint(
                condition=Q(count__isnull=False) | Q(has_account__isnull=False), name="reading_says_something"
            ),
            models.CheckConstraint(
                condition=~Q(has_account=False) | Q(count__isnull=True) | Q(count=0), name="no_account_no_followers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()} {french.short_day(self.measured_on)}"


class Turnover(models.Model):
    """A client's own chiffre d'affaires in one year, in euros. May be negative (credit notes), is never NaN."""

    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, related_name="turnovers", verbose_name="client"
    )
    year = models.PositiveSmallIntegerField(_("année"))
    amount = models.DecimalField(_("montant (€)"), max_digits=14, decimal_places=2)
    history = HistoricalRecords(verbose_name=_("historique"))

    class Meta:
        verbose_name = _("chiffre d’affaires")
        verbose_name_plural = _("chiffres d’affaires")
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(fields=["client", "year"], name="one_turnover_a_year"),
            models.CheckConstraint(condition=Q(year__range=(FIRST_YEAR, LAST_YEAR)), name="turnover_year_is_plausible"),
            # PostgreSQL orders NaN above every number, so this range refuses it too.
            models.CheckConstraint(
                condition=Q(amount__range=(-LARGEST_AMOUNT, LARGEST_AMOUNT)), name="turnover_amount_is_plausible"
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)
