"""Where clients are, in words for profiles: department and size of the town. The model does not look at them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from clients.models import Client
from clients.places import DEPARTMENTS, communes, resolve
from segmentation.engine.recipe import CategoricalColumn

COLUMNS = (
    CategoricalColumn("department", "place", label="Département"),
    CategoricalColumn("town_size", "place", label="Taille de la commune"),
)
SIZES = (
    (2_000, "moins de 2\u202f000 habitants"),
    (10_000, "2\u202f000 à 10\u202f000 habitants"),
    (50_000, "10\u202f000 à 50\u202f000 habitants"),
    (200_000, "50\u202f000 à 200\u202f000 habitants"),
)
LARGEST = "200\u202f000 habitants et plus"


def surroundings(pks: Sequence[int]) -> dict[str, list[str | None]]:
    """The columns of `COLUMNS` for these clients, in their order; None is unknown."""
    wanted = set(pks)
    rows = Client.objects.values_list("pk", "department", "city", "postal_code").iterator()
    found = {pk: (department, _town_size(city, code)) for pk, department, city, code in rows if pk in wanted}
    places = [found.get(pk, ("", None)) for pk in pks]
    return {
        "department": [DEPARTMENTS[code].name if code in DEPARTMENTS else None for code, _ in places],
        "town_size": [size for _, size in places],
    }


@functools.lru_cache(maxsize=20_000)
def _town_size(city: str, postal_code: str) -> str | None:
    """The band of the commune's population; None where the commune is not known for sure."""
    place = resolve(city, postal_code) if city else None
    population = _populations().get(place.insee) if place is not None else None
    if population is None:
        return None
    return next((words for most, words in SIZES if population < most), LARGEST)


@functools.cache
def _populations() -> dict[str, int]:
    return {commune.insee: commune.population for commune in communes()}
