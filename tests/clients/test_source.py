"""The internal database: checked, read in one snapshot, followed, and never written."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command

from clients.facts import Origin
from clients.intake.errors import IntakeError
from clients.intake.source.connecting import snapshot
from clients.intake.source.inspecting import Inspection, inspect
from clients.intake.source.mapping import PRISMA, SourceMap, read_mapping
from clients.intake.source.reading import paris_day
from clients.intake.source.syncing import SyncReport, synchronise
from clients.models import Client, Demo, Followers
from clients.recording import save
from tests.builders import NOON, PrismaSource, client, day, facts, recorded, stamp

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def source(source_database: str) -> PrismaSource:
    return PrismaSource(source_database)


def synced(source: PrismaSource, **options: Any) -> SyncReport:
    return synchronise(stamp(Origin.SYNC), url=source.url, **options)


def inspected(source: PrismaSource, mapping: SourceMap = PRISMA) -> Inspection:
    with snapshot(source.url) as cursor:
        return inspect(cursor, mapping)


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
    assert paris_day(datetime(2025, 7, 1, 22, 30, tzinfo=UTC)) == day("2025-07-02")


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


# --- Checking --------------------------------------------------------------------------------------------------------


def test_a_sound_source_is_found_sound(source: PrismaSource) -> None:
    source.add("c1")
    found = inspected(source)
    assert (found.ok, found.problems, found.migration) == (True, [], "20250301101500_init")
    assert found.tables["Client"] == 1
    assert "Client.updatedAt" in found.extra


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('ALTER TABLE "Client" DROP COLUMN "postalCode"', "« Client.postalCode » manque"),
        ('ALTER TABLE "Client" RENAME COLUMN city TO town', "« Client.city » manque"),
        ('ALTER TABLE "Followers" ALTER facebook TYPE text', "« Followers.facebook » est de type text"),
        ('ALTER TABLE "Turnover" RENAME TO "Revenue"', "« Turnover » n’existe pas"),
        ("""INSERT INTO "_prisma_migrations" VALUES ('2', 'x', NULL, '20260101_add', NULL, NULL, now(), 0)""",
         "« 20260101_add » est en cours"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_stops_the_sync(source: PrismaSource, change: str, says: str) -> None:
    source.add("c1")
    synced(source)
    source.run(change)
    assert says in " ".join(inspected(source).problems)
    with pytest.raises(IntakeError, match="Rien n’a été modifié"):
        synced(source)
    assert Client.objects.present().count() == 1, "the last good mirror stays"


def test_a_migration_that_was_rolled_back_is_no_problem(source: PrismaSource) -> None:
    source.run("""INSERT INTO "_prisma_migrations" VALUES ('2', 'x', NULL, 'bad', 'log', now(), now(), 0)""")
    assert inspected(source).ok


def test_a_new_status_is_named_and_its_clients_are_left_out(source: PrismaSource) -> None:
    source.run("""ALTER TYPE "ClientStatus" ADD VALUE 'PAUSED'""")
    source.add("c1", status="PAUSED")
    source.add("c2")
    assert (inspected(source).ok, inspected(source).unknown_statuses) == (False, ["PAUSED"])
    report = synced(source)
    assert (report.recorded.clients.created, report.rejected[0].column) == (1, "status")


def test_a_role_that_could_write_is_a_warning_and_a_reader_is_none(source: PrismaSource) -> None:
    assert "peut écrire" in " ".join(inspected(source).warnings)
    source.run("DROP ROLE IF EXISTS dignamik_reader")
    source.run("CREATE ROLE dignamik_reader")
    try:
        source.run("GRANT USAGE ON SCHEMA public TO dignamik_reader")
        source.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO dignamik_reader")
        with snapshot(source.url) as cursor:
            cursor.execute("SET LOCAL ROLE dignamik_reader")
            assert inspect(cursor, PRISMA).warnings == []
    finally:
        source.run("DROP OWNED BY dignamik_reader")
        source.run("DROP ROLE dignamik_reader")


def test_the_snapshot_cannot_write(source: PrismaSource) -> None:
    source.add("c1")
    with pytest.raises(IntakeError, match="read-only transaction"), snapshot(source.url) as cursor:
        cursor.execute('DELETE FROM "Client"')
    assert source.run('SELECT count(*) FROM "Client"') == [(1,)]


def test_a_prisma_url_with_its_own_parameters_and_a_schema_works(source: PrismaSource) -> None:
    source.run('CREATE SCHEMA "Crm"')
    for table in ("Client", "Category", "Followers", "Turnover"):
        source.run(f'ALTER TABLE "{table}" SET SCHEMA "Crm"')
    url = f"{source.url}?schema=Crm&connection_limit=5&pgbouncer=true&sslmode=prefer"
    with snapshot(url) as cursor:
        assert inspect(cursor, PRISMA).ok


# --- Another layout --------------------------------------------------------------------------------------------------


def test_a_mapping_file_renames_tables_columns_and_statuses(source: PrismaSource, tmp_path: Path) -> None:
    source.run('ALTER TABLE "Client" RENAME TO customers')
    source.run('ALTER TABLE customers RENAME COLUMN "createdAt" TO created_at')
    source.run("ALTER TABLE customers DROP COLUMN phone")
    source.run("ALTER TABLE customers ADD deleted_at timestamp(3)")
    source.run("ALTER TYPE \"ClientStatus\" ADD VALUE 'LEFT'")
    source.run("INSERT INTO customers (id, name, status, \"updatedAt\") VALUES ('c1', 'A', 'LEFT', now()), "
               "('c2', 'B', 'ACTIVE', now())")  # fmt: skip
    source.run("UPDATE customers SET deleted_at = now() WHERE id = 'c2'")
    path = tmp_path / "source.toml"
    path.write_text(
        '[client]\ntable = "customers"\ncreated = "created_at"\nphone = ""\ndeleted = "deleted_at"\n'
        '[statuses]\nLEFT = "lost"\n'
    )
    mapping = read_mapping(path)
    assert inspected(source, mapping).ok
    synced(source, mapping=mapping)
    assert [(each.source_id, each.status) for each in Client.objects.all()] == [("c1", "lost")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[client", "TOML"),
        ("[cliente]\n", "Section inconnue"),
        ('[client]\nnom = "x"\n', "Mot inconnu « nom »"),
        ('[client]\nid = ""\n', "indispensable"),
        ('[statuses]\nX = "gone"\n', "Statut « gone »"),
        ("client = 5\n", "section de textes"),
    ],
)
def test_a_mapping_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "source.toml"
    path.write_text(text)
    with pytest.raises(IntakeError, match=says):
        read_mapping(path)


# --- The commands ----------------------------------------------------------------------------------------------------


def run(name: str, *options: str) -> str:
    out = io.StringIO()
    call_command(name, *options, stdout=out)
    return out.getvalue()


def test_the_commands_speak_json_and_french(source: PrismaSource) -> None:
    source.add("c1", email="x")
    assert json.loads(run("check_source", "--url", source.url, "--json"))["ok"] is True
    assert "La source est conforme" in run("check_source", "--url", source.url)
    assert "1\u00a0créé" in run("sync_source", "--url", source.url, "--dry-run")
    said = json.loads(run("sync_source", "--url", source.url, "--json"))
    assert {"clients", "followers", "turnover", "conflicts", "rejected"} <= set(said)
    assert said["clients"] == {"created": 1, "updated": 0, "unchanged": 0, "withdrawn": 0}
    assert said["rejected"][0]["column"] == "email"


def test_a_source_that_does_not_fit_fails_the_check(source: PrismaSource) -> None:
    source.run('ALTER TABLE "Client" DROP COLUMN city')
    with pytest.raises(CommandError, match="pas conforme"):
        run("check_source", "--url", source.url)


@pytest.mark.parametrize("command", ["check_source", "sync_source"])
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "SOURCE_DATABASE_URL"),
        ("mysql://u:secret@127.0.0.1/x", "postgresql://"),
        ("postgresql://u:secret@127.0.0.1:1/x", "ne répond pas"),
        ("postgresql://u:secret@127.0.0.1:nope/x", "ne répond pas"),
        ("postgresql://u:sec@secret@127.0.0.1/x", "%40"),
        ("postgresql://u:secret@127.0.0.1/x?sslmode=nonsense", "lisible|ne répond pas"),
    ],
)
def test_an_unreachable_source_is_one_french_sentence_without_the_password(command: str, url: str, says: str) -> None:
    with pytest.raises(CommandError, match=says) as caught:
        run(command, "--url", url)
    assert "secret" not in str(caught.value)


def test_an_unreachable_source_leaves_what_is_here(source: PrismaSource) -> None:
    client("c1")
    with pytest.raises(CommandError):
        run("sync_source", "--url", "postgresql://u@127.0.0.1:1/x")
    assert Client.objects.present().count() == 1


def test_a_source_that_hangs_is_given_up(source: PrismaSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.intake.source.connecting.LOCK_MS", 200)
    blocker = psycopg2.connect(source.url)
    try:
        with blocker.cursor() as cursor:
            cursor.execute('LOCK TABLE "Client"')
        with pytest.raises(IntakeError, match=r"lock timeout|trop de temps"):
            synced(source)
    finally:
        blocker.close()
