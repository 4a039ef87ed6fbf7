"""The default plan of actions: valid data, given to the segments that it is for, and then the admin's."""

from __future__ import annotations

from typing import Any

import pytest

from segmentation.advice.equipping import defaults, equip, fits
from segmentation.models import Condition, Play, Profile, Run
from tests.published import a_run


def test_every_default_is_what_the_admin_would_accept(run: Run) -> None:
    equip(Profile.objects.filter(run=run))
    assert Play.objects.exists()
    for play in Play.objects.all():
        play.full_clean()
    for condition in Condition.objects.all():
        condition.full_clean()


def test_every_default_fits_some_conceivable_segment_and_titles_are_unique() -> None:
    titles = [default["title"] for default in defaults()]
    assert len(set(titles)) == len(titles)
    known = {"followers", "turnover", "seniority", "sectors", "has_on"}
    assert all(set(default.get("fits", {})) <= known for default in defaults())


def test_every_segment_gets_a_plan_with_something_for_a_prospect(run: Run) -> None:
    equip(Profile.objects.filter(run=run))
    for profile in Profile.objects.filter(run=run):
        titles = set(profile.segment.plays.values_list("title", flat=True))
        assert len(titles) >= 4
        assert "Premier rendez-vous" in titles


def test_what_keeps_clients_is_for_active_ones() -> None:
    keeping = [default for default in defaults() if default["goal"] == "retention"]
    for default in keeping:
        assert {"field": "status", "comparison": "eq", "value": "actif"} in default["conditions"]


def test_equipping_again_adds_nothing_and_leaves_edits_alone(run: Run) -> None:
    profiles = Profile.objects.filter(run=run)
    made = equip(profiles)
    Play.objects.update(pitch="Le nôtre.")
    assert (equip(profiles), Play.objects.count()) == (0, made)
    assert set(Play.objects.values_list("pitch", flat=True)) == {"Le nôtre."}


def test_a_continued_segment_keeps_its_plan(run: Run) -> None:
    equip(Profile.objects.filter(run=run))
    before = set(Play.objects.values_list("pk", flat=True))
    a_run()  # the same segments
    assert set(Play.objects.values_list("pk", flat=True)) == before


@pytest.mark.parametrize(
    ("wanted", "profile", "expected"),
    [
        ({}, {}, True),
        ({"followers": "high"}, {"totals": {"rank": 0.9}}, True),
        ({"followers": "high"}, {"totals": {"rank": 0.5}}, False),
        ({"followers": "low"}, {"totals": {"rank": 0.2}}, True),
        ({"followers": "low"}, {"totals": None}, False),
        ({"followers": "low"}, {"totals": {"rank": None}}, False),
        ({"seniority": "high"}, {"numbers": [{"name": "seniority_years", "rank": 0.8}]}, True),
        ({"seniority": "high"}, {}, False),
        ({"has_on": "followers_tiktok"}, {"numbers": [{"name": "followers_tiktok", "present": 0.5}]}, True),
        ({"has_on": "followers_tiktok"}, {"numbers": [{"name": "followers_tiktok", "present": None}]}, False),
        ({"sectors": ["Beauté"]}, {"words": [{"name": "sector", "shares": [{"word": "Beauté"}]}]}, True),
        ({"sectors": ["Beauté"]}, {"words": [{"name": "sector", "shares": []}]}, False),
    ],
)
def test_a_play_fits_what_is_measured(wanted: Any, profile: Any, expected: bool) -> None:
    assert fits(wanted, profile) is expected
