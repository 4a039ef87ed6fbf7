"""From a partition to the two forms in which a model is kept: the JSON document and the scikit-learn pipeline."""

from __future__ import annotations

import platform
from dataclasses import replace

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.pipeline import Pipeline

from segmentation.engine.axes import axes
from segmentation.engine.cleaning import Floats
from segmentation.engine.clustering import Partition
from segmentation.engine.document import CategoricalFeature, Document, Group, NumericFeature
from segmentation.engine.features import Features
from segmentation.engine.recipe import Recipe
from segmentation.engine.scoring import squared_distances

QUANTILES = (0.5, 0.95, 0.99, 1.0)


def document_of(
    described: tuple[tuple[NumericFeature, ...], tuple[CategoricalFeature, ...]],
    matrix: Floats,
    best: Partition,
    features: Features,
    recipe: Recipe,
    published: Document | None = None,
) -> Document:
    """The document of `best`, fitted on `matrix` (n x d, scaled); its plane lies as the `published` one does."""
    numeric, categorical = described
    blank = tuple([0.0] * matrix.shape[1])
    document = Document(
        numeric=numeric,
        categorical=categorical,
        needs_any=tuple(name for name in recipe.needs_any),
        largest=recipe.largest,
        centres=tuple(tuple(row) for row in best.centres.tolist()),
        components=(blank, blank),
        origin=tuple(matrix.mean(axis=0).tolist()),
        explained=(0.0, 0.0),
        groups=_groups(matrix, best.centres),
        rows=len(matrix),
        inertia=best.inertia,
        recipe=recipe.to_dict(),
        seed=recipe.seed,
        threads=1,
        versions={"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__},
        dropped=features.dropped,
    )
    components, explained = axes(matrix, document, published)
    rows = (tuple(components[0].tolist()), tuple(components[1].tolist()))
    return replace(document, components=rows, explained=explained)


def exported(pipeline: Pipeline, best: Partition) -> Pipeline:
    """The fitted pipeline with a KMeans that predicts the same clusters, for the joblib file and notebooks."""
    model = KMeans(len(best.centres), init=best.centres, n_init=1, max_iter=1).fit(best.centres)
    model.cluster_centers_ = best.centres.copy()
    model.labels_ = best.labels.astype(np.int32)
    model.inertia_ = best.inertia
    return Pipeline([*pipeline.steps, ("kmeans", model)])


def _groups(matrix: Floats, centres: Floats) -> tuple[Group, ...]:
    squares = squared_distances(matrix, centres)
    labels = squares.argmin(axis=1)
    nearest = np.sqrt(squares[np.arange(len(matrix)), labels])
    groups = []
    for label in range(len(centres)):
        own = nearest[labels == label]
        ends = np.quantile(own, QUANTILES) if own.size else np.zeros(4)
        groups.append(Group(int(own.size), (float(ends[0]), float(ends[1]), float(ends[2]), float(ends[3]))))
    return tuple(groups)
