"""The benchmark of judgement: `python -m benchmarks.judgement [--small]`.

Portfolios with groups planted in them, or with none, are segmented by our recipe with our rule for k, and by the plain
recipe of the literature with the best silhouette (`benchmarks.plain`). Both stand side by side in each line.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Sequence
from functools import partial
from statistics import mean

from threadpoolctl import threadpool_limits

from benchmarks.judging import Line, Scenario, averaged, judge
from segmentation.engine.recipe import Effort, Recipe, default_recipe
from tests.planted import Portfolio, agency_portfolio, noise_portfolio, planted_portfolio, skewed

DISTINCT, USUAL, WEAK = 1.4, 1.0, 0.7
QUICK = Effort(starts=10, null_draws=5, evidence_starts=2)
"""Less effort than in service, for the small size only."""
HEADINGS = (
    f"{'':<34} | {'adjusted Rand':^13} | {'k':^11} | {'right k':^11} | {'structure':^11} | {'churn 90 %':^13} | "
    f"{'churn seed':^13}"
)
SIDES = f"{'portfolios':<34} | {'ours':>6} {'plain':>6} | " + " | ".join(
    f"{'ours':>{width}} {'plain':>{width}}" for width in (5, 5, 5, 6, 6)
)


def planted(groups: int, strength: float, seed: int) -> Portfolio:
    """Drawn groups of that strength."""
    return planted_portfolio(groups, seed, strength=strength)


def agency(seed: int, *, missing: float = 0.06, outliers: int = 0, power: float = 1.0) -> Portfolio:
    """The agency's four profiles, with gaps, giants or bent amounts."""
    return skewed(agency_portfolio(seed, missing=missing, outliers=outliers), power)


def noise(seed: int, *, missing: float = 0.06, power: float = 1.0) -> Portfolio:
    """No groups."""
    return skewed(noise_portfolio(seed, missing=missing), power)


def scenarios() -> tuple[Scenario, ...]:
    """Every kind of portfolio."""
    strengths = (("distinct", DISTINCT), ("usual", USUAL), ("overlapping", WEAK))
    return (
        *(
            Scenario(f"{groups} groups, {called}", groups, partial(planted, groups, strength))
            for called, strength in strengths
            for groups in range(2, 7)
        ),
        Scenario("agency, all known", 4, partial(agency, missing=0.0)),
        Scenario("agency, 20 % missing", 4, partial(agency, missing=0.2)),
        Scenario("agency, 40 % missing", 4, partial(agency, missing=0.4)),
        Scenario("agency, 10 giant accounts", 4, partial(agency, outliers=10)),
        Scenario("agency, little skew", 4, partial(agency, power=0.4)),
        Scenario("agency, strong skew", 4, partial(agency, power=1.6)),
        Scenario("noise", 0, noise),
        Scenario("noise, 30 % missing", 0, partial(noise, missing=0.3)),
        Scenario("noise, little skew", 0, partial(noise, power=0.4)),
    )


SMALL = ("2 groups, distinct", "4 groups, usual", "6 groups, distinct", "agency, 40 % missing",
         "agency, 10 giant accounts", "noise", "noise, little skew")  # fmt: skip


def run(*, small: bool) -> list[Line]:
    """Judge all scenarios; `small` takes a few of them, one portfolio each, with little effort."""
    recipe: Recipe = dataclasses.replace(default_recipe(), effort=QUICK, k_max=8) if small else default_recipe()
    seeds = range(61, 62) if small else range(61, 64)
    wanted = [item for item in scenarios() if not small or item.name in SMALL]
    with threadpool_limits(limits=1):
        return [judge(scenario, seeds, recipe) for scenario in wanted]


def table(lines: Sequence[Line]) -> list[str]:
    """The lines as text, then the means over planted and over noise portfolios."""
    rows = [HEADINGS, SIDES, "-" * len(SIDES)]
    rows += [_row(line) for line in lines]
    rows.append("-" * len(SIDES))
    planted_ = [line for line in lines if line.scenario.groups]
    for part, called in ((planted_, "planted portfolios, mean"),):
        rows.append(_cells(called, _means(part, ours=True), _means(part, ours=False), groups=1))
    empty = [line for line in lines if not line.scenario.groups]
    if empty:
        found = [mean(mark.structure for line in empty for mark in getattr(line, side)) for side in ("ours", "plain")]
        rows.append(f'false "structure found" on noise: ours {found[0]:.0%}, plain {found[1]:.0%}')
    return rows


def _means(lines: Sequence[Line], *, ours: bool) -> dict[str, float]:
    each = [averaged(line.ours if ours else line.plain, line.scenario.groups) for line in lines]
    return {name: mean(item[name] for item in each) for name in each[0]}


def _row(line: Line) -> str:
    groups = line.scenario.groups
    return _cells(line.scenario.name, averaged(line.ours, groups), averaged(line.plain, groups), groups=groups)


def _cells(name: str, ours: dict[str, float], plain: dict[str, float], *, groups: int) -> str:
    def pair(figure: str, form: str, width: int, *, shown: bool = True) -> str:
        return " ".join(f"{format(side[figure], form) if shown else '':>{width}}" for side in (ours, plain))

    known = groups > 0
    return " | ".join(
        (
            f"{name:<34}",
            pair("rand", ".2f", 6, shown=known),
            pair("k", ".1f", 5),
            pair("exact", ".0%", 5, shown=known),
            pair("structure", ".0%", 5),
            pair("churn_rows", ".1%", 6),
            pair("churn_seed", ".1%", 6),
        )
    )


NOTES = """
adjusted Rand: agreement with the planted groups, 1 is perfect, 0 is chance. k: chosen number, mean. right k: share of
portfolios whose k is the planted one. structure: share of portfolios in which the recipe's own test finds groups (ours:
better than shuffled data and stable; plain: silhouette above 0.25, Kaufman and Rousseeuw). churn: share of clients that
change group, after matching, on a retrain with 90 % of the rows, and on the same rows with another seed; ours starts
from the published model, as in service. Where no structure is found the run would be held, and readers see no churn.
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judgement", description=__doc__)
    parser.add_argument("--small", action="store_true", help="a few portfolios with little effort, in seconds")
    began = time.perf_counter()
    lines = run(small=parser.parse_args().small)
    sys.stdout.write("\n".join(table(lines)) + "\n" + NOTES)
    sys.stdout.write(f"{time.perf_counter() - began:.0f} s\n")


if __name__ == "__main__":
    main()
