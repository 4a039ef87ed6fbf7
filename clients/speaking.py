"""Facts said of a client under the name of a double that was merged into it: one fact a client, and no tug of war.

The client's own facts win. Those of the double say only what the own ones are silent about, so that the same source or
file again changes nothing. A double speaks for the client alone where the internal database no longer has the own one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clients.facts import ClientFacts, Origin, Stamp
from clients.matching import Known, key_of
from clients.models import Client, Followers, Turnover

POSITION = ("latitude", "longitude")
# Whoever may not be called under one name may not be called.
EITHER = "do_not_contact"
# Silence erases it, so that the double must be heard each time or never.
MANAGER = "account_manager_name"


@dataclass
class Gathered:
    """`said`: facts, once a client; None: of nobody yet. `places`: for each given fact, which of these it went into."""

    said: list[tuple[Client | None, ClientFacts]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


def gather(facts: Sequence[ClientFacts], known: Known, stamp: Stamp) -> Gathered:
    """What to record of each client."""
    if not known.doubles:
        return Gathered([(known.clients.get(key_of(fact)), fact) for fact in facts], list(range(len(facts))))
    own: dict[int, int] = {}
    doubles: list[int] = []
    found = Gathered(places=[-1] * len(facts))
    for at, fact in enumerate(facts):
        if key_of(fact) in known.doubles:
            doubles.append(at)
            continue
        client = known.clients.get(key_of(fact))
        if client is not None:
            own[client.pk] = len(found.said)
        found.places[at] = len(found.said)
        found.said.append((client, fact))
    held = _figures({known.clients[key_of(facts[at])].pk for at in doubles})
    for at in sorted(doubles, key=lambda place: (facts[place].source_id or "", place)):
        fact = facts[at]
        client = known.clients[key_of(fact)]
        place = own.get(client.pk)
        if place is None:
            place = own[client.pk] = len(found.said)
            found.said.append((client, _alone(fact, client, stamp, held)))
        else:
            found.said[place] = client, _completed(found.said[place][1], fact, client)
        found.places[at] = place
    return found


def _alone(fact: ClientFacts, client: Client, stamp: Stamp, held: Mapping[int, set[Any]]) -> ClientFacts:
    """Nobody speaks of the client under its own name."""
    if fact.source_id is None:
        fact = replace(fact, fields={name: value for name, value in fact.fields.items() if name != "name"})
    if client.source_id is None or stamp.origin is Origin.SYNC:
        return fact
    silent = replace(fact, fields={}, category=None, readings={}, turnover={}, services=None)
    news = replace(
        fact,
        readings={name: said for name, said in fact.readings.items() if name not in held[client.pk]},
        turnover={year: said for year, said in fact.turnover.items() if year not in held[client.pk]},
    )
    return _completed(silent, news, client)


def _completed(own: ClientFacts, double: ClientFacts, client: Client) -> ClientFacts:
    """The client's own facts, and of the double's what these are silent about and nobody knows."""
    fields = dict(own.fields)
    for name, value in double.fields.items():
        if name in POSITION or value in (None, ""):
            continue
        silent = fields.get(name) in (None, "")
        if (name == EITHER and value) or (silent and (name == MANAGER or getattr(client, name) in (None, ""))):
            fields[name] = value
    theirs = {name: double.fields.get(name) for name in POSITION}
    placed = client.position_precision == Client.Precision.GIVEN or None not in [fields.get(name) for name in POSITION]
    if None not in theirs.values() and not placed:
        fields |= theirs
    services = None if own.services is double.services is None else {**(double.services or {}), **(own.services or {})}
    return replace(
        own,
        fields=fields,
        category=own.category or (double.category if client.category_id is None else None),
        readings={**double.readings, **own.readings},
        turnover={**double.turnover, **own.turnover},
        services=services,
    )


def _figures(pks: set[int]) -> dict[int, set[Any]]:
    """Networks and years that each of these clients has a figure for."""
    found: dict[int, set[Any]] = {pk: set() for pk in pks}
    for pk, platform in Followers.objects.filter(client__in=pks).order_by().values_list("client", "platform"):
        found[pk].add(platform)
    for pk, year in Turnover.objects.filter(client__in=pks).order_by().values_list("client", "year"):
        found[pk].add(year)
    return found
