"""One recipe, two executors: the scikit-learn pipeline and the numpy document give the same answers."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pandas as pd
import pytest

from segmentation.engine.encoding import encode
from segmentation.engine.scoring import score
from segmentation.engine.training import Fit
from tests.planted import agency_portfolio
from tests.segmentation.engine.tables import columns_of


def dirty(frame: pd.DataFrame) -> pd.DataFrame:
    """Other clients than those trained on, with gaps, unseen words, infinities and monsters."""
    frame = frame.copy()
    frame.loc[frame.index[:5], "turnover"] = [np.inf, -np.inf, 1e308, -500.0, 0.0]
    frame.loc[frame.index[5], "sector"] = "Astrologie"
    frame.loc[frame.index[6], "category"] = None
    frame.loc[frame.index[7], "followers_tiktok"] = 9e9
    return frame


@pytest.fixture(scope="module")
def strangers() -> pd.DataFrame:
    return dirty(agency_portfolio(11, missing=0.3).frame)


def test_both_scale_the_same(fit: Fit, strangers: pd.DataFrame) -> None:
    ours = encode(columns_of(strangers), fit.document).matrix
    theirs = fit.pipeline[:-1].transform(strangers)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_both_place_the_same(fit: Fit, strangers: pd.DataFrame) -> None:
    ours = score(columns_of(strangers), fit.document)
    assert ours.labels.tolist() == fit.pipeline.predict(strangers).tolist()
    distances = np.sort(fit.pipeline.transform(strangers), axis=1)
    np.testing.assert_allclose(ours.distances, distances[:, 0], atol=1e-6)
    np.testing.assert_allclose(ours.second_distances, distances[:, 1], atol=1e-6)


def test_the_pipeline_survives_joblib(fit: Fit, strangers: pd.DataFrame) -> None:
    kept = io.BytesIO()
    joblib.dump(fit.pipeline, kept)
    kept.seek(0)
    assert joblib.load(kept).predict(strangers).tolist() == fit.pipeline.predict(strangers).tolist()


def test_a_block_weighs_what_the_recipe_says(fit: Fit) -> None:
    matrix = fit.pipeline[:-1].transform(agency_portfolio(3).frame)
    followers = [at for at, item in enumerate(fit.document.numeric) if item.block == "followers"]
    turnover = [at for at, item in enumerate(fit.document.numeric) if item.block == "turnover"]
    assert matrix[:, followers].var(axis=0).sum() == pytest.approx(2.0)
    assert matrix[:, turnover].var(axis=0).sum() == pytest.approx(1.0)
