"""Between which values a knob of the recipe makes sense: said once, for the recipe's check and for forms."""

from __future__ import annotations

from collections.abc import Mapping

Bounds = tuple[float, float]
"""Least and most, both allowed."""

MOST_WEIGHT = 100.0
"""Of a block, and of a column in it; both are above 0."""

GATES: Mapping[str, Bounds] = {
    "jaccard_hold": (0.0, 1.0),
    "jaccard_warn": (0.0, 1.0),
    "smallest_count": (1, 1_000),
    "smallest_share": (0.0, 0.25),
    "above_null": (0.0, 1.0),
    "moved_share": (0.0, 1.0),
    "redundancy": (0.0, 1.0),
}
RULE: Mapping[str, Bounds] = {"gain": (0.0, 1.0), "silhouette_kept": (0.0, 1.0)}


def beyond(values: Mapping[str, float], bounds: Mapping[str, Bounds]) -> str:
    """A French sentence about the first value outside its bounds, NaN included; "" when there is none."""
    for name, (least, most) in bounds.items():
        if not least <= values[name] <= most:
            return f"« {name} » est compris entre {least:g} et {most:g}."
    return ""
