"""A day's visits in a sensible order: always the nearest place not yet seen, as the crow flies."""

from __future__ import annotations

from collections.abc import Sequence

from clients.places.coordinates import distance_km

Position = tuple[float, float]
"""(latitude, longitude) in degrees."""


def tour(places: Sequence[Position], start: Position | None = None) -> list[tuple[int, float]]:
    """The places in the order of a round of visits: (index in `places`, kilometres from the stop before).

    Without a `start` the round begins at the place that makes it shortest, at 0 km.
    """
    if start is not None:
        return _nearest_first(places, start, range(len(places)))
    rounds = (
        [(first, 0.0), *_nearest_first(places, places[first], _without(places, first))] for first in range(len(places))
    )
    return min(rounds, key=lambda legs: sum(km for _, km in legs), default=[])


def _without(places: Sequence[Position], index: int) -> list[int]:
    return [at for at in range(len(places)) if at != index]


def _nearest_first(places: Sequence[Position], start: Position, indices: Sequence[int]) -> list[tuple[int, float]]:
    left, here, legs = list(indices), start, []
    while left:
        km, following = min((distance_km(here, places[at]), at) for at in left)
        legs.append((following, km))
        left.remove(following)
        here = places[following]
    return legs
