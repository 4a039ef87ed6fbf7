"""The book of record in English: pages and the admin are translated; what is kept, or leaves as a file, is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone, translation
from django.utils.translation import gettext

from clients import recording
from clients.contacting import CannotLog, follow_up, log
from clients.edits import edits_of
from clients.facts import Origin, reason_shown
from clients.imports import FileImport
from clients.intake.files import filing, layout, undoing
from clients.models import Client, Contact, Followers, HeldService, Turnover
from clients.places import check_coordinates, unplaced_reason
from clients.web.columns import FACTS, IDENTITY
from dignamik.foundation.exporting import Sheet, as_csv
from tests.builders import client, csv_file, row
from tests.reading import body, exported, signed_in

pytestmark = pytest.mark.django_db

ENGLISH = "en"


@pytest.fixture(autouse=True)
def own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def reads_english(settings: Any) -> Iterator[Callable[[User], Browser]]:
    """Somebody's browser, in which every page speaks English whatever decides that elsewhere."""
    settings.MIDDLEWARE = [
        "django.middleware.locale.LocaleMiddleware" if ".language." in item else item for item in settings.MIDDLEWARE
    ]

    def open_as(user: User) -> Browser:
        browser = signed_in(user)
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = ENGLISH
        return browser

    with translation.override("fr"):  # the middleware leaves its language behind
        yield open_as


def arrived(folder: Path, *rows: Any, by: User) -> FileImport:
    content = csv_file(folder, *rows).read_bytes()
    return filing.receive(SimpleUploadedFile("clients.csv", content), by)


# --- Pages and admin --------------------------------------------------------------------------------------------------


def test_the_admin_names_its_lists_and_fields_in_english(reads_english: Any, adele: User) -> None:
    found = client(name="Boulangerie Dupont")
    browser = reads_english(adele)
    lists = body(browser.get("/admin/clients/client/"))
    for words in (
        "Name, town, source identifier or e-mail",
        "withdrawn from the source",
        "account manager to be linked",
    ):
        assert words in lists
    form = body(browser.get(f"/admin/clients/client/{found.pk}/change/"))
    for words in ("type of business", "do not contact", "Readings of followers", "Services held", "Local advertising"):
        assert words.casefold() in form.casefold()
    assert "chargé de compte" not in form and "Actif" not in form


def test_the_admin_refuses_in_english(reads_english: Any, adele: User) -> None:
    client(name="Boulangerie Dupont", category="Boulangerie")
    html = body(reads_english(adele).post("/admin/clients/category/add/", {"name": "BOULANGERIE", "sector": "Autre"}))
    assert "“Boulangerie” already exists." in html


def test_a_filter_refuses_in_english(reads_english: Any, helene: User) -> None:
    html = body(reads_english(helene).get("/clients/?sector=Nulle+part&turnover_min=abc&page=x&columns=colour"))
    for words in ("Sector", "“Nulle part” does not exist.", "Minimum turnover", "“page” expects a whole number.",
                  "The column “colour” does not exist."):  # fmt: skip
        assert words in html
    assert "n’existe pas" not in html and "CA minimum" not in html


def test_a_range_of_figures_has_one_name_in_both_languages(reads_english: Any, helene: User) -> None:
    client(turnover={2025: 100})
    assert signed_in(helene).get("/clients/").context["list"].field("turnover").label == "CA"
    assert reads_english(helene).get("/clients/").context["list"].field("turnover").label == "Turnover"


def test_a_table_is_headed_in_english(reads_english: Any, helene: User) -> None:
    client(city="Angers")
    headings = reads_english(helene).get("/clients/").context["list"].headings
    assert {"Type of business", "Town", "Followers", "Turnover (€)", "Status", "Follow-up", "Account manager"} <= {
        heading.label for heading in headings
    }


def test_a_contact_is_noted_in_english_and_kept_in_french(reads_english: Any, amelie: User) -> None:
    found = client(account_manager_name="amelie")
    day = timezone.localdate() + timedelta(days=3)
    said = {"kind": "call", "text": "Rappelle.", "following": day.isoformat()}
    html = body(reads_english(amelie).post(f"/clients/{found.pk}/contacts/", said, follow=True))
    assert f"Noted: call, follow-up on {day.day}\u00a0{day:%b} {day.year}" in html
    found.refresh_from_db()
    version: Any = found.history.first()
    assert (found.next_follow_up, version.history_change_reason) == (day, "relance")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("fr", "Un contact a déjà eu lieu\u00a0: pour un jour à venir, fixez une relance."),
     (ENGLISH, "A contact has already taken place: for a day to come, set a follow-up.")],
)  # fmt: skip
def test_a_log_refuses_in_the_language_of_the_reader(language: str, sentence: str, amelie: User) -> None:
    found = client()
    with translation.override(language), pytest.raises(CannotLog) as refusal:
        log(found, "call", by=amelie, day=timezone.localdate() + timedelta(days=1))
    assert str(refusal.value) == sentence


def test_what_a_model_calls_itself_follows_the_reader() -> None:
    visit = Contact(kind="visit", day=date(2026, 11, 26))
    assert str(visit) == "visite du 26/11/2026"
    with translation.override(ENGLISH):
        assert str(visit) == "visit of 26\u00a0Nov 2026"
        assert str(FileImport(pk=3)) == "Import no. 3"
        assert [str(model._meta.verbose_name) for model in (Client, Turnover, Followers, HeldService)] == [
            "client", "turnover", "reading of followers", "service held",
        ]  # fmt: skip
        assert (str(Client.Status.LOST.label), Client(status="lost").get_status_display()) == ("Lost", "Lost")
        assert str(FileImport.State.UNDONE.label) == "undone"


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_the_history_keeps_french_reasons_and_shows_english_ones(adele: User) -> None:
    found = client(phone="02 41 00 00 00")
    with translation.override(ENGLISH):
        found.phone, found.do_not_contact = "", True
        recording.save(found, changed=["phone", "do_not_contact"], user=adele)
        follow_up(found, None, by=adele)
        kept = set(found.history.values_list("history_change_reason", flat=True))
        edit, *_earlier, made = edits_of(found)
    assert kept == {"administration", "base interne"}
    assert list(edit.says) == ["Telephone: 02 41 00 00 00 → unknown", "Do not contact: no → yes"]
    assert (list(made.says), made.reason) == (["Record created"], "internal database")


def test_a_reason_that_nobody_here_wrote_is_shown_as_it_is() -> None:
    with translation.override(ENGLISH):
        assert reason_shown("import de fichier n° 12") == "imported file no. 12"
        assert reason_shown("import de Karim n° 12") == "import de Karim n° 12"
        assert [reason_shown(origin.value) for origin in Origin] == [
            "admin", "imported file", "internal database", "demonstration", "page", "API (calls)",
            "value of the internal database accepted", "entered on screen", "undoing of import", "merge",
            "undoing of merge",
        ]  # fmt: skip
    assert [reason_shown(origin.value) for origin in Origin] == [origin.value for origin in Origin]


def test_an_import_is_kept_in_french_and_confirmed_by_a_reader_of_english(tmp_path: Path, adele: User) -> None:
    known = client("c1", turnover={2025: 10}, status="inactive")
    with translation.override(ENGLISH):
        sent = arrived(tmp_path, row("c1"), row("bad", Nom="Faux", Statut="EnPause"), by=adele)
        filing.judge(sent)
        (line,) = sent.lines.all()
        assert ["CA 2025", "10\u00a0€", "12\u202f500,50\u00a0€"] in line.changes
        assert ["Statut", "Inactif", "Actif"] in line.changes
        assert sent.rejected[0]["problems"][0]["reason"].startswith("Statut inconnu")
    filing.judge(sent)
    with translation.override(ENGLISH):
        filing.confirm(sent.pk, adele, skip_bad=True)
    version: Any = known.history.first()
    assert version.history_change_reason == f"import de fichier n° {sent.pk}"


@pytest.mark.parametrize("count", [1, 2])
def test_what_keeps_an_import_from_being_undone_is_said_in_the_plural_of_each_language(
    count: int, tmp_path: Path, adele: User
) -> None:
    sent = arrived(tmp_path, *(row(f"c{at}", Nom=f"Maison {at}") for at in range(count)), by=adele)
    filing.judge(sent)
    filing.confirm(sent.pk, adele, skip_bad=False)
    for found in Client.objects.all():
        recording.save(found, changed=["notes"], user=adele)
    said = {}
    for language in ("fr", ENGLISH):
        with translation.override(language), pytest.raises(undoing.EditedSince) as refusal:
            undoing.undo(sent.pk, adele)
        said[language] = str(refusal.value).partition(" depuis" if language == "fr" else " since")[0]
    assert (
        said
        == {
            1: {"fr": "1\u00a0client a changé", ENGLISH: "1 client has changed"},
            2: {"fr": "2\u00a0clients ont changé", ENGLISH: "2 clients have changed"},
        }[count]
    )


# --- Files ------------------------------------------------------------------------------------------------------------


def test_an_export_is_french_whoever_asks_for_it(reads_english: Any, helene: User) -> None:
    client(status="lost", turnover={2025: "-1234.5"}, client_since=date(2020, 1, 31), do_not_contact=True)
    french = exported(signed_in(helene), "")
    english = exported(reads_english(helene), "")
    assert english == french
    assert (french[0]["Statut"], french[0]["CA (€)"], french[0]["Client depuis"], french[0]["Ne pas démarcher"]) == (
        "Perdu", "-1234,50", "31/01/2020", "oui",
    )  # fmt: skip
    assert exported(reads_english(helene), "", "xlsx")[0]["Statut"] == "Perdu"


def test_a_file_leaves_the_language_of_its_response_alone() -> None:
    client(status="lost")
    with translation.override(ENGLISH):
        rows = as_csv(Sheet("essai", (*IDENTITY, *FACTS), Client.objects.all()))
        languages = [translation.get_language() for _row in rows]
    assert set(languages) == {ENGLISH}


def test_the_format_of_imports_has_french_headings_and_english_explanations() -> None:
    today = date(2026, 11, 26)
    french = [column.heading for column in layout.template_columns(today)]
    offered = dict(layout.choices(today))
    with translation.override(ENGLISH):
        assert [column.heading for column in layout.template_columns(today)] == french
        assert [column.heading for column in layout.export_columns([2025])][-2:] == ["Abonnés YouTube", "CA 2025"]
        in_english = dict(layout.choices(today))
        assert str(layout.FACTS[0].says).startswith("Required.")
    assert {"Identifiant", "Abonnés Facebook", "CA 2026"} <= set(french)
    assert [in_english[code] for code in ("source_id", "category", "followers:facebook", "turnover:2026")] == [
        "Identifier", "Type of business", "Followers Facebook", "Turnover 2026",
    ]  # fmt: skip
    assert (offered["source_id"], offered["turnover:2026"]) == ("Identifiant", "CA 2026")


# --- Places -----------------------------------------------------------------------------------------------------------


def test_places_speak_french_and_let_others_translate() -> None:
    with translation.override(ENGLISH):
        assert unplaced_reason("Atlantis") == "Ville inconnue : « Atlantis »."
        assert unplaced_reason("Atlantis", say=gettext) == "Unknown town: “Atlantis”."
        assert unplaced_reason("100 %", say=gettext) == "Unknown town: “100 %”."
        assert unplaced_reason("Nantes", "49000", say=gettext) == (
            "The town “Nantes” and the postal code 49000 contradict each other."
        )
        assert gettext(check_coordinates(0, 0).sentence).startswith("Coordinates 0, 0")
