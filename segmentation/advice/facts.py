"""The closed list of what a play may ask about a client: each fact as a database expression, and as people read it.

Expressions are NULL where the fact is unknown, so that no comparison with it ever holds. Nothing imputed gets here.
A business that is not in the book has the same facts as a plain mapping, with None for unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client, Followers, Turnover
from clients.peers import latest_count
from dignamik.foundation import french
from dignamik.foundation.templatetags.figures import noun
from segmentation.models import Condition

Field = Condition.Field
Facts = Mapping[str, Any]
PLATFORMS = {
    Field.FACEBOOK: Followers.Platform.FACEBOOK,
    Field.INSTAGRAM: Followers.Platform.INSTAGRAM,
    Field.LINKEDIN: Followers.Platform.LINKEDIN,
    Field.TIKTOK: Followers.Platform.TIKTOK,
    Field.YOUTUBE: Followers.Platform.YOUTUBE,
}
# Said with the turnover, never asked about.
YEAR = "turnover_year"


@dataclass(frozen=True)
class Fact:
    """`expression` gives the value on a Client queryset; `written` says it (with the client's other facts at hand)."""

    expression: Callable[[], Any]
    written: Callable[[Any, Facts], str]
    unknown: str | Promise


def _on(platform: str) -> Callable[[], Subquery]:
    return lambda: latest_count(platform)


def _growth() -> Any:
    """Turnover of the latest year against the year before, in per cent; unknown unless both are known, that one > 0."""
    before = Turnover.objects.filter(client=OuterRef("pk"), year=OuterRef("turnover_year") - 1, amount__gt=0)
    earlier = Cast(Subquery(before.values("amount")[:1]), models.FloatField())
    return (Cast("turnover", models.FloatField()) - earlier) * 100.0 / earlier


def _since() -> Any:
    """The day it became a client; a day to come says nothing about seniority, as in `segmentation.runs.frames`."""
    come = When(client_since__lte=timezone.localdate(), then=F("client_since"))
    return Case(come, default=None, output_field=models.DateField(null=True))


def _website() -> Any:
    """An address is a site, whatever the box next to it says."""
    has_address = When(~Q(website=""), then=Value(value=True))
    return Case(has_address, default=F("has_website"), output_field=models.BooleanField(null=True))


def _followers(count: Any) -> str:
    return f"{french.grouped(count)} {noun(count, _('abonné,abonnés'))}"


def _followers_on(label: str) -> Callable[[Any, Facts], str]:
    def in_words(count: Any, facts: Facts) -> str:
        said = _("%(followers)s connu sur %(network)s") if count == 0 else _("%(followers)s sur %(network)s")
        return said % {"followers": _followers(count), "network": label}

    return in_words


def _year(facts: Facts) -> str:
    return f" {facts[YEAR]}" if facts.get(YEAR) else ""


def _growth_in_words(percent: float, facts: Facts) -> str:
    if round(percent) == 0:
        return _("CA%(year)s stable sur un an") % {"year": _year(facts)}
    said = (
        _("CA%(year)s en baisse de %(change)s sur un an")
        if percent < 0
        else _("CA%(year)s en hausse de %(change)s sur un an")
    )
    return said % {"year": _year(facts), "change": french.percent(abs(percent) / 100)}


def _status_in_words(status: str, facts: Facts) -> str:
    return _("statut «\u00a0%(label)s\u00a0»") % {"label": Client.Status(status).label.lower()}


def _since_in_words(since: date, facts: Facts) -> str:
    return _("client depuis le %(since)s") % {"since": french.day(since)}


FACTS: dict[str, Fact] = {
    Field.FOLLOWERS: Fact(
        lambda: F("followers"),
        lambda count, facts: _("%(followers)s, tous réseaux") % {"followers": _followers(count)},
        gettext_lazy("le nombre d’abonnés est inconnu"),
    ),
    **{
        field: Fact(
            _on(platform),
            _followers_on(platform.label),
            gettext_lazy("le nombre d’abonnés %(label)s est inconnu") % {"label": platform.label},
        )
        for field, platform in PLATFORMS.items()
    },
    Field.TURNOVER: Fact(
        lambda: F("turnover"),
        lambda amount, facts: _("CA%(year)s de %(amount)s") % {"year": _year(facts), "amount": french.euros(amount)},
        gettext_lazy("le CA est inconnu"),
    ),
    Field.GROWTH: Fact(_growth, _growth_in_words, gettext_lazy("l’évolution du CA est inconnue")),
    Field.SENIORITY: Fact(_since, _since_in_words, gettext_lazy("l’ancienneté est inconnue")),
    Field.WEBSITE: Fact(
        _website,
        lambda has, facts: _("a un site web") if has else _("n’a pas de site web"),
        gettext_lazy("on ne sait pas s’il existe un site web"),
    ),
    Field.STATUS: Fact(lambda: F("status"), _status_in_words, gettext_lazy("le statut est inconnu")),
}


def as_annotations(names: Iterable[str] = tuple(FACTS)) -> dict[str, Any]:
    """These facts, to annotate a Client queryset with, as `fact_<name>`."""
    return {f"fact_{name}": FACTS[name].expression() for name in names}


def of_clients(pks: Iterable[int]) -> dict[int, Facts]:
    """All facts of these clients, by pk, in one query."""
    rows = Client.objects.filter(pk__in=set(pks)).annotate(**as_annotations()).values(
        "pk", YEAR, *(f"fact_{name}" for name in FACTS)
    )  # fmt: skip
    return {row["pk"]: {name.removeprefix("fact_"): value for name, value in row.items()} for row in rows}


def of_business(said: Facts) -> dict[str, Any]:
    """The facts of a business that is not in the book: `followers` (platform → count), `turnover`, `turnover_year`,
    `has_website`, `client_since` and `status`, each unknown where absent. One year alone says nothing of growth."""
    counts = {name: count for name, count in (said.get("followers") or {}).items() if count is not None}
    since = said.get("client_since")
    return {
        **{field.value: counts.get(platform.value) for field, platform in PLATFORMS.items()},
        Field.FOLLOWERS.value: sum(counts.values()) if counts else None,
        Field.TURNOVER.value: said.get("turnover"),
        YEAR: said.get("turnover_year"),
        Field.GROWTH.value: None,
        Field.SENIORITY.value: since if since and since <= timezone.localdate() else None,
        Field.WEBSITE.value: said.get("has_website"),
        Field.STATUS.value: said.get("status"),
    }
