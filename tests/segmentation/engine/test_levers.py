"""What would move a client: the least rise of its levers, in whole counts, checked by scoring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmentation.engine.document import Document
from segmentation.engine.encoding import scaled
from segmentation.engine.levers import GOOD_ENOUGH, Change, smallest_change
from segmentation.engine.recipe import Block, NumericColumn
from segmentation.engine.scoring import score
from segmentation.engine.training import Fit, train
from tests.planted import FOLLOWERS, agency_portfolio
from tests.segmentation.engine.tables import columns_of, plane_recipe, two_heaps

CLIENTS = 160
Asked = tuple[dict[str, Any], int, Change | None]


@pytest.fixture(scope="module")
def asked(fit: Fit) -> list[Asked]:
    """Every client of a planted portfolio with every other segment: gaps, giants and zeros among them."""
    columns = columns_of(agency_portfolio(33, clients=CLIENTS, missing=0.1, outliers=8).frame)
    labels = score(columns, fit.document).labels
    return [
        (client, target, smallest_change(client, target, FOLLOWERS, fit.document))
        for client, label in zip(_clients(columns), labels.tolist(), strict=True)
        for target in range(fit.k)
        if target != label
    ]


def _clients(columns: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for row in range(len(columns["turnover"])):
        yield {name: values[row] for name, values in columns.items()}


def placed(client: dict[str, Any], document: Document) -> int:
    return int(score({name: [value] for name, value in client.items()}, document).labels[0])


def moved(client: dict[str, Any], change: Change) -> dict[str, Any]:
    return client | {name: wanted for name, (_, wanted) in change.moves.items()}


def known_levers(client: dict[str, Any], document: Document) -> list[str]:
    names = [item.name for item in document.numeric if item.name in FOLLOWERS]
    return [name for name in names if not np.isnan(client[name])]


def ways(client: dict[str, Any], names: list[str], document: Document, near: Change | None, seed: int) -> pd.DataFrame:
    """Drawn rises of the levers, in whole counts within what training saw, around a change or anywhere."""
    rng = np.random.default_rng(seed)
    most = {item.name: item.most for item in document.numeric}
    drawn = {}
    for name in names:
        now = client[name]
        top = max(now, most[name])
        if near is None:
            values = np.expm1(rng.uniform(np.log1p(now), np.log1p(top), 400))
        else:
            wanted = near.moves.get(name, (now, now))[1]
            values = np.where(rng.random(400) < 0.5, wanted + rng.integers(-3, 4, 400), wanted * rng.lognormal(0, 0.4))
        values = np.where(rng.random(400) < 0.3, now, values)
        drawn[name] = np.clip(np.round(values), now, np.floor(max(now, top)))
    return pd.DataFrame(drawn)


def reaching(client: dict[str, Any], drawn: pd.DataFrame, target: int, document: Document) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {name: [value] * len(drawn) for name, value in client.items()}
    labels = score(columns | {str(name): drawn[name].tolist() for name in drawn}, document).labels
    return pd.DataFrame(drawn[labels == target])


def length(client: dict[str, Any], wanted: pd.DataFrame, document: Document) -> np.ndarray:
    """How far each row lies from the client, in scaled space."""
    features = {item.name: item for item in document.numeric}
    steps = [
        scaled(wanted[name].to_numpy(float), features[name]) - scaled(np.array([float(client[name])]), features[name])
        for name in map(str, wanted)
    ]
    return np.asarray(np.linalg.norm(np.stack(steps, axis=1), axis=1))


def test_applying_the_change_puts_the_client_in_the_segment(asked: list[Asked], fit: Fit) -> None:
    found = [(client, target, change) for client, target, change in asked if change is not None]
    assert len(found) > 100
    assert all(placed(moved(client, change), fit.document) == target for client, target, change in found)


def test_only_known_levers_rise_by_whole_counts_within_what_training_saw(asked: list[Asked], fit: Fit) -> None:
    most = {item.name: item.most for item in fit.document.numeric}
    for client, _, change in asked:
        for name, (now, wanted) in change.moves.items() if change else ():
            assert name in FOLLOWERS
            assert now == client[name]
            assert now < wanted <= most[name]
            assert wanted == int(wanted)


def test_one_follower_less_on_any_lever_is_not_enough(asked: list[Asked], fit: Fit) -> None:
    for client, target, change in asked:
        for name, (_, wanted) in change.moves.items() if change else ():
            assert change is not None
            assert placed(moved(client, change) | {name: wanted - 1}, fit.document) != target


def test_no_drawn_rise_is_clearly_smaller(asked: list[Asked], fit: Fit) -> None:
    found = [item for item in asked if item[2] is not None]
    for seed, (client, target, change) in enumerate(found[::3]):
        assert change is not None
        names = known_levers(client, fit.document)
        others = reaching(client, ways(client, names, fit.document, change, seed), target, fit.document)
        own = pd.DataFrame({name: [change.moves.get(name, (client[name],) * 2)[1]] for name in names})
        if len(others):
            shortest = length(client, others, fit.document).min()
            assert length(client, own, fit.document)[0] <= shortest + 2 * GOOD_ENOUGH


def test_where_a_segment_is_out_of_reach_no_drawn_rise_reaches_it(asked: list[Asked], fit: Fit) -> None:
    refused = [item for item in asked if item[2] is None]
    assert refused
    for seed, (client, target, _) in enumerate(refused[::3]):
        names = known_levers(client, fit.document)
        if names:
            drawn = ways(client, names, fit.document, None, seed)
            assert reaching(client, drawn, target, fit.document).empty


def test_the_change_of_two_heaps_is_the_one_computed_by_hand() -> None:
    # Columns are scaled alike and the heaps have one shape: the border is the line x + y = 10 + 2 * (0.09 + 0.05).
    found = train(two_heaps(), plane_recipe())
    target = int(found.labels[-1])
    assert smallest_change({"x": 6.0, "y": 3.0}, target, ["x"], found.document) == Change(target, {"x": (6.0, 8.0)})
    both = smallest_change({"x": 0.0, "y": 0.0}, target, ["x", "y"], found.document)
    assert both is not None
    assert sorted(wanted for _, wanted in both.moves.values()) == [5.0, 6.0]


def test_a_segment_out_of_reach_is_said_so() -> None:
    found = train(two_heaps(), plane_recipe())
    target = int(found.labels[-1])
    assert smallest_change({"x": 0.0, "y": 0.0}, target, ["x"], found.document) is None


def test_a_client_that_is_there_already_needs_no_change() -> None:
    found = train(two_heaps(), plane_recipe())
    assert smallest_change({"x": 0.0, "y": 0.0}, int(found.labels[0]), ["x", "y"], found.document) is None


def test_an_unknown_lever_is_not_moved(fit: Fit) -> None:
    client = next(_clients(columns_of(agency_portfolio(33, clients=1, missing=0.0).frame))) | dict.fromkeys(FOLLOWERS)
    for target in range(fit.k):
        assert smallest_change(client, target, FOLLOWERS, fit.document) is None


def test_many_levers_are_moved_too() -> None:
    # Beyond five, the counts are rounded up one by one; the answer is still lowered and checked.
    names = [f"n{number}" for number in range(7)]
    rng = np.random.default_rng(5)
    heaps = np.concatenate([rng.integers(0, 5, (30, 7)), rng.integers(40, 60, (30, 7))]).astype(float)
    frame = pd.DataFrame(heaps, columns=names, index=range(1, 61))
    numeric = tuple(NumericColumn(name, name, "identity", unit="count") for name in names)
    found = train(frame, plane_recipe(numeric=numeric, blocks=tuple(Block(name) for name in names)))
    client, target = dict.fromkeys(names, 2.0), int(found.labels[-1])
    change = smallest_change(client, target, names, found.document)
    assert change is not None
    assert placed(moved(client, change), found.document) == target
    for name, (_, wanted) in change.moves.items():
        assert placed(moved(client, change) | {name: wanted - 1}, found.document) != target
