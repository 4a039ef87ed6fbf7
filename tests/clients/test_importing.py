"""Files: what an import reads, what it refuses cell by cell, and that it writes everything or nothing."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clients.facts import Origin
from clients.imports import FileImport
from clients.intake.errors import IntakeError
from clients.intake.files.columns import recognise
from clients.intake.files.importing import Report, import_file
from clients.intake.files.reading import read_file
from clients.models import Client, Demo, Followers, Turnover
from tests.builders import HEADINGS, NOON, client, csv_file, day, row, stamp, xlsx_file

pytestmark = pytest.mark.django_db


def imported(path: Path, *, commit: bool = True, skip_bad: bool = False) -> Report:
    return import_file(path, stamp(Origin.IMPORT), commit=commit, skip_bad=skip_bad)


def problems(report: Report) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.value) for each in report.understood.rejected]


def test_a_french_excel_export_comes_in_whole(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row(Ville="Saint-Étienne", **{"Code postal": "42000"})))
    found = Client.objects.get()
    assert (report.rows, report.created, report.committed) == (1, 1, True)
    assert (found.city, found.status, found.client_since) == ("Saint-Étienne", "active", day("2024-12-31"))
    assert (found.category and found.category.name, found.sector) == ("Boulangerie", "Commerce de proximité")
    assert (found.latitude, found.longitude, found.position_precision) == (47.478, -0.563, "given")
    assert (found.turnover, found.turnover_year) == (Decimal("12500.50"), 2025)
    assert (found.followers, found.readings.count(), found.turnovers.count()) == (1250, 2, 1)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_encoding_and_delimiter_make_no_difference(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = csv_file(tmp_path, row(Nom="L’Œuf, à 2 €"), encoding=encoding, delimiter=delimiter)
    assert imported(path).created == 1
    assert Client.objects.get().name == "L’Œuf, à 2 €"


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row("a"), row("b", Nom="Autre"))
    imported(path)
    again = imported(path)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert Client.history.count() == 2


def test_a_changed_figure_makes_the_client_updated(tmp_path: Path) -> None:
    imported(csv_file(tmp_path, row("a"), row("b", Nom="Autre")))
    again = imported(csv_file(tmp_path, row("a", **{"Abonnés Facebook": "1 300"}), row("b", Nom="Autre")))
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)


def test_a_dry_run_writes_nothing_and_says_what_would_come(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row("a"), row("b")), commit=False)
    assert (report.created, report.committed) == (2, False)
    assert not Client.objects.exists()
    assert not Client.history.exists()


# --- Bad rows --------------------------------------------------------------------------------------------------------

BAD = {
    "Latitude": "abc", "Client depuis": "31/02/2024", "E-mail": "x", "Abonnés Facebook": "douze",
    "Chiffre d'affaires 2025": "1.234",
}  # fmt: skip


def test_every_bad_cell_is_named_with_line_column_value_and_reason(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row("good"), row("bad", **BAD)))
    assert problems(report) == [(3, column, value) for column, value in BAD.items()]
    assert all(each.reason.endswith(".") for each in report.understood.rejected)
    assert report.rejected_rows == 1


def test_with_bad_rows_nothing_is_written_unless_they_may_be_skipped(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row("good"), row("bad", Statut="EnPause"))
    refused = imported(path)
    assert (refused.created, refused.committed, Client.objects.count()) == (1, False, 0)
    skipped = imported(path, skip_bad=True)
    assert (skipped.created, skipped.committed) == (1, True)
    assert Client.objects.get().source_id == "good"


def test_negative_followers_are_refused_and_a_negative_turnover_is_not(tmp_path: Path) -> None:
    bad = row("bad", **{"Abonnés Facebook": "-5", "Chiffre d'affaires 2025": "-500,00"})
    assert problems(imported(csv_file(tmp_path, bad))) == [(2, "Abonnés Facebook", "-5")]
    imported(csv_file(tmp_path, row("good", **{"Chiffre d'affaires 2025": "-500,00"})))
    assert Turnover.objects.get().amount == Decimal("-500")


def test_one_percent_of_bad_rows_is_reported_exactly(tmp_path: Path) -> None:
    bad = range(7, 1600, 100)
    rows = [
        row(f"c{at}", Nom=f"Maison {at}", **({"Abonnés Facebook": "?!"} if at in bad else {})) for at in range(1600)
    ]
    path = csv_file(tmp_path, *rows)
    refused = imported(path)
    assert (refused.committed, Client.objects.count(), refused.rejected_rows) == (False, 0, 16)
    report = imported(path, skip_bad=True)
    assert problems(report) == problems(refused) == [(at + 2, "Abonnés Facebook", "?!") for at in bad]
    assert (report.created, Client.objects.count()) == (1584, 1584)
    assert [each["line"] for each in FileImport.objects.get().rejected] == [at + 2 for at in bad]


def test_blank_lines_are_skipped_and_counted_and_lines_keep_their_number(tmp_path: Path) -> None:
    blank = dict.fromkeys(HEADINGS, "")
    report = imported(csv_file(tmp_path, row("a"), blank, row("b", Statut="?!"), blank), skip_bad=True)
    assert (report.rows, report.blank_lines, problems(report)) == (2, 1, [(4, "Statut", "?!")])


def test_a_line_break_inside_quotes_is_one_cell_and_lines_stay_right(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row("a", Nom='Chez\n"Paul"'), row("b", Statut="?!")), skip_bad=True)
    assert Client.objects.get().name == 'Chez "Paul"'
    assert problems(report) == [(4, "Statut", "?!")]


def test_a_row_with_too_many_or_too_few_cells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text("Nom;Ville\nBon;Angers\nTrop;Angers;49000\nPeu\n", encoding="utf-8")
    report = imported(path, skip_bad=True)
    assert [each.line for each in report.understood.rejected] == [3, 4]
    assert "3 cellules pour 2 colonnes" in report.understood.rejected[0].reason


def test_a_client_without_a_name_is_refused(tmp_path: Path) -> None:
    assert problems(imported(csv_file(tmp_path, row(Nom=" ")))) == [(2, "Nom", " ")]


# --- The same client twice -------------------------------------------------------------------------------------------


def test_the_same_client_twice_counts_once_when_only_case_and_spaces_differ(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row("a"), row("a", Nom="BOULANGERIE  ESTÈVE ")))
    assert (report.rows, report.created, report.rejected_rows) == (2, 1, 0)
    assert [(each.line, each.same_as) for each in report.understood.duplicates] == [(3, 2)]
    assert Client.objects.get().name == "Boulangerie Estève"


def test_one_client_in_all_the_ways_people_write_it_is_one_client(tmp_path: Path) -> None:
    place = {"Code postal": "42000", "Latitude": "", "Longitude": ""}
    names = ("L’Œuf Dupont", "L'OEUF DUPONT ", "l’œuf  dupont", unicodedata.normalize("NFD", "L’œuf\u00a0Dupont"))
    towns = ("Saint-Étienne", "SAINT-ETIENNE", "St Etienne", unicodedata.normalize("NFD", "Saint-Étienne"))
    rows = [row("", Nom=name, Ville=town, **place) for name, town in zip(names, towns, strict=True)]
    report = imported(csv_file(tmp_path, *rows, encoding="utf-8"))
    assert problems(report) == []
    assert (report.rows, report.created, len(report.understood.duplicates)) == (4, 1, 3)
    again = imported(csv_file(tmp_path, rows[0], encoding="utf-8"))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)


def test_two_towns_are_a_contradiction_however_alike_they_are(tmp_path: Path) -> None:
    first, other = (row("a", Ville=town) for town in ("Saint-Étienne", "Saint-Étienne-du-Bois"))
    assert problems(imported(csv_file(tmp_path, first, other))) == [
        (2, "Ville", "Saint-Étienne"), (3, "Ville", "Saint-Étienne-du-Bois"),
    ]  # fmt: skip


def test_the_same_client_twice_with_other_facts_is_a_conflict_and_nobody_wins(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row("a"), row("a", **{"Abonnés Facebook": "1 300"}), row("b", Nom="Autre"))
    report = imported(path, skip_bad=True)
    assert problems(report) == [(2, "Abonnés Facebook", "1 250"), (3, "Abonnés Facebook", "1 300")]
    assert "ligne 2" in report.understood.rejected[1].reason
    assert list(Client.objects.values_list("source_id", flat=True)) == ["b"]


def test_rows_of_a_workbook_that_end_early_may_contradict_each_other(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["c1", "Paul", "Angers"], ["c1", "Paul"], headings=("Identifiant", "Nom", "Ville"))
    report = imported(path)
    assert problems(report) == [(2, "Ville", "Angers"), (3, "Ville", "")]
    assert "« vide » à la ligne 3" in report.understood.rejected[0].reason


def test_without_identifiers_the_same_name_in_the_same_place_is_one_client(tmp_path: Path) -> None:
    headings = HEADINGS[1:]
    upper = row(Nom="BOULANGERIE ESTEVE", Ville="ANGERS")
    elsewhere = row(Ville="Nantes", **{"Code postal": "44000", "Latitude": "", "Longitude": ""})
    report = imported(csv_file(tmp_path, row(), upper, elsewhere, headings=headings))
    assert (report.created, len(report.understood.duplicates)) == (2, 1)


def test_a_line_without_identifier_belongs_to_the_client_identified_elsewhere_in_the_file(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row("a"), row("")))
    assert (report.created, len(report.understood.duplicates)) == (1, 1)


def test_a_line_that_could_be_either_of_two_homonyms_is_refused(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row("a"), row("b"), row("")))
    assert problems(report) == [(4, "Identifiant", "")]


# --- Columns ---------------------------------------------------------------------------------------------------------


def test_headings_are_known_in_english_in_any_order_case_and_accents(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text(
        "turnover_2025,STATUS,Zip Code,followers_facebook,name,City,Client Since\n"
        '"1,234.56",active,1000,12,Paul,Bourg-en-Bresse,2024-12-31\n',
        encoding="utf-8",
    )
    imported(path)
    found = Client.objects.get()
    assert (found.name, found.postal_code, found.followers) == ("Paul", "01000", 12)
    assert found.turnover == Decimal("1234.56")


def test_headings_without_accents_and_in_capitals_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text("NOM;CHARGE DE COMPTE;ABONNES INSTAGRAM;C.A. 2025;Humeur\n\n", encoding="utf-8")
    columns = recognise(read_file(path).headings)
    assert [column.key for column in columns.known] == ["name", "account_manager_name", "instagram", "2025"]
    assert columns.ignored == ("Humeur",)


def test_unknown_columns_are_named_and_ignored(tmp_path: Path) -> None:
    report = imported(csv_file(tmp_path, row(Humeur="bonne"), headings=(*HEADINGS, "Humeur")))
    assert (report.ignored_columns, report.created) == (("Humeur",), 1)


@pytest.mark.parametrize(
    ("headings", "says"),
    [
        (("Ville", "Statut"), "Il manque la colonne « Nom »"),
        (("Nom", "Ville", "Commune"), "« Ville » et « Commune »"),
        (("Nom", "Nom"), "Deux colonnes"),
        (("Nom", "Chiffre d'affaires"), "ne dit pas son année"),
    ],
)
def test_headings_that_cannot_be_understood_stop_the_file(tmp_path: Path, headings: tuple[str, ...], says: str) -> None:
    with pytest.raises(IntakeError, match=says):
        imported(csv_file(tmp_path, row(), headings=headings))


def test_swapped_columns_are_refused_cell_by_cell(tmp_path: Path) -> None:
    swapped = row(Ville="49000", Statut="contact@esteve.example", **{"Code postal": "Angers", "E-mail": "Actif"})
    report = imported(csv_file(tmp_path, swapped))
    assert [column for _, column, _ in problems(report)] == ["Code postal", "Statut", "E-mail"]
    assert not Client.objects.exists()


def test_no_account_is_a_fact_of_its_own(tmp_path: Path) -> None:
    imported(csv_file(tmp_path, row(**{"Abonnés Facebook": "Aucun compte", "Abonnés Instagram": "N/C"})))
    reading = Followers.objects.get()
    assert (reading.platform, reading.count, reading.has_account) == ("facebook", None, False)


def test_a_website_says_that_there_is_one_and_none_that_there_is_none(tmp_path: Path) -> None:
    headings = (*HEADINGS, "Site web")
    sites = ("https://esteve.example", "aucun", "N/C")
    rows = [row(f"c{at}", Nom=f"Maison {at}", **{"Site web": site}) for at, site in enumerate(sites)]
    imported(csv_file(tmp_path, *rows, headings=headings))
    assert list(Client.objects.order_by("source_id").values_list("website", "has_website")) == [
        ("https://esteve.example", True), ("", False), ("", None),
    ]  # fmt: skip


# --- Places ----------------------------------------------------------------------------------------------------------


def test_a_town_that_nobody_knows_is_listed_as_unplaced_and_the_row_comes_in(tmp_path: Path) -> None:
    lost = row(Ville="Nulle-Part-sur-Brume", **{"Code postal": "", "Latitude": "", "Longitude": ""})
    report = imported(csv_file(tmp_path, lost))
    (unplaced,) = report.understood.unplaced
    assert (report.created, unplaced.line, unplaced.client) == (1, 2, "Boulangerie Estève")
    assert "Nulle-Part-sur-Brume" in unplaced.reason
    assert Client.objects.unplaced().count() == 1


@pytest.mark.parametrize(
    ("latitude", "longitude", "columns", "says"),
    [
        ("-0,563", "47,478", ["Latitude", "Longitude"], "inversées"),
        ("0", "0", ["Latitude", "Longitude"], "0, 0"),
        ("40,4", "-3,7", ["Latitude", "Longitude"], "hors de France"),
        ("147,4", "190", ["Latitude", "Longitude"], "impossibles"),
        ("47,478", "", ["Longitude"], "incomplètes"),
    ],
)
def test_coordinates_that_cannot_be_right_are_refused(
    tmp_path: Path, latitude: str, longitude: str, columns: list[str], says: str
) -> None:
    report = imported(csv_file(tmp_path, row(Latitude=latitude, Longitude=longitude)))
    assert [each.column for each in report.understood.rejected] == columns
    assert says in report.understood.rejected[0].reason


@pytest.mark.parametrize(("latitude", "longitude"), [("-20,88", "55,45"), ("16,24", "-61,53"), ("41,92", "8,73")])
def test_overseas_and_corsica_are_france(tmp_path: Path, latitude: str, longitude: str) -> None:
    assert imported(csv_file(tmp_path, row(Latitude=latitude, Longitude=longitude))).created == 1


# --- All or nothing --------------------------------------------------------------------------------------------------


def test_an_exception_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("clients.recording.write_turnovers", stops)
    with pytest.raises(KeyboardInterrupt):
        imported(csv_file(tmp_path, row("a"), row("b")))
    assert not Client.objects.exists()
    assert not Followers.objects.exists()


def test_real_clients_do_not_enter_a_demonstration(tmp_path: Path) -> None:
    Demo.objects.create(seed=1, planted_on=NOON.date())
    path = csv_file(tmp_path, row())
    with pytest.raises(IntakeError, match="--remove"):
        imported(path)
    assert imported(path, commit=False).created == 1
    assert not Client.objects.exists()


def test_an_import_may_bring_a_client_that_the_source_knows_up_to_date(tmp_path: Path) -> None:
    client("c1")
    report = imported(csv_file(tmp_path, row("c1", **{"E-mail": "neuf@esteve.example"})))
    assert (report.created, report.updated, Client.objects.get().email) == (0, 1, "neuf@esteve.example")
