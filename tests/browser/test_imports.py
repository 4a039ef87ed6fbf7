"""An import in a real Chromium: sent, looked at, confirmed, taken back; and a large one followed at a worker’s."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from clients.intake.files import keeping, working
from clients.models import Client
from tests.browser.conftest import Visit
from tests.builders import HEADINGS, client, csv_file, row

Open = Callable[..., Visit]
Manage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    for path in keeping.folder().glob("*"):
        path.unlink()


def a_file(folder: Path) -> Path:
    """One client that changes, many new ones, one refused, one that no map can show, and a column that nobody knows."""
    lost = {"Ville": "Nulle-Part-sur-Brume", "Code postal": "", "Latitude": "", "Longitude": ""}
    rows = [row(f"c{at}", Nom=f"Maison {at}") for at in range(2, 40)]
    return csv_file(
        folder, row("c1"), *rows, row("bad", Nom="Faux", Statut="EnPause"), row("lost", Nom="Perdue", **lost),
        headings=(*HEADINGS, "Humeur"),
    )  # fmt: skip


def test_one_sends_a_file_looks_at_it_confirms_and_takes_it_back(
    open_as: Open, adele: User, transactional_db: None, tmp_path: Path
) -> None:
    client("c1", email="vieux@esteve.example")
    page = open_as(adele).go("/imports/")
    page.get_by_label("Fichier CSV ou XLSX").set_input_files(a_file(tmp_path))
    page.get_by_role("button", name="Voir l’aperçu").click()
    expect(page.locator(".diff")).to_contain_text("vieux@esteve.example")
    page.get_by_text("Les colonnes du fichier").click()
    page.get_by_label("Humeur").select_option(label="Notes")
    page.get_by_role("button", name="Relire le fichier ainsi").click()
    expect(page.get_by_text("non reconnues")).to_have_count(0)
    page.get_by_role("link", name="Refusés 1").click()
    expect(page.locator("tbody")).to_contain_text("EnPause")
    page.get_by_role("link", name="Nouveaux").click()
    page.get_by_role("link", name="Suivante").click()
    expect(page.locator(".off")).to_have_text("2 / 2")
    page.get_by_role("button", name="Importer les bonnes lignes seulement (40)").click()
    expect(page.get_by_role("status")).to_contain_text("L’import est dans la base")
    assert Client.objects.present().count() == 40
    page.get_by_role("button", name="Annuler cet import").click()
    expect(page.get_by_role("status")).to_contain_text("L’import est annulé")
    assert [one.email for one in Client.objects.present()] == ["vieux@esteve.example"]


def test_a_large_file_is_followed_and_the_preview_comes_by_itself(
    open_as: Open, adele: User, manage: Manage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "LARGE", 0)
    visit = open_as(adele)
    page = visit.go("/imports/")
    page.get_by_label("Fichier CSV ou XLSX").set_input_files(a_file(tmp_path))
    page.get_by_role("button", name="Voir l’aperçu").click()
    expect(page.locator("#job")).to_contain_text("En file d’attente")
    visit.sound()
    done = manage("work", "--once")
    assert done.returncode == 0, done.stderr
    # Without a reload: the page asks by itself.
    expect(page.get_by_role("button", name="Importer les bonnes lignes seulement")).to_be_visible(timeout=10_000)
