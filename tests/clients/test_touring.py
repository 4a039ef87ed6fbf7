"""The order of a day's visits, on places whose distances are plain."""

from __future__ import annotations

import pytest

from clients.places import tour

# On the equator one degree is 111.19 km everywhere.
DEGREE = 111.19


def test_it_goes_to_the_nearest_place_not_yet_seen() -> None:
    legs = tour([(0.0, 5.0), (0.0, 1.0), (0.0, 2.5)], start=(0.0, 0.0))
    assert [at for at, _ in legs] == [1, 2, 0]
    assert [km for _, km in legs] == pytest.approx([DEGREE, 1.5 * DEGREE, 2.5 * DEGREE], rel=1e-3)


def test_without_a_start_it_begins_where_the_round_is_shortest() -> None:
    legs = tour([(0.0, 3.0), (0.0, 0.0), (0.0, 1.0)])
    assert [at for at, _ in legs] == [0, 2, 1] or [at for at, _ in legs] == [1, 2, 0]
    assert legs[0][1] == 0.0
    assert sum(km for _, km in legs) == pytest.approx(3 * DEGREE, rel=1e-3)


def test_several_clients_at_one_place_are_all_seen() -> None:
    legs = tour([(45.0, 1.0)] * 3, start=(45.0, 1.0))
    assert sorted(at for at, _ in legs) == [0, 1, 2]
    assert sum(km for _, km in legs) == 0


def test_no_place_is_no_round() -> None:
    assert tour([]) == []
    assert tour([], start=(45.0, 1.0)) == []
