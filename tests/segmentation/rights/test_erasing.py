"""Erased is erased: from every table, history, log, message and file; and nobody brings the person back."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from clients import tombstones
from clients.contacting import log
from clients.erasing import listing
from clients.facts import Origin
from clients.imports import FileImport
from clients.intake.errors import IntakeError
from clients.intake.files.importing import import_file
from clients.models import Category, Client, Erasure, Followers, Merge, SourceSync
from clients.reach import hanging_on_clients
from clients.recording import record, save
from dignamik.foundation.audit import AuditEvent
from dignamik.foundation.models import SavedView
from segmentation.models import Assignment, Run
from segmentation.rights.erasing import erase, reach
from segmentation.runs.uniting import merge, undo
from segmentation.web.tallies import tally
from tests.builders import NOON, PrismaSource, csv_file, facts, recorded, row, stamp
from tests.published import a_client, some_clients
from tests.reading import body, signed_in
from tests.segmentation.rights.held import (
    DOUBLE_EMAIL,
    DOUBLE_NAME,
    DOUBLE_SOURCE,
    EMAIL,
    NAME,
    SECRETS,
    SOURCE,
    dump,
    everything,
    rows_left,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()


@pytest.fixture
def held(settings: Any, amelie: User, adele: User) -> Client:
    return everything(settings, amelie, adele)


def files() -> str:
    from django.conf import settings

    paths = [path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()]
    return "\n".join(f"{path.name}: {path.read_bytes().decode(errors='ignore')}" for path in paths)


# --- It is gone ------------------------------------------------------------------------------------------------------


def test_everything_that_leads_to_a_client_is_held_of_this_one(held: Client) -> None:
    """The tests below say nothing of a model that has no row here: a new one fails until `held.everything` makes it."""
    assert [name for name, count in rows_left(held.pk).items() if not count] == []
    assert all(secret in dump() for secret in SECRETS)


def test_no_table_and_no_file_names_the_person_any_more(
    held: Client, adele: User, django_capture_on_commit_callbacks: Any
) -> None:
    pk, double = held.pk, held.merged.get().pk
    assert NAME in files()
    with django_capture_on_commit_callbacks(execute=True):
        erase(held, reason="request", by=adele)
    everywhere = dump() + files()
    assert [secret for secret in SECRETS if secret.lower() in everywhere.lower()] == []
    assert [name for one in (pk, double) for name, count in rows_left(one).items() if count] == []
    assert not Client.objects.filter(pk__in=[pk, double]).exists()
    assert "run-" not in files(), "the file for notebooks that listed it"


def test_what_is_not_about_the_person_stays(held: Client, adele: User) -> None:
    others = some_clients(5)
    erase(held, reason="request", by=adele)
    assert set(Client.objects.all()) == set(others)
    done, waiting = FileImport.objects.order_by("pk")
    assert [refused["line"] for refused in done.rejected] == [4]
    assert list(done.lines.values_list("line", flat=True)) == [5]
    assert done.headings == [["Nom", ""], ["Ville", "Angers"]]
    assert (waiting.state, waiting.stored_as) == ("dropped", "")
    sync = SourceSync.objects.get()
    assert [line["client"] for line in sync.conflicts] == ["Autre"]
    assert [line["id"] for line in sync.rejected] == ["autre"]
    assert list(SavedView.objects.values_list("name", flat=True)) == ["Angers"]
    assert LogEntry.objects.get().object_repr == "client effacé"
    assert Session.objects.get().get_decoded() == {"kept": "oui"}


def test_the_figures_of_the_run_shown_lose_one_client_and_no_more(held: Client, helene: User) -> None:
    run = Run.objects.current()
    assert run is not None
    mine = Client.objects.visible_to(helene)
    place = Assignment.objects.get(run=run, client=held)
    before = tally(run, mine)
    erase(held, reason="request")
    after = tally(run, mine)
    assert before.clients - after.clients == 1
    for then, now in zip(before.segments, after.segments, strict=True):
        assert then.segment == now.segment
        assert then.size - now.size == (then.segment == place.segment)
    assert Run.objects.current() == run


def test_the_tombstone_names_nobody(held: Client, adele: User) -> None:
    erase(held, reason="request", by=adele)
    stones = Erasure.objects.all()
    assert [(stone.reason, stone.by) for stone in stones] == [("request", adele)] * 2, "one for each name"
    text = repr(list(Erasure.objects.values()))
    assert not any(secret in text for secret in SECRETS)
    assert all(len(getattr(stone, name)) == 64 for stone in stones for name in tombstones.FIELDS)


def test_a_look_writes_nothing_and_tells_what_would_go(held: Client) -> None:
    before = dump()
    said = reach(held).to_dict()
    assert dump() == before
    assert (said["import_lines"], said["import_files"], said["saved_views"]) == (2, 1, 1)
    assert (said["admin_log"], said["sessions"], said["sync_lines"], len(said["doubles"])) == (1, 1, 2, 1)
    assert len(said["model_files"]) == 1
    assert said["rows"]["placements"] == 2
    assert NAME not in json.dumps(said)


def test_other_peoples_notes_are_left_to_a_reader(held: Client) -> None:
    other = a_client("Voisine", notes=f"Amie de {NAME}.")
    assert reach(held).plan.elsewhere == {"notes": [other.pk]}
    erase(held, reason="request")
    other.refresh_from_db()
    assert NAME in other.notes


def test_nothing_hangs_on_a_client_out_of_reach() -> None:
    """By the database's own word: a table with a key to clients is one that erasure and access walk."""
    known = {item.model._meta.db_table for item in hanging_on_clients()}
    with connection.cursor() as cursor:
        pointing = {
            table
            for table in connection.introspection.table_names(cursor)
            for _, target in connection.introspection.get_relations(cursor, table).values()
            if target == Client._meta.db_table
        }
    assert pointing - {Client._meta.db_table} <= known, "a double is reached as a client of its own"
    assert {"clients_followers", "segmentation_assignment", "segmentation_decision"} <= pointing


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_the_file_of_the_database_itself_holds_nothing_any_more(settings: Any, amelie: User, adele: User) -> None:
    held = everything(settings, amelie, adele)
    erase(held, reason="request")
    path = Path(str(connection.settings_dict["NAME"]))
    content = b"".join(one.read_bytes() for one in (path, Path(f"{path}-wal")) if one.exists())
    assert EMAIL.encode() not in content
    assert NAME.encode() not in content


# --- Doubles ---------------------------------------------------------------------------------------------------------


def test_erasing_a_double_erases_the_one_it_was_merged_into(held: Client) -> None:
    erase(held.merged.get(), reason="request")
    assert not Client.objects.exists()
    assert [secret for secret in SECRETS if secret.lower() in dump().lower()] == []


@pytest.mark.parametrize("identifier", [SOURCE, DOUBLE_SOURCE])
def test_neither_identifier_comes_back(held: Client, identifier: str) -> None:
    erase(held, reason="request")
    with pytest.raises(tombstones.WasErased):
        recorded(facts(identifier, name="Un autre nom"))


def two_who_were_one(adele: User, *, kept_goes: bool) -> tuple[Client, Client]:
    """The one to erase, and a neighbour: merged by mistake, each with values of the other, then told apart."""
    recorded(
        facts(SOURCE, name=NAME, email=EMAIL, phone="", readings={"facebook": 1234}),
        facts("voisin", name="Voisine", email="voisine@b.example", phone="02 41 00 00 01", readings={"youtube": 4321}),
    )
    mine, other = (Client.objects.get(source_id=name) for name in (SOURCE, "voisin"))
    log(mine, "note", by=adele, text=f"{NAME} a rappelé.")
    log(other, "note", by=adele, text="La voisine a rappelé.")
    kept, merged = (mine, other) if kept_goes else (other, mine)
    made = merge(kept.pk, merged.pk, {"name": "other", "email": "other"}, by=adele)
    undo(made.pk, by=adele)
    return mine, other


@pytest.mark.parametrize("kept_goes", [True, False])
def test_a_merge_that_was_undone_leaves_nothing_with_the_other_one(adele: User, *, kept_goes: bool) -> None:
    mine, other = two_who_were_one(adele, kept_goes=kept_goes)
    assert sum(NAME in line for line in dump().splitlines()) > 3
    erase(mine, reason="request")
    everywhere = dump()
    assert [secret for secret in (NAME, EMAIL, SOURCE) if secret.lower() in everywhere.lower()] == []
    assert not Merge.objects.exists()
    assert not Followers.history.filter(count=1234).exists()
    assert list(Client.objects.all()) == [other]
    other.refresh_from_db()
    assert (other.name, other.email) == ("Voisine", "voisine@b.example")
    assert other.contacts.get().text == "La voisine a rappelé."
    assert {"Voisine"} == set(other.history.values_list("name", flat=True))
    assert Followers.history.filter(count=4321).exists()


def test_two_doubles_told_by_the_same_words_share_a_tombstone(adele: User) -> None:
    one, two = (Client(name=NAME, postal_code="49000") for _ in range(2))
    for client in (one, two):
        save(client, changed={"name"})
    merge(one.pk, two.pk, {}, by=adele)
    erase(one, reason="request")
    assert Erasure.objects.count() == 1


# --- On record -------------------------------------------------------------------------------------------------------


def test_an_erasure_is_on_record_by_its_number_alone(held: Client, adele: User) -> None:
    pk, double = held.pk, held.merged.get().pk
    erase(held, reason="request", by=adele)
    event = AuditEvent.objects.get(kind="erasure")
    assert (event.username, event.model, event.object_id) == ("adele", "clients.client", str(pk))
    assert event.details == {"reason": "request", "doubles": [double], "came_back": False}


def test_an_erasure_that_fails_is_not_on_record(held: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("segmentation.rights.erasing.unplacing.delete", fail)
    with pytest.raises(RuntimeError):
        erase(held, reason="request")
    assert not AuditEvent.objects.filter(kind="erasure").exists()
    assert Client.objects.filter(pk=held.pk).exists()


# --- It stays gone ---------------------------------------------------------------------------------------------------


def test_a_file_does_not_bring_the_person_back(held: Client, tmp_path: Path) -> None:
    erase(held, reason="request")
    path = csv_file(tmp_path, row(SOURCE, Nom=NAME), row("", Nom=NAME), row("c9", Nom="Autre"))
    report = import_file(path, stamp(Origin.IMPORT), commit=True, skip_bad=True)
    assert [client.name for client in Client.objects.all()] == ["Autre"]
    said = report.to_dict()["rejected"]
    assert {refused["line"] for refused in said} == {2}
    assert all("Effacé à la demande de la personne" in refused["reason"] for refused in said)
    assert NAME not in json.dumps(said, ensure_ascii=False)


@pytest.mark.parametrize("identifier", ["", "un-autre-identifiant"])
def test_nor_by_its_name_and_place_alone(held: Client, tmp_path: Path, identifier: str) -> None:
    erase(held, reason="request")
    path = csv_file(
        tmp_path, row(identifier, Nom="ZEPHIRINE  quincampoix"), row("c9", Nom=NAME, **{"Code postal": "44000"})
    )
    import_file(path, stamp(Origin.IMPORT), commit=True, skip_bad=True)
    assert list(Client.objects.values_list("postal_code", flat=True)) == ["44000"]


def test_the_preview_of_a_file_keeps_nothing_of_the_person(held: Client, adele: User, tmp_path: Path) -> None:
    erase(held, reason="request")
    from tests.clients.test_imports import page, sent

    browser = signed_in(adele)
    what = sent(browser, tmp_path, row(SOURCE, Nom=NAME, **{"E-mail": EMAIL}), row("c9", Nom="Autre"))
    assert "Effacé à la demande de la personne" in page(browser, what, "?show=rejected")
    what.refresh_from_db()
    assert what.headings[1] == ["Nom", "Autre"]
    assert NAME not in dump()
    assert EMAIL not in dump()


def test_the_source_does_not_bring_the_person_back(held: Client, source_database: str) -> None:
    from clients.intake.source.syncing import synchronise

    erase(held, reason="request")
    source = PrismaSource(source_database)
    source.add(SOURCE, name=NAME)
    source.add("c9", name="Autre")
    report = synchronise(stamp(), url=source_database)
    assert [client.name for client in Client.objects.all()] == ["Autre"]
    assert [(refused.id, "Effacé" in refused.reason) for refused in report.rejected] == [(SOURCE, True)]


def test_a_sync_keeps_nothing_of_the_person_either(held: Client, source_database: str) -> None:
    from clients.intake.source.attempting import Wanted, follow

    erase(held, reason="request")
    source = PrismaSource(source_database)
    source.add(SOURCE, name=NAME, postalCode="4900O")
    source.add(DOUBLE_SOURCE, name=DOUBLE_NAME, email=DOUBLE_EMAIL)
    follow(Wanted(url=source_database, trigger=SourceSync.Trigger.COMMAND))
    sync = SourceSync.objects.latest("pk")
    assert (sync.state, sync.rejected_count) == ("done", 2)
    assert all("Effacé à la demande" in line["reason"] and line["id"] == "" for line in sync.rejected)
    assert [secret for secret in SECRETS if secret.lower() in dump().lower()] == []


def test_the_door_itself_refuses(held: Client) -> None:
    erase(held, reason="request")
    with pytest.raises(tombstones.WasErased):
        recorded(facts("neuf", name=NAME))
    with pytest.raises(tombstones.WasErased):
        save(Client(name=NAME, postal_code="49000"), changed={"name"})
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    ("reason", "says"), [("retention", "au terme de sa durée de conservation"), ("mistake", "collecte par erreur")]
)
def test_the_refusal_says_which_erasure_it_was(reason: str, says: str, tmp_path: Path) -> None:
    erase(a_client(NAME, postal_code="49000"), reason=reason)
    with pytest.raises(tombstones.WasErased, match=says):
        recorded(facts("neuf", name=NAME))
    report = import_file(csv_file(tmp_path, row("", Nom=NAME)), stamp(Origin.IMPORT), commit=False)
    assert says in report.understood.rejected[0].reason


def test_pages_say_so_beside_the_name(held: Client, amelie: User, adele: User) -> None:
    erase(held, reason="request")
    bakery = Category.objects.create(name="Boulangerie", sector="Commerce")
    said = {"name": NAME, "city": "Angers", "postal_code": "49000", "category": bakery.pk}
    kept = body(signed_in(amelie).post("/prospect/", said))
    assert "Effacé à la demande de la personne" in kept
    from tests.clients.test_admin import send

    response = send(signed_in(adele), None, name=NAME, postal_code="49000")
    assert "Effacé à la demande de la personne" in body(response)
    assert not Client.objects.exists()


def test_whoever_bears_the_same_name_in_the_book_goes_on(held: Client) -> None:
    """A namesake at the same place, known before: not the person who was erased."""
    recorded(facts("homonyme", name=NAME))
    erase(held, reason="request")
    recorded(facts("homonyme", name=NAME, email="autre@exemple.example"))
    assert Client.objects.get().email == "autre@exemple.example"


def test_deleting_the_tombstone_lets_the_person_in_again(held: Client, adele: User, settings: Any,
                                                         django_capture_on_commit_callbacks: Any) -> None:  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        erase(held, reason="mistake")
    for stone in Erasure.objects.all():
        signed_in(adele).post(f"/admin/clients/erasure/{stone.pk}/delete/", {"post": "yes"})
    assert not Erasure.objects.exists()
    assert json.loads(listing.path().read_text())["erasures"] == []
    recorded(facts(SOURCE, name=NAME))
    assert Client.objects.get().name == NAME


def test_without_the_key_nothing_comes_in(held: Client, settings: Any, tmp_path: Path) -> None:
    erase(held, reason="request")
    settings.ERASURE_KEY, settings.SECRET_KEY = "a new one" * 9, "another new one" * 9
    with pytest.raises(IntakeError, match="ERASURE_KEY"):
        import_file(csv_file(tmp_path, row("c9", Nom="Autre")), stamp(Origin.IMPORT), commit=True)
    settings.SECRET_KEY_FALLBACKS = ["only-for-tests-" + "0123456789" * 5]
    with pytest.raises(tombstones.WasErased):
        recorded(facts(SOURCE, name=NAME))


# --- Backups ---------------------------------------------------------------------------------------------------------


def test_a_restored_backup_is_cleaned_by_the_list_beside_it(
    held: Client, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    other = a_client("Autre")
    with django_capture_on_commit_callbacks(execute=True):
        erase(held, reason="request")
    copy = tmp_path / "ailleurs.json"
    call_command("reapply_erasures", "--export", str(copy))
    assert not any(secret in copy.read_text() for secret in SECRETS)
    # The backup is from before: it has the person, and no tombstone.
    Erasure.objects.all().delete()
    recorded(facts(SOURCE, name=NAME), at=NOON - timedelta(days=400))
    out = io.StringIO()
    call_command("reapply_erasures", "--tombstones", str(copy), "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"taken": 2, "erased": 1}
    assert list(Client.objects.all()) == [other]
    assert NAME not in dump()
    again = io.StringIO()
    call_command("reapply_erasures", "--json", stdout=again)
    assert json.loads(again.getvalue()) == {"taken": 0, "erased": 0}
    assert Erasure.objects.count() == 2


def test_who_came_again_after_the_erasure_is_not_erased_by_a_backup(held: Client) -> None:
    erase(held, reason="request")
    stones = list(Erasure.objects.all())
    Erasure.objects.all().delete()
    recorded(facts(SOURCE, name=NAME), at=timezone.now() + timedelta(hours=1))
    Erasure.objects.bulk_create(stones)
    call_command("reapply_erasures", stdout=io.StringIO())
    assert Client.objects.get().name == NAME


STONE = {"key": "k", "source_id": "", "postal_code": "", "city": "", "reason": "request", "at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"format": "x", "erasures": []}', '{"format": "dignamik-erasures", "erasures": [{"key": 1}]}',
        json.dumps({"format": "dignamik-erasures", "erasures": [STONE | {"at": "hier"}]}),
        json.dumps({"format": "dignamik-erasures", "erasures": [STONE | {"city": "court"}]}),
        json.dumps({"format": "dignamik-erasures", "erasures": [STONE | {"reason": "envie"}]}),
    ],
)  # fmt: skip
def test_a_list_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "liste.json"
    path.write_text(text)
    with pytest.raises(CommandError, match="liste d’effacements"):
        call_command("reapply_erasures", "--tombstones", str(path))
    with pytest.raises(CommandError, match="ne peut pas être lue"):
        call_command("reapply_erasures", "--tombstones", str(tmp_path / "rien.json"))


# --- The command and the page ----------------------------------------------------------------------------------------


def test_the_command_is_a_dry_run_unless_told(held: Client) -> None:
    out, pk = io.StringIO(), held.pk
    call_command("erase_client", SOURCE, "--why", "request", stdout=out)
    assert "Essai à blanc" in out.getvalue()
    assert Client.objects.filter(pk=pk).exists()
    out = io.StringIO()
    call_command("erase_client", SOURCE, "--why", "request", "--commit", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert (said["client"], said["committed"], said["import_lines"]) == (pk, True, 2)
    assert not Client.objects.filter(pk=pk).exists()
    with pytest.raises(CommandError, match="Aucun client"):
        call_command("erase_client", SOURCE, "--why", "request")


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"name": "Quelqu’un", "reason": "request"}, "Le nom tapé n’est pas celui"),
        ({"name": "", "reason": "request"}, "Le nom tapé n’est pas celui"),
        ({"name": NAME, "reason": "envie"}, "Choisissez le motif"),
        ({}, "Le nom tapé n’est pas celui"),
    ],
)
def test_the_page_erases_nobody_by_a_slip(adele: User, sent: dict[str, str], says: str) -> None:
    client = a_client(NAME)
    assert says in body(signed_in(adele).post(f"/clients/{client.pk}/rights/erase/", sent, follow=True))
    assert Client.objects.exists()


def test_the_page_erases_when_the_name_is_typed_again(adele: User, amelie: User) -> None:
    client = a_client(NAME, "amelie")
    browser: Browser = signed_in(adele)
    where = f"/clients/{client.pk}/rights/"
    assert "Ce qui serait effacé" in body(browser.get(where))
    said = body(browser.post(f"{where}erase/", {"name": NAME.upper(), "reason": "request"}, follow=True))
    assert f"Le client n° {client.pk} est effacé" in said
    assert NAME not in said
    assert not Client.objects.exists()
    assert browser.get(where).status_code == 404
    assert signed_in(amelie).get(f"/clients/{client.pk}/").status_code == 404


def test_a_category_of_its_own_stays() -> None:
    """A type of business is nobody's datum."""
    client = a_client(NAME)
    erase(client, reason="request")
    assert Category.objects.exists()
    record([facts("c9", name="Autre")], stamp())


def test_the_demonstration_can_be_planted_again_after_one_of_it_was_erased() -> None:
    size = {"clients": 12, "active": 6, "stdout": io.StringIO(), "stderr": io.StringIO()}
    call_command("seed_demo", **size)
    erase(Client.objects.earliest("pk"), reason="request")
    call_command("seed_demo", remove=True, stdout=io.StringIO(), stderr=io.StringIO())
    call_command("seed_demo", **size)
    assert Client.objects.count() == 12
