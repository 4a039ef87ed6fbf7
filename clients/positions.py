"""How well it is known where a client is, and what stands in the way."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Precision(models.TextChoices):
    """How a position was found; approximate ones are drawn and said as such."""

    GIVEN = "given", _("adresse")
    COMMUNE = "commune", "commune"
    POSTAL_CODE = "postal_code", _("code postal")
    DEPARTMENT = "department", _("département")


class PlaceProblem(models.TextChoices):
    """Why a client has no position, or has one that its town contradicts. The first five are those of `places`."""

    NO_TOWN = "no_town", _("ni ville ni code postal")
    UNKNOWN_TOWN = "unknown_town", _("ville inconnue")
    SEVERAL_TOWNS = "several_towns", _("plusieurs communes de ce nom")
    CONTRADICTION = "contradiction", _("ville et code postal se contredisent")
    POSTAL_CODE = "postal_code", _("code postal illisible")
    COORDINATES = "coordinates", _("coordonnées refusées")
    FAR = "far", _("coordonnées loin de la ville écrite")
