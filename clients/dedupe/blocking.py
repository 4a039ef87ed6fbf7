"""Who is worth comparing with whom: blocks of clients with something rare in common, never all with all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from clients.dedupe.comparing import Traits

Key = tuple[str, ...]

LARGEST_BLOCK = 25
"""What more clients than this have in common (a word such as « boulangerie », the telephone of a head office) says
nothing of two of them: such a block is not compared pair by pair."""
WINDOW = 4
"""Neighbours in the order of names that are compared within a town: they catch what shares only common words."""
PREFIX = 4
CELL = 0.002  # degrees: some 200 m; two grids, so that nobody stands alone at an edge


def candidates(clients: Sequence[Traits]) -> set[tuple[int, int]]:
    """Pairs of places in `clients` worth comparing, the smaller first.

    Grows with the number of clients, not with its square: a client is in a handful of blocks of a bounded size.
    """
    blocks: dict[Key, list[int]] = defaultdict(list)
    for at, client in enumerate(clients):
        for key in _keys(client):
            blocks[key].append(at)
    found: set[tuple[int, int]] = set()
    for members in blocks.values():
        if 2 <= len(members) <= LARGEST_BLOCK:
            found.update(combinations(members, 2))
    found.update(_neighbours(clients))
    return found


def _keys(client: Traits) -> Iterator[Key]:
    for name in ("phone", "email", "website"):
        if value := getattr(client, name):
            yield name, value
    for place in _places(client):
        if client.address:
            yield "address", place, client.address
        for word in {word[:PREFIX] for word in client.words}:
            yield "word", place, word
    if client.position is not None:
        south, west = client.position
        for shift in (0.0, 0.5):
            yield "cell", str(shift), str(int(south / CELL + shift)), str(int(west / CELL + shift))


def _places(client: Traits) -> set[str]:
    return {client.postal_code, client.town} - {""}


def _neighbours(clients: Sequence[Traits]) -> Iterator[tuple[int, int]]:
    """Sorted neighbourhood (Hernández and Stolfo, 1995), by the name and by the name read backwards."""
    towns: dict[str, list[int]] = defaultdict(list)
    for at, client in enumerate(clients):
        for place in _places(client):
            towns[place].append(at)
    for members in towns.values():
        for step in (1, -1):
            yield from _windows(sorted(members, key=lambda at: clients[at].name[::step]))


def _windows(members: Sequence[int]) -> Iterable[tuple[int, int]]:
    for at, one in enumerate(members):
        for two in members[at + 1 : at + 1 + WINDOW]:
            yield (one, two) if one < two else (two, one)
