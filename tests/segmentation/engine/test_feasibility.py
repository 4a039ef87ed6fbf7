"""The search for a point of a box beyond every line, against hand-drawn cases and a library's linear programming."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from segmentation.engine.feasibility import SLACK, feasible


def best(offset: np.ndarray, slope: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """The largest t with offset + slope @ v >= t, by scipy."""
    lines, columns = slope.shape
    found = linprog(
        [-1.0, *[0.0] * columns],
        A_ub=np.hstack([np.ones((lines, 1)), -slope]),
        b_ub=offset,
        bounds=[(None, None), *zip(low, high, strict=True)],
    )
    return float(found.x[0])


@pytest.mark.parametrize("seed", range(40))
def test_it_agrees_with_a_library_on_drawn_cases(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines, columns = int(rng.integers(1, 10)), int(rng.integers(1, 8))
    slope = rng.normal(size=(lines, columns))
    if seed % 3 == 0:
        slope = slope.round()  # ties and idle columns, where a simplex may cycle
    offset = rng.normal(size=(5, lines)) - rng.choice([0.0, 0.5, 1.0])
    low = -rng.random(columns)
    high = low + rng.random(columns) * rng.choice([0.0, 1.0, 3.0], size=columns)
    for row, answer in enumerate(feasible(offset, slope, low, high)):
        reached = best(offset[row], slope, low, high)
        assert abs(reached) < 1e-7 or answer == (reached > 0)


def test_two_lines_that_no_single_point_satisfies() -> None:
    # v >= 0.6 and v <= 0.4: each alone can be had, both cannot.
    slope = np.array([[1.0], [-1.0]])
    answers = feasible(np.array([[-0.6, 0.4], [-0.4, 0.6], [-0.5, 0.5]]), slope, np.zeros(1), np.ones(1))
    assert answers.tolist() == [False, True, True]


def test_more_than_a_touch_can_be_asked_for() -> None:
    slope = np.array([[1.0], [-1.0]])
    assert not feasible(np.array([[-0.5, 0.5]]), slope, np.zeros(1), np.ones(1), above=SLACK).any()


def test_with_no_column_open_the_point_itself_is_judged() -> None:
    answers = feasible(np.array([[1.0, 0.5], [1.0, -0.5]]), np.zeros((2, 0)), np.zeros(0), np.zeros(0))
    assert answers.tolist() == [True, False]


def test_with_no_line_every_point_will_do() -> None:
    assert feasible(np.zeros((3, 0)), np.zeros((0, 2)), np.zeros(2), np.ones(2)).tolist() == [True] * 3
