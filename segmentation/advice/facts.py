"""The closed list of what a play may ask about a client: each fact as a database expression, and as people read it.

Expressions are NULL where the fact is unknown, so that no comparison with it ever holds. Nothing imputed gets here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, FloatField, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast

from clients.models import Followers, Turnover
from dignamik.foundation import french
from segmentation.models import Condition

Field = Condition.Field
PLATFORMS = {
    Field.FACEBOOK: Followers.Platform.FACEBOOK,
    Field.INSTAGRAM: Followers.Platform.INSTAGRAM,
    Field.LINKEDIN: Followers.Platform.LINKEDIN,
    Field.TIKTOK: Followers.Platform.TIKTOK,
    Field.YOUTUBE: Followers.Platform.YOUTUBE,
}


@dataclass(frozen=True)
class Fact:
    """`expression` gives the value on a Client queryset; `written` says it; `noun` is what it counts."""

    expression: Callable[[], Any]
    written: Callable[[Any], str]
    noun: str


def _on(platform: str) -> Callable[[], Subquery]:
    """The latest reading on one platform: its count, or a known 0 where the client has no account."""

    def expression() -> Subquery:
        readings = Followers.objects.filter(client=OuterRef("pk"), platform=platform).order_by("-measured_on")
        no_account = When(count__isnull=True, has_account=False, then=Value(0))
        said = Case(no_account, default=F("count"), output_field=IntegerField())
        return Subquery(readings.annotate(said=said).filter(said__isnull=False).values("said")[:1])

    return expression


def _growth() -> Any:
    """Turnover of the latest year against the year before, in per cent; unknown unless both are known and positive."""
    before = Turnover.objects.filter(client=OuterRef("pk"), year=OuterRef("turnover_year") - 1, amount__gt=0)
    earlier = Cast(Subquery(before.values("amount")[:1]), FloatField())
    return (Cast("turnover", FloatField()) - earlier) * 100.0 / earlier


def _plural(count: Any, noun: str) -> str:
    return f"{french.grouped(count)} {noun}{'s' if abs(count) >= 2 else ''}"


def _followers_on(label: str) -> Callable[[Any], str]:
    return lambda count: f"{_plural(count, 'abonné')} {'connu ' if count == 0 else ''}sur {label}"


def _growth_in_words(share: float) -> str:
    way = "en baisse" if share < 0 else "en hausse"
    return f"CA {way} de {french.percent(abs(share) / 100)} sur un an"


FACTS: dict[str, Fact] = {
    Field.FOLLOWERS: Fact(
        lambda: F("followers"), lambda count: f"{_plural(count, 'abonné')}, tous réseaux", "le nombre d’abonnés"
    ),
    **{
        field: Fact(_on(platform), _followers_on(platform.label), f"le nombre d’abonnés sur {platform.label}")
        for field, platform in PLATFORMS.items()
    },
    Field.TURNOVER: Fact(lambda: F("turnover"), lambda amount: f"CA de {french.euros(amount)}", "le CA"),
    Field.GROWTH: Fact(_growth, _growth_in_words, "l’évolution du CA"),
    Field.SENIORITY: Fact(
        lambda: F("client_since"), lambda since: f"client depuis {french.day(since)}", "l’ancienneté"
    ),
    Field.WEBSITE: Fact(
        lambda: F("has_website"), lambda has: "a un site web" if has else "n’a pas de site web", "la présence d’un site"
    ),
    Field.STATUS: Fact(lambda: F("status"), lambda status: f"statut {status}", "le statut"),
}


def as_annotations() -> dict[str, Any]:
    """Every fact of the list, to annotate a Client queryset with, as `fact_<name>`."""
    return {f"fact_{name}": fact.expression() for name, fact in FACTS.items()}
