"""Values that deserve a second look, whoever's client it is. What is far from a segment is `segmentation`'s to say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.completeness import Label
from clients.models import Client, Followers, HeldService

STALE_MONTHS = 12
"""Followers that nobody has read for a year say what the audience was."""
STALE_YEARS = 2
"""Accounts come out within the next year: a latest turnover older than this is late."""

NEGATIVE, FUTURE, POSITION = "negative", "future", "position"
OLD_FOLLOWERS, OLD_TURNOVER, ANY = "old_followers", "old_turnover", "any"
WRONG: Mapping[str, Label] = {
    NEGATIVE: _("chiffre d’affaires négatif"),
    FUTURE: _("date à venir"),
    POSITION: _("coordonnées hors de France ou loin de la ville"),
}
"""What may be an error."""
OLD: Mapping[str, Label] = {
    OLD_FOLLOWERS: _("abonnés relevés il y a plus de douze mois"),
    OLD_TURNOVER: _("dernier chiffre d’affaires de plus de deux ans"),
}
"""What was right and may be no more."""


def looks_wrong(name: str) -> Q:
    """Whom a kind of WRONG or OLD concerns, as a condition on clients."""
    today = timezone.localdate()
    if name == NEGATIVE:
        return Q(turnover__lt=0)
    if name == POSITION:
        doubted = (Client.PlaceProblem.COORDINATES, Client.PlaceProblem.FAR)
        return Q(latitude__isnull=False, place_problem__in=doubted)
    if name == OLD_TURNOVER:
        return Q(turnover_year__lt=today.year - STALE_YEARS)
    mine = {"client": OuterRef("pk")}
    if name == OLD_FOLLOWERS:
        recent = Followers.objects.filter(**mine, measured_on__gte=today - timedelta(days=365 * STALE_MONTHS // 12))
        return Q(followers__isnull=False) & ~Q(Exists(recent))
    if name == FUTURE:
        late = Q(client_since__gt=today) | Q(turnover_year__gt=today.year)
        read = Exists(Followers.objects.filter(**mine, measured_on__gt=today))
        return late | Q(read) | Q(Exists(HeldService.objects.filter(**mine, since__gt=today)))
    raise KeyError(name)
