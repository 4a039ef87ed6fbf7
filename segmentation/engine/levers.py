"""What would move a client into another segment: the least rise of the columns it can act on.

A segment's cell is convex, so the least rise is a projection (`projecting`), and on each lever alone the values that
reach the cell form one interval. The counts of the answer are whole, and none of them can be lowered on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from segmentation.engine.cleaning import Bools, Floats
from segmentation.engine.document import Document, NumericFeature
from segmentation.engine.encoding import encode, scaled
from segmentation.engine.explaining import in_units
from segmentation.engine.projecting import nearest_point
from segmentation.engine.scoring import squared_distances

BORDER = 1e-6
"""How far beyond the border (in squared distance) the projection aims."""
TIE = 1e-9
"""By less than this no centre is the nearer one."""
GOOD_ENOUGH = 0.005
"""A change this much longer than the shortest (in scaled space, where one spread is about 1) passes for it."""
MOST_LEVERS = 5
"""Up to so many levers are rounded together; beyond, each is rounded up (the ways to round grow as their power)."""
MOST_BRANCHES = 300
"""Never met; a search that is still open then answers with the best it has."""


@dataclass(frozen=True)
class Change:
    """The smallest change found: column to (value now, value needed). Other columns stay as they are."""

    target: int
    moves: dict[str, tuple[float, float]]


def smallest_change(client: Mapping[str, Any], target: int, levers: Sequence[str], document: Document) -> Change | None:
    """The least move of `levers` (known counts, upwards only) that puts `client` (one value a column) in `target`.

    None when no such move exists within what training saw, or when the client is there already. The change is in whole
    counts and checked through `encode`, as any client is scored.
    """
    encoded = encode({name: [value] for name, value in client.items()}, document)
    centres = document.centre_matrix()
    if int(squared_distances(encoded.matrix, centres)[0].argmin()) == target:
        return None
    usable = [
        at for at, item in enumerate(document.numeric) if item.name in levers and not encoded.unknown[0, at]
    ]  # the numbers come first in `unknown`
    if not usable:
        return None
    reach = Reach(document, target, usable, encoded.matrix[0], encoded.raw[0, usable])
    found = reach.nearest()
    return None if found is None else _checked(client, reach, found)


@dataclass(frozen=True)
class Reach:
    """What `usable` numbers of one client (`point`, scaled; `now`, in units) can do towards `target`."""

    document: Document
    target: int
    usable: list[int]
    point: Floats
    now: Floats

    @property
    def features(self) -> list[NumericFeature]:
        """The levers, in the order of `usable`."""
        return [self.document.numeric[at] for at in self.usable]

    @property
    def top(self) -> Floats:
        """The most that training saw of each lever, in whole counts, or where the client is if that is more."""
        return np.maximum(self.now, np.floor([item.most for item in self.features]))

    def nearest(self) -> Floats | None:
        """The whole counts nearest to the client that reach the target; None when there are none.

        Branch and bound (Land and Doig 1960): below a box of counts no answer is nearer than the projection on it.
        """
        best: Floats | None = None
        shortest = np.inf
        boxes = [(self.now, self.top)]
        for _ in range(MOST_BRANCHES):
            if not boxes:
                break
            low, high = boxes.pop()
            place = self.projected(low, high)
            if place is None or float(np.linalg.norm(place - self.point[self.usable])) + GOOD_ENOUGH >= shortest:
                continue
            lower, upper = self.around(place, low, high)
            found = self.whole(lower, upper, low, high)
            if found is not None and self.far(found[None])[0] < shortest:
                best, shortest = found, float(self.far(found[None])[0])
            steps = np.abs(self._scaled(upper[None]) - self._scaled(lower[None]))[0]
            if steps.max() > 0:
                boxes += _halves(low, high, lower, int(steps.argmax()))
        return None if best is None else self.lowered(best)

    def far(self, tried: Floats) -> Floats:
        """Distance of each row of `tried` (n x levers, in units) to the client, in scaled space."""
        return np.asarray(np.linalg.norm(self._scaled(tried) - self.point[self.usable], axis=1))

    def projected(self, low: Floats, high: Floats) -> Floats | None:
        """The nearest place of the levers (scaled) that lies in the target's cell, between two counts each, or None."""
        centres, target = self.document.centre_matrix(), self.target
        start = self.point[self.usable]
        slopes = 2 * np.delete(centres[target] - centres, target, axis=0)
        # Nearer to the target than to c: slope @ x >= |target|² - |c|², with the client's place on the right side.
        bounds = np.delete((centres[target] ** 2).sum() - (centres**2).sum(axis=1), target) - slopes @ self.point
        box = np.eye(len(start))
        least, most = self._scaled(low[None])[0] - start, self._scaled(high[None])[0] - start
        found = nearest_point(
            np.vstack([slopes[:, self.usable], box, -box]), np.concatenate([bounds + BORDER, least, -most])
        )
        return None if found is None else start + found

    def around(self, place: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """The whole counts just below and just above a place (scaled), within a box."""
        wanted = np.array([in_units(float(at), item) for at, item in zip(place, self.features, strict=True)])
        return np.clip(np.floor(wanted), low, high), np.clip(np.ceil(wanted), low, high)

    def whole(self, lower: Floats, upper: Floats, low: Floats, high: Floats) -> Floats | None:
        """The counts nearest to the client that reach the target, among those around a place; None if none do."""
        ways = [low, lower, upper, upper + 1] if len(self.usable) <= MOST_LEVERS else [upper]
        options = np.clip(np.stack(ways, axis=1), low[:, None], high[:, None])
        tried = np.array(list(product(*(np.unique(some) for some in options))))
        tried = tried[self.reached(tried)]
        return np.asarray(tried[int(self.far(tried).argmin())]) if len(tried) else None

    def lowered(self, found: Floats) -> Floats:
        """The same with every count as low as it goes while the others stay."""
        found = found.copy()
        again = True
        while again:
            again = False
            for at in np.flatnonzero(found > self.now):
                least = self._least(found, int(at))
                again |= least < found[at]
                found[at] = least
        return found

    def reached(self, tried: Floats) -> Bools:
        """Of each row of `tried` (n x levers, in units): is the target the nearest centre?"""
        matrix = np.tile(self.point, (len(tried), 1))
        matrix[:, self.usable] = self._scaled(tried)
        squares = squared_distances(matrix, self.document.centre_matrix())
        others = np.delete(squares, self.target, axis=1).min(axis=1)
        return np.asarray(squares[:, self.target] < others - TIE)

    def _least(self, found: Floats, at: int) -> float:
        """The lowest count of one lever that reaches the target; the cell is convex, so halving finds it."""
        tried = found.copy()
        tried[at] = self.now[at]
        if self.reached(tried[None])[0]:
            return float(self.now[at])
        short, enough = float(np.floor(self.now[at])), float(found[at])
        while enough - short > 1:
            tried[at] = np.floor((short + enough) / 2)
            short, enough = (short, tried[at]) if self.reached(tried[None])[0] else (tried[at], enough)
        return float(enough)

    def _scaled(self, tried: Floats) -> Floats:
        return np.stack([scaled(tried[:, at], item) for at, item in enumerate(self.features)], axis=1)


def _halves(low: Floats, high: Floats, lower: Floats, at: int) -> list[tuple[Floats, Floats]]:
    """The box cut in two at one lever: up to `lower`, and from the next whole count on."""
    up_to, from_ = high.copy(), low.copy()
    up_to[at] = lower[at]
    from_[at] = np.floor(lower[at]) + 1
    return [(low, up_to), (from_, high)]


def _checked(client: Mapping[str, Any], reach: Reach, wanted: Floats) -> Change | None:
    """The change, once scoring agrees that it moves the client."""
    names = [item.name for item in reach.features]
    moved = {**client, **dict(zip(names, wanted.tolist(), strict=True))}
    matrix = encode({name: [value] for name, value in moved.items()}, reach.document).matrix
    if int(squared_distances(matrix, reach.document.centre_matrix())[0].argmin()) != reach.target:
        return None
    pairs = zip(names, reach.now.tolist(), wanted.tolist(), strict=True)
    return Change(reach.target, {name: (now, needed) for name, now, needed in pairs if needed > now})
