"""The plane of a run lies as the published one does: points don't jump because signs or axes turned."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from segmentation.engine.axes import axes, loadings, turned
from segmentation.engine.document import Document
from segmentation.engine.recipe import Recipe
from segmentation.engine.scoring import score
from segmentation.engine.training import Fit, train
from tests.planted import Portfolio
from tests.segmentation.engine.tables import columns_of


def laid(document: Document, angle: float, *, mirrored: bool = False) -> Document:
    """The same model, its plane turned."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn[1] *= -1
    first, second = turn @ np.array(document.components)
    return dataclasses.replace(document, components=(tuple(first.tolist()), tuple(second.tolist())))


@pytest.mark.parametrize(("angle", "mirrored"), [(0.0, True), (np.pi, False), (np.pi / 2, False), (0.7, True)])
def test_a_retrain_on_the_same_clients_draws_them_where_they_were(
    fit: Fit, agency: Portfolio, quick: Recipe, angle: float, mirrored: bool
) -> None:
    published = laid(fit.document, angle, mirrored=mirrored)
    again = train(agency.frame, dataclasses.replace(quick, k_max=4), published=published)
    before = score(columns_of(agency.frame), published)
    np.testing.assert_allclose(again.scores.x, before.x, atol=1e-6)
    np.testing.assert_allclose(again.scores.y, before.y, atol=1e-6)


def test_fewer_clients_turn_the_plane_but_little(fit: Fit, agency: Portfolio, quick: Recipe) -> None:
    fewer = agency.frame.sample(frac=0.9, random_state=4)
    published = laid(fit.document, 2.0)
    again = train(fewer, dataclasses.replace(quick, k_max=4), published=published)
    cosines = np.diag(np.array(again.document.components) @ loadings(published, again.document).T)
    assert cosines.min() > 0.9


def test_turned_axes_stay_orthonormal_and_explain_as_much_together(fit: Fit, agency: Portfolio) -> None:
    matrix = fit.pipeline[:-1].transform(agency.frame.sort_index())
    _, plain = axes(matrix)
    components, shares = axes(matrix, fit.document, laid(fit.document, 0.6))
    np.testing.assert_allclose(components @ components.T, np.eye(2), atol=1e-9)
    assert sum(shares) == pytest.approx(sum(plain))
    assert 0 < min(shares) < max(shares) < 1


def test_a_model_that_shares_no_column_leaves_the_axes_alone() -> None:
    components = np.eye(2, 4)
    np.testing.assert_array_equal(turned(components, np.zeros((2, 4))), components)


def test_loadings_of_a_model_on_itself_are_its_axes(fit: Fit) -> None:
    np.testing.assert_allclose(loadings(fit.document, fit.document), np.array(fit.document.components), atol=1e-12)
