"""Next and previous on a client's page: the order of the list one came from, and nothing that one may not see."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from clients.models import Client
from segmentation.web.trail import Trail
from tests.contract import signed_in
from tests.published import a_client, published, some_clients

pytestmark = pytest.mark.django_db


def trail_of(user: User, client: Client, query: str | None) -> Trail | None:
    address = f"/clients/{client.pk}/" + ("" if query is None else f"?in={quote(query)}")
    response = signed_in(user).get(address)
    assert response.status_code == 200
    found: Trail | None = response.context["trail"]
    return found


@pytest.mark.parametrize(
    "query", ["", "status=active&ordering=-turnover", "q=client&ordering=city", "sector=Artisanat",
              "standing=provisional",
              "ordering=followers&page=2&page_size=7"]
)  # fmt: skip
def test_it_walks_the_list_in_its_order(amelie: User, query: str) -> None:
    some_clients(23, "amelie")
    published()
    browser = signed_in(amelie)
    whole = "&".join(part for part in query.split("&") if not part.startswith("page"))
    listed = [row.pk for row in browser.get(f"/clients/?{whole}&page_size=200").context["list"].page]
    first = browser.get(f"/clients/?{query}").content.decode()
    address = re.search(
        rf'href="(/clients/{listed[0]}/\?in=[^"]*)"', browser.get(f"/clients/?{whole}").content.decode()
    )
    assert address
    assert "/?in=" in first
    walked: list[int] = []
    following = address[1]
    while following:
        response = browser.get(following)
        walked.append(response.context["client"].pk)
        trail = response.context["trail"]
        assert (trail.position, trail.count) == (len(walked), len(listed))
        assert bool(trail.previous) == (len(walked) > 1)
        following = trail.next
    assert walked == listed
    assert browser.get(trail.url).context["list"].page.paginator.count == len(listed)


def test_a_page_without_a_list_has_no_neighbours(amelie: User) -> None:
    client = some_clients(3, "amelie")[1]
    assert trail_of(amelie, client, None) is None
    assert "Suivant" not in signed_in(amelie).get(f"/clients/{client.pk}/").content.decode()


@pytest.mark.parametrize(
    "query", ["citty=Angers", "turnover_min=beaucoup", "account_manager__password=x", "q=" + "x" * 2000, "q=%00",
              "&".join(["a"] * 700), "%ff%fe=%80"]
)  # fmt: skip
def test_what_it_does_not_understand_leads_nowhere(amelie: User, query: str) -> None:
    client = some_clients(3, "amelie")[1]
    assert trail_of(amelie, client, query) is None


def test_a_list_opens_nothing(amelie: User, karim: User) -> None:
    mine, theirs = some_clients(2, "amelie", "Amie"), some_clients(2, "karim", "Voisin")
    for query in ("", "manager=karim", "q=Voisin"):
        trail: Any = trail_of(amelie, mine[0], query)
        pks = {client.pk for client in theirs}
        assert not any(f"/clients/{pk}/" in trail.next + trail.previous for pk in pks)
    assert signed_in(amelie).get(f"/clients/{theirs[0].pk}/?in=q%3DVoisin").status_code == 404


def test_whoever_left_the_list_is_followed_by_its_first(amelie: User) -> None:
    called, waiting = a_client("Appelé", "amelie"), a_client("Attend", "amelie")
    Client.objects.filter(pk=waiting.pk).update(next_follow_up=timezone.localdate() - timedelta(days=1))
    trail: Any = trail_of(amelie, called, "follow_up=due")
    assert (trail.position, trail.count) == (None, 1)
    assert trail.next.startswith(f"/clients/{waiting.pk}/")
    Client.objects.update(next_follow_up=None)
    trail = trail_of(amelie, called, "follow_up=due")
    assert (trail.count, trail.next, trail.previous) == (0, "", "")


def test_the_day_leads_through_its_own_lists_and_a_form_comes_back_to_them(amelie: User) -> None:
    clients = some_clients(3, "amelie")
    Client.objects.update(next_follow_up=timezone.localdate())
    html = signed_in(amelie).get("/day/").content.decode()
    address = re.search(rf'href="(/clients/{clients[0].pk}/\?in=follow_up[^"]*)"', html)
    assert address
    page = signed_in(amelie).get(address[1])
    assert page.context["trail"].count == 3
    assert f'name="next" value="{address[1]}"' in page.content.decode()
