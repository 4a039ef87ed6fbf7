"""What a planted portfolio lets anybody know: the groups as told by one who knows the habits they were drawn from.

The Bayes classifier: each client goes to the group that most likely made it, given the habits, their shares and what is
known of the client. No recipe, which has to find the habits first, can be expected to agree better with the planted
groups; where this ceiling is low, the groups are not in the data.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm
from sklearn.metrics import adjusted_rand_score

from tests.planted import (
    COUNT_SPREAD,
    FOLLOWERS,
    NEWEST_YEARS,
    OLDEST_YEARS,
    TURNOVER_SPREAD,
    YEARS_SPREAD,
    Habit,
    Portfolio,
)

Floats = npt.NDArray[np.float64]
UNEXPLAINED = -14.0
"""Log-density below which no habit explains a cell (a giant account): it then speaks for no group."""


def ceiling(planted: Portfolio) -> float:
    """Adjusted Rand of the Bayes classifier; NaN where no groups are planted."""
    if not planted.habits:
        return float("nan")
    frame = planted.frame if planted.unbent is None else planted.unbent
    chances = [
        np.log(share) + likelihood(frame, habit) for habit, share in zip(planted.habits, planted.shares, strict=True)
    ]
    return float(adjusted_rand_score(planted.truth, np.stack(chances).argmax(axis=0)))


def likelihood(frame: pd.DataFrame, habit: Habit) -> Floats:
    """Log-likelihood of each client under one habit, up to what all habits share; unknown cells say nothing."""
    total = sum(habit.sectors.values())
    # The trade is drawn evenly within the sector, in every group: it adds nothing to it.
    told = np.log([habit.sectors.get(sector, 0.0) / total + 1e-12 for sector in frame["sector"]])
    for name, presence, level in zip(FOLLOWERS, habit.presence, habit.levels, strict=True):
        told += _said(_count(frame[name].to_numpy(float), presence, level))
    turnover = np.log(frame["turnover"].to_numpy(float))
    return np.asarray(
        told
        + _said(norm.logpdf(turnover, habit.turnover, TURNOVER_SPREAD))
        + _said(_years(frame["seniority_years"].to_numpy(float), habit))
    )


def _count(values: Floats, presence: float, level: float) -> Floats:
    """0 is no account, or one that was rounded down to nobody."""
    nobody = 1 - presence + presence * norm.cdf(np.log(0.5), level, COUNT_SPREAD)
    some = np.log(presence + 1e-12) + norm.logpdf(np.log(np.where(values > 0, values, 1.0)), level, COUNT_SPREAD)
    return np.where(np.isnan(values), np.nan, np.where(values == 0, np.log(nobody + 1e-12), some))


def _years(values: Floats, habit: Habit) -> Floats:
    """Both ends are shared by many: the day the book began, and the newest clients."""
    young = np.log(1 - habit.oldest_share + 1e-12)
    oldest = habit.oldest_share + (1 - habit.oldest_share) * norm.sf(OLDEST_YEARS, habit.years, YEARS_SPREAD)
    newest = young + norm.logcdf(NEWEST_YEARS, habit.years, YEARS_SPREAD)
    between = young + norm.logpdf(values, habit.years, YEARS_SPREAD)
    young_ones = np.where(values <= NEWEST_YEARS, newest, between)
    return np.asarray(np.where(values >= OLDEST_YEARS, np.log(oldest + 1e-12), young_ones))


def _said(logs: Floats) -> Floats:
    known = ~np.isnan(logs)
    return np.where(known, np.logaddexp(np.where(known, logs, 0.0), UNEXPLAINED), 0.0)
