"""What counts as known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.engine.cleaning import clean_numbers, clean_words, restored, signed_log


def test_none_nan_infinities_and_monsters_are_unknown() -> None:
    cleaned = clean_numbers([None, np.nan, np.inf, -np.inf, 1e308, "douze", pd.NA, True], 1e11)
    assert np.isnan(cleaned).all()


def test_zero_and_negative_amounts_are_known() -> None:
    assert clean_numbers([0, -500, "12.5"], 1e11).tolist() == [0.0, -500.0, 12.5]


def test_every_way_to_say_nothing_is_one_unknown_word() -> None:
    assert clean_words([None, np.nan, pd.NA, "", "  ", " Bar "]).tolist() == [None] * 5 + ["Bar"]


def test_the_signed_log_keeps_zero_sign_and_order_and_can_be_undone() -> None:
    values = np.array([-500.0, -1.0, 0.0, 1.0, 1e6])
    bent = signed_log(values)
    assert bent[2] == 0.0
    assert (np.diff(bent) > 0).all()
    assert bent[0] == -bent.dtype.type(np.log1p(500))
    np.testing.assert_allclose(restored(bent, "signed_log"), values)
