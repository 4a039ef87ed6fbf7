"""The recipe in force: what runs are trained with, how it changes, and that nothing about it changes silently."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction

from clients.models import Client
from segmentation.engine.errors import RecipeError
from segmentation.engine.recipe import Gates, Recipe, Rule
from segmentation.models import RecipeAdoption, RecipeVersion, Run
from segmentation.runs import frames, recipes
from segmentation.runs.differences import differences
from segmentation.runs.knobs import known_columns, turned, values_of
from segmentation.runs.retraining import Asked, rehearse, retrain
from segmentation.runs.wording import columns_of, settings_of
from tests.segmentation.runs.conftest import QUICK


def revised(by: Any = None, **changes: Any) -> RecipeVersion:
    """The recipe in force with these fields changed, as the next version."""
    found = recipes.in_force()
    return recipes.revise(replace(found.recipe, **changes), seen=found.number, by=by, reason="Pour voir")


# --- What runs are trained with --------------------------------------------------------------------------------------


def test_without_any_version_the_default_recipe_is_in_force(db: None) -> None:
    found = recipes.in_force()
    assert (found.version, found.number, found.recipe) == (None, 1, QUICK)


def test_the_first_run_writes_the_default_recipe_down_as_version_one(portfolio: Any) -> None:
    run = retrain(Asked(clusters=4)).run
    version = RecipeVersion.objects.get()
    assert run is not None and run.recipe_version == version
    assert (version.number, version.by, version.base) == (1, None, None)
    assert Recipe.from_dict(version.recipe) == QUICK
    assert version.adoptions.get().current


def test_a_rehearsal_writes_no_version(portfolio: Any) -> None:
    rehearse(Asked(clusters=4))
    assert not RecipeVersion.objects.exists()


def test_a_run_follows_the_version_in_force_and_keeps_its_own_copy(portfolio: Any, anais: User) -> None:
    first = retrain(Asked(clusters=4)).run
    second = revised(by=anais, k_max=5, gates=Gates(smallest_count=60))
    run = retrain(Asked()).run
    assert first is not None and run is not None
    assert run.recipe_version == second
    assert set(run.scores) <= {"2", "3", "4", "5"}
    assert Recipe.from_dict(run.recipe) == Recipe.from_dict(second.recipe)
    first.refresh_from_db()
    assert first.recipe["k_max"] == 6 and first.recipe_version != second


def test_gates_come_from_the_version_in_force(portfolio: Any) -> None:
    """Forty clients each are enough for the house, and too few for this recipe."""
    assert retrain(Asked(clusters=4, publish=False)).state == Run.State.TRAINED
    revised(gates=replace(QUICK.gates, smallest_count=100))
    outcome = retrain(Asked(clusters=4, publish=False))
    gates = {gate["name"]: gate for gate in outcome.verdict["gates"]}
    assert outcome.state == Run.State.HELD
    assert gates["smallest"]["threshold"] == 100 and not gates["smallest"]["passed"]


@pytest.mark.parametrize(
    ("name", "gate", "changes"),
    [
        ("structure", "above_null", {"above_null": 0.9}),
        ("stability", "jaccard_hold", {"jaccard_hold": 0.999, "jaccard_warn": 1.0}),
        ("contours", "jaccard_warn", {"jaccard_warn": 1.0}),
        ("redundancy", "redundancy", {"redundancy": 0.0}),
        ("moved", "moved_share", {"moved_share": 0.03}),
    ],
)
def test_every_threshold_of_a_check_is_the_recipes(
    portfolio: Any, name: str, gate: str, changes: dict[str, Any]
) -> None:
    retrain(Asked(clusters=4))
    revised(gates=replace(QUICK.gates, **changes))
    verdict = rehearse(Asked(clusters=4)).verdict
    found = [item for item in verdict["gates"] if item["name"] == name]
    assert found and all(item["threshold"] == changes[gate] for item in found)


def test_a_stored_recipe_that_nobody_can_read_stops_the_run_in_words(portfolio: Any) -> None:
    recipes.settled()
    RecipeVersion.objects.update(recipe={"format": 99})
    with pytest.raises(RecipeError, match="Format de recette inconnu"):
        retrain(Asked())
    assert not Run.objects.exists()


def test_a_recipe_may_look_at_what_the_frame_knows_and_nothing_else(db: None) -> None:
    frame = frames.read(Client.objects.present(), date(2026, 11, 23))
    assert set(frame.columns) == frames.COLUMNS == set(known_columns(QUICK))


# --- How it changes --------------------------------------------------------------------------------------------------


def test_a_change_is_the_next_version_and_leaves_the_one_before_as_it_was(anais: User) -> None:
    version = revised(by=anais, k_max=8)
    first = RecipeVersion.objects.get(number=1)
    assert (version.number, version.base, version.by, version.reason) == (2, first, anais, "Pour voir")
    assert first.recipe["k_max"] == 6
    assert recipes.in_force().version == version
    assert list(RecipeAdoption.objects.values_list("version__number", "current")) == [(2, True), (1, False)]


def test_going_back_is_a_record_and_the_next_number_goes_on(anais: User, adele: User) -> None:
    revised(by=anais, k_max=8)
    first = RecipeVersion.objects.get(number=1)
    recipes.adopt(first, seen=2, by=adele, reason="La 2 ne donne rien")
    assert recipes.in_force().version == first
    latest = RecipeAdoption.objects.latest("pk")
    assert (latest.by, latest.reason) == (adele, "La 2 ne donne rien")
    third = revised(by=anais, k_max=9)
    assert (third.number, third.base) == (3, first)


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_no_change_without_a_reason(db: None, reason: str) -> None:
    with pytest.raises(recipes.CannotChange, match="pourquoi"):
        recipes.revise(replace(QUICK, k_max=8), seen=1, by=None, reason=reason)
    assert not RecipeVersion.objects.exists()
    revised(k_max=8)
    with pytest.raises(recipes.CannotChange, match="pourquoi"):
        recipes.adopt(RecipeVersion.objects.get(number=1), seen=2, by=None, reason=reason)


def test_the_same_recipe_is_no_change(db: None) -> None:
    with pytest.raises(recipes.CannotChange, match="Rien n’a changé"):
        recipes.revise(QUICK, seen=1, by=None, reason="Pour voir")
    version = recipes.settled().version
    assert version is not None
    with pytest.raises(recipes.CannotChange, match="déjà en vigueur"):
        recipes.adopt(version, seen=1, by=None, reason="Pour voir")


def test_who_looked_at_an_older_version_is_told_and_writes_nothing(db: None) -> None:
    version = revised(k_max=8)
    with pytest.raises(recipes.Overtaken) as told:
        recipes.revise(replace(QUICK, k_max=9), seen=1, by=None, reason="Pour voir")
    assert told.value.now.version == version
    with pytest.raises(recipes.Overtaken):
        recipes.adopt(RecipeVersion.objects.get(number=1), seen=1, by=None, reason="Pour voir")
    assert RecipeVersion.objects.count() == 2


def test_an_unreadable_version_is_not_put_in_force(db: None) -> None:
    revised(k_max=8)
    first = RecipeVersion.objects.get(number=1)
    first.recipe = {"format": 99}
    first.save()
    with pytest.raises(recipes.CannotChange, match="plus lisible"):
        recipes.adopt(first, seen=2, by=None, reason="Pour voir")


@pytest.mark.django_db(transaction=True)
def test_two_who_save_in_the_same_moment_make_one_version() -> None:
    recipes.settled()
    gate, told, written = threading.Barrier(2), [], []

    def save(k_max: int) -> None:
        try:
            gate.wait()
            written.append(recipes.revise(replace(QUICK, k_max=k_max), seen=1, by=None, reason="Pour voir"))
        except recipes.Overtaken as overtaken:
            told.append(overtaken.now.number)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(k_max,)) for k_max in (8, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(written), told) == (1, [2])
    assert RecipeAdoption.objects.filter(current=True).count() == 1


def test_the_database_holds_one_version_in_force_each_with_a_reason(db: None) -> None:
    version = recipes.settled().version
    assert version is not None
    rows: list[Callable[[], Any]] = [
        lambda: RecipeAdoption.objects.create(version=version, reason="Deux"),
        lambda: RecipeAdoption.objects.create(version=version, reason="", current=False),
        lambda: RecipeVersion.objects.create(number=2, recipe={}, reason=""),
        lambda: RecipeVersion.objects.create(number=1, recipe={}, reason="Encore"),
    ]
    for write in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


# --- Knobs and differences -------------------------------------------------------------------------------------------


def test_a_recipe_turned_to_its_own_values_is_itself(db: None) -> None:
    assert turned(QUICK, values_of(QUICK)) == QUICK


def test_a_column_left_out_comes_back_as_it_was(db: None) -> None:
    without = turned(QUICK, values_of(QUICK) | {"columns__turnover__used": False, "columns__sector__used": False})
    assert "turnover" not in without.columns + without.needs_any
    assert turned(without, values_of(without) | {"columns__turnover__used": True, "columns__sector__used": True})
    again = turned(without, values_of(without) | {"columns__turnover__used": True})
    assert "turnover" in again.needs_any and again.block("turnover").weight == 1.0


def test_a_recipe_that_could_not_say_who_is_classifiable_is_refused(db: None) -> None:
    telling = {f"columns__{name}__used": False for name in QUICK.needs_any}
    with pytest.raises(RecipeError, match="rien ne dit qui peut être classé"):
        turned(QUICK, values_of(QUICK) | telling)


def test_what_changed_is_said_in_words(db: None) -> None:
    values = values_of(QUICK) | {
        "k_max": 8, "gates__moved_share": 0.2, "blocks__followers__weight": 1.5, "columns__sector__share": 2.0,
        "columns__turnover__transform": "identity", "columns__seniority_years__used": False,
    }  # fmt: skip
    assert [str(item) for item in differences(QUICK.to_dict(), turned(QUICK, values).to_dict())] == [
        "Chiffre d’affaires, transformation\u00a0: logarithme → telle quelle",
        "Ancienneté\u00a0: utilisée → laissée de côté",
        "Secteur, part dans son bloc\u00a0: 3 → 2",
        "Poids de «\u00a0Abonnés\u00a0»\u00a0: 2 → 1,5",
        "Nombre de segments, essayer jusqu’à\u00a0: 6 → 8",
        "Contrôles, clients qui changent de segment\u00a0: 10\u00a0% → 20\u00a0%",
    ]
    assert differences(QUICK.to_dict(), QUICK.to_dict()) == []


def test_a_column_left_out_is_said_once_and_what_must_be_known_only_where_it_changes_beyond_that() -> None:
    without = turned(QUICK, values_of(QUICK) | {"columns__turnover__used": False})
    assert [str(item) for item in differences(QUICK.to_dict(), without.to_dict())] == [
        "Chiffre d’affaires\u00a0: utilisée → laissée de côté"
    ]
    asks = replace(QUICK, needs_any=("turnover",))
    (found,) = differences(QUICK.to_dict(), asks.to_dict())
    assert found.label.startswith("Données dont une") and found.after == "Chiffre d’affaires"


def test_what_no_form_turns_is_not_left_unsaid(db: None) -> None:
    assert [str(item) for item in differences(QUICK.to_dict(), replace(QUICK, largest=1e3, seed=7).to_dict())] == [
        "Graine\u00a0: 1 → 7",
        "Nombre tenu pour une erreur de saisie au-delà de\u00a0: 100\u202f000\u202f000\u202f000 → 1\u202f000",
    ]


@pytest.mark.parametrize("stored", [None, {}, {"format": 99}, "recette", []])
def test_a_stored_recipe_of_another_time_is_shown_as_nothing(stored: Any) -> None:
    assert settings_of(stored) == [] and columns_of(stored) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"gates": Gates(jaccard_hold=0.8, jaccard_warn=0.7)}, "ne dépasse pas"),
        ({"gates": Gates(moved_share=1.5)}, "moved_share"),
        ({"gates": Gates(smallest_count=0)}, "smallest_count"),
        ({"gates": Gates(redundancy=float("nan"))}, "redundancy"),
        ({"rule": Rule(gain=-0.1)}, "gain"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        replace(QUICK, **changes)


# --- At a terminal ---------------------------------------------------------------------------------------------------


def test_an_imposed_number_is_kept_with_who_and_why(portfolio: Any, anais: User, capsys: Any) -> None:
    call_command("retrain", clusters="4", by="Anais", why="Comme  l’an dernier", json=True)
    printed = json.loads(capsys.readouterr().out)
    run = Run.objects.get()
    assert (run.clusters, run.requested_by, run.requested_name) == (4, anais, "")
    assert run.choice["asked_why"] == "Comme l’an dernier"
    assert printed["recipe_version"] == 1


def test_at_a_terminal_the_run_keeps_the_name_of_who_typed(portfolio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "josette")
    call_command("retrain", clusters="4")
    run = Run.objects.get()
    assert (run.requested_by, run.requested_name) == (None, "josette")


def test_a_system_without_names_stops_no_run(portfolio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    call_command("retrain", clusters="4")
    assert Run.objects.get().requested_name == ""


@pytest.mark.parametrize(
    ("by", "why", "says"), [("personne", "", "--by"), ("", "x" * 501, "--why"), ("", "a\0", "--why")]
)
def test_a_stranger_or_an_endless_reason_is_refused_before_anything_runs(
    db: None, by: str, why: str, says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("retrain", clusters="4", by=by, why=why)
    assert not Run.objects.exists()
