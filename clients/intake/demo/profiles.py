"""The agency's four profiles, as the demonstration plants them: they overlap, and some clients fit none of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from clients.models import Followers, HeldService

Platforms = dict[str, float]
SERVICE = HeldService.Service
FACEBOOK, INSTAGRAM, LINKEDIN, TIKTOK, YOUTUBE = Followers.Platform.values
# One client in twelve behaves like another profile than its trade says.
STRAYS = 1 / 12


@dataclass(frozen=True)
class Profile:
    """How one group behaves.

    `presence`: chance of a count above 0 per platform; `audience`: its median; `spread`: of audience and turnover, on a
    natural-log scale; `turnover`: median in euros; `years`: typical time as a client; `growth`: of followers in a year.
    """

    share: float
    sectors: dict[str, float]
    presence: Platforms
    audience: Platforms
    turnover: float
    spread: tuple[float, float]
    years: tuple[float, float]
    growth: float
    website: float
    services: dict[str, float]


def _each(*values: float) -> Platforms:
    return dict(zip((FACEBOOK, INSTAGRAM, LINKEDIN, TIKTOK, YOUTUBE), values, strict=True))


SOCIAL_RESTAURANTS = Profile(
    share=0.22,
    sectors={"Restauration": 0.92, "Commerce de proximité": 0.08},
    presence=_each(0.95, 0.93, 0.25, 0.62, 0.12),
    audience=_each(3600, 4200, 90, 900, 120),
    turnover=420_000,
    spread=(0.65, 0.45),
    years=(2.5, 7.0),
    growth=0.25,
    website=0.85,
    services={SERVICE.SOCIAL: 0.75, SERVICE.WEBSITE: 0.45, SERVICE.SEO: 0.25, SERVICE.VIEMAVILLE: 0.2},
)
YOUNG_SERVICES = Profile(
    share=0.26,
    sectors={"Services": 0.84, "Beauté": 0.12, "Immobilier": 0.04},
    presence=_each(0.62, 0.66, 0.62, 0.15, 0.06),
    audience=_each(130, 170, 210, 120, 60),
    turnover=48_000,
    spread=(0.7, 0.5),
    years=(0.2, 2.4),
    growth=0.45,
    website=0.6,
    services={SERVICE.WEBSITE: 0.5, SERVICE.COACHING: 0.4, SERVICE.SEO: 0.2},
)
SETTLED_SHOPS = Profile(
    share=0.27,
    sectors={"Commerce de proximité": 0.93, "Restauration": 0.07},
    presence=_each(0.93, 0.72, 0.08, 0.12, 0.02),
    audience=_each(850, 520, 60, 150, 40),
    turnover=245_000,
    spread=(0.6, 0.4),
    years=(4.0, 8.0),
    growth=0.08,
    website=0.55,
    services={SERVICE.LOCAL_ADS: 0.5, SERVICE.VIEMAVILLE: 0.5, SERVICE.SOCIAL: 0.2},
)
SILENT_TRADES = Profile(
    share=0.25,
    sectors={"Artisanat": 0.5, "Commerce de proximité": 0.18, "Services": 0.14, "Beauté": 0.1, "Restauration": 0.08},
    presence=_each(0.22, 0.12, 0.1, 0.02, 0.0),
    audience=_each(70, 60, 50, 40, 30),
    turnover=120_000,
    spread=(0.8, 0.55),
    years=(3.0, 8.0),
    growth=0.02,
    website=0.25,
    services={SERVICE.SEO: 0.35, SERVICE.LOCAL_ADS: 0.3},
)
PROFILES = (SOCIAL_RESTAURANTS, YOUNG_SERVICES, SETTLED_SHOPS, SILENT_TRADES)


def draw_profile(rng: Random) -> Profile:
    return rng.choices(PROFILES, [profile.share for profile in PROFILES])[0]


def audience(rng: Random, profile: Profile, reach: float, platform: str) -> int:
    """Followers on one platform. `reach` is the client's own draw, so that its platforms rise and fall together."""
    if rng.random() >= profile.presence[platform]:
        return 0
    level = math.log(profile.audience[platform]) + profile.spread[0] * (0.8 * reach + 0.6 * rng.gauss(0, 1))
    return max(1, round(math.exp(level)))


def yearly_turnover(rng: Random, profile: Profile, years: int) -> list[float]:
    """Euros, the latest year first; earlier years follow the client's own trend, with noise."""
    latest = profile.turnover * math.exp(rng.gauss(0, profile.spread[1]))
    trend = rng.gauss(0.03, 0.06)
    return [latest / (1 + trend) ** back * math.exp(rng.gauss(0, 0.03)) for back in range(years)]
