"""What each cluster looks like against the rest, from known values only: nothing imputed is ever described."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.engine.cleaning import Floats, Ints
from segmentation.engine.document import Document
from segmentation.engine.features import Extras, Features
from segmentation.engine.ruling import rules
from segmentation.engine.sentence import ClusterRule

MEMBERS_SHOWN = 5
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class NumberProfile:
    """One numeric column in one cluster, in the client's own units. Figures are None when no value is known.

    `known` and `unknown` count members; `q25`, `median`, `q75` are of the known ones; `present` is the share of known
    values above 0. The `rest_` figures are those of everyone else. `rank` is where the cluster's median stands among
    all known values (0 lowest, 1 highest, ties counted half). `of_total` is the cluster's part of the sum of all known
    values (of all turnover, say): None where the sum is not above 0, or a sum means nothing (years).
    """

    name: str
    label: str
    unit: str
    known: int
    unknown: int
    q25: float | None
    median: float | None
    q75: float | None
    present: float | None
    rest_median: float | None
    rest_present: float | None
    rank: float | None
    of_total: float | None = None


@dataclass(frozen=True)
class WordShare:
    """One word of a categorical column: members who have it, their share of the known, the rest's share."""

    word: str
    count: int
    share: float
    rest_share: float


@dataclass(frozen=True)
class WordProfile:
    """One categorical column in one cluster, its words by falling count."""

    name: str
    label: str
    known: int
    unknown: int
    shares: tuple[WordShare, ...]


@dataclass(frozen=True)
class Profile:
    """One cluster. `typical` are the pks nearest to the centre, `atypical` the farthest, in that order.

    `totals` sums each client's known counts (all columns of unit "count" together); None without such columns.
    `extra_numbers` and `extra_words` describe columns that the model does not look at, `rule` says the cluster in a
    sentence.
    """

    label: int
    size: int
    share: float
    numbers: tuple[NumberProfile, ...]
    totals: NumberProfile | None
    words: tuple[WordProfile, ...]
    typical: tuple[int, ...]
    atypical: tuple[int, ...]
    extra_numbers: tuple[NumberProfile, ...] = ()
    extra_words: tuple[WordProfile, ...] = ()
    rule: ClusterRule | None = None

    @property
    def turnover_share(self) -> float | None:
        """The cluster's part of all known turnover (of the first column in euros)."""
        money = self.of_unit("euros")
        return money.of_total if money else None

    def number(self, name: str) -> NumberProfile | None:
        """The profile of that numeric column, if the table has it."""
        return next((item for item in self.numbers if item.name == name), None)

    def of_unit(self, unit: str) -> NumberProfile | None:
        """The first numeric column of that unit."""
        return next((item for item in self.numbers if item.unit == unit), None)

    def word(self, name: str) -> WordProfile | None:
        """The profile of that categorical column, if the table has it."""
        return next((item for item in self.words if item.name == name), None)


def profile_all(
    features: Features, labels: Ints, document: Document, distances: Floats, extras: Extras | None = None
) -> tuple[Profile, ...]:
    """One profile a cluster, by label. `labels` and `distances` follow the rows of `features.table`, and so does the
    table of `extras`."""
    table = features.table
    also = extras or Extras(pd.DataFrame(index=table.index), (), ())
    said = rules(features, labels, document)
    counts = [item.name for item in document.numeric if item.unit == "count"]
    totals = table[counts].sum(axis=1, min_count=1).to_numpy(dtype=np.float64) if counts else None
    profiles = []
    for label in range(document.k):
        inside = labels == label
        by_distance = np.flatnonzero(inside)[np.argsort(distances[inside], kind="stable")]
        profiles.append(
            Profile(
                label=label,
                size=int(inside.sum()),
                share=float(inside.mean()),
                numbers=tuple(
                    _number(table[item.name].to_numpy(dtype=np.float64), inside, (item.name, item.label, item.unit))
                    for item in document.numeric
                ),
                totals=None if totals is None else _number(totals, inside, ("followers", "Abonnés", "count")),
                words=tuple(_word(table[item.name], inside, (item.name, item.label)) for item in document.categorical),
                typical=tuple(int(pk) for pk in features.index[by_distance[:MEMBERS_SHOWN]]),
                atypical=tuple(int(pk) for pk in features.index[by_distance[::-1][:MEMBERS_SHOWN]]),
                extra_numbers=tuple(
                    _number(
                        also.table[item.name].to_numpy(dtype=np.float64), inside, (item.name, item.label, item.unit)
                    )
                    for item in also.numeric
                ),
                extra_words=tuple(_word(also.table[item.name], inside, (item.name, item.label)) for item in also.words),
                rule=said[label],
            )
        )
    return tuple(profiles)


def _number(values: Floats, inside: np.ndarray, called: tuple[str, str, str]) -> NumberProfile:
    known = ~np.isnan(values)
    own, rest = values[inside & known], values[~inside & known]
    q25, median, q75 = (float(value) for value in np.quantile(own, QUARTERS)) if own.size else (None, None, None)
    name, label, unit = called
    return NumberProfile(
        name=name,
        label=label,
        unit=unit,
        known=int(own.size),
        unknown=int(inside.sum() - own.size),
        q25=q25,
        median=median,
        q75=q75,
        present=float((own > 0).mean()) if own.size else None,
        rest_median=float(np.median(rest)) if rest.size else None,
        rest_present=float((rest > 0).mean()) if rest.size else None,
        rank=None if median is None else _rank(values[known], median),
        of_total=None if unit == "years" else _of_total(own, values[known]),
    )


def _of_total(own: Floats, values: Floats) -> float | None:
    total = float(values.sum())
    return float(own.sum()) / total if total > 0 else None


def _rank(values: Floats, median: float) -> float:
    """The share of `values` below `median`, ties counted half."""
    return float(((values < median).sum() + 0.5 * (values == median).sum()) / values.size)


def _word(values: pd.Series, inside: np.ndarray, called: tuple[str, str]) -> WordProfile:
    own, rest = values[inside].dropna(), values[~inside].dropna()
    counts, elsewhere = own.value_counts(), rest.value_counts()
    ordered = sorted(((str(word), int(count)) for word, count in counts.items()), key=lambda item: (-item[1], item[0]))
    shares = tuple(
        WordShare(word, count, count / len(own), float(elsewhere.get(word, 0) / max(1, len(rest))))
        for word, count in ordered
    )
    return WordProfile(called[0], called[1], len(own), int(inside.sum()) - len(own), shares)
