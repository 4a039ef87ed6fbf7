"""Putting the demonstration into an empty database, and taking it out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction

from clients.facts import ClientFacts, Stamp
from clients.intake.demo.logins import create_logins, delete_logins, logins_path, write_logins
from clients.intake.demo.portfolio import AS_OF, DemoClient, demo_portfolio
from clients.intake.errors import IntakeError
from clients.models import Category, Client, Demo, Erasure, Followers, Turnover
from clients.recording import record


@dataclass(frozen=True)
class Planted:
    """What is there now; `fresh` False: it already was."""

    clients: int
    active: int
    seed: int
    fresh: bool
    logins: Path


def plant(stamp: Stamp, *, clients: int, active: int, seed: int) -> Planted:
    """Create the demonstration, or find it already there.

    Raises:
        IntakeError: other clients or another demonstration are in this database, or the numbers make no sense.
    """
    demo = Demo.objects.first()
    if demo is not None and demo.seed == seed:
        return Planted(Client.objects.count(), Client.objects.active().count(), seed, fresh=False, logins=logins_path())
    if demo is not None:
        raise IntakeError(
            f"Cette base contient déjà la démonstration {demo.seed} : retirez-la d’abord avec "
            "« manage.py seed_demo --remove »."
        )
    if Client.objects.exists():
        raise IntakeError(
            "Cette base contient déjà des clients : la démonstration ne se mélange pas aux vrais. "
            "Donnez un autre DATA_DIR."
        )
    if not 0 <= active <= clients or not clients:
        raise IntakeError("Il faut au moins un client, et pas plus d’actifs (--active) que de clients (--clients).")
    portfolio = demo_portfolio(clients=clients, active=active, seed=seed)
    with transaction.atomic():
        logins = create_logins()
        for facts in _in_order(portfolio):
            record(facts, stamp)
        Demo.objects.create(seed=seed, planted_on=AS_OF)
    write_logins(logins)
    return Planted(clients, active, seed, fresh=True, logins=logins_path())


def remove() -> int:
    """Delete the demonstration: its clients with all that hangs on them, their history, its accounts and its mark.

    Returns how many clients went. Raises IntakeError where there is no demonstration.
    """
    if not Demo.objects.exists():
        raise IntakeError("Cette base ne contient pas la démonstration : rien n’a été retiré.")
    with transaction.atomic():
        clients = Client.objects.count()
        Client.objects.all().delete()
        for model in (Client, Followers, Turnover):
            model.history.all().delete()
        Category.objects.filter(clients=None).delete()
        Category.history.all().delete()
        delete_logins()
        Erasure.objects.all().delete()  # of invented people: they may be planted again
        Demo.objects.all().delete()
    return clients


def _in_order(portfolio: Sequence[DemoClient]) -> Iterator[list[ClientFacts]]:
    """Facts in the order in which they became known: earlier readings are recorded before the latest."""
    told = [client for client in portfolio if client.earlier]
    yield [replace(each.facts, readings=each.earlier[0]) if each.earlier else each.facts for each in portfolio]
    yield [ClientFacts(each.facts.source_id, {}, readings=each.earlier[1]) for each in told if len(each.earlier) > 1]
    yield [ClientFacts(each.facts.source_id, {}, readings=each.facts.readings) for each in told]
