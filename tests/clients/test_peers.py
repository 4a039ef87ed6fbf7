"""A client among its peers: a plain count in SQL, of clients that the reader sees, silent under five, nobody named."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.facts import ClientFacts, Reading
from clients.models import Client
from clients.peers import Standing, among_peers
from clients.recording import record
from tests.published import STAMP, some_clients
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db

SQL = """
SELECT SUM(CASE WHEN said < %s THEN 1 ELSE 0 END), COUNT(*) FROM (
    SELECT COALESCE(f.count, 0) AS said FROM clients_followers f JOIN clients_client c ON c.id = f.client_id
    WHERE c.{column} = %s AND c.id <> %s AND c.account_manager_id = %s AND f.platform = %s
      AND (f.count IS NOT NULL OR f.has_account = false)
      AND NOT EXISTS (SELECT 1 FROM clients_followers g WHERE g.client_id = f.client_id AND g.platform = f.platform
                      AND (g.count IS NOT NULL OR g.has_account = false) AND g.measured_on > f.measured_on)
) peers
"""


def a_baker(name: str, manager: str, count: int | None, turnover: int | None = None, **said: Any) -> Client:
    fields = {"name": name, "sector": "Commerce", "account_manager_name": manager, **said}
    category = fields.pop("category", "Boulangerie")
    readings = {} if count is None else {"instagram": Reading(count)}
    years = {} if turnover is None else {2025: Decimal(turnover)}
    record([ClientFacts(name, fields, category, readings, years)], STAMP)
    return Client.objects.get(name=name)


def standings(client: Client, user: User) -> dict[str, Standing]:
    return {item.figure: item for item in among_peers(client, Client.objects.visible_to(user))}


def test_a_percentile_equals_a_direct_count_in_sql(amelie: User, karim: User) -> None:
    clients = some_clients(60, "amelie")
    some_clients(30, "karim", "Voisin")
    compared = 0
    for client in clients[:12]:
        for figure, item in standings(client, amelie).items():
            if figure == "turnover":
                peers = Client.objects.filter(account_manager=amelie, turnover__isnull=False).exclude(pk=client.pk)
                peers = peers.filter(sector=client.sector) if item.is_sector else peers.filter(category=client.category)
                assert (item.below, item.peers) == (peers.filter(turnover__lt=item.own).count(), peers.count())
            else:
                column, value = ("sector", client.sector) if item.is_sector else ("category_id", client.category_id)
                with connection.cursor() as cursor:
                    cursor.execute(SQL.format(column=column), [item.own, value, client.pk, amelie.pk, figure])
                    assert cursor.fetchone() == (item.below, item.peers)
            assert item.share == item.below / item.peers
            compared += 1
    assert compared > 20


def test_four_peers_tell_nothing_and_five_do(amelie: User) -> None:
    mine = a_baker("Moi", "amelie", 30)
    for at in range(4):
        a_baker(f"Pair {at}", "amelie", 10 * at)
    assert standings(mine, amelie) == {}
    assert "Trop peu de pairs" in body(signed_in(amelie).get(f"/clients/{mine.pk}/"))
    a_baker("Pair 5", "amelie", 40)
    item = standings(mine, amelie)["instagram"]
    assert (item.below, item.peers, item.group, item.is_sector) == (3, 5, "Boulangerie", False)


def test_with_too_few_of_its_type_it_looks_at_the_sector_and_says_so(amelie: User) -> None:
    mine = a_baker("Moi", "amelie", 30, 1000)
    for at in range(6):
        a_baker(f"Pair {at}", "amelie", 10 * at, at * 500 if at < 4 else None)
        a_baker(f"Fleuriste {at}", "amelie", None, at * 500, category="Fleuriste")
    found = standings(mine, amelie)
    assert (found["instagram"].group, found["instagram"].peers) == ("Boulangerie", 6)
    assert (found["turnover"].group, found["turnover"].is_sector, found["turnover"].peers) == ("Commerce", True, 10)
    assert "du secteur Commerce" in body(signed_in(amelie).get(f"/clients/{mine.pk}/"))


def test_a_colleagues_clients_are_no_peers(amelie: User, karim: User, helene: User) -> None:
    mine = a_baker("Moi", "amelie", 30)
    for at in range(9):
        a_baker(f"Voisin {at}", "karim", at)
    assert standings(mine, amelie) == {}
    assert standings(mine, helene)["instagram"].peers == 9
    assert "Voisin" not in body(signed_in(helene).get(f"/clients/{mine.pk}/"))


def test_what_is_unknown_is_not_compared(amelie: User) -> None:
    silent = a_baker("Muet", "amelie", None)
    homeless = a_baker("Sans rien", "amelie", 3, category=None, sector="")
    for at in range(9):
        a_baker(f"Pair {at}", "amelie", at)
    assert standings(silent, amelie) == {}
    assert standings(homeless, amelie) == {}


def test_equals_are_not_below(amelie: User) -> None:
    mine = a_baker("Moi", "amelie", 0)
    for at in range(5):
        a_baker(f"Pair {at}", "amelie", 0)
    assert (standings(mine, amelie)["instagram"].below, standings(mine, amelie)["instagram"].share) == (0, 0.0)


def test_it_costs_the_same_among_many(amelie: User) -> None:
    mine = a_baker("Moi", "amelie", 30, 100)

    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            standings(mine, amelie)
        return len(context)

    for at in range(5):
        a_baker(f"Pair {at}", "amelie", at, at)
    cost()  # the reader's permissions are read once
    few = cost()
    for at in range(40):
        a_baker(f"Autre {at}", "amelie", at, at)
    assert cost() == few
