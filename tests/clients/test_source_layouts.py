"""The internal database in other shapes: told by a layout or a file, and everything contradictory refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError

from clients.facts import Origin
from clients.intake.errors import IntakeError
from clients.intake.source.connecting import snapshot
from clients.intake.source.inspecting import Inspection, inspect
from clients.intake.source.mapping import WORDS, SourceMap, layouts, read_mapping
from clients.intake.source.syncing import SyncReport, synchronise
from clients.models import Client, Followers
from tests import sources
from tests.builders import PrismaSource, day, stamp
from tests.clients.test_source_checking import run
from tests.source_tables import FLAT_TABLES

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
ROOT = Path(__file__).resolve().parent.parent.parent


def execute(url: str, statement: str) -> None:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def synced(url: str, mapping: SourceMap, **options: Any) -> SyncReport:
    return synchronise(stamp(Origin.SYNC), url=url, mapping=mapping, **options)


def inspected(url: str, mapping: SourceMap) -> Inspection:
    with snapshot(url) as cursor:
        return inspect(cursor, mapping)


def file(folder: Path, text: str) -> SourceMap:
    path = folder / "source.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


# --- The layouts that come with Dignamik -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["camel", "long", "flat"])
def test_each_layout_finds_its_own_database_sound_and_every_other_one_not(source_database: str, name: str) -> None:
    getattr(sources, name)(source_database, sources.people(12))
    found = inspected(source_database, read_mapping(name))
    assert (found.ok, found.problems, found.counted.sentences()) == (True, [], [])
    for other in {*layouts()} - {name}:
        assert not inspected(source_database, read_mapping(other)).ok


@pytest.mark.parametrize("name", ["camel", "long", "flat"])
def test_a_second_sync_of_any_layout_changes_nothing(source_database: str, name: str) -> None:
    getattr(sources, name)(source_database, sources.people(12))
    first = synced(source_database, read_mapping(name)).to_dict()
    again = synced(source_database, read_mapping(name)).to_dict()
    assert first["clients"]["created"] == 12 and first["followers"]["created"] > 12
    for table in ("clients", "followers", "turnover"):
        assert (again[table]["created"], again[table]["updated"]) == (0, 0), table


def test_the_documentation_names_every_layout_and_every_key() -> None:
    said = (ROOT / "docs/source.md").read_text(encoding="utf-8")
    words = {word for of in WORDS.values() for word in of}
    for word in {*layouts(), *words, "layout", "table", "keep", "[statuses]", "[platforms]"}:
        assert f"`{word}`" in said, word


# --- Followers -------------------------------------------------------------------------------------------------------


def test_of_long_followers_the_latest_is_taken_or_all_are_kept_and_again_nothing_is_new(
    source_database: str, tmp_path: Path
) -> None:
    sources.long(source_database, sources.people(1))
    execute(source_database, """
        TRUNCATE "FollowerReading";
        INSERT INTO "FollowerReading" ("clientId", platform, count, "measuredAt")
        SELECT id, 'FACEBOOK', n, d::timestamp FROM "Client", (VALUES
            (10, '2026-01-01 12:00'), (10, '2026-02-01 12:00'), (30, '2026-04-01 12:00'),
            (20, '2026-03-01 12:00'), (10, '2026-05-01 12:00'), (12, '2026-05-01 13:00')) AS r(n, d)
        WHERE "deletedAt" IS NULL
    """)  # fmt: skip
    synced(source_database, read_mapping("long"))
    assert list(Followers.objects.values_list("count", "measured_on")) == [(12, day("2026-05-01"))]
    every = file(tmp_path, 'layout = "long"\n[followers]\nkeep = "all"\n')
    synced(source_database, every)
    kept = [(10, "2026-01-01"), (20, "2026-03-01"), (30, "2026-04-01"), (12, "2026-05-01")]
    rows = Followers.objects.order_by("measured_on").values_list("count", "measured_on")
    assert list(rows) == [(count, day(when)) for count, when in kept], "the same count again is no news"
    assert Client.objects.get().followers == 12
    again = synced(source_database, every).recorded.followers
    assert (again.created, again.updated) == (0, 0)


def test_a_network_without_a_meaning_is_named_and_one_said_to_be_nothing_is_left_out(
    source_database: str, tmp_path: Path
) -> None:
    sources.long(source_database, sources.people(3))
    execute(source_database, """ALTER TYPE "Platform" ADD VALUE 'PINTEREST'""")
    assert "« PINTEREST »" in " ".join(inspected(source_database, read_mapping("long")).warnings)
    execute(source_database, """
        INSERT INTO "FollowerReading" ("clientId", platform, count, "measuredAt")
        SELECT id, 'PINTEREST', 5, now() FROM "Client" WHERE "deletedAt" IS NULL LIMIT 1
    """)  # fmt: skip
    found = inspected(source_database, read_mapping("long"))
    assert (found.ok, found.unknown_platforms) == (False, ["PINTEREST"])
    (refused,) = synced(source_database, read_mapping("long")).rejected
    assert (refused.table, refused.column, refused.value) == ("FollowerReading", "platform", "PINTEREST")
    known = file(tmp_path, 'layout = "long"\n[platforms]\nPINTEREST = ""\n')
    assert inspected(source_database, known).ok
    assert synced(source_database, known).rejected == ()


# --- Turnover --------------------------------------------------------------------------------------------------------


def test_one_column_of_turnover_is_of_the_year_of_another_column_or_of_a_moment(
    source_database: str, tmp_path: Path
) -> None:
    execute(source_database, FLAT_TABLES)
    execute(source_database, """
        INSERT INTO clients (id, name, turnover, turnover_year, updated_at) VALUES
        (1, 'A', 1234.56, 2024, '2025-12-31 23:30'), (2, 'B', 10, NULL, '2025-06-01'),
        (3, 'C', NULL, NULL, '2025-06-01')
    """)  # fmt: skip
    report = synced(source_database, read_mapping("flat"))
    assert str(Client.objects.get(name="A").turnover) == "1234.56"
    assert Client.objects.get(name="A").turnover_year == 2024
    assert [(each.id, each.column) for each in report.rejected] == [("2", "turnover_year")], "no year, no guess"
    Client.objects.all().delete()
    dated = file(tmp_path, 'layout = "flat"\n[turnover]\nyear = ""\nyear_from = "updated_at"\n')
    assert synced(source_database, dated).rejected == ()
    assert dict(Client.objects.values_list("name", "turnover_year")) == {"A": 2026, "B": 2025, "C": None}


# --- What is deleted, twice there, or nobody's -----------------------------------------------------------------------


def test_what_is_deleted_there_leaves_the_lists_and_its_figures_are_no_orphans(source_database: str) -> None:
    sources.long(source_database, sources.people(12))
    assert synced(source_database, read_mapping("long")).rejected == ()
    execute(source_database, f"""UPDATE "Client" SET "deletedAt" = now() WHERE id = '{sources.uuid_of(1001)}'""")
    report = synced(source_database, read_mapping("long"))
    assert (report.withdrawn, report.rejected) == (1, ())
    assert (Client.objects.count(), Client.objects.present().count()) == (12, 11)
    execute(source_database, """UPDATE "Client" SET "deletedAt" = NULL""")
    synced(source_database, read_mapping("long"))
    assert Client.objects.present().count() == 13


def test_a_boolean_can_say_what_is_deleted(source_database: str, tmp_path: Path) -> None:
    sources.flat(source_database, sources.people(4))
    execute(source_database, "ALTER TABLE clients ADD gone boolean; UPDATE clients SET gone = (id = 1001)")
    execute(source_database, "UPDATE clients SET gone = NULL WHERE id = 1002")
    mapping = file(tmp_path, 'layout = "flat"\n[client]\ndeleted = "gone"\n')
    assert inspected(source_database, mapping).ok
    synced(source_database, mapping)
    assert "1001" not in Client.objects.values_list("source_id", flat=True)
    assert Client.objects.count() == 4, "three, and the one that deleted_at no longer hides"


def test_what_will_be_left_out_is_counted_before_it_is(source_database: str) -> None:
    source = PrismaSource(source_database)
    for constraint in ("Turnover_clientId_fkey", "Turnover_clientId_year_key"):
        source.run(f'ALTER TABLE "Turnover" DROP CONSTRAINT "{constraint}"')
    source.run('ALTER TABLE "Followers" DROP CONSTRAINT "Followers_clientId_fkey"')
    source.run('ALTER TABLE "Followers" DROP CONSTRAINT "Followers_clientId_key"')
    source.run('ALTER TABLE "Client" DROP CONSTRAINT "Client_pkey"')
    source.add("c1", name="Chez Paul", turnover={2025: "NaN", 2024: "5"})
    source.add("c2", name="CHEZ PAUL", latitude="NaN", longitude=1)
    source.add("c2", name="Double")
    source.add("", name="Sans identifiant")
    source.run("""INSERT INTO "Turnover" VALUES ('x', 'c1', 2024, 6), ('y', 'ghost', 2025, 5)""")
    source.run("""INSERT INTO "Followers" (id, "clientId", "updatedAt") VALUES ('z', 'ghost', now())""")
    counted = inspected(source.url, read_mapping()).counted
    assert (counted.without_id, counted.repeated_ids, counted.repeated_names, counted.repeated_years) == (1, 1, 1, 1)
    assert counted.orphans == {"Followers": 1, "Turnover": 1}
    assert counted.not_a_number == {"Client.latitude": 1, "Turnover.amount": 1}
    assert len(counted.sentences()) == 8
    report = synced(source.url, read_mapping())
    assert Client.objects.count() == 2
    assert ("Client", "c2", "id") in {(each.table, each.id, each.column) for each in report.rejected}
    said = json.loads(run("check_source", "--url", source.url, "--json"))
    assert said["counted"]["orphans"] == {"Followers": 1, "Turnover": 1}
    assert "1\u00a0nom porté par plusieurs clients" in run("check_source", "--url", source.url)


# --- A file of one's own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('layout = "wide"\n', "Disposition « wide » inconnue"),
        ("layout = 5\n", "Disposition « 5 » inconnue"),
        ('disposition = "flat"\n', "Clé inconnue « disposition »"),
        ('[followers]\nkeep = "some"\n', "« keep » vaut « some »"),
        ('[followers]\nfacebok = "x"\n', "Mot inconnu « facebok » dans \\[followers\\]"),
        ('[followers]\nplatform = "p"\n', "« platform » et « count » vont ensemble"),
        ('[followers]\nplatform = "p"\ncount = "n"\n', "gardez l’un des deux"),
        ('[platforms]\nX = "twitter"\n', "Réseau « twitter »"),
        ('[turnover]\nyear = ""\n', "de quelle année"),
        ('[turnover]\nyear_from = "updatedAt"\n', "un seul des deux"),
        ('[turnover]\namount = ""\n', "« amount » est indispensable"),
        ('[client]\ntable = ""\n', "« table » est indispensable"),
        ("[client]\nid = 5\n", "section de textes"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_and_the_key_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(IntakeError, match=says):
        file(tmp_path, text)


def test_a_layout_that_nobody_knows_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(CommandError, match="camel, flat, long"):
        run("check_source", "--mapping", "wide")
    with pytest.raises(CommandError, match="il n’existe pas"):
        run("check_source", "--mapping", "wide.toml")


def test_a_source_without_followers_or_turnover_can_be_followed(source_database: str, tmp_path: Path) -> None:
    sources.flat(source_database, sources.people(4))
    none = "".join(f'{network} = ""\n' for network in ("facebook", "instagram", "linkedin", "tiktok", "youtube"))
    mapping = file(tmp_path, f'layout = "flat"\n[followers]\n{none}[turnover]\namount = ""\n')
    assert inspected(source_database, mapping).ok
    assert synced(source_database, mapping).recorded.clients.created == 4
    assert not Followers.objects.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("ALTER TABLE clients ALTER is_active DROP DEFAULT, ALTER is_active TYPE integer USING 1", "un booléen"),
        ("ALTER TABLE clients ALTER deleted_at TYPE text", "une date ou un booléen"),
        ("ALTER TABLE clients ALTER category TYPE integer USING 1", "« clients.category » est de type integer"),
        ("ALTER TABLE clients DROP COLUMN followers_tiktok", "« clients.followers_tiktok » manque"),
        ("ALTER TABLE clients DROP COLUMN turnover_year", "« clients.turnover_year » manque"),
    ],
)
def test_what_is_mistyped_in_the_flat_layout_is_named_once(source_database: str, change: str, says: str) -> None:
    sources.flat(source_database, sources.people(2))
    execute(source_database, change)
    (problem,) = inspected(source_database, read_mapping("flat")).problems
    assert says in problem


# --- A role that can only read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["camel", "flat"])
def test_the_sql_makes_a_role_that_reads_all_that_is_needed_and_writes_nothing(source_database: str, name: str) -> None:
    getattr(sources, name)(source_database, sources.people(3))
    script = run("check_source", "--url", source_database, "--mapping", name, "--grant-sql")
    assert script in run("check_source", "--url", source_database, "--mapping", name), "this role could write"
    execute(source_database, script)
    try:
        with snapshot(source_database) as cursor:
            cursor.execute("SET LOCAL ROLE dignamik_lecture")
            found = inspect(cursor, read_mapping(name))
        assert (found.ok, found.could_write, found.warnings, found.role) == (True, [], [], "dignamik_lecture")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            execute(source_database, "SET ROLE dignamik_lecture; CREATE TABLE more (id int)")
    finally:
        execute(source_database, "DROP OWNED BY dignamik_lecture; DROP ROLE dignamik_lecture")
