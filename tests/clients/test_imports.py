"""Imports on the page: sent, looked at, decided and taken back; and everything that keeps one from being written."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clients.imports import FileImport
from clients.intake.files import filing, keeping
from clients.models import Category, Client, Demo, Followers, Turnover
from clients.recording import save
from segmentation.models import Assignment
from tests.builders import HEADINGS, client, csv_file, row, xlsx_file
from tests.published import published, some_clients
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def admin(adele: User) -> Browser:
    return signed_in(adele)


def send(browser: Browser, content: bytes, name: str = "clients.csv") -> FileImport:
    """Send a file as the form does. Returns the import whose page answers."""
    response = browser.post("/imports/", {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 302, body(response)
    return FileImport.objects.get(pk=response["Location"].strip("/").split("/")[-1])


def sent(browser: Browser, folder: Path, *rows: Any, **how: Any) -> FileImport:
    return send(browser, csv_file(folder, *rows, **how).read_bytes())


def act(browser: Browser, what: FileImport, action: str, **said: Any) -> str:
    """Decide. Returns the page that one is led to."""
    response = browser.post(f"/imports/{what.pk}/{action}/", said, follow=True)
    assert response.redirect_chain, "a POST redirects"
    what.refresh_from_db()
    return body(response)


def page(browser: Browser, what: FileImport, query: str = "") -> str:
    response = browser.get(f"/imports/{what.pk}/{query}")
    assert response.status_code == 200
    return body(response)


def state_of_the_base() -> Any:
    """Every fact of every present client; clients that were withdrawn are in no list."""
    present = Client.objects.present().order_by("pk")
    return (
        list(present.values_list("pk", "name", "city", "category", "status", "email", "turnover", "followers",
                                 "latitude", "account_manager", "withdrawn_at", "local_fields")),
        sorted(Followers.objects.filter(client__in=present).values_list("client", "platform", "measured_on", "count")),
        sorted(Turnover.objects.filter(client__in=present).values_list("client", "year", "amount")),
    )  # fmt: skip


# --- Looking ---------------------------------------------------------------------------------------------------------


def test_a_preview_counts_and_writes_nothing(admin: Browser, tmp_path: Path) -> None:
    client("old", email="vieux@esteve.example")
    client("same", name="Pareil")
    found = sent(
        admin, tmp_path,
        row("old"), row("new", Nom="Neuf"), row("bad", Nom="Faux", Statut="EnPause"), row("new", Nom="NEUF"),
    )  # fmt: skip
    assert found.state == "ready"
    assert (found.rows, found.created, found.updated, found.unchanged) == (4, 1, 1, 0)
    assert [(each["line"], each["problems"][0]["column"]) for each in found.rejected] == [(4, "Statut")]
    assert found.repeated == [{"line": 5, "same_as": 3}]
    assert Client.objects.count() == 2
    assert Client.objects.get(source_id="old").email == "vieux@esteve.example"
    assert not Category.objects.exists()


def test_a_change_shows_the_old_value_beside_the_new(admin: Browser, tmp_path: Path) -> None:
    client("c1", email="vieux@esteve.example", readings={"facebook": 900}, turnover={2025: 10})
    found = sent(admin, tmp_path, row("c1"))
    (line,) = found.lines.all()
    said = {label: (before, after) for label, before, after in line.changes}
    assert said["E-mail"] == ("vieux@esteve.example", "contact@esteve.example")
    assert said["Abonnés Facebook"] == ("900", "1\u202f250")
    assert said["CA 2025"] == ("10\u00a0€", "12\u202f500,50\u00a0€")
    assert said["Type d’entreprise"] == ("", "Boulangerie")
    assert "Ville" not in said
    html = page(admin, found)
    assert "vieux@esteve.example" in html and "contact@esteve.example" in html


def test_refused_rows_show_line_column_value_and_reason(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row("a"), row("b", Nom="Autre", **{"Abonnés Facebook": "douze"}))
    html = page(admin, found, "?show=rejected")
    assert "Abonnés Facebook" in html and "douze" in html and "Ce n’est pas un nombre" in html


def test_a_long_preview_comes_page_by_page_at_the_same_price(
    admin: Browser, tmp_path: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    spent = []
    for count in (3, 90):
        rows = [row(f"{count}-{at}", Nom=f"Maison {count} {at}") for at in range(count)]
        found = sent(admin, tmp_path, *rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            html = page(admin, found)
        spent.append(len(queries))
    assert spent[0] == spent[1] <= 12
    assert html.count('class="who cell-name"') == 25
    assert "1 / 4" in html
    assert "Maison 90 26" in page(admin, found, "?show=created&page=2")
    assert "4 / 4" in page(admin, found, "?show=created&page=99")


def test_the_list_of_imports_costs_the_same_at_one_and_at_many(admin: Browser, tmp_path: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    spent = []
    for more in (1, 12):
        for at in range(more):
            sent(admin, tmp_path, row(f"{more}-{at}", Nom=f"Maison {more} {at}"))
        with CaptureQueriesContext(connection) as queries:
            assert admin.get("/imports/").status_code == 200
        spent.append(len(queries))
    assert spent[0] == spent[1] <= 12


def test_what_cannot_be_read_is_refused_with_a_sentence_and_its_file_is_gone(admin: Browser) -> None:
    for content in (b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"PK\x05\x06" + bytes(18), b"Nom\n\x00"):
        found = send(admin, content, "clients.xlsx")
        assert (found.state, found.stored_as) == ("refused", "")
        assert found.problem in page(admin, found).replace("&#x27;", "'")
        assert found.problem.endswith(".")
    assert list(keeping.folder().iterdir()) == []


def test_a_post_without_a_file_says_so(admin: Browser) -> None:
    response = admin.post("/imports/")
    assert response.status_code == 400
    assert "Ce champ est obligatoire" in body(response)
    assert not FileImport.objects.exists()


# --- The file itself -------------------------------------------------------------------------------------------------


def test_a_file_waits_under_a_name_of_ours_that_only_we_can_read(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row())
    (kept,) = keeping.folder().iterdir()
    assert kept.name == found.stored_as and len(found.stored_as) == 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(keeping.folder().stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/cron.d/x", "a\x00b.csv", "…" * 300])
def test_a_file_name_is_shown_and_never_opened(admin: Browser, tmp_path: Path, name: str) -> None:
    content = csv_file(tmp_path, row()).read_bytes()
    raw = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n'
        b"Content-Type: text/csv\r\n\r\n" + content + b"\r\n--x--\r\n"
    )
    response = admin.post("/imports/", raw, content_type="multipart/form-data; boundary=x")
    assert response.status_code in (302, 400)
    for found in FileImport.objects.all():
        assert "/" not in found.file_name and "\\" not in found.file_name and len(found.file_name) <= 200
        assert [path.name for path in keeping.folder().iterdir()] == [found.stored_as]
    assert not list(tmp_path.rglob("passwd")) and not list(tmp_path.rglob("*boot*"))


def test_a_stored_name_that_is_none_of_ours_opens_nothing(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row())
    FileImport.objects.filter(pk=found.pk).update(stored_as="../../secret")
    assert "n’est plus ici" in act(admin, found, "confirm")
    assert not Client.objects.exists()


def test_a_file_is_deleted_once_decided_and_after_a_day(admin: Browser, tmp_path: Path) -> None:
    done, dropped, late = (sent(admin, tmp_path, row(name, Nom=f"Maison {name}")) for name in "abc")
    act(admin, done, "confirm")
    act(admin, dropped, "drop")
    assert [path.name for path in keeping.folder().iterdir()] == [late.stored_as]
    FileImport.objects.filter(pk=late.pk).update(sent_at=timezone.now() - timedelta(hours=25))
    assert keeping.sweep(timezone.now() + timedelta(minutes=6)) == 1
    late.refresh_from_db()
    assert (late.state, list(keeping.folder().iterdir())) == ("dropped", [])
    assert "n’attend plus" in act(admin, late, "confirm")


def test_the_same_file_twice_leads_to_the_one_that_waits(admin: Browser, tmp_path: Path) -> None:
    first, second = (sent(admin, tmp_path, row()) for _ in range(2))
    assert first == second
    assert len(list(keeping.folder().iterdir())) == 1


def test_the_same_file_after_its_import_says_so_and_has_nothing_to_write(admin: Browser, tmp_path: Path) -> None:
    first = sent(admin, tmp_path, row())
    act(admin, first, "confirm")
    again = sent(admin, tmp_path, row())
    assert again != first
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    html = page(admin, again)
    assert "déjà dans la base" in html and "rien à écrire" in html and "Confirmer l’import" not in html
    assert "rien à écrire" in act(admin, again, "confirm")
    assert again.state == "ready"


# --- Columns ---------------------------------------------------------------------------------------------------------

UNKNOWN_HEADINGS = ("Établissement client", "Ville", "Humeur")


def test_a_person_can_say_what_an_unknown_column_holds(admin: Browser, tmp_path: Path) -> None:
    rows = [{"Établissement client": "Chez Paul", "Ville": "Angers", "Humeur": "paul@paul.example"}]
    found = sent(admin, tmp_path, *rows, headings=UNKNOWN_HEADINGS)
    assert found.state == "columns"
    html = page(admin, found)
    assert "Il manque la colonne « Nom »" in html and "Chez Paul" in html
    act(admin, found, "columns", **{"column-0": "name", "column-1": "city", "column-2": "email"})
    assert (found.state, found.created, found.ignored) == ("ready", 1, [])
    act(admin, found, "confirm")
    assert list(Client.objects.values_list("name", "city", "email")) == [("Chez Paul", "Angers", "paul@paul.example")]


def test_a_column_can_be_ignored_and_the_choice_is_for_this_file_only(admin: Browser, tmp_path: Path) -> None:
    rows = [{"Nom": "Chez Paul", "Ville": "Angers", "Commune": "Nantes"}]
    found = sent(admin, tmp_path, *rows, headings=("Nom", "Ville", "Commune"))
    assert "Deux colonnes disent la même chose" in page(admin, found)
    act(admin, found, "columns", **{"column-0": "name", "column-1": "city", "column-2": "ignore"})
    assert (found.state, found.ignored) == ("ready", ["Commune"])
    rows = [{"Nom": "Chez Anne", "Ville": "Angers", "Commune": "Nantes"}]
    assert sent(admin, tmp_path, *rows, headings=("Nom", "Ville", "Commune")).state == "columns"


def test_a_turnover_can_be_given_its_year_and_nonsense_is_not_taken(admin: Browser, tmp_path: Path) -> None:
    rows = [{"Nom": "Chez Paul", "CA": "1 000"}]
    found = sent(admin, tmp_path, *rows, headings=("Nom", "CA"))
    act(admin, found, "columns", **{"column-0": "name", "column-1": "password", "column-9": "email"})
    assert (found.state, found.chosen) == ("columns", {"0": "name"})
    act(admin, found, "columns", **{"column-1": f"turnover:{timezone.localdate().year}"})
    assert (found.state, found.created) == ("ready", 1)


# --- Deciding --------------------------------------------------------------------------------------------------------


def test_confirming_writes_everything_with_its_author_and_its_number(
    admin: Browser, adele: User, tmp_path: Path
) -> None:
    found = sent(admin, tmp_path, row("a"), row("b", Nom="Autre"))
    html = act(admin, found, "confirm")
    assert "L’import est dans la base" in html
    assert (found.state, found.done_by, Client.objects.count()) == ("done", adele, 2)
    written = Client.history.first()
    assert (written.history_user, written.history_change_reason) == (adele, f"import de fichier n° {found.pk}")


def test_bad_rows_keep_everything_out_unless_only_the_good_ones_are_wanted(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row("good"), row("bad", Nom="Faux", Statut="EnPause"))
    assert "lignes sont refusées" in act(admin, found, "confirm")
    assert not Client.objects.exists()
    act(admin, found, "confirm", only="good")
    assert list(Client.objects.values_list("source_id", flat=True)) == ["good"]
    assert found.rejected, "what was refused stays to be corrected"


def test_refused_rows_come_back_as_a_file_that_corrected_goes_in(admin: Browser, tmp_path: Path) -> None:
    bad = row("bad", Nom="=Faux", Statut="EnPause", **{"Chiffre d'affaires 2025": "1.234"})
    found = sent(admin, tmp_path, row("good"), bad)
    text = body(admin.get(f"/imports/{found.pk}/rejected/"))
    headings, line = text.splitlines()
    assert headings.startswith("Identifiant;Nom;") and headings.endswith("Ligne refusée;Motif du refus")
    assert "'=Faux" in line and "Statut inconnu" in line and "Nombre ambigu" in line
    corrected = text.replace("EnPause", "Actif").replace(";1.234;", ";1234;")
    again = send(admin, corrected.encode())
    assert (again.created, again.rejected, again.ignored) == (1, [], ["Ligne refusée", "Motif du refus"])
    act(admin, again, "confirm")
    assert Client.objects.get().name == "=Faux"


def test_refused_cells_of_a_workbook_come_back_readable(admin: Browser, tmp_path: Path) -> None:
    book = xlsx_file(tmp_path, ["Paul", 47.5, "?!", "=1+1"], headings=("Nom", "CA 2025", "Statut", "CA 2024"))
    found = send(admin, book.read_bytes(), "clients.xlsx")
    assert found.rejected[0]["cells"] == ["Paul", "47,5", "?!", "=1+1"]
    assert "Paul;47,5;?!;'=1+1;2;" in body(admin.get(f"/imports/{found.pk}/rejected/"))


def test_confirming_twice_writes_once(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row())
    act(admin, found, "confirm")
    assert "n’attend plus de décision" in act(admin, found, "confirm")
    assert Client.history.count() == 1


def test_a_base_that_moved_refuses_and_shows_the_new_preview(admin: Browser, tmp_path: Path) -> None:
    one = client("c1", email="vieux@esteve.example")
    found = sent(admin, tmp_path, row("c1"))
    one.email = "autre@esteve.example"
    save(one, changed=["email"])
    html = act(admin, found, "confirm")
    assert "La base a changé depuis l’aperçu" in html and "autre@esteve.example" in html
    assert (found.state, Client.objects.get().email) == ("ready", "autre@esteve.example")
    act(admin, found, "confirm")
    assert (found.state, Client.objects.get().email) == ("done", "contact@esteve.example")


def test_a_client_that_somebody_made_meanwhile_is_not_taken_for_the_imports_own(admin: Browser, tmp_path: Path) -> None:
    found = sent(admin, tmp_path, row("c1"))
    client("c1")
    act(admin, found, "confirm")
    assert (found.state, found.created, found.updated) == ("ready", 0, 1)


def test_a_change_that_the_file_does_not_touch_does_not_stand_in_the_way(admin: Browser, tmp_path: Path) -> None:
    one = client("c1", email="vieux@esteve.example")
    found = sent(admin, tmp_path, row("c1"))
    one.notes = "Appelle le soir."
    save(one, changed=["notes"])
    act(admin, found, "confirm")
    assert (found.state, Client.objects.get().notes) == ("done", "Appelle le soir.")


def test_a_demonstration_can_be_previewed_and_not_written_to(admin: Browser, tmp_path: Path) -> None:
    Demo.objects.create(seed=1, planted_on=timezone.localdate())
    assert "contient la démonstration" in body(admin.get("/imports/"))
    found = sent(admin, tmp_path, row())
    assert "contient la démonstration" in act(admin, found, "confirm")
    assert (found.state, Client.objects.exists()) == ("ready", False)


def test_an_error_half_way_leaves_nothing(admin: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sent(admin, tmp_path, row("a"), row("b", Nom="Autre"))

    def stops(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("clients.recording.write_turnovers", stops)
    with pytest.raises(ZeroDivisionError):
        admin.post(f"/imports/{found.pk}/confirm/")
    found.refresh_from_db()
    assert (found.state, Client.objects.exists(), Followers.objects.exists()) == ("ready", False, False)
    assert (keeping.folder() / found.stored_as).exists()


def test_whoever_came_is_placed_at_once_and_nobody_is_left_behind_after_an_undo(admin: Browser, tmp_path: Path) -> None:
    some_clients(30)
    run = published()
    found = sent(admin, tmp_path, row("new", Nom="Neuf"))
    act(admin, found, "confirm")
    place = Assignment.objects.get(run=run, client__name="Neuf")
    assert place.late
    act(admin, found, "undo")
    assert found.state == "undone"


# --- Taking back -----------------------------------------------------------------------------------------------------


def test_undoing_gives_the_base_back_as_it_was(admin: Browser, adele: User, tmp_path: Path) -> None:
    client("c1", email="vieux@esteve.example", readings={"facebook": 900}, turnover={2025: 10, 2023: 5})
    client("c2", name="Sans rien", city="", postal_code="")
    before = state_of_the_base()
    found = sent(admin, tmp_path, row("c1"), row("c2", Nom="Sans rien", Ville="Nantes"), row("c3", Nom="Neuf"))
    act(admin, found, "confirm")
    assert state_of_the_base() != before
    html = act(admin, found, "undo")
    assert "L’import est annulé" in html
    assert state_of_the_base() == before
    assert (found.state, found.undone_by) == ("undone", adele)
    assert Client.objects.get(source_id="c3").withdrawn_at is not None
    latest = Client.history.filter(id=Client.objects.get(source_id="c1").pk).first()
    assert (latest.history_user, latest.history_change_reason) == (adele, f"annulation de l’import n° {found.pk}")
    gone = Followers.history.filter(history_type="-").first()
    assert gone is not None and gone.history_user == adele
    assert "rien à annuler" in act(admin, found, "undo")


def test_an_undone_file_can_be_imported_again(admin: Browser, tmp_path: Path) -> None:
    first = sent(admin, tmp_path, row())
    act(admin, first, "confirm")
    act(admin, first, "undo")
    again = sent(admin, tmp_path, row())
    assert "déjà dans la base" not in page(admin, again)
    assert [label for label, *_ in again.lines.get().changes] == ["Retiré"]
    act(admin, again, "confirm")
    assert Client.objects.present().count() == 1


@pytest.mark.parametrize("what", ["field", "follower", "gone"])
def test_undoing_is_refused_once_somebody_has_edited_what_came(
    admin: Browser, helene: User, tmp_path: Path, what: str
) -> None:
    found = sent(admin, tmp_path, row("a"), row("b", Nom="Autre"))
    act(admin, found, "confirm")
    one = Client.objects.get(source_id="a")
    if what == "gone":
        one.delete()
    else:
        one.email = "neuf@esteve.example"
        save(one, changed=["email"], user=helene)
    before = state_of_the_base()
    html = page(admin, found)
    assert "Annuler cet import" not in html and "Boulangerie Estève" in html
    assert ("Helene" in html) == (what != "gone")
    assert "1\u00a0client a changé depuis cet import" in act(admin, found, "undo")
    assert (found.state, state_of_the_base()) == ("done", before)


def test_a_later_import_that_changed_a_client_comes_first(admin: Browser, tmp_path: Path) -> None:
    first = sent(admin, tmp_path, row("a"))
    act(admin, first, "confirm")
    second = sent(admin, tmp_path, row("a", **{"E-mail": "neuf@esteve.example"}))
    act(admin, second, "confirm")
    assert "a changé depuis" in act(admin, first, "undo")
    act(admin, second, "undo")
    assert Client.objects.get().email == "contact@esteve.example"


# --- Who -------------------------------------------------------------------------------------------------------------


def test_only_administration_sees_imports(cast: dict[str, User], tmp_path: Path) -> None:
    found = sent(signed_in(cast["adele"]), tmp_path, row())
    for name, user in cast.items():
        may = name == "adele"
        browser = signed_in(user)
        assert ('href="/imports/"' in body(browser.get("/help/"))) == may, name
        for path in ("/imports/", f"/imports/{found.pk}/", f"/imports/{found.pk}/rejected/", "/imports/format/"):
            assert browser.get(path).status_code == (200 if may else 403), (name, path)
        if not may:
            assert browser.post(f"/imports/{found.pk}/confirm/").status_code == 403
    assert not Client.objects.exists()


def test_too_large_a_file_is_refused_before_it_is_read(
    admin: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "MAX_BYTES", 100)
    response = admin.post("/imports/", {"file": SimpleUploadedFile("clients.csv", b"x" * 101)})
    assert (response.status_code, FileImport.objects.exists()) == (400, False)
    assert "découpez-le" in body(response)
    assert HEADINGS
