"""Who looks like one and who does not, and what a search keeps of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from clients.dedupe import searching
from clients.dedupe.blocking import LARGEST_BLOCK, candidates
from clients.dedupe.comparing import COLUMNS, LOWEST, SURE, Likeness, Traits, compare
from clients.dedupe.searching import Searching, count_doubles, pairs_for, search, set_aside
from clients.dedupe.wording import in_words
from clients.duplicates import DuplicatePair, DuplicateSearch
from clients.models import Client
from clients.recording import save, withdraw
from dignamik.foundation.locks import Busy, exclusive
from tests.builders import client, stamp

DUPONT: dict[str, Any] = {"name": "Boulangerie Dupont", "address": "12 rue de la Gare", "phone": ""}


def traits(pk: int = 0, **said: Any) -> Traits:
    plain: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"latitude": None, "longitude": None}
    values = plain | {"pk": pk, "city": "Angers", "postal_code": "49000"} | DUPONT | said
    if values["latitude"] is not None:
        values["position_precision"] = said.get("position_precision", "given")
    return Traits.of([values[name] for name in COLUMNS])


def likeness(**other: Any) -> Likeness:
    """Of the bakery and another client; what is not said of the other is the same."""
    one, two = traits(), traits(1, **other)
    found = compare(one, two)
    assert found == compare(two, one)
    return found


# --- Two clients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"name": "BOULANGERIE DUPONT "},
        {"name": "Boulangerie  Dupont"},
        {"name": "Boulangerie\u00a0Dupont", "city": "ANGERS CEDEX 2"},
        {"name": "SARL Boulangerie Dupont", "address": "12, r. de la gare"},
        {"name": "Dupont Boulangerie", "address": "12 RUE DE LA GARE"},
        {"name": "Boulangerie Dupond"},
        {"name": "BoulangerieDupont", "postal_code": ""},
    ],
)
def test_one_shop_written_in_two_ways_is_nearly_sure(other: dict[str, Any]) -> None:
    assert likeness(**other).score >= SURE


@pytest.mark.parametrize(
    "other",
    [
        {"city": "Nantes", "postal_code": "44000"},
        {"city": "Nantes", "postal_code": "44000", "address": ""},
        {"city": "Nantes", "postal_code": ""},
        {"city": "Angers", "postal_code": "49100", "address": ""},  # two districts of one town
        {"name": "Coiffure Marie"},
        {"name": "Boulangerie Martin"},
        {"address": "85 avenue Pasteur"},
    ],
)
def test_homonyms_elsewhere_neighbours_and_branches_are_not_proposed(other: dict[str, Any]) -> None:
    assert likeness(**other).score < LOWEST


def test_numbered_branches_are_not_proposed_for_the_one_digit_that_tells_them_apart() -> None:
    assert compare(traits(name="Agence 3", address=""), traits(1, name="Agence 31", address="")).score < LOWEST
    assert compare(traits(name="Bar 1900"), traits(1, name="BAR 1900")).score >= SURE


def test_homonyms_in_two_towns_stay_low_even_with_one_telephone() -> None:
    one, two = (
        traits(phone="02 41 11 22 33"),
        traits(1, phone="+33 (0)2 41 11 22 33", city="Nantes", postal_code="44000"),
    )
    assert compare(one, two).score < LOWEST


def test_two_shops_of_a_chain_at_two_addresses_stay_low_whatever_they_share() -> None:
    shared: dict[str, Any] = {"phone": "0241112233", "email": "siege@chaine.fr", "website": "www.chaine.fr"}
    found = compare(traits(**shared), traits(1, **shared, address="85 avenue Pasteur"))
    assert LOWEST <= found.score < SURE - 20
    assert ("other_address", None) in found.reasons


def test_two_names_at_one_address_are_two_unless_they_are_reached_in_the_same_way() -> None:
    assert likeness(name="Fleurs de Loire").score == 0
    one, two = traits(phone="0241112233"), traits(1, phone="02.41.11.22.33", name="Fleurs de Loire")
    assert LOWEST <= compare(one, two).score < SURE


def test_a_position_counts_only_where_it_was_given() -> None:
    here: dict[str, Any] = {"latitude": 47.4700, "longitude": -0.5500}
    there: dict[str, Any] = {"latitude": 47.4703, "longitude": -0.5502}
    one, two = traits(**here, address=""), traits(1, **there, address="")
    assert compare(one, two).score >= SURE
    assert ("distance", 37) in compare(one, two).reasons
    derived = traits(1, **there, address="", position_precision="commune")
    assert not [code for code, _ in compare(one, derived).reasons if code == "distance"]


def test_the_reasons_are_said_in_words() -> None:
    one = traits(phone="0241112233", latitude=47.47, longitude=-0.55, address="")
    two = traits(1, name="Boulangerie Dupond", phone="0241112233", latitude=47.4703, longitude=-0.55, address="")
    assert in_words(compare(one, two).reasons) == [
        "noms proches à 94\u00a0%", "même téléphone", "à 33\u00a0m l’un de l’autre", "même code postal",
    ]  # fmt: skip


# --- Whom to compare -------------------------------------------------------------------------------------------------


def test_the_number_of_comparisons_grows_with_the_clients_and_not_with_their_square() -> None:
    def many(count: int) -> int:
        named = [f"Boulangerie {at % 97:02}x{at // 97:03}" for at in range(count)]
        return len(candidates([traits(at, name=name, address="") for at, name in enumerate(named)]))

    few, more = many(500), many(4000)  # all in one town: the worst there is
    assert more < 12 * few
    assert more < 4000 * 60


def test_a_telephone_that_many_share_makes_no_pairs() -> None:
    head_office = [
        traits(
            at, phone="0100000000", name=f"Agence {chr(65 + at)}{at * 7919}", postal_code=f"{10000 + 37 * at}", city=""
        )
        for at in range(LARGEST_BLOCK + 5)
    ]
    assert candidates(head_office) == set()
    assert len(candidates(head_office[:3])) == 3


# --- The search ------------------------------------------------------------------------------------------------------


@pytest.fixture
def twins(db: None) -> tuple[Client, Client]:
    return client("c1", **DUPONT), client("c2", **DUPONT | {"name": "BOULANGERIE DUPONT "})


def test_a_search_stores_pairs_once_and_forgets_those_that_are_gone(twins: tuple[Client, Client], adele: User) -> None:
    client("c3", name="Boulangerie Dupont", city="Nantes", postal_code="44000")
    for _ in range(2):
        search()
        pair = pairs_for(adele).get()
        assert {pair.first_id, pair.second_id} == {one.pk for one in twins}
    withdraw(["c2"], stamp())
    assert count_doubles(adele) == 0  # before any search
    search()
    assert not DuplicatePair.objects.exists()


def test_nobody_counts_pairs_with_a_client_that_they_do_not_see(
    twins: tuple[Client, Client], cast: dict[str, User]
) -> None:
    one, two = twins
    save(one, changed=["account_manager"])
    Client.objects.filter(pk=one.pk).update(account_manager=cast["amelie"])
    Client.objects.filter(pk=two.pk).update(account_manager=cast["karim"])
    search()
    counts = {name: count_doubles(user) for name, user in cast.items()}
    assert counts == {"amelie": 0, "karim": 0, "helene": 1, "anais": 1, "adele": 1, "sacha": 0}
    Client.objects.filter(pk=two.pk).update(account_manager=cast["amelie"])
    assert count_doubles(cast["amelie"]) == 1


def test_pairs_are_counted_by_key_not_by_trying_all_with_all(twins: tuple[Client, Client], adele: User) -> None:
    assert " IN (SELECT" not in str(pairs_for(adele).query)
    search()
    assert count_doubles(adele) == 1


def test_a_pair_judged_two_clients_is_not_proposed_again_until_a_name_or_an_address_changes(
    twins: tuple[Client, Client], adele: User
) -> None:
    one, two = twins
    search()
    set_aside(two, one, by=adele)
    search()
    assert count_doubles(adele) == 0
    two.phone = "0241112233"
    save(two, changed=["phone"])
    search()
    assert count_doubles(adele) == 0
    two.address = "14 rue de la Gare"
    save(two, changed=["address"])
    one.address = "14 rue de la Gare"
    save(one, changed=["address"])
    search()
    assert count_doubles(adele) == 1
    assert DuplicatePair.objects.get().set_aside_by is None


def test_setting_aside_is_remembered_also_for_a_pair_that_no_search_found(db: None, adele: User) -> None:
    one, two = client("c1", name="Alpha"), client("c2", name="Omega")
    set_aside(one, two, by=adele)
    assert searching.is_set_aside(two, one)
    search()
    assert searching.is_set_aside(one, two)


def test_the_worker_searches_when_something_changed_and_rests_otherwise(twins: tuple[Client, Client]) -> None:
    worker, now = Searching(), timezone.now()
    worker.tend(now)
    first = DuplicateSearch.objects.get()
    assert first.clients == 2
    assert not searching.is_behind()
    worker.tend(now + timedelta(hours=1))
    assert DuplicateSearch.objects.get().at == first.at
    client("c3", name="Autre")
    assert searching.is_behind()
    worker.tend(now + timedelta(hours=1, seconds=1))  # not yet: it has just looked
    assert searching.is_behind()
    worker.tend(now + timedelta(hours=2))
    assert DuplicateSearch.objects.get().clients == 3


@pytest.mark.sqlite  # a lock of PostgreSQL belongs to the connection, and this test has one
def test_two_searches_do_not_go_at_once(twins: tuple[Client, Client]) -> None:
    with exclusive(searching.LOCK):
        with pytest.raises(Busy):
            search()
        Searching().tend(timezone.now())
    assert not DuplicateSearch.objects.exists()
