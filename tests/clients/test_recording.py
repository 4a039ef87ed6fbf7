"""The one door: what recording does with facts, with a person's edits, and with both together."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from clients.facts import ClientFacts, Origin, Reading
from clients.models import Category, Client, Followers, Turnover
from clients.recording import category_changed, facts_changed, record, save, twin_of, withdraw
from tests.builders import NOON, client, day, facts, recorded, stamp

pytestmark = pytest.mark.django_db


def test_it_creates_a_client_with_everything_that_hangs_on_it() -> None:
    outcome = recorded(
        facts(category="Boulangerie", sector="Commerce de proximité", readings={"facebook": 12},
              turnover={2025: "1000.50"}, services={"seo": day("2025-02-01")})
    )  # fmt: skip
    found = Client.objects.get()
    assert (outcome.clients.created, outcome.followers.created, outcome.turnover.created) == (1, 1, 1)
    assert (found.category and found.category.sector, found.sector) == ("Commerce de proximité",) * 2
    assert found.held_services.get().since == day("2025-02-01")
    assert outcome.touched == [found.pk]


def test_recording_the_same_facts_again_changes_nothing() -> None:
    said = facts(category="Boulangerie", sector="Commerce", readings={"facebook": 0}, turnover={2025: "10.00"})
    recorded(said)
    before = Client.objects.get().changed_at
    again = recorded(said, at=NOON + timedelta(days=1))
    assert again.clients.to_dict() == {"created": 0, "updated": 0, "unchanged": 1}
    assert (again.followers.unchanged, again.turnover.unchanged, again.touched) == (1, 1, [])
    assert Client.objects.get().changed_at == before
    assert Client.history.count() == 1


def test_amounts_finer_than_a_cent_are_the_same_amount_the_next_time() -> None:
    said = facts(turnover={2025: Decimal("0.125000000000000000000000000000")})
    recorded(said)
    assert recorded(said).turnover.to_dict() == {"created": 0, "updated": 0, "unchanged": 1}


def test_it_derives_the_latest_turnover_with_its_year() -> None:
    found = client(turnover={2023: 300, 2025: -5, 2024: 100})
    assert (found.turnover, found.turnover_year) == (Decimal("-5"), 2025)


def test_it_derives_followers_as_the_sum_of_the_latest_known_count_of_each_platform() -> None:
    client(readings={"facebook": Reading(100, measured_on=day("2025-01-01")), "tiktok": 5})
    later = {"facebook": Reading(40, measured_on=day("2025-02-01"))}
    recorded(facts(readings=later | {"youtube": Reading(None, has_account=False)}))
    assert Client.objects.get().followers == 45
    assert Followers.objects.filter(platform="facebook").count() == 2


def test_unknown_stays_unknown_and_zero_stays_zero() -> None:
    assert client("unknown").followers is None
    assert client("zero", name="Autre", readings={"facebook": 0}).followers == 0
    assert client("unknown").turnover is None


def test_the_same_count_on_another_day_is_not_a_new_reading() -> None:
    client(readings={"facebook": Reading(10, measured_on=day("2025-01-01"))})
    again = recorded(facts(readings={"facebook": Reading(10, measured_on=day("2025-03-01"))}))
    assert (again.followers.unchanged, Followers.objects.get().measured_on) == (1, day("2025-01-01"))


def test_another_count_on_the_same_day_corrects_it() -> None:
    client(readings={"facebook": Reading(10, measured_on=day("2025-01-01"))})
    again = recorded(facts(readings={"facebook": Reading(12, measured_on=day("2025-01-01"))}))
    assert (again.followers.updated, Followers.objects.get().count) == (1, 12)


def test_an_older_reading_never_replaces_a_later_one() -> None:
    client(readings={"facebook": Reading(100, measured_on=day("2025-06-01"))})
    older = facts(readings={"facebook": Reading(60, measured_on=day("2025-01-01"))})
    recorded(older)
    assert Client.objects.get().followers == 100
    assert Followers.objects.count() == 2
    assert recorded(older).followers.to_dict() == {"created": 0, "updated": 0, "unchanged": 1}


def test_the_silence_of_a_source_erases_nothing() -> None:
    client(phone="02 61 91 00 00")
    recorded(facts(phone=None))
    assert Client.objects.get().phone == "02 61 91 00 00"


def test_an_account_manager_is_linked_by_user_name_or_e_mail_whatever_the_case(amelie: User) -> None:
    assert client("a", account_manager_name="AMELIE").account_manager == amelie
    assert client("b", account_manager_name="Amelie@Dignamik.example").account_manager == amelie


def test_an_account_manager_nobody_knows_is_kept_as_text_and_linked_once_the_user_exists() -> None:
    said = facts(account_manager_name="karim")
    recorded(said)
    assert (Client.objects.get().account_manager, Client.objects.get().account_manager_name) == (None, "karim")
    karim = User.objects.create_user("karim")
    assert recorded(said).clients.updated == 1
    assert Client.objects.get().account_manager == karim


def test_a_person_s_account_manager_is_not_undone_by_the_source(amelie: User, karim: User) -> None:
    found = client(account_manager_name="amelie")
    found.account_manager = karim
    save(found, changed=["account_manager"])
    recorded(facts(account_manager_name="amelie"))
    assert Client.objects.get().account_manager == karim


def test_what_a_person_set_here_is_a_conflict_for_the_source_and_stays(helene: User) -> None:
    found = client(phone="02 61 91 00 00")
    found.phone = "02 61 91 11 11"
    save(found, changed=["phone"], user=helene)
    outcome = recorded(facts(phone="02 61 91 22 22"))
    (conflict,) = outcome.conflicts
    assert (conflict.field, conflict.ours, conflict.theirs) == ("phone", "02 61 91 11 11", "02 61 91 22 22")
    assert Client.objects.get().phone == "02 61 91 11 11"
    assert not recorded(facts(phone="02 61 91 11 11")).conflicts


def test_a_file_that_a_person_imports_may_change_what_a_person_set() -> None:
    found = client(phone="02 61 91 00 00")
    save(found, changed=["phone"])
    outcome = recorded(facts(phone="02 61 91 22 22"), origin=Origin.IMPORT)
    assert (outcome.conflicts, Client.objects.get().phone) == ([], "02 61 91 22 22")


def test_history_says_who_spoke(helene: User) -> None:
    found = client()
    found.notes = "Rappeler en mai."
    save(found, changed=["notes"], user=helene)
    edited, created = Client.history.all()
    assert (created.history_change_reason, edited.history_change_reason) == ("base interne", "administration")
    assert (created.history_user, edited.history_user) == (None, helene)


def test_a_category_takes_its_sector_from_whoever_knows_it() -> None:
    recorded(facts("a", category="Caviste"), facts("b", category="caviste", sector="Commerce de proximité"))
    assert Category.objects.get().sector == "Commerce de proximité"
    assert set(Client.objects.values_list("sector", flat=True)) == {"Commerce de proximité"}


def test_clients_follow_their_category_to_another_sector() -> None:
    found = client(category="Caviste", sector="Commerce de proximité")
    category = Category.objects.get()
    category.sector = "Restauration"
    category.save()
    category_changed(category)
    found.refresh_from_db()
    assert found.sector == "Restauration"
    assert found.changed_at > NOON


def test_the_sector_is_kept_where_the_category_is_unknown() -> None:
    assert (client(sector="Artisanat").category, client(sector="Artisanat").sector) == (None, "Artisanat")


# --- Places ----------------------------------------------------------------------------------------------------------


def test_given_coordinates_are_kept_as_given() -> None:
    found = client(latitude=47.5, longitude=-0.55)
    assert (found.latitude, found.longitude, found.position_precision) == (47.5, -0.55, "given")
    assert found.department == "49"


def test_without_coordinates_a_client_takes_the_point_of_its_commune_and_says_so() -> None:
    found = client(city="SAINT-ETIENNE CEDEX 2", postal_code="42006")
    assert found.position_precision == "commune"
    assert found.latitude == pytest.approx(45.43, abs=0.05)
    assert found.longitude == pytest.approx(4.39, abs=0.05)
    assert found.city_folded == "saint etienne"


def test_who_cannot_be_placed_is_listed_and_never_at_null_island() -> None:
    found = client(city="Nulle-Part-sur-Brume", postal_code="")
    assert (found.latitude, found.longitude, found.position_precision) == (None, None, "")
    assert list(Client.objects.unplaced()) == [found]


def test_a_client_is_placed_again_when_its_town_changes() -> None:
    nantes = client(city="Nantes", postal_code="44000")
    recorded(facts(city="Lyon", postal_code="69003"))
    moved = Client.objects.get()
    assert (moved.department, moved.longitude) != (nantes.department, nantes.longitude)


def test_a_position_that_a_person_set_is_not_mixed_with_the_source_s() -> None:
    found = client(latitude=47.5, longitude=-0.55)
    found.latitude = 47.6
    save(found, changed=["latitude"])
    outcome = recorded(facts(latitude=47.5, longitude=-0.7))
    found.refresh_from_db()
    assert (found.latitude, found.longitude) == (47.6, -0.55)
    assert [conflict.field for conflict in outcome.conflicts] == ["latitude"]


def test_a_position_that_a_person_emptied_stays_the_commune_s() -> None:
    found = client(latitude=47.5, longitude=-0.55)
    found.latitude = found.longitude = None
    save(found, changed=["latitude", "longitude"])
    recorded(facts(latitude=47.5, longitude=-0.55))
    assert Client.objects.get().position_precision == "commune"


# --- Who is who ------------------------------------------------------------------------------------------------------


def test_without_identifier_a_client_is_known_by_folded_name_and_postal_code() -> None:
    recorded(facts(None, name="Boulangerie Estève"))
    outcome = recorded(facts(None, name="BOULANGERIE  ESTEVE"))
    assert (outcome.clients.created, Client.objects.count()) == (0, 1)


def test_homonyms_in_two_towns_are_two_clients() -> None:
    recorded(facts(None, postal_code="49000"), facts(None, city="Nantes", postal_code="44000"))
    recorded(facts(None, city="Lyon", postal_code=""), facts(None, city="Brest", postal_code=""))
    assert Client.objects.count() == 4


def test_one_client_named_once_with_and_once_without_identifier_keeps_both_facts() -> None:
    client("c1")
    recorded(facts("c1", phone="02 61 91 00 00"), facts(None, email="a@b.example"))
    found = Client.objects.get()
    assert (found.phone, found.email) == ("02 61 91 00 00", "a@b.example")


# --- Leaving and coming back -----------------------------------------------------------------------------------------


def test_a_withdrawn_client_is_out_of_every_list_and_not_deleted(helene: User) -> None:
    client()
    assert withdraw(["c1"], stamp()) == 1
    assert not Client.objects.visible_to(helene).exists()
    assert Client.objects.get().withdrawn_at == NOON
    assert withdraw(["c1"], stamp()) == 0


def test_a_client_that_comes_back_is_present_again() -> None:
    client()
    withdraw(["c1"], stamp())
    assert recorded(facts()).clients.updated == 1
    assert Client.objects.present().exists()


def test_after_a_person_edited_figures_the_derived_columns_follow() -> None:
    found = client(turnover={2024: 10})
    Turnover.objects.create(client=found, year=2025, amount=Decimal("20"))
    facts_changed(found)
    found.refresh_from_db()
    assert (found.turnover, found.turnover_year) == (Decimal("20"), 2025)


def test_an_exception_half_way_writes_nothing() -> None:
    with pytest.raises(Exception, match=r"."):
        record([facts("good"), facts("bad", name="Autre", status="nonsense")], stamp())
    assert not Client.objects.exists()


# --- Who is meant without an identifier ------------------------------------------------------------------------------


def test_a_name_and_a_town_without_postal_code_mean_the_one_client_there() -> None:
    client()
    again = recorded(facts(None, postal_code=""))
    assert (again.clients.created, again.clients.unchanged) == (0, 1)
    assert twin_of(facts(None, postal_code="")) == Client.objects.get()


def test_a_name_alone_means_nobody_who_has_a_place() -> None:
    kept = client(city="Nantes", postal_code="", email="lea@example.fr")
    recorded(facts(None, city="", postal_code="", email="autre@example.fr"))
    kept.refresh_from_db()
    assert kept.email == "lea@example.fr"
    assert Client.objects.count() == 2


def test_a_town_that_means_several_clients_means_none_of_them_and_repeats_safely() -> None:
    for source_id, code in (("c1", "49000"), ("c2", "49100")):
        client(source_id, postal_code=code)
    unsure = facts(None, postal_code="", email="autre@example.fr")
    assert recorded(unsure).clients.created == 1
    assert recorded(unsure).clients.to_dict() == {"created": 0, "updated": 0, "unchanged": 1}
    assert set(Client.objects.filter(source_id__isnull=False).values_list("email", flat=True)) == {""}


# --- What silence means ----------------------------------------------------------------------------------------------


def test_no_account_any_more_is_a_known_zero() -> None:
    client(readings={"facebook": Reading(500, measured_on=day("2025-01-01"))})
    recorded(facts(readings={"facebook": Reading(None, has_account=False, measured_on=day("2025-02-01"))}))
    assert Client.objects.get().followers == 0


def test_the_internal_database_that_names_no_manager_any_more_closes_the_client_to_them(amelie: User) -> None:
    client(account_manager_name="amelie")
    assert Client.objects.get().account_manager == amelie
    recorded(ClientFacts("c1", {"name": "Boulangerie Estève", "account_manager_name": None}))
    found = Client.objects.get()
    assert (found.account_manager, found.account_manager_name) == (None, "")


def test_a_file_that_names_no_manager_leaves_the_one_there_is(amelie: User) -> None:
    client(account_manager_name="amelie")
    recorded(ClientFacts("c1", {"name": "Boulangerie Estève", "account_manager_name": ""}), origin=Origin.IMPORT)
    assert Client.objects.get().account_manager == amelie
