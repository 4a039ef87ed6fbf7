"""Names come from the profile: readable, distinct, and never from a cluster's number."""

from __future__ import annotations

import dataclasses

import pytest

from segmentation.engine.naming import suggest_names
from segmentation.engine.profiles import NumberProfile, Profile, WordProfile, WordShare
from segmentation.engine.recipe import Recipe, default_recipe
from segmentation.engine.training import Fit, train
from segmentation.engine.wording import figure, percent
from tests.planted import agency_portfolio, planted_portfolio
from tests.segmentation.engine.tables import plane_recipe, two_heaps


def number(unit: str, rank: float, median: float = 100.0) -> NumberProfile:
    return NumberProfile(unit, unit, unit, 10, 0, median, median, median, 0.5, median, 0.5, rank)


def profile(label: int, sectors: dict[str, float], online: float, turnover: float = 0.6, age: float = 0.6) -> Profile:
    shares = tuple(WordShare(word, round(share * 100), share, 0.1) for word, share in sectors.items())
    return Profile(
        label=label,
        size=100,
        share=0.25,
        numbers=(number("euros", turnover), number("years", age)),
        totals=number("count", online),
        words=(WordProfile("sector", "Secteur", 100, 0, shares),),
        typical=(),
        atypical=(),
    )


FOUR = (
    profile(0, {"Restauration": 0.9}, online=0.9, turnover=0.8),
    profile(1, {"Services": 0.9}, online=0.4, turnover=0.1, age=0.2),
    profile(2, {"Commerce de proximité": 0.9}, online=0.6),
    profile(3, {"Services": 0.3, "Artisanat": 0.2}, online=0.1, turnover=0.3),
)


def test_the_agency_s_four_profiles_get_the_names_it_knows_them_by() -> None:
    assert [item.name for item in suggest_names(FOUR)] == [
        "Restaurants à forte présence numérique",
        "Jeunes services peu visibles en ligne",
        "Commerces de proximité à fidéliser",
        "Petites structures variées peu engagées",
    ]


def test_a_name_depends_on_the_profile_not_on_its_place() -> None:
    turned = tuple(dataclasses.replace(item, label=at) for at, item in enumerate(reversed(FOUR)))
    assert [item.name for item in suggest_names(turned)] == [item.name for item in reversed(suggest_names(FOUR))]


def test_two_sectors_share_a_name() -> None:
    (name,) = suggest_names((profile(0, {"Artisanat": 0.45, "Beauté": 0.4}, online=0.9),))
    assert name.name == "Artisans et salons et instituts à forte présence numérique"


def test_a_sector_without_a_noun_is_quoted() -> None:
    (name,) = suggest_names((profile(0, {"Astrologie": 0.9}, online=0.9),))
    assert name.name == "Clients «\u00a0Astrologie\u00a0» à forte présence numérique"


def test_twins_are_told_apart_by_what_differs() -> None:
    rich = profile(0, {"Restauration": 0.9}, online=0.9, turnover=0.9)
    poor = profile(1, {"Restauration": 0.9}, online=0.9, turnover=0.5)
    names = [item.name for item in suggest_names((rich, poor))]
    assert len(set(names)) == 2
    assert "gros chiffre d’affaires" in names[0]


def test_perfect_twins_still_get_two_names() -> None:
    same = profile(0, {"Restauration": 0.9}, online=0.9)
    names = [item.name for item in suggest_names((same, dataclasses.replace(same, label=1)))]
    assert len(set(names)) == 2


def test_each_name_says_what_it_is_based_on() -> None:
    (name,) = suggest_names(FOUR[:1])
    assert name.based_on[0].startswith("secteur «\u00a0Restauration\u00a0»\u00a0: 90\u00a0%")
    assert any("médiane" in reason for reason in name.based_on)


@pytest.mark.parametrize("groups", [2, 4, 6])
def test_names_are_distinct_and_readable_on_any_portfolio(groups: int) -> None:
    planted = planted_portfolio(groups, 9)
    for k in (groups, 10):
        names = [item.name for item in train(planted.frame, quick(k)).names]
        assert len(set(names)) == k
        assert max(map(len, names)) < 130


def quick(k: int) -> Recipe:
    return dataclasses.replace(
        default_recipe().with_clusters(k),
        effort=dataclasses.replace(default_recipe().effort, starts=5, bootstraps=2, null_draws=1, evidence_starts=1),
        k_max=2,
    )


def test_a_planted_agency_is_recognised() -> None:
    names = {item.name for item in train(agency_portfolio(0).frame, quick(4)).names}
    assert any(name.startswith("Restaurants") for name in names)
    assert any(name.startswith("Jeunes services") for name in names)
    assert any("tructures variées" in name for name in names)


def test_a_table_without_words_gets_plain_names(fit: Fit) -> None:
    names = [item.name for item in train(two_heaps(), plane_recipe()).names]
    assert len(set(names)) == 2
    assert all(name.startswith("Clients") for name in names)


def test_figures_are_french() -> None:
    assert figure(12_500.4, "euros") == "12\u202f500\u00a0€"
    assert figure(2.25, "years") == "2,2\u00a0ans"
    assert percent(0.127) == "13\u00a0%"
