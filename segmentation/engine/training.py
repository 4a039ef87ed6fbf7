"""Train one model: a table and a recipe in, a result out. Never a database, never a face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from segmentation.engine import sweeping
from segmentation.engine.cleaning import Floats, Ints
from segmentation.engine.clustering import Partition
from segmentation.engine.document import Document
from segmentation.engine.features import Extras, Features, read, read_extras
from segmentation.engine.fitting import document_of, exported
from segmentation.engine.naming import NameSuggestion, suggest_names
from segmentation.engine.pipeline import build, described
from segmentation.engine.profiles import Profile, profile_all
from segmentation.engine.quality import Verdict, judge, redundancy_gate
from segmentation.engine.recipe import CategoricalColumn, NumericColumn, Recipe
from segmentation.engine.scoring import Scores, score
from segmentation.engine.selection import Candidate, Choice

Progress = Callable[[str, float], None]
"""Called with the step in French and the share done (0..1)."""


@dataclass(frozen=True)
class Fit:
    """One trained run. `labels`, `scores` and `index` (client pks) share one order: rising pk.

    `pipeline` is the scikit-learn twin of `document`, KMeans included, for the joblib export and notebooks.
    """

    recipe: Recipe
    k: int
    index: Ints
    labels: Ints
    document: Document
    candidates: tuple[Candidate, ...]
    choice: Choice
    profiles: tuple[Profile, ...]
    names: tuple[NameSuggestion, ...]
    verdict: Verdict
    warnings: tuple[str, ...]
    scores: Scores
    pipeline: Pipeline


def train(
    frame: pd.DataFrame,
    recipe: Recipe,
    on_progress: Progress | None = None,
    published: Document | None = None,
    extras: Sequence[NumericColumn | CategoricalColumn] = (),
) -> Fit:
    """Fit `recipe` on `frame` (one row a client, index = integer pk, columns named by the recipe, NaN/None unknown).

    Rows are sorted by pk first, so their order never matters. `published` is the model in service: its groups
    give one start, kept unless another is better by more than 0.1 % of inertia, and its plane is the one to be drawn.
    `extras` are columns of `frame` that profiles describe and the model does not look at. Raises NothingToTrain,
    FrameError.
    """
    tell = on_progress or (lambda step, share: None)
    with threadpool_limits(limits=1):
        tell("Lecture des données", 0.0)
        features = read(frame, recipe)
        described_too = read_extras(frame, extras, recipe.largest)
        pipeline = build(features, recipe)
        matrix: Floats = np.asarray(pipeline.fit_transform(features.table), dtype=np.float64)
        swept = sweeping.sweep(matrix, features, recipe, tell, _start(features, matrix, published))
        tell("Profils et contrôles", 0.92)
        model = document_of(described(pipeline, features), matrix, swept.best, features, recipe, published)
        fit = _result(features, recipe, pipeline, model, swept, described_too)
        tell("Terminé", 1.0)
    return fit


def _start(features: Features, matrix: Floats, published: Document | None) -> Floats | None:
    """Centres (k x d, in the new scaled space) of the groups that the published model makes of the same rows."""
    if published is None or any(name not in features.table for name, _ in published.spans()):
        return None
    columns = {name: features.table[name].tolist() for name, _ in published.spans()}
    labels = score(columns, published).labels
    if len(np.unique(labels)) < published.k:
        return None
    return np.stack([matrix[labels == label].mean(axis=0) for label in range(published.k)])


def _result(
    features: Features,
    recipe: Recipe,
    pipeline: Pipeline,
    document: Document,
    swept: sweeping.Sweep,
    extras: Extras,
) -> Fit:
    best: Partition = swept.best
    scores = score({name: features.table[name].tolist() for name, _ in document.spans()}, document)
    profiles = profile_all(features, scores.labels, document, scores.distances, extras)
    names = suggest_names(profiles)
    warnings = (*features.warnings, *swept.warnings)
    repeats = [
        redundancy_gate(scores.labels, extras.table[word.name], word.label or word.name, recipe)
        for word in extras.words
    ]
    chosen = next((item for item in swept.candidates if item.k == len(best.centres)), None)
    return Fit(
        recipe=recipe,
        k=len(best.centres),
        index=features.index,
        labels=scores.labels,
        document=document,
        candidates=swept.candidates,
        choice=swept.choice,
        profiles=profiles,
        names=names,
        verdict=judge(chosen, names, features, scores.labels, recipe).plus(repeats),
        warnings=warnings,
        scores=scores,
        pipeline=exported(pipeline, best),
    )
