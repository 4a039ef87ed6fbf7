"""One trained agency portfolio, shared by the tests that only read it."""

from __future__ import annotations

import dataclasses

import pytest

from segmentation.engine.recipe import Effort, Recipe, default_recipe
from segmentation.engine.training import Fit, train
from tests.planted import Portfolio, agency_portfolio

QUICK = Effort(starts=10, bootstraps=5, null_draws=1, evidence_starts=1)


@pytest.fixture(scope="session")
def agency() -> Portfolio:
    """The agency's four profiles."""
    return agency_portfolio(3)


@pytest.fixture(scope="session")
def quick() -> Recipe:
    """The default recipe with little effort, four segments."""
    return dataclasses.replace(default_recipe(), effort=QUICK, clusters=4, k_max=5)


@pytest.fixture(scope="session")
def fit(agency: Portfolio) -> Fit:
    """The agency's portfolio, trained as in service."""
    return train(agency.frame, default_recipe())
