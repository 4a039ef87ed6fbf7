"""Made-up portfolios with groups planted in them, to judge recipes and the choice of k.

Nothing here is copied from a real file: a seed draws the groups' centres, then the clients. Three families:
`agency_portfolio` (the four profiles the agency talks about, jittered per seed), `planted_portfolio` (any
number of groups with drawn habits) and `noise_portfolio` (no groups at all, the same margins).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

PLATFORMS = ("facebook", "instagram", "linkedin", "tiktok", "youtube")
FOLLOWERS = tuple(f"followers_{platform}" for platform in PLATFORMS)
OLDEST_YEARS = 6.5
"""Many accounts start on the day the agency's book begins: a floor that several groups share."""
NEWEST_YEARS = 0.1
COUNT_SPREAD, TURNOVER_SPREAD, YEARS_SPREAD = 0.9, 0.45, 1.5
"""Standard deviations around a habit's levels: log counts, log turnover, years."""
TRADES: dict[str, tuple[str, ...]] = {
    "Restauration": ("Restaurant", "Pizzeria", "Traiteur", "Bar / Café", "Hôtel-restaurant"),
    "Commerce de proximité": ("Boulangerie", "Épicerie", "Fleuriste", "Boucherie", "Librairie"),
    "Services": ("Bien-être", "Consultant", "Photographe", "Services à domicile", "Auto-école"),
    "Artisanat": ("Garage", "Électricien", "Plombier", "Menuisier"),
    "Beauté": ("Coiffeur", "Institut de beauté"),
    "Immobilier": ("Agence immobilière",),
}


@dataclass(frozen=True)
class Habit:
    """How one planted group behaves. Levels are medians on a log scale, `presence` the chance of a count above 0."""

    sectors: dict[str, float]
    presence: tuple[float, float, float, float, float]
    levels: tuple[float, float, float, float, float]
    turnover: float
    oldest_share: float
    years: float


@dataclass(frozen=True)
class Portfolio:
    """A frame as the engine takes it, and the planted group of each row (same order).

    `habits` and `shares` are what the groups were drawn from, none in noise; `unbent` is the frame as drawn, before
    `skewed` bent it.
    """

    frame: pd.DataFrame
    truth: np.ndarray
    habits: tuple[Habit, ...] = ()
    shares: tuple[float, ...] = ()
    unbent: pd.DataFrame | None = None


EVERY_TRADE = {sector: float(len(trades)) for sector, trades in TRADES.items()}


def agency_habits(rng: np.random.Generator) -> tuple[Habit, ...]:
    """The agency's four profiles; each number moves with the seed, so that no recipe can be fitted to one draw."""

    def about(value: float, spread: float) -> float:
        return float(value + rng.uniform(-spread, spread))

    def chances(*values: float) -> tuple[float, float, float, float, float]:
        a, b, c, d, e = (float(np.clip(about(value, 0.1), 0.0, 0.98)) for value in values)
        return a, b, c, d, e

    def heights(*values: float) -> tuple[float, float, float, float, float]:
        a, b, c, d, e = (about(value, 0.4) for value in values)
        return a, b, c, d, e

    main = about(0.93, 0.05)
    return (
        Habit({"Restauration": main, "Commerce de proximité": 1 - main}, chances(0.92, 0.88, 0.3, 0.65, 0.1),
              heights(8.1, 8.3, 4.5, 6.5, 4.5), about(12.8, 0.25), about(0.65, 0.15), 4.0),
        Habit({"Services": main, "Beauté": 1 - main}, chances(0.6, 0.6, 0.6, 0.2, 0.05),
              heights(4.6, 4.9, 5.0, 4.2, 3.5), about(10.6, 0.25), about(0.05, 0.05), 1.8),
        Habit({"Commerce de proximité": main, "Restauration": 1 - main}, chances(0.9, 0.75, 0.13, 0.18, 0.02),
              heights(6.8, 6.3, 4.0, 5.0, 3.5), about(12.4, 0.25), about(0.9, 0.08), 5.0),
        Habit(EVERY_TRADE, chances(0.33, 0.25, 0.15, 0.02, 0.0),
              heights(4.6, 4.4, 4.0, 4.0, 3.5), about(11.5, 0.3), about(0.8, 0.15), 4.5),
    )  # fmt: skip


def drawn_habits(groups: int, strength: float, rng: np.random.Generator) -> tuple[Habit, ...]:
    """`groups` habits around a common middle; `strength` 1 sets them clearly apart, 0.5 lets them overlap."""
    spots = _far_apart(groups, rng) * strength
    sectors = list(TRADES)
    rng.shuffle(sectors)
    habits = []
    for number in range(groups):
        online, money, age = spots[number]
        focus = min(0.95, 0.9 * strength) if rng.random() < 0.75 else 0.0
        mix = {sector: (1 - focus) / len(sectors) for sector in sectors}
        mix[sectors[number % len(sectors)]] += focus
        favour = rng.normal(0, 0.12 * strength, 5)
        presence = np.clip(np.array([0.6, 0.55, 0.25, 0.25, 0.05]) + 0.3 * online + favour, 0.01, 0.97)
        levels = np.array([6.2, 6.2, 4.5, 5.2, 4.0]) + 1.6 * online + rng.normal(0, 0.5 * strength, 5)
        habits.append(
            Habit(
                mix,
                tuple(presence),
                tuple(levels),
                11.8 + 1.1 * money,
                float(np.clip(0.5 + 0.45 * age, 0, 1)),
                3.5 + 1.5 * age,
            )
        )
    return tuple(habits)


def _far_apart(groups: int, rng: np.random.Generator) -> np.ndarray:
    """`groups` points in [-1, 1]^3 (online, money, age), the best spread of 200 draws."""
    best, widest = np.zeros((groups, 3)), -1.0
    for _ in range(200):
        spots = rng.uniform(-1, 1, (groups, 3))
        gaps = np.linalg.norm(spots[:, None] - spots[None], axis=2) + np.eye(groups) * 9
        if gaps.min() > widest:
            best, widest = spots, float(gaps.min())
    return best


def portfolio(
    habits: tuple[Habit, ...],
    rng: np.random.Generator,
    *,
    clients: int = 421,
    missing: float = 0.06,
    outliers: int = 0,
) -> Portfolio:
    """Draw `clients` clients from `habits` (shares between 1 and 2 to 1), then blank cells and add giant accounts."""
    shares = rng.uniform(1.0, 2.0, len(habits))
    truth = rng.choice(len(habits), size=clients, p=shares / shares.sum())
    frame = pd.DataFrame([_client(habits[group], rng) for group in truth], index=np.arange(1, clients + 1))
    columns = [*FOLLOWERS, "turnover"]
    frame[columns] = frame[columns].mask(rng.random((clients, len(columns))) < missing)
    frame["category"] = frame["category"].mask(rng.random(clients) < missing / 2)
    for row in rng.choice(clients, size=outliers, replace=False):
        column = columns[int(rng.integers(len(columns)))]
        frame.loc[frame.index[row], column] = 10 ** rng.uniform(6, 9)
    known = frame[columns].notna().any(axis=1).to_numpy()
    return Portfolio(frame[known], truth[known], habits, tuple((shares / shares.sum()).tolist()))


def _client(habit: Habit, rng: np.random.Generator) -> dict[str, object]:
    names = list(habit.sectors)
    weights = np.array([habit.sectors[name] for name in names])
    sector = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    trades = TRADES[sector]
    has_account = rng.random(5) < np.array(habit.presence)
    counts = np.where(has_account, np.exp(rng.normal(habit.levels, COUNT_SPREAD)), 0.0).round()
    old = rng.random() < habit.oldest_share
    years = OLDEST_YEARS if old else float(np.clip(rng.normal(habit.years, YEARS_SPREAD), NEWEST_YEARS, OLDEST_YEARS))
    return {
        **dict(zip(FOLLOWERS, counts, strict=True)),
        "turnover": round(float(np.exp(rng.normal(habit.turnover, TURNOVER_SPREAD))), 2),
        "seniority_years": years,
        "category": trades[int(rng.integers(len(trades)))],
        "sector": sector,
    }


def agency_portfolio(seed: int, *, clients: int = 421, missing: float = 0.06, outliers: int = 0) -> Portfolio:
    """The agency's four profiles with this seed's jitter."""
    rng = np.random.default_rng(seed)
    return portfolio(agency_habits(rng), rng, clients=clients, missing=missing, outliers=outliers)


def planted_portfolio(
    groups: int,
    seed: int,
    *,
    strength: float = 1.0,
    clients: int = 420,
    missing: float = 0.06,
    outliers: int = 0,
) -> Portfolio:
    """`groups` groups with drawn habits."""
    rng = np.random.default_rng([seed, groups])
    habits = drawn_habits(groups, strength, rng)
    return portfolio(habits, rng, clients=clients, missing=missing, outliers=outliers)


def noise_portfolio(seed: int, *, clients: int = 420, missing: float = 0.06) -> Portfolio:
    """No groups: every column of an agency portfolio shuffled on its own, sector and category together."""
    drawn = agency_portfolio(seed, clients=clients, missing=missing)
    rng = np.random.default_rng([seed, 7])
    frame = drawn.frame.copy()
    for column in [*FOLLOWERS, "turnover", "seniority_years"]:
        frame[column] = rng.permutation(frame[column].to_numpy())
    return Portfolio(frame, np.zeros(len(frame), dtype=int))


def skewed(planted: Portfolio, power: float) -> Portfolio:
    """The same clients with amounts bent around their medians: `power` 1 changes nothing, below 1 the long tails
    shorten (0.4: almost symmetric), above 1 they lengthen. The order of clients, hence the groups, stays."""
    frame = planted.frame.copy()
    for column in [*FOLLOWERS, "turnover"]:
        known = frame[column].dropna()
        middle = float(known[known > 0].median()) if (known > 0).any() else 1.0
        frame[column] = middle * (frame[column] / middle) ** power
    return replace(planted, frame=frame, unbent=planted.frame)
