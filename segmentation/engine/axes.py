"""The plane in which a run is drawn: two principal axes, turned towards those that people already know."""

from __future__ import annotations

import numpy as np

from segmentation.engine.cleaning import Floats
from segmentation.engine.document import Document


def axes(
    matrix: Floats,
    described: Document | None = None,
    published: Document | None = None,
) -> tuple[Floats, tuple[float, float]]:
    """Two orthonormal axes (2 x d) that span the principal plane of `matrix` (n x d), and their shares of variance.

    Within the plane the axes are free to turn, and their signs mean nothing. With a `published` model they are turned
    to lie as its axes lie (orthogonal Procrustes, Schönemann 1966), so that points do not jump between two runs;
    `described` is the new model, which says what the columns of `matrix` are. Without one, the largest loading of each
    axis is positive.
    """
    width = matrix.shape[1]
    covariance = np.atleast_2d(np.cov(matrix, rowvar=False))
    _, vectors = np.linalg.eigh(covariance)
    components = np.zeros((2, width))
    for at in range(min(2, width)):
        axis = vectors[:, -1 - at]
        components[at] = axis * (np.sign(axis[np.argmax(np.abs(axis))]) or 1.0)
    if described is not None and published is not None and width > 1:
        components = turned(components, loadings(published, described))
    total = float(np.trace(covariance))
    first, second = np.einsum("ij,jk,ik->i", components, covariance, components)
    shares = (max(0.0, float(first) / total), max(0.0, float(second) / total)) if total > 0 else (0.0, 0.0)
    return components, shares


def turned(components: Floats, wanted: Floats) -> Floats:
    """The same plane with its axes (2 x d) turned or mirrored to lie nearest to `wanted` (2 x d)."""
    left, sizes, right = np.linalg.svd(wanted @ components.T)
    if sizes.max() < 1e-9:
        return components
    return np.asarray(left @ right @ components)


def loadings(source: Document, target: Document) -> Floats:
    """The axes of `source` as loadings on the scaled columns of `target` (2 x d); columns it does not know get 0."""
    given = np.array(source.components)
    found = np.zeros((2, target.width))
    numbers = {item.name: (at, item) for at, item in enumerate(source.numeric)}
    for at, number in enumerate(target.numeric):
        if number.name in numbers and numbers[number.name][1].transform == number.transform:
            place, theirs = numbers[number.name]
            found[:, at] = given[:, place] * number.scale / theirs.scale
    spans, source_spans = dict(target.spans()), dict(source.spans())
    words = {item.name: item for item in source.categorical}
    for wanted in target.categorical:
        if wanted.name not in words:
            continue
        known = words[wanted.name]
        block = given[:, source_spans[wanted.name]] * known.weight / wanted.weight
        for at, word in enumerate(wanted.vocabulary):
            place = known.vocabulary.index(word) if word in known.vocabulary else known.width - 1
            if word in known.vocabulary or known.rare:
                found[:, spans[wanted.name].start + at] = block[:, place]
        if wanted.rare and known.rare:
            found[:, spans[wanted.name].stop - 1] = block[:, -1]
    return found
