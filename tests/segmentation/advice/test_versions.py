"""The one door through which plays are written: versions with who, when and what, and nobody overwrites unknowingly."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segmentation.advice import versions
from segmentation.models import Condition, Play, Run, Segment
from tests.advised import a_play, only_if
from tests.published import a_run


@pytest.fixture
def run(db: None) -> Run:
    return a_run()


def at_least(number: str) -> Condition:
    return Condition(field="followers_facebook", comparison="gte", value=number)


@pytest.fixture
def play(run: Run, adele: User) -> Play:
    play = Play(segment=Segment.objects.get(slug="segment-0"), title="Suivre", pitch="Dites oui.", service="social",
                goal="growth", priority=2)  # fmt: skip
    versions.save(play, [at_least("300")], seen=0, by=adele)
    return play


def said(play: Play) -> list[list[str]]:
    """The changes of each version in words, the latest first."""
    return [[str(change).replace("\u00a0", " ") for change in item.changes] for item in versions.versions(play)]


def test_each_save_is_a_version_with_who_and_what(play: Play, adele: User, helene: User) -> None:
    play.title, play.priority, play.pitch = "Ouvrir", 1, "Dites non."
    long = [Condition(field=field, comparison="gte", value="123456") for field in Condition.MEASURED]
    versions.save(play, long, seen=1, by=helene)
    latest, first = versions.versions(play)
    assert (latest.number, latest.by, first.number, first.by) == (2, "Helene", 1, "Adele")
    assert said(play) == [
        [
            "Titre : « Suivre » → « Ouvrir »",
            "Argumentaire : « Dites oui. » → « Dites non. »",
            "Priorité : normale → haute",
            "Condition retirée : abonnés Facebook : au moins 300",
            *(f"Condition ajoutée : {row!s}".replace("\u00a0", " ") for row in long),
        ],
        [],
    ]
    assert [row.said for row in latest.content.condition_rows()] == [row.said for row in long]


def test_a_condition_changes_in_its_row(play: Play, adele: User) -> None:
    row = play.conditions.get().pk
    versions.save(play, [at_least("500"), at_least("700")], seen=1, by=adele)
    assert [item.value for item in play.conditions.all()] == ["500", "700"]
    assert play.conditions.all()[0].pk == row
    versions.save(play, [], seen=2, by=adele)
    assert not play.conditions.exists()
    assert said(play)[0] == [
        "Condition retirée : abonnés Facebook : au moins 500",
        "Condition retirée : abonnés Facebook : au moins 700",
    ]


def test_a_condition_said_twice_is_kept_once_and_their_order_is_told(play: Play, adele: User) -> None:
    rows = [at_least("300"), at_least("500")]
    versions.save(play, [*rows, at_least("300")], seen=1, by=adele)
    assert [item.value for item in play.conditions.all()] == ["300", "500"]
    versions.save(play, rows[::-1], seen=2, by=adele)
    assert said(play)[0] == [
        "Ordre des conditions : abonnés Facebook : au moins 300 et abonnés Facebook : au moins 500"
        " → abonnés Facebook : au moins 500 et abonnés Facebook : au moins 300"
    ]


def test_the_same_again_is_no_version(play: Play, adele: User) -> None:
    with pytest.raises(versions.CannotChange, match="Rien n’a changé"):
        versions.save(play, [at_least("300")], seen=1, by=adele)
    play.refresh_from_db()
    assert (play.version, play.history.count()) == (1, 1)


def test_who_began_from_an_older_version_overwrites_nothing(play: Play, adele: User, helene: User) -> None:
    mine, theirs = Play.objects.get(pk=play.pk), Play.objects.get(pk=play.pk)
    theirs.title = "Le sien"
    versions.save(theirs, [], seen=1, by=helene)
    mine.title = "Le mien"
    with pytest.raises(versions.Overtaken) as overtaken:
        versions.save(mine, [at_least("300")], seen=1, by=adele)
    assert (overtaken.value.now.title, overtaken.value.now.version) == ("Le sien", 2)
    play.refresh_from_db()
    assert (play.title, play.conditions.count(), play.history.count()) == ("Le sien", 0, 2)


def test_merging_keeps_what_each_wrote(play: Play) -> None:
    base = versions.of_play(play)
    mine = versions.Content(**{**vars(base), "title": "Le mien"})
    now = versions.Content(**{**vars(base), "pitch": "Le sien.", "title": "Autre", "conditions": ()})
    found = versions.merged(base, mine, now)
    assert (found.title, found.pitch, found.conditions) == ("Le mien", "Le sien.", ())


def test_an_earlier_version_comes_back_as_a_new_one(play: Play, adele: User, helene: User) -> None:
    play.title = "Ouvrir"
    versions.save(play, [at_least("500")], seen=1, by=adele)
    versions.restore(play, 1, seen=2, by=helene)
    play.refresh_from_db()
    assert (play.title, play.version, [row.value for row in play.conditions.all()]) == ("Suivre", 3, ["300"])
    latest = versions.versions(play)[0]
    assert (latest.by, latest.reason) == ("Helene", "Version 1 remise.")
    assert versions.versions(play)[1].content.title == "Ouvrir"


def test_a_version_that_was_not_kept_whole_is_not_brought_back(run: Run, adele: User) -> None:
    play = only_if(a_play(), "followers_facebook", "gte", "300")  # past the door
    versions.save(play, [], seen=1, by=adele)
    with pytest.raises(versions.CannotChange, match="pas été gardées"):
        versions.restore(play, 1, seen=2, by=adele)
    with pytest.raises(versions.CannotChange, match="n’existe pas"):
        versions.restore(play, 7, seen=2, by=adele)
    play.refresh_from_db()
    assert (play.version, play.conditions.count()) == (2, 0)


def test_an_archived_play_stays_archived_when_an_earlier_version_comes_back(play: Play, adele: User) -> None:
    play.title = "Ouvrir"
    versions.save(play, [], seen=1, by=adele)
    versions.archive(play, active=False, seen=2, by=adele)
    assert said(play)[0] == ["État : active → archivée"]
    versions.restore(play, 1, seen=3, by=adele)
    play.refresh_from_db()
    assert (play.active, play.title, play.conditions.count()) == (False, "Suivre", 1)
    versions.archive(play, active=True, seen=4, by=adele)
    play.refresh_from_db()
    assert play.active


def test_a_title_that_was_taken_since_is_not_brought_back(play: Play, adele: User) -> None:
    play.title = "Ouvrir"
    versions.save(play, [], seen=1, by=adele)
    a_play("Suivre")
    with pytest.raises(versions.CannotChange, match="porte déjà ce titre"):
        versions.restore(play, 1, seen=2, by=adele)
    play.refresh_from_db()
    assert (play.title, play.version) == ("Ouvrir", 2)


def test_the_history_costs_the_same_for_one_version_and_for_many(play: Play, adele: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            [item.changes for item in versions.versions(play)]
        return len(context)

    few = cost()
    for number in range(1, 30):
        versions.save(play, [at_least(str(number))], seen=number, by=adele)
    assert cost() == few == 1


def test_the_default_plan_is_kept_from_its_first_version(run: Run) -> None:
    from segmentation.advice.equipping import equip

    equip(run.profiles.all())
    for play in Play.objects.all():
        (version,) = versions.versions(play)
        assert (version.by, version.content) == ("Dignamik", versions.of_play(play))


def test_plays_of_before_are_numbered_and_keep_the_conditions_they_have(run: Run) -> None:
    play = only_if(a_play(), "followers_facebook", "gte", "300")
    for title in ("Deux", "Trois"):
        play.title = title
        play.save()
    import_module("segmentation.migrations.0015_play_versions").number_the_past(apps, None)
    play.refresh_from_db()
    found = versions.versions(play)
    assert (play.version, [item.number for item in found]) == (3, [3, 2, 1])
    assert [item.kept for item in found] == [True, False, False]
    assert found[0].content == versions.of_play(play)
