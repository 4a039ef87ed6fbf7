"""What a condition means: resolved once, then asked of the database or of one business, and said in a clause.

Two executors of one meaning, because a business that is not in the book has no row to query: `as_filter` and `holds`
only translate the same terms, and a test runs both over every field, comparison and kind of value.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from dignamik.foundation import french
from segmentation.advice.facts import FACTS, PLATFORMS, Facts
from segmentation.models import Condition
from segmentation.models.playbook import status_words

Field, Comparison = Condition.Field, Condition.Comparison
DAYS_IN_A_YEAR = 365.25
LONGEST = 200  # years, so that a day of long ago stays a day
CENT = Decimal("0.01")
COUNTS = {Field.FOLLOWERS, *PLATFORMS}
# Measured facts by the column of the recipe that profiles describe.
COLUMN_OF = {Field.SENIORITY: "seniority_years"}

Term = tuple[str, Any]  # a Django lookup and what to compare with
HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt, "lte": operator.le, "exact": operator.eq, "gte": operator.ge, "gt": operator.gt,
}  # fmt: skip
# Years as a client compare the other way round to the day it began.
TURNED = {"lt": "gt", "lte": "gte", "gte": "lte", "gt": "lt"}


@dataclass(frozen=True)
class Figures:
    """What a profile says of one fact in the segment: its median, and the share of members above 0."""

    median: float | None = None
    present: float | None = None


def figures_of(profile: Mapping[str, Any]) -> dict[str, Figures]:
    """The figures of a segment from the data of its Profile, by field of a condition."""
    numbers = {item["name"]: item for item in profile.get("numbers") or ()}
    if profile.get("totals"):
        numbers[Field.FOLLOWERS.value] = profile["totals"]
    found = {}
    for field in Field:
        item = numbers.get(COLUMN_OF.get(field, field.value), {})
        found[field.value] = Figures(item.get("median"), item.get("present"))
    return found


def terms(condition: Condition, figures: Mapping[str, Figures], today: date) -> tuple[Term, ...] | None:
    """What must all hold for the condition to; None when it can for nobody (no median, an unreadable value)."""
    if condition.comparison in {Comparison.KNOWN, Comparison.UNKNOWN}:
        return (("isnull", condition.comparison == Comparison.UNKNOWN),)
    if condition.field == Field.WEBSITE:
        return (("exact", condition.value == "oui"),)
    if condition.field == Field.STATUS:
        return (("exact", status_words().get(condition.value.lower(), "")),)
    bound = _bound(condition, figures)
    if bound is None:
        return None
    lookup = "exact" if condition.comparison == Comparison.EQUAL else condition.comparison
    if condition.field == Field.SENIORITY:
        return _began(lookup, bound, today)
    if condition.field in COUNTS:
        return _whole(lookup, bound)
    return ((lookup, Decimal(str(bound)).quantize(CENT) if condition.field == Field.TURNOVER else bound),)


def as_filter(condition: Condition, figures: Mapping[str, Figures], today: date) -> Q | None:
    """The condition on a queryset annotated with `facts.as_annotations`; None when it can hold for nobody."""
    found = terms(condition, figures, today)
    if found is None:
        return None
    name = f"fact_{condition.field}"
    # Said although a comparison with NULL never holds: Django drops a comparison that no number of the column's type
    # could fail (a count of at least −5), and would then let the unknown through.
    known = Q() if found[0][0] == "isnull" else Q(**{f"{name}__isnull": False})
    return Q(known, *(Q(**{f"{name}__{lookup}": bound}) for lookup, bound in found))


def holds(condition: Condition, facts: Facts, figures: Mapping[str, Figures], today: date) -> bool:
    """The same for one business, from its facts."""
    found = terms(condition, figures, today)
    value = facts.get(condition.field)
    if found is None:
        return False
    return all(
        (value is None) == bound if lookup == "isnull" else value is not None and HOLDS[lookup](value, bound)
        for lookup, bound in found
    )


def in_words(
    condition: Condition, facts: Facts, figures: Mapping[str, Figures], today: date, *, quoted: bool = True
) -> str:
    """The clause that tells why, with the client's figure: « 0 abonné connu sur Instagram ; 85 % du segment en a ».

    `quoted` False leaves out the figures of the segment, for who may not read them.
    """
    fact, value = FACTS[condition.field], facts.get(condition.field)
    if value is None:
        return str(fact.unknown)
    said = fact.written(value, facts)
    segment = figures.get(condition.field, Figures())
    if condition.median and segment.median is not None:
        number = (today - value).days / DAYS_IN_A_YEAR if condition.field == Field.SENIORITY else float(value)
        shown = f" ({_in_unit(condition, segment.median)})" if quoted else ""
        return _against(number, segment.median) % {"said": said, "shown": shown}
    if condition.field in PLATFORMS and value == 0 and segment.present and quoted:
        return _("%(said)s\u00a0; %(present)s du segment en a") % {
            "said": said,
            "present": french.percent(segment.present),
        }
    return said


def _bound(condition: Condition, figures: Mapping[str, Figures]) -> float | None:
    if condition.median:
        return figures.get(condition.field, Figures()).median
    try:
        return condition.number()
    except ValidationError:
        return None


def _whole(lookup: str, bound: float) -> tuple[Term, ...] | None:
    """Counts are whole: the same bound without its fraction, which databases would each cut in their own way."""
    if lookup == "exact":
        return (("exact", int(bound)),) if bound == int(bound) else None
    return ((lookup, math.ceil(bound) if lookup in {"lt", "gte"} else math.floor(bound)),)


def _began(lookup: str, years: float, today: date) -> tuple[Term, ...]:
    """Seniority as the day it began. Exactly n years: n have passed, and not n + 1."""
    if lookup == "exact":
        return (("lte", _years_ago(years, today)), ("gt", _years_ago(years + 1, today)))
    return ((TURNED[lookup], _years_ago(years, today)),)


def _years_ago(years: float, today: date) -> date:
    return today - timedelta(days=round(max(-LONGEST, min(years, LONGEST)) * DAYS_IN_A_YEAR))


def _against(value: float, median: float) -> str:
    if value == median:
        return _("%(said)s, à la médiane du segment%(shown)s")
    if value > median:
        return _("%(said)s, au-dessus de la médiane du segment%(shown)s")
    return _("%(said)s, sous la médiane du segment%(shown)s")


def _in_unit(condition: Condition, value: float) -> str:
    if condition.field == Field.TURNOVER:
        return french.euros(value)
    if condition.field == Field.SENIORITY:
        return french.in_unit(value, "years")
    return french.grouped(value)
