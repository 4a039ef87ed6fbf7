"""A short rule for each cluster, in the client's own units: what one can say of it in a sentence, and how true that is.

A shallow decision tree tells the cluster from the rest; its best leaf is the rule, shortened and with round bounds. The
figures are those of the printed sentence, not of the tree: they are counted again on the clients, and somebody of whom
a column of the rule is unknown does not meet it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from segmentation.engine.cleaning import Bools, Floats, Ints, restored
from segmentation.engine.document import Document
from segmentation.engine.features import Features
from segmentation.engine.sentence import ClusterRule, Condition

DEPTH = 3
LEAF_SHARE = 0.02
"""No leaf holds fewer clients than this share: a rule is not about a handful."""


@dataclass(frozen=True)
class Column:
    """One yes/no or number that a tree may split on. `values` have NaN for unknown, `filled` what the model saw."""

    name: str
    label: str
    unit: str
    word: str | None
    values: Floats
    filled: Floats


def rules(features: Features, labels: Ints, document: Document) -> tuple[ClusterRule | None, ...]:
    """One rule a cluster, by label; None where no condition tells it apart. `labels` follow the rows of `features`."""
    columns = _columns(features, document)
    if document.k < 2 or not columns:
        return (None,) * document.k
    table = np.stack([column.filled for column in columns], axis=1)
    return tuple(_rule(columns, table, labels == label) for label in range(document.k))


def _columns(features: Features, document: Document) -> list[Column]:
    """The numbers of the model, the total of its counts, and one yes/no for each of its words."""
    table = features.table
    found = []
    for number in document.numeric:
        values = table[number.name].to_numpy(dtype=np.float64)
        middle = float(restored(np.array([number.fill]), number.transform)[0])
        found.append(
            Column(number.name, number.label, number.unit, None, values, np.where(np.isnan(values), middle, values))
        )
    counts = [item.name for item in document.numeric if item.unit == "count"]
    if len(counts) > 1:
        totals = table[counts].sum(axis=1, min_count=1).to_numpy(dtype=np.float64)
        found.append(Column("followers", "Abonnés, tous réseaux", "count", None, totals, np.nan_to_num(totals)))
    for words in document.categorical:
        found += [_yes_or_no(table[words.name], words.name, words.label, word) for word in words.vocabulary]
    return found


def _yes_or_no(values: pd.Series, name: str, label: str, word: str) -> Column:
    flags = np.where(values.isna(), np.nan, (values == word).to_numpy(dtype=np.float64))
    return Column(name, label, "word", word, flags, np.nan_to_num(flags))


def _rule(columns: list[Column], table: Floats, inside: Bools) -> ClusterRule | None:
    tree = DecisionTreeClassifier(
        max_depth=DEPTH, min_samples_leaf=max(3, int(LEAF_SHARE * len(inside))), class_weight="balanced", random_state=0
    ).fit(table, inside)
    found = [_measured(_shortened(leaf, columns, inside), columns, inside) for leaf in _leaves(tree, columns)]
    found = [rule for rule in found if rule.conditions and rule.met]
    return max(found, key=_merit, default=None)


def _merit(rule: ClusterRule) -> tuple[float, int]:
    """Both coverage and precision (their harmonic mean); of equal rules the shorter."""
    both = rule.coverage + rule.precision
    return (2 * rule.coverage * rule.precision / both if both else 0.0, -len(rule.conditions))


def _leaves(tree: DecisionTreeClassifier, columns: list[Column]) -> Iterator[tuple[Condition, ...]]:
    """The conditions on the way to each leaf."""
    inner = tree.tree_
    ways: list[tuple[int, tuple[Condition, ...]]] = [(0, ())]
    while ways:
        node, path = ways.pop()
        if inner.children_left[node] < 0:
            yield path
            continue
        column, bound = columns[inner.feature[node]], float(inner.threshold[node])
        ways.append((int(inner.children_left[node]), (*path, _condition(column, bound, beyond=False))))
        ways.append((int(inner.children_right[node]), (*path, _condition(column, bound, beyond=True))))


def _condition(column: Column, bound: float, *, beyond: bool) -> Condition:
    if column.word is not None:
        return Condition(column.name, column.label, "word", "is" if beyond else "is not", column.word)
    rounded = _round(bound, column.unit)
    return Condition(column.name, column.label, column.unit, ">=" if beyond else "<", rounded)


def _round(bound: float, unit: str) -> float:
    """Two figures, as one says it; counts upwards to a whole, because a bound of 0.5 means "at least one"."""
    if unit == "years":
        return round(bound, 1)
    if unit == "count":
        bound = float(np.ceil(bound))
    return float(f"{bound:.2g}")


def _shortened(path: tuple[Condition, ...], columns: list[Column], inside: Bools) -> tuple[Condition, ...]:
    """Without the conditions that add nothing to what the rule is worth."""
    kept = path
    for condition in path:
        fewer = tuple(item for item in kept if item is not condition)
        if fewer and _merit(_measured(fewer, columns, inside)) >= _merit(_measured(kept, columns, inside)):
            kept = fewer
    return kept


def _measured(conditions: tuple[Condition, ...], columns: list[Column], inside: Bools) -> ClusterRule:
    met = np.ones(len(inside), dtype=bool)
    for condition in conditions:
        met &= _meets(condition, columns)
    both = int((met & inside).sum())
    return ClusterRule(
        conditions,
        coverage=both / max(1, int(inside.sum())),
        precision=both / max(1, int(met.sum())),
        fidelity=float((met == inside).mean()),
        met=int(met.sum()),
    )


def _meets(condition: Condition, columns: list[Column]) -> Bools:
    word = condition.value if isinstance(condition.value, str) else None
    values = next(item.values for item in columns if item.name == condition.column and item.word == word)
    with np.errstate(invalid="ignore"):
        if word is not None:
            return np.asarray(values == (1.0 if condition.operator == "is" else 0.0))
        bound = float(condition.value)
        return np.asarray(values >= bound if condition.operator == ">=" else values < bound)
