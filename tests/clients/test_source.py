"""The internal database: checked, read in one snapshot, followed, and never written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from clients.facts import Origin
from clients.intake.errors import IntakeError
from clients.intake.source.reading import paris_day
from clients.intake.source.syncing import SyncReport, synchronise
from clients.models import Client, Demo, Followers
from clients.recording import save
from tests.builders import NOON, PrismaSource, day, facts, recorded, stamp

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def source(source_database: str) -> PrismaSource:
    return PrismaSource(source_database)


def synced(source: PrismaSource, **options: Any) -> SyncReport:
    return synchronise(stamp(Origin.SYNC), url=source.url, **options)


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_a_client_comes_in_with_everything(source: PrismaSource) -> None:
    source.add(
        "c1", name="Chez Paul", email="paul@example.fr", latitude=47.478, longitude=-0.563, status="CHURNED",
        accountManager="amelie", categoryId="k2", followers={"facebook": 12, "instagram": 0, "tiktok": None},
        turnover={2025: "125000.500000000000000000000000000000", 2024: "-500"},
    )  # fmt: skip
    report = synced(source)
    found = Client.objects.get()
    assert (report.recorded.clients.created, report.withdrawn, report.rejected) == (1, 0, ())
    assert (found.source_id, found.status, found.sector) == ("c1", "lost", "Restauration")
    assert (found.turnover, found.turnover_year) == (Decimal("125000.50"), 2025)
    assert (found.position_precision, found.account_manager_name) == ("given", "amelie")
    assert found.history.get().history_change_reason == "base interne"


def test_null_followers_give_no_row_and_zero_a_known_zero_without_a_word_on_the_account(source: PrismaSource) -> None:
    source.add("c1", followers={"facebook": 0, "tiktok": None})
    synced(source)
    reading = Followers.objects.get()
    assert (reading.platform, reading.count, reading.has_account) == ("facebook", 0, None)


def test_times_without_zone_are_utc_and_days_are_those_of_paris(source: PrismaSource) -> None:
    source.add("c1", createdAt="2025-07-01 22:30", followers={"facebook": 1, "updatedAt": "2025-12-31 23:30"})
    synced(source)
    assert Client.objects.get().client_since == day("2025-07-02")
    assert Followers.objects.get().measured_on == day("2026-01-01")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025-07-01 22:30:00", "2025-07-02"),
        ("2025-07-01 22:30:00.123", "2025-07-02"),
        ("2025-07-02 00:30:00+02", "2025-07-02"),
        ("2025-10-26 23:30:00", "2025-10-27"),
        ("2025-07-01", "2025-07-01"),
    ],
)
def test_a_moment_of_any_type_gives_its_day_in_paris(written: str, meant: str) -> None:
    assert paris_day(written) == day(meant)


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "12000-01-01", "0044-03-15 BC", "1066-10-14"])
def test_a_moment_out_of_this_world_is_left_unknown_and_reported(source: PrismaSource, moment: str) -> None:
    source.add("c1", createdAt=moment, followers={"facebook": 5, "updatedAt": moment})
    report = synced(source)
    assert (Client.objects.get().client_since, Client.objects.get().followers) == (None, None)
    assert sorted(each.column for each in report.rejected) == ["createdAt", "updatedAt"]


def test_absurd_values_are_left_unknown_and_reported(source: PrismaSource) -> None:
    source.add("c1", email="x", postalCode="??", latitude=-0.5, longitude=47.4, followers={"facebook": -5},
               turnover={2025: "NaN", 2024: "1" + "0" * 20, 2023: "10", 1066: "5"})  # fmt: skip
    report = synced(source)
    found = Client.objects.get()
    assert (found.email, found.postal_code, found.followers, found.turnover_year) == ("", "", None, 2023)
    assert sorted((each.table, each.column) for each in report.rejected) == [
        ("Client", "email"), ("Client", "latitude"), ("Client", "postalCode"), ("Followers", "facebook"),
        ("Turnover", "amount"), ("Turnover", "amount"), ("Turnover", "year"),
    ]  # fmt: skip


def test_a_client_without_name_or_identifier_is_left_out_and_reported(source: PrismaSource) -> None:
    source.add("c1", name=" ")
    source.add("", name="Sans identifiant")
    source.add("c2")
    report = synced(source)
    assert list(Client.objects.values_list("source_id", flat=True)) == ["c2"]
    assert sorted(each.column for each in report.rejected) == ["id", "name"]


def test_figures_of_nobody_and_two_amounts_for_one_year_are_reported(source: PrismaSource) -> None:
    source.run('ALTER TABLE "Turnover" DROP CONSTRAINT "Turnover_clientId_fkey"')
    source.run('ALTER TABLE "Turnover" DROP CONSTRAINT "Turnover_clientId_year_key"')
    source.add("c1", turnover={2025: "10"})
    source.run("""INSERT INTO "Turnover" VALUES ('x', 'c1', 2025, 11), ('y', 'ghost', 2025, 5)""")
    report = synced(source)
    assert sorted((each.id, each.column) for each in report.rejected) == [("c1", "amount"), ("ghost", "clientId")]
    assert Client.objects.get().turnover is None


def test_a_category_that_cannot_be_kept_is_reported_and_the_client_comes_in(source: PrismaSource) -> None:
    source.run("""INSERT INTO "Category" VALUES ('k3', repeat('x', 121), 'Services')""")
    source.add("c1", categoryId="k3")
    report = synced(source)
    assert (Client.objects.get().category, report.rejected[0].column) == (None, "categoryId")


@pytest.mark.parametrize("identifier", ["5f3c0e6a-0c1e-4f6e-9a57-5f1f1f2f9a01", "c" + "x" * 299, "é/?#%00"])
def test_identifiers_of_any_kind_are_kept_as_text(source: PrismaSource, identifier: str) -> None:
    source.add(identifier, name="Chez Paul")
    synced(source)
    assert Client.objects.get().source_id == identifier


# --- Following -------------------------------------------------------------------------------------------------------


def test_a_second_sync_changes_nothing(source: PrismaSource) -> None:
    source.add("c1", latitude=47.478, longitude=-0.563, followers={"facebook": 12}, turnover={2025: "0.125"})
    source.add("c2", city="Nulle-Part", postalCode=None)
    synced(source)
    again = synced(source).to_dict()
    assert again["clients"] == {"created": 0, "updated": 0, "unchanged": 2, "withdrawn": 0}
    assert again["followers"] == again["turnover"] == {"created": 0, "updated": 0, "unchanged": 1}
    assert Client.history.count() == 2


def test_a_change_there_is_a_change_here(source: PrismaSource) -> None:
    source.add("c1", followers={"facebook": 12})
    synced(source)
    source.run("""UPDATE "Client" SET status = 'INACTIVE'""")
    source.run("""UPDATE "Followers" SET facebook = 20, "updatedAt" = '2025-09-01'""")
    report = synced(source)
    assert (report.recorded.clients.updated, report.recorded.followers.created) == (1, 1)
    assert (Client.objects.get().status, Client.objects.get().followers) == ("inactive", 20)


def test_a_client_that_leaves_the_source_is_withdrawn_and_comes_back(source: PrismaSource) -> None:
    source.add_many(10)
    synced(source)
    source.remove("c003")
    assert synced(source).withdrawn == 1
    assert (Client.objects.count(), Client.objects.present().count()) == (10, 9)
    assert synced(source).withdrawn == 0
    source.add("c003")
    assert synced(source).recorded.clients.updated == 1
    assert Client.objects.present().count() == 10


def test_a_client_that_the_source_never_had_is_not_withdrawn(source: PrismaSource) -> None:
    recorded(facts("from-a-file"), origin=Origin.IMPORT)
    source.add("c1")
    assert synced(source).withdrawn == 0
    assert synced(source).withdrawn == 0


def test_a_client_of_a_file_that_the_source_also_had_is_withdrawn_with_it(source: PrismaSource) -> None:
    source.add_many(10)
    synced(source)
    Client.history.all().delete()
    source.remove("c000")
    assert synced(source).withdrawn == 1


def test_it_stops_when_the_source_shrank_by_more_than_a_fifth(source: PrismaSource) -> None:
    source.add_many(10)
    synced(source)
    for number in range(3):
        source.remove(f"c00{number}")
    source.run("""UPDATE "Client" SET name = 'Changé'""")
    with pytest.raises(IntakeError, match=r"3 des 10 clients.*--force"):
        synced(source)
    assert not Client.objects.filter(name="Changé").exists(), "nothing at all was taken"
    assert synced(source, force=True).withdrawn == 3


def test_what_a_person_set_here_stays_and_is_listed_as_a_conflict(source: PrismaSource) -> None:
    source.add("c1", phone="02 61 91 00 00")
    synced(source)
    found = Client.objects.get()
    found.phone = "02 61 91 11 11"
    save(found, changed=["phone"])
    (conflict,) = synced(source).to_dict()["conflicts"]
    assert conflict == {
        "source_id": "c1", "client": "Maison c1", "field": "phone",
        "ours": "02 61 91 11 11", "theirs": "02 61 91 00 00",
    }  # fmt: skip
    assert Client.objects.get().phone == "02 61 91 11 11"


def test_a_dry_run_says_everything_and_writes_nothing(source: PrismaSource) -> None:
    source.add("c1")
    report = synced(source, dry_run=True)
    assert (report.recorded.clients.created, report.committed) == (1, False)
    assert not Client.objects.exists()


def test_real_clients_do_not_enter_a_demonstration(source: PrismaSource) -> None:
    Demo.objects.create(seed=1, planted_on=NOON.date())
    source.add("c1")
    with pytest.raises(IntakeError, match="--remove"):
        synced(source)
