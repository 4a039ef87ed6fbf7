"""A recipe is checked when it is made and survives JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from segmentation.engine.errors import RecipeError
from segmentation.engine.recipe import Block, Gates, NumericColumn, Recipe, default_recipe
from tests.segmentation.engine.tables import plane_recipe

CUBE: Any = "cube"


def test_the_default_recipe_survives_json() -> None:
    recipe = default_recipe()
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_the_default_recipe_reads_the_nine_columns_of_the_frame() -> None:
    assert set(default_recipe().columns) == {
        "followers_facebook", "followers_instagram", "followers_linkedin", "followers_tiktok", "followers_youtube",
        "turnover", "seniority_years", "sector", "category",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"numeric": ()}, "aucune colonne"),
        ({"numeric": (NumericColumn("x", "x"), NumericColumn("x", "y"))}, "deux fois"),
        ({"blocks": (Block("x"),)}, "sans poids"),
        ({"blocks": (Block("x"), Block("x"), Block("y"))}, "même nom"),
        ({"blocks": (Block("x", 0.0), Block("y"))}, "poids"),
        ({"numeric": (NumericColumn("x", "x", CUBE), NumericColumn("y", "y"))}, "Transformation"),
        ({"needs_any": ("z",)}, "needs_any"),
        ({"k_min": 5, "k_max": 3}, "minimum avant le maximum"),
        ({"clusters": 1}, "imposé"),
        ({"winsor": 0.4}, "écrêtée"),
        ({"seed": -1}, "graine"),
    ],
)
def test_it_refuses_what_cannot_work_in_french(changes: dict[str, object], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        plane_recipe(**changes)  # type: ignore[arg-type]


def test_it_refuses_an_unknown_format() -> None:
    with pytest.raises(RecipeError, match="Format de recette inconnu"):
        Recipe.from_dict({**default_recipe().to_dict(), "format": 99})


def test_it_refuses_an_unknown_field() -> None:
    with pytest.raises(RecipeError, match="pas lisible"):
        Recipe.from_dict({**default_recipe().to_dict(), "colour": "red"})


def test_a_recipe_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        default_recipe().seed = 2  # type: ignore[misc]


def test_the_smallest_segment_allowed_is_five_or_one_percent() -> None:
    assert Gates().smallest(421) == 5
    assert Gates().smallest(1_600) == 16
