"""Tiny tables and recipes whose answers can be computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from segmentation.engine.recipe import Block, CategoricalColumn, Effort, NumericColumn, Recipe

TINY = Effort(starts=5, bootstraps=5, null_draws=1, evidence_starts=1)


def plane_recipe(clusters: int | None = 2, **changes: object) -> Recipe:
    """Two plain numbers, x and y, each its own block."""
    knobs: dict[str, object] = {
        "numeric": (NumericColumn("x", "x", "identity"), NumericColumn("y", "y", "identity")),
        "blocks": (Block("x"), Block("y")),
        "clusters": clusters,
        "k_max": 4,
        "winsor": 0.0,
        "effort": TINY,
    }
    return Recipe(**{**knobs, **changes})  # type: ignore[arg-type]


def word_recipe(clusters: int | None = 2, **changes: object) -> Recipe:
    """One number, x, and one word, trade."""
    return plane_recipe(
        clusters,
        **{
            "numeric": (NumericColumn("x", "x", "identity"),),
            "categorical": (CategoricalColumn("trade", "trade"),),
            "blocks": (Block("x"), Block("trade")),
            "rare_below": 2,
            **changes,
        },
    )


def columns_of(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """The table as scoring takes it: one list a column."""
    return {str(name): frame[name].tolist() for name in frame}


def two_heaps(size: int = 10) -> pd.DataFrame:
    """`size` clients around (0, 0) and as many around (10, 10), pks from 1."""
    near = [(0.1 * (step % 3), 0.1 * (step % 2)) for step in range(size)]
    points = near + [(10 + x, 10 + y) for x, y in near]
    return pd.DataFrame(points, columns=["x", "y"], index=range(1, 2 * size + 1))


def heaps(count: int, size: int, apart: float = 8.0, seed: int = 0) -> np.ndarray:
    """`count` round heaps of `size` points on a circle of radius `apart`, one heap after the other."""
    rng = np.random.default_rng(seed)
    angles = np.arange(count) * 2 * np.pi / count
    middles = apart * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([middle + rng.normal(size=(size, 2)) for middle in middles])
