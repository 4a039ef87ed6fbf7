"""The recipe against the plain one of the literature, on planted portfolios, at small size."""

from __future__ import annotations

import dataclasses
from statistics import mean

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segmentation.engine.recipe import Recipe
from segmentation.engine.training import train
from tests.planted import FOLLOWERS, Portfolio, agency_portfolio, planted_portfolio


def plain(planted: Portfolio, k: int) -> float:
    """Raw counts filled with the mean, one-hot trades, everything z-scored."""
    numbers = planted.frame[[*FOLLOWERS, "turnover", "seniority_years"]]
    words = pd.get_dummies(planted.frame["category"])
    table = np.hstack([numbers.fillna(numbers.mean()).to_numpy(float), words.to_numpy(float)])
    scaled = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-9)
    return float(adjusted_rand_score(planted.truth, KMeans(k, n_init=10, random_state=0).fit_predict(scaled)))


def ours(planted: Portfolio, k: int, recipe: Recipe) -> float:
    """The default recipe with k imposed."""
    found = train(planted.frame, dataclasses.replace(recipe, clusters=k, k_max=2))
    return float(adjusted_rand_score(planted.truth, found.labels))


@pytest.mark.parametrize(("missing", "outliers"), [(0.06, 0), (0.3, 0), (0.06, 6)])
def test_on_the_agency_s_profiles_it_beats_the_plain_recipe_by_far(
    missing: float, outliers: int, quick: Recipe
) -> None:
    draws = [agency_portfolio(seed, missing=missing, outliers=outliers) for seed in range(40, 46)]
    assert mean(ours(draw, 4, quick) for draw in draws) > mean(plain(draw, 4) for draw in draws) + 0.15


def test_on_drawn_groups_it_beats_the_plain_recipe_by_far(quick: Recipe) -> None:
    draws = [(groups, planted_portfolio(groups, 40)) for groups in range(2, 7)]
    assert mean(ours(draw, k, quick) for k, draw in draws) > mean(plain(draw, k) for k, draw in draws) + 0.15
