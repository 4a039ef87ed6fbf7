"""What a condition means: a filter for the database, and a clause of the sentence that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from clients.models import Client
from dignamik.foundation import french
from segmentation.advice.facts import FACTS, PLATFORMS
from segmentation.models import Condition

Field, Comparison = Condition.Field, Condition.Comparison
DAYS_IN_A_YEAR = 365.25
STATUS_OF = {label.lower(): value for value, label in Client.Status.choices}
# Measured facts by the column of the recipe that profiles describe.
COLUMN_OF = {Field.SENIORITY: "seniority_years"}
SAID = {Comparison.BELOW: "sous", Comparison.AT_MOST: "au plus égal à", Comparison.EQUAL: "égal à",
        Comparison.AT_LEAST: "au moins égal à", Comparison.ABOVE: "au-dessus de"}  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What a profile says of one fact in the segment: its median, and the share of members above 0."""

    median: float | None
    present: float | None


def figures_of(profile: Mapping[str, Any]) -> dict[str, Figures]:
    """The figures of a segment from the data of its Profile, by field of a condition."""
    numbers = {item["name"]: item for item in profile.get("numbers", [])}
    if profile.get("totals"):
        numbers[Field.FOLLOWERS.value] = profile["totals"]
    found = {}
    for field in Field.values:
        item = numbers.get(COLUMN_OF.get(field, field))  # type: ignore[call-overload]
        found[field] = Figures(item["median"], item["present"]) if item else Figures(None, None)
    return found


def as_filter(condition: Condition, figures: Mapping[str, Figures], today: date) -> Q | None:
    """The condition on a queryset annotated with `facts.annotations`; None when it can't be evaluated for anyone."""
    name = f"fact_{condition.field}"
    if condition.comparison in {Comparison.KNOWN, Comparison.UNKNOWN}:
        return Q(**{f"{name}__isnull": condition.comparison == Comparison.UNKNOWN})
    if condition.field == Field.WEBSITE:
        return Q(**{name: condition.value == "oui"})
    if condition.field == Field.STATUS:
        return Q(**{name: STATUS_OF.get(condition.value.lower(), "")})
    bound = _bound(condition, figures)
    if bound is None:
        return None
    if condition.field == Field.SENIORITY:
        return _seniority(name, condition.comparison, bound, today)
    lookup = "exact" if condition.comparison == Comparison.EQUAL else condition.comparison
    return Q(**{f"{name}__{lookup}": bound})


def in_words(condition: Condition, value: Any, figures: Mapping[str, Figures]) -> str:
    """The clause that tells why, with the client's figure: « 0 abonné connu sur Instagram ; 85 % du segment en a »."""
    fact = FACTS[condition.field]
    if value is None:
        return f"{fact.noun} est inconnu" if condition.field != Field.GROWTH else f"{fact.noun} est inconnue"
    if condition.field == Field.STATUS:
        return f"statut « {Client.Status(value).label.lower()} »"
    said = fact.written(value)
    segment = figures.get(condition.field, Figures(None, None))
    if condition.median and segment.median is not None:
        against = SAID[Comparison(condition.comparison)]
        return f"{said}, {against} la médiane du segment ({_unit(condition, segment.median)})"
    if condition.field in PLATFORMS and value == 0 and segment.present is not None:
        return f"{said}\u00a0; {french.percent(segment.present)} du segment en a"
    return said


def _bound(condition: Condition, figures: Mapping[str, Figures]) -> float | None:
    return figures[condition.field].median if condition.median else condition.number()


def _seniority(name: str, comparison: str, years: float, today: date) -> Q:
    """Years as a client compare the other way round to the day it began."""
    day = today - timedelta(days=round(min(years, 200) * DAYS_IN_A_YEAR))
    turned = {"lt": "gt", "lte": "gte", "gt": "lt", "gte": "lte", "eq": "exact"}[comparison]
    return Q(**{f"{name}__{turned}": day})


def _unit(condition: Condition, value: float) -> str:
    if condition.field == Field.TURNOVER:
        return french.euros(value)
    if condition.field == Field.SENIORITY:
        return french.in_unit(value, "years")
    return french.grouped(value)
