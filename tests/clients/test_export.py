"""The export of the list of clients."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User

from tests.published import a_client, published, some_clients
from tests.reading import exported, signed_in

pytestmark = pytest.mark.django_db

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_it_exports_segment_and_standing(helene: User) -> None:
    some_clients(6)
    published()
    rows = exported(signed_in(helene), "ordering=name")
    assert list(rows[0])[:6] == ["Numéro", "Identifiant", "Nom", "Segment", "Classement", "Marge"]
    assert rows[4]["Classement"] in {"non classable", "provisoire"}
    assert {row["Segment"] for row in rows} - {""}


def test_it_exports_names_as_text(helene: User) -> None:
    a_client("=HYPERLINK(1)", phone="+33612345678")
    row = exported(signed_in(helene), "")[0]
    assert (row["Nom"], row["Téléphone"]) == ("'=HYPERLINK(1)", "'+33612345678")
    assert exported(signed_in(helene), "", "xlsx")[0]["Nom"] == "=HYPERLINK(1)"


def test_it_exports_figures_as_figures(helene: User) -> None:
    a_client("Avoir", at=0)
    assert exported(signed_in(helene), "")[0]["CA (€)"] == "-500,00"
    row = exported(signed_in(helene), "", "xlsx")[0]
    assert (row["CA (€)"], row["Année du CA"], row["Abonnés"]) == (-500, 2025, 0)


def test_it_names_the_download(helene: User) -> None:
    response = signed_in(helene).get("/clients/?export=xlsx")
    assert response["Content-Type"] == SPREADSHEET
    assert re.fullmatch(r'attachment; filename="clients-\d{4}-\d\d-\d\d\.xlsx"', response["Content-Disposition"])
