"""The shortest way beyond every line, against hand-drawn cases and a library's solver."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, linprog, minimize

from segmentation.engine.projecting import nearest_point


def test_it_goes_straight_to_one_line() -> None:
    # x + y >= 2 is nearest at (1, 1).
    found = nearest_point(np.array([[1.0, 1.0]]), np.array([2.0]))
    assert found == pytest.approx([1.0, 1.0])


def test_it_goes_to_the_corner_of_two_lines() -> None:
    found = nearest_point(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([3.0, 8.0]))
    assert found == pytest.approx([3.0, 4.0])


def test_it_stays_where_every_line_is_met() -> None:
    assert nearest_point(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([-1.0, -1.0])) == pytest.approx([0.0, 0.0])


def test_no_point_is_invented_where_none_is() -> None:
    assert nearest_point(np.array([[1.0], [-1.0]]), np.array([0.6, -0.4])) is None
    assert nearest_point(np.array([[0.0]]), np.array([0.1])) is None


@pytest.mark.parametrize("seed", range(60))
def test_it_agrees_with_a_library_on_drawn_cases(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines, columns = int(rng.integers(1, 12)), int(rng.integers(1, 7))
    slope, bound = rng.normal(size=(lines, columns)), rng.normal(size=lines)
    if seed % 3 == 0:
        slope = slope.round()  # idle columns, lines that repeat each other
    there_is_one = linprog(np.zeros(columns), A_ub=-slope, b_ub=-bound, bounds=[(None, None)] * columns).status == 0
    found = nearest_point(slope, bound)
    assert (found is not None) == there_is_one
    if found is None:
        return
    assert (slope @ found >= bound - 1e-6).all()
    theirs = minimize(
        lambda z: float(z @ z), found + 0.1, jac=lambda z: 2 * z, method="SLSQP", tol=1e-12,
        constraints=LinearConstraint(slope, lb=bound, ub=np.inf),
    )  # fmt: skip
    assert not theirs.success or float(np.linalg.norm(found)) <= float(np.linalg.norm(theirs.x)) + 1e-5
