"""What a condition means: the same for the database and for one business, never fulfilled by what is unknown."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from clients.facts import ClientFacts, Reading
from clients.models import Client
from clients.recording import record
from segmentation.advice.conditions import Figures, as_filter, figures_of, holds, in_words, terms
from segmentation.advice.facts import as_annotations, of_business, of_clients
from segmentation.models import Condition, Profile, Run
from tests.published import STAMP

Field, Comparison = Condition.Field, Condition.Comparison
YEAR = 2025
ABOVE = "au-dessus de la médiane du segment"
FIGURES = {field.value: Figures(median, 0.85) for field, median in zip(Field, (1000.5, 300.0, 0.0) * 4, strict=False)}
FIGURES |= {Field.GROWTH: Figures(), Field.SENIORITY: Figures(4.0, 1.0)}


def years_ago(years: float) -> date:
    return timezone.localdate() - timedelta(days=round(years * 365.25))


# Each knows one thing or two, so that a condition tells them apart.
FACTS: dict[str, dict[str, Any]] = {
    "silent": {},
    "none": {"readings": {"instagram": Reading(0)}},
    "no account": {"readings": {"instagram": Reading(None, has_account=False)}},
    "account": {"readings": {"instagram": Reading(None, has_account=True)}},
    "small": {"readings": {"instagram": Reading(300), "facebook": Reading(200)}},
    "later": {"readings": {"facebook": Reading(1000, measured_on=date(2026, 1, 5))}},
    "big": {"readings": {"facebook": Reading(40_000), "tiktok": Reading(7), "linkedin": Reading(1)}},
    "poor": {"turnover": {YEAR: Decimal("-500.00")}},
    "rich": {"turnover": {YEAR: Decimal("300.00")}},
    "falling": {"turnover": {YEAR: Decimal("90000"), YEAR - 1: Decimal("100000")}},
    "rising": {"turnover": {YEAR: Decimal("100000.01"), YEAR - 1: Decimal("100000")}},
    "gap": {"turnover": {YEAR: Decimal("90000"), YEAR - 2: Decimal("100000")}},
    "from nothing": {"turnover": {YEAR: Decimal("90000"), YEAR - 1: Decimal(0)}},
    "old": {"client_since": years_ago(6)},
    "four": {"client_since": years_ago(4)},
    "new": {"client_since": years_ago(0.5)},
    "to come": {"client_since": timezone.localdate() + timedelta(days=90)},
    "site": {"has_website": True},
    "no site": {"has_website": False},
    "address": {"website": "https://exemple.fr", "has_website": False},
    "lost": {"status": "lost"},
    "prospect": {"status": "prospect"},
}


@pytest.fixture
def clients(db: None) -> dict[str, Client]:
    rows = []
    for name, said in FACTS.items():
        fields = {key: value for key, value in said.items() if key not in ("readings", "turnover")}
        rows.append(
            ClientFacts(name, {"name": name, **fields}, None, said.get("readings", {}), said.get("turnover", {}))
        )
    record(rows, STAMP)
    return {client.name: client for client in Client.objects.all()}


def condition(field: str, comparison: str, value: str = "", *, median: bool = False) -> Condition:
    return Condition(field=field, comparison=comparison, value=value, median=median)


def fulfilled(wanted: Condition) -> set[str]:
    """By the database."""
    term = as_filter(wanted, FIGURES, timezone.localdate())
    if term is None:
        return set()
    found = Client.objects.annotate(**as_annotations([wanted.field])).filter(term)
    return set(found.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("field", "comparison", "value", "expected"),
    [
        (Field.INSTAGRAM, "eq", "0", {"none", "no account"}),
        (Field.INSTAGRAM, "known", "", {"none", "no account", "small"}),
        (Field.INSTAGRAM, "gt", "0", {"small"}),
        (Field.INSTAGRAM, "lt", "300", {"none", "no account"}),
        (Field.INSTAGRAM, "lte", "300,5", {"none", "no account", "small"}),
        (Field.INSTAGRAM, "eq", "300,5", set()),
        (Field.FOLLOWERS, "eq", "500", {"small"}),
        (Field.FOLLOWERS, "gte", "1 000", {"later", "big"}),
        (Field.FOLLOWERS, "lt", "0", set()),
        (Field.TURNOVER, "lt", "0", {"poor"}),
        (Field.TURNOVER, "gte", "90000", {"falling", "rising", "gap", "from nothing"}),
        (Field.TURNOVER, "eq", "100 000,01", {"rising"}),
        (Field.GROWTH, "lt", "-5", {"falling"}),
        (Field.GROWTH, "known", "", {"falling", "rising"}),
        (Field.SENIORITY, "gte", "4", {"old", "four"}),
        (Field.SENIORITY, "lt", "3", {"new"}),
        (Field.SENIORITY, "eq", "4", {"four"}),
        (Field.SENIORITY, "known", "", {"old", "four", "new"}),
        (Field.WEBSITE, "eq", "oui", {"site", "address"}),
        (Field.WEBSITE, "eq", "non", {"no site"}),
        (Field.WEBSITE, "known", "", {"site", "no site", "address"}),
        (Field.STATUS, "eq", "perdu", {"lost"}),
        (Field.STATUS, "eq", "prospect", {"prospect"}),
    ],
)
def test_it_holds_for_exactly_those(
    clients: dict[str, Client], field: str, comparison: str, value: str, expected: set[str]
) -> None:
    assert fulfilled(condition(field, comparison, value)) == expected


def every_condition() -> list[Condition]:
    numbers = ("0", "0,5", "-0,5", "299,5", "300", "500", "1000", "-5", "4", "90000", "100000000000")
    found = [condition(field, comparison) for field, comparison in product(Field, ("known", "unknown"))]
    for field in Field:
        if field == Field.WEBSITE:
            found += [condition(field, "eq", value) for value in ("oui", "non")]
        elif field == Field.STATUS:
            found += [condition(field, "eq", value) for value in ("actif", "inactif", "prospect", "perdu")]
        else:
            found += [condition(field, one, two) for one, two in product(("lt", "lte", "eq", "gte", "gt"), numbers)]
            found += [condition(field, one, median=True) for one in ("lt", "lte", "eq", "gte", "gt")]
    return found


def test_the_database_and_a_business_mean_the_same_by_every_condition(clients: dict[str, Client]) -> None:
    facts = of_clients(client.pk for client in clients.values())
    today = timezone.localdate()
    for wanted in every_condition():
        alone = {name for name, client in clients.items() if holds(wanted, facts[client.pk], FIGURES, today)}
        assert alone == fulfilled(wanted), str(wanted)


def test_nothing_unknown_fulfils_a_comparison(clients: dict[str, Client]) -> None:
    for wanted in every_condition():
        if wanted.comparison != Comparison.UNKNOWN and wanted.field != Field.STATUS:
            assert "silent" not in fulfilled(wanted), str(wanted)
            assert not holds(wanted, of_business({}), FIGURES, timezone.localdate()), str(wanted)


def test_without_a_median_it_holds_for_nobody(clients: dict[str, Client]) -> None:
    wanted = condition(Field.FOLLOWERS, "gte", median=True)
    assert terms(wanted, {}, timezone.localdate()) is None
    assert not holds(wanted, {Field.FOLLOWERS: 10**6}, {}, timezone.localdate())


@pytest.mark.parametrize("value", ["beaucoup", "", "1_000", "١٢", "NaN", "1e308", "1e5", "999999999999999", "- 5 -"])
def test_a_value_that_is_no_number_is_refused_and_would_hold_for_nobody(value: str) -> None:
    wanted = condition(Field.TURNOVER, "gte", value)
    with pytest.raises(ValidationError):
        wanted.clean()
    assert terms(wanted, FIGURES, timezone.localdate()) is None


@pytest.mark.parametrize(
    ("field", "comparison", "value", "median"),
    [
        (Field.TURNOVER, "known", "5", False),
        (Field.TURNOVER, "unknown", "", True),
        (Field.TURNOVER, "gte", "5", True),
        (Field.GROWTH, "gte", "", True),
        (Field.WEBSITE, "eq", "", True),
        (Field.WEBSITE, "lt", "oui", False),
        (Field.WEBSITE, "eq", "peut-être", False),
        (Field.STATUS, "eq", "parti", False),
        (Field.STATUS, "gt", "actif", False),
    ],
)
def test_what_makes_no_sense_is_refused(field: str, comparison: str, value: str, median: bool) -> None:
    with pytest.raises(ValidationError):
        condition(field, comparison, value, median=median).clean()


def test_words_are_read_whatever_their_case() -> None:
    for wanted in (condition(Field.WEBSITE, "eq", " Oui "), condition(Field.STATUS, "eq", "PERDU")):
        wanted.clean()
        assert wanted.value in {"oui", "perdu"}


def test_a_segments_figures_come_from_its_profile(run: Run) -> None:
    profile = Profile.objects.filter(run=run).latest("pk")
    numbers = {item["name"]: item for item in profile.data["numbers"]}
    found = figures_of(profile.data)
    assert found[Field.FOLLOWERS].median == profile.data["totals"]["median"]
    assert found[Field.INSTAGRAM] == Figures(
        numbers["followers_instagram"]["median"], numbers["followers_instagram"]["present"]
    )
    assert found[Field.SENIORITY].median == numbers["seniority_years"]["median"]
    assert found[Field.TURNOVER].median == numbers["turnover"]["median"]
    assert found[Field.GROWTH] == Figures()
    assert figures_of({})[Field.TURNOVER] == Figures()


def test_a_profile_of_an_older_version_gives_no_figure_rather_than_a_crash() -> None:
    assert figures_of({"numbers": [{"name": "turnover"}], "totals": None})[Field.TURNOVER] == Figures()


@pytest.mark.parametrize(
    ("field", "value", "median", "sentence"),
    [
        (Field.INSTAGRAM, 0, None, "0 abonné connu sur Instagram\u00a0; 85\u00a0% du segment en a"),
        (Field.INSTAGRAM, 1, None, "1 abonné sur Instagram"),
        (Field.INSTAGRAM, 12500, None, "12\u202f500 abonnés sur Instagram"),
        (Field.FOLLOWERS, 2, None, "2 abonnés, tous réseaux"),
        (Field.FOLLOWERS, 5000, 1000.5, f"5\u202f000 abonnés, tous réseaux, {ABOVE} (1\u202f001)"),
        (Field.FOLLOWERS, 3, 1000.5, "3 abonnés, tous réseaux, sous la médiane du segment (1\u202f001)"),
        (Field.FOLLOWERS, 300, 300.0, "300 abonnés, tous réseaux, à la médiane du segment (300)"),
        (Field.TURNOVER, Decimal("-500"), None, "CA 2025 de −500\u00a0€"),
        (Field.TURNOVER, Decimal(250000), 4e4, f"CA 2025 de 250\u202f000\u00a0€, {ABOVE} (40\u202f000\u00a0€)"),
        (Field.GROWTH, -12.4, None, "CA 2025 en baisse de 12\u00a0% sur un an"),
        (Field.GROWTH, 7.0, None, "CA 2025 en hausse de 7\u00a0% sur un an"),
        (Field.GROWTH, 0.2, None, "CA 2025 stable sur un an"),
        (Field.SENIORITY, date(2021, 3, 1), None, "client depuis le 1er\u00a0mars 2021"),
        (Field.WEBSITE, False, None, "n’a pas de site web"),
        (Field.STATUS, "lost", None, "statut «\u00a0perdu\u00a0»"),
        (Field.TURNOVER, None, None, "le CA est inconnu"),
        (Field.GROWTH, None, None, "l’évolution du CA est inconnue"),
        (Field.SENIORITY, None, None, "l’ancienneté est inconnue"),
        (Field.WEBSITE, None, None, "on ne sait pas s’il existe un site web"),
    ],
)  # fmt: skip
def test_a_reason_quotes_the_clients_figure_in_good_french(
    field: str, value: Any, median: float | None, sentence: str
) -> None:
    facts = {field: value, "turnover_year": 2025}
    wanted = condition(field, "gte", median=median is not None)
    assert in_words(wanted, facts, {field: Figures(median, 0.85)}, date(2026, 11, 23)) == sentence


def test_a_reason_leaves_out_the_segments_figures_for_who_may_not_read_them() -> None:
    figures: dict[str, Figures] = {Field.FOLLOWERS: Figures(1000.0, 0.5), Field.TIKTOK: Figures(0.0, 0.5)}
    wanted, today = condition(Field.FOLLOWERS, "gte", median=True), date(2026, 11, 23)
    said = in_words(wanted, {Field.FOLLOWERS: 5000}, figures, today, quoted=False)
    assert said == "5\u202f000 abonnés, tous réseaux, au-dessus de la médiane du segment"
    said = in_words(condition(Field.TIKTOK, "eq", "0"), {Field.TIKTOK: 0}, figures, today, quoted=False)
    assert said == "0 abonné connu sur TikTok"
