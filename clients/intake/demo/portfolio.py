"""The demonstration portfolio as facts: the same for the same seed, on real communes, with honest gaps."""

from __future__ import annotations

import itertools
import math
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from clients.facts import ClientFacts, Reading
from clients.intake.demo import naming
from clients.intake.demo.profiles import STRAYS, Profile, audience, draw_profile, yearly_turnover
from clients.models import Client, Followers
from clients.places import Commune, communes, resolve

AS_OF = date(2026, 6, 30)
YEARS = (2025, 2024, 2023)
MANAGERS = ("camille.aubry", "hugo.lesage", "ines.kermadec", "malik.ferrand", "salome.vidal", "yann.le-bris")
FORMER_MANAGER = "p.ancien"

_STATUS = Client.Status
# How often a fact is unknown: active clients are well known, the others hardly.
_NO_READING = {_STATUS.ACTIVE: 0.06, _STATUS.INACTIVE: 0.53, _STATUS.PROSPECT: 0.55, _STATUS.LOST: 0.55}
_NO_TURNOVER = {_STATUS.ACTIVE: 0.08, _STATUS.INACTIVE: 0.71, _STATUS.PROSPECT: 0.72, _STATUS.LOST: 0.66}
_NO_EARLIER_YEAR = 0.09
_NO_CATEGORY = 0.03
_OTHER_STATUSES = {_STATUS.INACTIVE: 0.49, _STATUS.LOST: 0.27, _STATUS.PROSPECT: 0.24}
# Towns that no atlas knows, as typing and closed villages leave them.
_LOST_TOWNS = ("Vallombreuse-sur-Brume", "Saint-Inconnu", "Zone commerciale Nord", "Le Bourg")
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class DemoClient:
    """One client's facts, and its earlier readings by platform, oldest first."""

    facts: ClientFacts
    earlier: tuple[Mapping[str, Reading], ...] = ()


def demo_portfolio(*, clients: int, active: int, seed: int) -> list[DemoClient]:
    """Draw the portfolio. Raises ValueError when there would be more active clients than clients."""
    if not 0 <= active <= clients:
        raise ValueError("active must be between 0 and clients")
    rng = Random(seed)  # noqa: S311 (a repeatable portfolio, not a secret)
    others = rng.choices(list(_OTHER_STATUSES), list(_OTHER_STATUSES.values()), k=clients - active)
    statuses = [_STATUS.ACTIVE] * active + others
    rng.shuffle(statuses)
    return [_client(rng, number, status) for number, status in enumerate(statuses, start=1)]


def _client(rng: Random, number: int, status: Client.Status) -> DemoClient:
    profile = draw_profile(rng)
    behaves = draw_profile(rng) if rng.random() < STRAYS else profile
    sector = rng.choices(list(profile.sectors), list(profile.sectors.values()))[0]
    trade = rng.choice(_trades(sector))
    name = naming.business_name(rng, trade)
    place = _place(rng)
    since = _since(rng, behaves)
    fields: dict[str, Any] = {
        "name": name,
        "sector": sector,
        "status": status.value,
        **place,
        **_contact(rng, name, number, behaves, str(place.get("postal_code", ""))),
        "account_manager_name": _manager(rng, str(place.get("postal_code", ""))),
        "do_not_contact": rng.random() < 0.02,
        "client_since": since,
    }
    services = _services(rng, behaves, status, since)
    fields["services_known"] = services is not None
    readings, earlier = _readings(rng, behaves, status)
    source_id = f"demo-{number:05d}"
    facts = ClientFacts(
        source_id=source_id,
        fields=fields,
        category=None if rng.random() < _NO_CATEGORY else trade,
        readings=readings,
        turnover=_turnover(rng, behaves, status),
        services=services,
    )
    return DemoClient(facts, tuple(earlier))


@cache
def _trades(sector: str) -> tuple[str, ...]:
    return tuple(trade for trade, (of, _) in naming.TRADES.items() if of == sector)


# --- Where -----------------------------------------------------------------------------------------------------------


@cache
def _towns() -> tuple[Sequence[Commune], Sequence[int]]:
    """Present communes of the departments, overseas ones included, with their running population."""
    towns = [each for each in communes() if each.kind == "commune" and each.population and each.department < "975"]
    return towns, list(itertools.accumulate(each.population for each in towns))


def _place(rng: Random) -> dict[str, Any]:
    towns, running = _towns()
    town = towns[bisect(running, rng.randrange(running[-1]))]
    code = rng.choice(town.postal_codes)
    written = town.name.upper() if rng.random() < 0.06 else town.name
    chance = rng.random()
    if chance < 0.004:
        return {}
    if chance < 0.010:
        return {"city": rng.choice(_LOST_TOWNS), "address": naming.address(rng)}
    said: dict[str, Any] = {"city": written, "postal_code": code}
    if rng.random() < 0.9:
        said["address"] = naming.address(rng)
    point = resolve(town.name, code)
    if point is None or point.precision != "commune" or rng.random() < 0.07:
        return said
    # An address lies a little off the middle of its town, farther in a large one.
    distance = min(2.0, 0.15 + town.population**0.5 / 250) * rng.random() ** 0.5 / _KM_PER_DEGREE
    angle = rng.uniform(0, 2 * math.pi)
    said["latitude"] = round(point.latitude + distance * math.sin(angle), 6)
    said["longitude"] = round(point.longitude + distance * math.cos(angle) / math.cos(math.radians(point.latitude)), 6)
    return said


# --- Who -------------------------------------------------------------------------------------------------------------


def _contact(rng: Random, name: str, number: int, profile: Profile, code: str) -> dict[str, Any]:
    host = naming.host(name, number)
    said: dict[str, Any] = {}
    if rng.random() < 0.95:
        said["email"] = f"contact@{host}"
    if rng.random() < 0.9:
        said["phone"] = naming.phone(rng, code[:2])
    chance = rng.random()
    if chance < profile.website:
        said |= {"website": f"https://www.{host}", "has_website": True}
    elif chance < profile.website + 0.7 * (1 - profile.website):
        said["has_website"] = False
    return said


def _manager(rng: Random, code: str) -> str:
    """Mostly by region, as agencies share out their portfolio; a few unassigned, a few under a name that left."""
    chance = rng.random()
    if chance < 0.03:
        return ""
    if chance < 0.045:
        return FORMER_MANAGER
    if chance < 0.25 or not code:
        return rng.choice(MANAGERS)
    return MANAGERS[int(code[:2]) * len(MANAGERS) // 100]


def _since(rng: Random, profile: Profile) -> date:
    """Days as a client: around the profile's habit, never in the future."""
    years = max(0.02, rng.gauss(sum(profile.years) / 2, (profile.years[1] - profile.years[0]) / 3))
    return AS_OF - timedelta(days=round(365.25 * min(years, 9.5)))


def _services(rng: Random, profile: Profile, status: Client.Status, since: date) -> dict[str, date | None] | None:
    """What the agency sold them and since when; None: unknown. A prospect holds nothing, and that is known."""
    if status is _STATUS.PROSPECT:
        return {}
    if rng.random() < (0.2 if status is _STATUS.ACTIVE else 0.7):
        return None
    lasting = 1.0 if status is _STATUS.ACTIVE else 0.3
    span = (AS_OF - since).days
    return {
        service: None if rng.random() < 0.15 else since + timedelta(days=rng.randrange(span + 1))
        for service, chance in profile.services.items()
        if rng.random() < chance * lasting
    }


# --- How much --------------------------------------------------------------------------------------------------------


def _readings(
    rng: Random, profile: Profile, status: Client.Status
) -> tuple[dict[str, Reading], list[dict[str, Reading]]]:
    """The latest reading of each known platform, and for well-followed clients one or two earlier ones."""
    reach = rng.gauss(0, 1)
    day = AS_OF - timedelta(days=rng.randrange(90))
    latest: dict[str, Reading] = {}
    for platform in Followers.Platform.values:
        count = audience(rng, profile, reach, platform)
        if rng.random() < _NO_READING[status]:
            continue
        if count == 0 and rng.random() < 0.3:
            latest[platform] = Reading(None, has_account=False, measured_on=day)
        else:
            latest[platform] = Reading(count, has_account=True if count else None, measured_on=day)
    back = 0 if status is not _STATUS.ACTIVE else rng.choices((0, 1, 2), (0.5, 0.3, 0.2))[0]
    growth = rng.gauss(profile.growth, 0.1)
    earlier = []
    for step in range(back, 0, -1):
        shrunk = {
            platform: Reading(
                max(0, round(reading.count / (1 + growth) ** (step / 2))),
                has_account=True,
                measured_on=day - timedelta(days=182 * step),
            )
            for platform, reading in latest.items()
            if reading.count
        }
        earlier.append(shrunk)
    return latest, earlier


def _turnover(rng: Random, profile: Profile, status: Client.Status) -> dict[int, Decimal]:
    amounts = yearly_turnover(rng, profile, len(YEARS))
    known: dict[int, Decimal] = {}
    if rng.random() < _NO_TURNOVER[status]:
        return known
    for back, (year, value) in enumerate(zip(YEARS, amounts, strict=True)):
        if back and rng.random() < _NO_EARLIER_YEAR * back:
            continue
        known[year] = Decimal(round(value * 100)) / 100
    if rng.random() < 0.003 and known:  # a year of credit notes
        known[max(known)] = -Decimal(rng.randrange(10_000, 900_000)) / 100
    return known
