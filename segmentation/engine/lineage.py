"""Which new cluster continues which published segment: numbers permute at every fit, names must not.

Clusters are matched one to one by the clients they share (Hungarian, most clients kept), and the match is checked
against the distance of centres when both models are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segmentation.engine.cleaning import Floats
from segmentation.engine.document import Document

Kinship = Literal["same", "split", "merged", "new"]
MAJORITY = 0.5


@dataclass(frozen=True)
class Kin:
    """One new cluster and its past. `slug` is the segment it continues, None when it needs a new one.

    `kept` is the share of the old segment's clients (those in both runs) found here, `from_old` the share of this
    cluster's clients that come from it. `parents` are the old segments that gave it most of their clients, or most
    of its own. `nearest` is the old segment with the nearest centre (None when the models were not given).
    """

    cluster: int
    slug: str | None
    verdict: Kinship
    kept: float
    from_old: float
    parents: tuple[str, ...]
    nearest: str | None

    @property
    def centre_agrees(self) -> bool | None:
        """Whether the nearest old centre is the matched one; None when it is not known or nothing is matched."""
        return None if self.slug is None or self.nearest is None else self.slug == self.nearest


@dataclass(frozen=True)
class Lineage:
    """The match of two runs. `clusters` by cluster number; `vanished` old slugs that no cluster continues.

    `shared` counts clients in both runs, `moved` those of them whose segment is not the one they had.
    """

    clusters: tuple[Kin, ...]
    vanished: tuple[str, ...]
    shared: int
    moved: int

    @property
    def moved_share(self) -> float:
        """Moved clients among the shared ones; 0 when no client is shared."""
        return self.moved / self.shared if self.shared else 0.0

    @property
    def unchanged(self) -> bool:
        """Every segment goes on, none came, none went."""
        return not self.vanished and all(kin.verdict == "same" for kin in self.clusters)

    def slugs(self) -> dict[int, str | None]:
        """Cluster number to the slug it continues."""
        return {kin.cluster: kin.slug for kin in self.clusters}


def match(
    new: Mapping[int, int],
    old: Mapping[int, str],
    *,
    new_document: Document | None = None,
    old_document: Document | None = None,
) -> Lineage:
    """Match the clusters of `new` (pk -> cluster) with the segments of `old` (pk -> slug).

    `old_document.stable` must name its clusters for the centres to be compared. With no past every cluster is new.
    """
    clusters = sorted(set(new.values()) | set(range(new_document.k if new_document else 0)))
    slugs = sorted(set(old.values()))
    table = _shared(new, old, clusters, slugs)
    pairs = _pairs(table)
    near = _nearest(new_document, old_document)
    kins = tuple(_kin(table, row, pairs.get(row), slugs, cluster, near) for row, cluster in enumerate(clusters))
    continued = {kin.slug for kin in kins}
    places = {kin.cluster: kin.slug for kin in kins}
    both = [pk for pk in new if pk in old]
    return Lineage(
        clusters=kins,
        vanished=tuple(slug for slug in slugs if slug not in continued),
        shared=len(both),
        moved=sum(places[new[pk]] != old[pk] for pk in both),
    )


def _shared(new: Mapping[int, int], old: Mapping[int, str], clusters: list[int], slugs: list[str]) -> Floats:
    """Clients in both runs, clusters x slugs."""
    row = {cluster: at for at, cluster in enumerate(clusters)}
    column = {slug: at for at, slug in enumerate(slugs)}
    table = np.zeros((len(clusters), len(slugs)))
    for pk, cluster in new.items():
        if pk in old:
            table[row[cluster], column[old[pk]]] += 1
    return table


def _pairs(table: Floats) -> dict[int, int]:
    """Row to column of the best one-to-one match; pairs that share nobody are no match."""
    # Imported here: web processes read lineages but never make one, and must not load scipy.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-table)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if table[row, column] > 0}


def _kin(table: Floats, row: int, column: int | None, slugs: list[str], cluster: int, near: dict[int, str]) -> Kin:
    mine = table[row]
    olds = table.sum(axis=0)
    own = mine.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        given = np.where(olds > 0, mine / olds, 0.0)
        made_of = mine / own if own else np.zeros_like(mine)
    absorbed = [at for at in range(len(slugs)) if given[at] > MAJORITY]
    source = [at for at in range(len(slugs)) if made_of[at] > MAJORITY]
    parents = tuple(slugs[at] for at in sorted({*absorbed, *source}))
    verdict = _verdict(column, absorbed, source)
    if verdict == "new":
        column = None
    return Kin(
        cluster=cluster,
        slug=None if column is None else slugs[column],
        verdict=verdict,
        kept=0.0 if column is None else float(given[column]),
        from_old=0.0 if column is None else float(made_of[column]),
        parents=parents,
        nearest=near.get(cluster),
    )


def _verdict(column: int | None, absorbed: list[int], source: list[int]) -> Kinship:
    """Merged: most of two segments or more. Same: most of its own segment, and mostly made of it (or nearly all its
    clients are new to the base). Split: made of a segment most of which, or whose name, went elsewhere."""
    if len(absorbed) > 1:
        return "merged"
    if column is not None and column in absorbed:
        return "same"
    if source:
        return "split"
    return "new"


def _nearest(new: Document | None, old: Document | None) -> dict[int, str]:
    """New cluster to the slug of the old centre nearest to its own, in the new model's scaled space."""
    if new is None or old is None or len(old.stable) != old.k:
        return {}
    theirs = translated(old, new)
    return {
        cluster: old.stable[int(((theirs - centre) ** 2).sum(axis=1).argmin())]
        for cluster, centre in enumerate(new.centre_matrix())
    }


def translated(source: Document, target: Document) -> Floats:
    """Centres of `source` in the scaled space of `target` (k x d).

    Columns or words that only one of the models knows are left at the target's origin and at 0: they tell no two
    source centres apart.
    """
    centres = source.centre_matrix()
    moved = np.tile(np.array(target.origin), (source.k, 1))
    numbers = {feature.name: (at, feature) for at, feature in enumerate(source.numeric)}
    for at, feature in enumerate(target.numeric):
        if feature.name in numbers and numbers[feature.name][1].transform == feature.transform:
            place, theirs = numbers[feature.name]
            moved[:, at] = (centres[:, place] * theirs.scale + theirs.mean - feature.mean) / feature.scale
    spans, source_spans = dict(target.spans()), dict(source.spans())
    words = {feature.name: feature for feature in source.categorical}
    for wanted in target.categorical:
        if wanted.name not in words:
            continue
        given = words[wanted.name]
        block = centres[:, source_spans[wanted.name]] / given.weight
        shares = np.zeros((source.k, wanted.width))
        for at, word in enumerate(given.vocabulary):
            if word in wanted.vocabulary:
                shares[:, wanted.vocabulary.index(word)] += block[:, at]
            elif wanted.rare:
                shares[:, -1] += block[:, at]
        if given.rare and wanted.rare:
            shares[:, -1] += block[:, -1]
        moved[:, spans[wanted.name]] = shares * wanted.weight
    return moved
