"""Wall time of a full training with all its evidence: `python -m benchmarks.training [--large] [--rounds N]`.

Next to it, in the same run on the same machine, the plain scikit-learn sweep over the same scaled matrix: KMeans for
k = 2…10 with `n_init=10`, no silhouette, no null, no bootstrap. Compare ratios between machines, not seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from segmentation.engine.encoding import encode
from segmentation.engine.recipe import default_recipe
from segmentation.engine.training import Fit, train
from tests.planted import agency_portfolio

SIZES = (421, 16_000)
ROUNDS = 3
DRAWN = 4_000
"""Above this many rows the planted clients are repeated with small differences: drawing them one by one takes longer
than training on them."""


@dataclass(frozen=True)
class Timing:
    """Seconds, the median of the rounds. `swept` is the plain sweep."""

    clients: int
    k: int
    trained: float
    swept: float

    @property
    def ratio(self) -> float:
        """Training with all evidence, in plain sweeps."""
        return self.trained / self.swept


def clients(rows: int) -> pd.DataFrame:
    """That many planted clients, no two alike."""
    frame = agency_portfolio(3, clients=min(rows, DRAWN)).frame
    if rows <= DRAWN:
        return frame
    rng = np.random.default_rng(3)
    crowd = frame.iloc[rng.integers(len(frame), size=rows)].reset_index(drop=True)
    crowd["turnover"] *= np.exp(rng.normal(0, 0.05, rows))
    crowd["seniority_years"] += rng.uniform(0, 0.1, rows)
    return crowd


def timed(rows: int, rounds: int = ROUNDS) -> Timing:
    """Training and sweep by turns, so that a busy machine slows both."""
    frame = clients(rows)
    trained, swept = [], []
    fit = train(frame, default_recipe())
    matrix = encode({name: frame[name].tolist() for name, _ in fit.document.spans()}, fit.document).matrix
    for _ in range(rounds):
        trained.append(_seconds(lambda: train(frame, default_recipe())))
        swept.append(_seconds(lambda: sweep(matrix)))
    return Timing(rows, fit.k, median(trained), median(swept))


def sweep(matrix: npt.NDArray[np.float64]) -> None:
    """The plain sweep, on one thread as ours."""
    with threadpool_limits(limits=1):
        for k in range(2, 11):
            KMeans(k, n_init=10, random_state=0).fit(matrix)


def _seconds(work: Callable[[], Fit | None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(timings: list[Timing]) -> list[str]:
    """One line a size."""
    rows = [f"{'clients':>9} | {'k':>2} | {'full training':>13} | {'plain sweep':>11} | ratio"]
    rows += [
        f"{item.clients:>9,} | {item.k:>2} | {item.trained:>11.2f} s | {item.swept:>9.2f} s | {item.ratio:.2f}"
        for item in timings
    ]
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--large", action="store_true", help="100 000 clients too")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="each size is timed that many times")
    asked = parser.parse_args()
    sizes = (*SIZES, 100_000) if asked.large else SIZES
    sys.stdout.write("\n".join(table([timed(size, asked.rounds) for size in sizes])) + "\n")


if __name__ == "__main__":
    main()
