"""The stored model: read back exactly, refused when damaged."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from segmentation.engine.document import Document
from segmentation.engine.errors import DocumentError
from segmentation.engine.lineage import translated
from segmentation.engine.training import Fit


def test_it_survives_json_to_the_last_digit(fit: Fit) -> None:
    assert Document.from_dict(json.loads(json.dumps(fit.document.to_dict(), allow_nan=False))) == fit.document


def test_it_is_a_few_kilobytes(fit: Fit) -> None:
    assert len(json.dumps(fit.document.to_dict())) < 20_000


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_it_refuses_an_unknown_version(fit: Fit, version: object) -> None:
    with pytest.raises(DocumentError, match="Version de modèle inconnue"):
        Document.from_dict({**fit.document.to_dict(), "format_version": version})


@pytest.mark.parametrize("part", ["centres", "numeric", "components", "origin", "groups", "recipe"])
def test_it_refuses_a_document_with_a_part_missing(fit: Fit, part: str) -> None:
    data = fit.document.to_dict()
    del data[part]
    with pytest.raises(DocumentError):
        Document.from_dict(data)


@pytest.mark.parametrize("centre", [[], [1.0], ["a"] * 40, [float("nan")] * 40])
def test_it_refuses_a_damaged_centre(fit: Fit, centre: list[Any]) -> None:
    data = json.loads(json.dumps(fit.document.to_dict()))
    data["centres"][0] = centre[: fit.document.width]
    with pytest.raises(DocumentError):
        Document.from_dict(data)


@pytest.mark.parametrize("junk", [None, [], "x", 3])
def test_it_refuses_what_is_no_document(junk: Any) -> None:
    with pytest.raises(DocumentError):
        Document.from_dict(junk)


def test_spans_cover_every_scaled_column_once(fit: Fit) -> None:
    covered = np.concatenate([np.arange(span.start, span.stop) for _, span in fit.document.spans()])
    assert covered.tolist() == list(range(fit.document.width))


def test_a_document_translated_into_its_own_space_is_itself(fit: Fit) -> None:
    np.testing.assert_allclose(translated(fit.document, fit.document), fit.document.centre_matrix(), atol=1e-9)
