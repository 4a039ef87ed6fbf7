"""The recipe's first executor: a scikit-learn pipeline, used in training and as the joblib export."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from segmentation.engine.cleaning import Floats, clean_numbers, clean_words, signed_log
from segmentation.engine.document import CategoricalFeature, NumericFeature
from segmentation.engine.features import Features
from segmentation.engine.recipe import NumericColumn, Recipe


class Winsor(TransformerMixin, BaseEstimator):
    """Pull each tail of a column in to its quantile. Unknown cells stay unknown."""

    def __init__(self, tail: float = 0.01) -> None:
        self.tail = tail

    def fit(self, X: Any, y: Any = None) -> Winsor:  # noqa: N803 - scikit-learn's name
        """Learn both quantiles of each column from its known cells."""
        cells = np.asarray(X, dtype=np.float64)
        self.low_, self.high_ = np.nanquantile(cells, [self.tail, 1 - self.tail], axis=0)
        return self

    def transform(self, X: Any) -> Floats:  # noqa: N803
        """Clip to the quantiles."""
        return np.asarray(np.clip(np.asarray(X, dtype=np.float64), self.low_, self.high_))


class BlockScaler(StandardScaler):
    """Standardise a block, by each column's spread or by one pooled spread, then give it its weight.

    `weights` are the columns' parts of the squared distance: a column of weight w ends with variance w.
    """

    def __init__(self, weights: tuple[float, ...] = (1.0,), *, pooled: bool = False) -> None:
        super().__init__()
        self.weights = weights
        self.pooled = pooled

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> BlockScaler:  # noqa: N803
        """Learn means and spreads; a constant column keeps spread 1, as in StandardScaler."""
        super().fit(X, y, sample_weight)
        spread: Floats = np.where(self.var_ > 0, np.sqrt(self.var_), 1.0)
        if self.pooled:
            common = float(np.sqrt(np.mean(self.var_)))
            spread = np.full_like(spread, common if common > 0 else 1.0)
        self.scale_ = spread / np.sqrt(np.asarray(self.weights))
        return self


def clean_table(table: pd.DataFrame, numeric: tuple[str, ...], words: tuple[str, ...], largest: float) -> pd.DataFrame:
    """Raw cells to numbers with NaN and words with None, as everywhere in the engine."""
    cleaned = pd.DataFrame(index=table.index)
    for name in numeric:
        cleaned[name] = clean_numbers(table[name].tolist(), largest)
    for name in words:
        cleaned[name] = pd.Series(clean_words(table[name].tolist()), index=table.index, dtype=object)
    return cleaned


def times(matrix: Floats, weight: float) -> Floats:
    """A one-hot block times its weight: never z-scored, so that rare words don't weigh most."""
    return np.asarray(matrix * weight)


def build(features: Features, recipe: Recipe) -> Pipeline:
    """The unfitted pipeline: clean, then per block transform, winsorise, impute, scale and weigh."""
    clean = FunctionTransformer(
        clean_table,
        kw_args={
            "numeric": tuple(column.name for column in features.numeric),
            "words": tuple(column.name for column in features.categorical),
            "largest": recipe.largest,
        },
    )
    parts: list[tuple[str, Any, list[str]]] = []
    for block in recipe.blocks:
        columns = [column for column in features.numeric if column.block == block.name]
        if columns:
            steps = _numeric_steps(columns, features, recipe)
            parts.append((block.name, steps, [column.name for column in columns]))
    parts += [
        (words.name, _word_steps(float(np.sqrt(features.weight(words, recipe))), recipe), [words.name])
        for words in features.categorical
    ]
    return Pipeline([("clean", clean), ("scale", ColumnTransformer(parts, sparse_threshold=0.0))])


def _numeric_steps(columns: list[NumericColumn], features: Features, recipe: Recipe) -> Pipeline:
    bent = [
        (column.name, FunctionTransformer(signed_log) if column.transform == "signed_log" else "passthrough", [at])
        for at, column in enumerate(columns)
    ]
    filled = [(column.name, SimpleImputer(strategy=column.imputation), [at]) for at, column in enumerate(columns)]
    weights = tuple(features.weight(column, recipe) for column in columns)
    return Pipeline(
        [
            ("values", FunctionTransformer(np.asarray)),
            ("transform", ColumnTransformer(bent)),
            ("winsor", Winsor(recipe.winsor)),
            ("impute", ColumnTransformer(filled)),
            ("scale", BlockScaler(weights, pooled=recipe.block(columns[0].block).scale == "pooled")),
        ]
    )


def _word_steps(weight: float, recipe: Recipe) -> Pipeline:
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=recipe.rare_below, sparse_output=False, dtype=np.float64
    )
    return Pipeline(
        [
            ("impute", SimpleImputer(missing_values=None, strategy="most_frequent")),
            ("one_hot", one_hot),
            ("weigh", FunctionTransformer(times, kw_args={"weight": weight})),
        ]
    )


def described(
    pipeline: Pipeline, features: Features
) -> tuple[tuple[NumericFeature, ...], tuple[CategoricalFeature, ...]]:
    """What the fitted pipeline learnt, as the numbers and words of the document."""
    blocks = pipeline["scale"].named_transformers_
    numeric: list[NumericFeature] = []
    for name in dict.fromkeys(column.block for column in features.numeric):
        columns = [column for column in features.numeric if column.block == name]
        numeric += _numbers_of(columns, blocks[name], features.table)
    words: list[CategoricalFeature] = []
    for wanted in features.categorical:
        steps = blocks[wanted.name]
        frequent, rare = _vocabulary(steps["one_hot"])
        words.append(
            CategoricalFeature(
                wanted.name,
                wanted.block,
                wanted.label or wanted.name,
                str(steps["impute"].statistics_[0]),
                frequent,
                rare,
                float(steps["weigh"].kw_args["weight"]),
                int(features.table[wanted.name].isna().sum()),
            )
        )
    return tuple(numeric), tuple(words)


def _numbers_of(columns: list[NumericColumn], steps: Pipeline, table: pd.DataFrame) -> list[NumericFeature]:
    fills = steps["impute"].named_transformers_
    return [
        NumericFeature(
            name=column.name,
            block=column.block,
            label=column.label or column.name,
            unit=column.unit,
            transform=column.transform,
            fill=float(fills[column.name].statistics_[0]),
            low=float(steps["winsor"].low_[at]),
            high=float(steps["winsor"].high_[at]),
            mean=float(steps["scale"].mean_[at]),
            scale=float(steps["scale"].scale_[at]),
            least=float(table[column.name].min()),
            most=float(table[column.name].max()),
            unknown=int(table[column.name].isna().sum()),
        )
        for at, column in enumerate(columns)
    ]


def _vocabulary(one_hot: OneHotEncoder) -> tuple[tuple[str, ...], bool]:
    rare = one_hot.infrequent_categories_[0]
    rare_words = set() if rare is None else set(rare)
    return tuple(str(word) for word in one_hot.categories_[0] if word not in rare_words), bool(rare_words)
