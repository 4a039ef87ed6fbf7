"""The internal database looked at before it is read: what doesn't fit is named, other layouts are told by a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import psycopg2
import pytest
from django.core.management import CommandError, call_command

from clients.facts import Origin
from clients.intake.errors import IntakeError
from clients.intake.source.connecting import snapshot
from clients.intake.source.inspecting import Inspection, inspect
from clients.intake.source.mapping import PRISMA, SourceMap, read_mapping
from clients.intake.source.syncing import SyncReport, synchronise
from clients.models import Client
from tests.builders import PrismaSource, client, stamp

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def source(source_database: str) -> PrismaSource:
    return PrismaSource(source_database)


def synced(source: PrismaSource, mapping: SourceMap = PRISMA) -> SyncReport:
    return synchronise(stamp(Origin.SYNC), url=source.url, mapping=mapping)


def inspected(source: PrismaSource, mapping: SourceMap = PRISMA) -> Inspection:
    with snapshot(source.url) as cursor:
        return inspect(cursor, mapping)


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
