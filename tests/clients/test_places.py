"""Towns, postal codes and coordinates as people write them, and what is refused."""

from __future__ import annotations

import unicodedata

import pytest

from clients.places import (
    DEPARTMENTS,
    check_coordinates,
    department_of,
    distance_km,
    find_department,
    fold,
    fold_town,
    repair_postal_code,
)

# Folding


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("Boulangerie Dupont", "BOULANGERIE\u00a0 DUPONT "),
        ("Nîmes", unicodedata.normalize("NFD", "NÎMES")),
        ("Œuvre", "oeuvre"),
        ("Lætitia", "LAETITIA"),
        ("L’Haÿ-les-Roses", "l'hay les roses"),
        ("Fleurs\u202fd‘Été", "fleurs d'été"),
        ("Traiteur – Finesse", "TRAITEUR - ﬁnesse"),
        ("zéro\u200bwidth", "zerowidth"),
        ("Straße", "STRASSE"),
    ],
)
def test_it_folds_two_ways_of_writing_to_one(written: str, other: str) -> None:
    assert fold(written) == fold(other)


@pytest.mark.parametrize("text", ["St Étienne", "Chalon s/Saône", "a&b", "Dupont et Fils"])
def test_it_folds_once_and_for_all(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_plain_folding_does_not_spell_out_saints() -> None:
    assert fold("St Étienne") == "st etienne" != fold("Saint-Étienne")


@pytest.mark.parametrize(
    "written",
    ["Saint-Étienne", "SAINT-ETIENNE", "St Etienne", "St. Étienne", "SAINT ETIENNE CEDEX 2", "42000 St-Etienne"],
)
def test_it_knows_one_town_in_all_its_writings(written: str) -> None:
    assert fold_town(written) == "saint etienne"


@pytest.mark.parametrize(
    "written",
    [
        "Paris 5e Arrondissement",
        "Paris 11e",
        "PARIS 11",
        "Paris XVIe",
        "paris 1er arr.",
        "PARIS CEDEX 08",
        "Paris (75011)",
    ],
)
def test_it_drops_the_arrondissement_from_the_town(written: str) -> None:
    assert fold_town(written) == "paris"


def test_it_keeps_a_number_that_is_no_arrondissement() -> None:
    assert fold_town("Paris 21") == "paris 21"
    assert fold_town("Lyon 10e") == "lyon 10e"


def test_it_spells_out_sur_sous_and_an_article_written_behind() -> None:
    assert fold_town("Chalon s/Saône") == fold_town("Chalon-sur-Saône")
    assert fold_town("Rosny s/s Bois") == fold_town("Rosny-sous-Bois")
    assert fold_town("ROCHELLE (LA)") == fold_town("La Rochelle")


def test_it_keeps_different_towns_apart() -> None:
    assert fold_town("Saint-Denis") != fold_town("Saint-Denis-d'Anjou")
    assert fold_town("Stains") == "stains"


# Postal codes


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        ("1000", "01000"),
        (1000, "01000"),
        ("75001 ", "75001"),
        ("75 001", "75001"),
        ("75\u00a0001", "75001"),
        (75001.0, "75001"),
        ("75001.0", "75001"),
        ("1000,0", "01000"),
        ("F-67000", "67000"),
        ("42006 CEDEX 2", "42006"),
        ("20000", "20000"),
        ("97400", "97400"),
    ],
)
def test_it_repairs_what_spreadsheets_do_to_postal_codes(written: str | float, repaired: str) -> None:
    assert repair_postal_code(written) == repaired


@pytest.mark.parametrize(
    "written",
    [None, "", "  ", "abc", "750", "750011", "00100", "0100", "2A004", "96000", "97000", "97900", "99100", "98000",
     "-1000", "1e3", "75001.5", 75001.5, float("nan"), float("inf"), True, "75001 Paris"],
)  # fmt: skip
def test_it_refuses_what_is_no_french_postal_code(written: str | float | None) -> None:
    assert repair_postal_code(written) is None


@pytest.mark.parametrize(
    ("postal_code", "department"),
    [
        ("75001", "75"),
        ("1000", "01"),
        ("20000", "2A"),
        ("20200", "2B"),
        ("20620", "2B"),  # Biguglia
        ("20190", "2A"),  # CEDEX or not: the digits decide
        ("97110", "971"),
        ("97200", "972"),
        ("97300", "973"),
        ("97400", "974"),
        ("97600", "976"),
        ("97133", "977"),  # Saint-Barthélemy wrote 971 until 2007 and kept its postal code
        ("92974", "92"),  # a CEDEX
        ("48250", "48"),
    ],
)
def test_it_tells_the_department_of_a_postal_code(postal_code: str, department: str) -> None:
    assert department_of(postal_code) == department


def test_a_postal_code_may_serve_a_commune_of_the_department_next_door() -> None:
    assert department_of("94390") == "91"  # Paray-Vieille-Poste, where Orly's runways are
    assert department_of("42620") == "42"  # Loire, but Saint-Pierre-Laval in the Allier has it too


def test_it_tells_no_department_of_garbage() -> None:
    assert department_of("n/c") is None


def test_it_lists_the_departments_with_their_regions() -> None:
    assert len([code for code in DEPARTMENTS if len(code) == 2]) == 96
    assert {"971", "972", "973", "974", "976"} <= set(DEPARTMENTS)
    assert (DEPARTMENTS["2A"].name, DEPARTMENTS["2A"].region) == ("Corse-du-Sud", "Corse")


@pytest.mark.parametrize(
    ("text", "code"), [("1", "01"), ("2a", "2A"), ("GIRONDE", "33"), ("Cote d’or", "21"), ("974", "974")]
)
def test_it_finds_a_department_by_code_or_name(text: str, code: str) -> None:
    assert find_department(text) == code


@pytest.mark.parametrize("text", ["", "20", "Atlantide", "00"])
def test_it_finds_no_department_that_does_not_exist(text: str) -> None:
    assert find_department(text) is None


# Coordinates


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (48.8566, 2.3522),  # Paris
        (41.9189, 8.7381),  # Ajaccio
        (48.39, -4.49),  # Brest
        (16.24, -61.53),  # Pointe-à-Pitre
        (14.61, -61.07),  # Fort-de-France
        (4.93, -52.33),  # Cayenne
        (-20.88, 55.45),  # Saint-Denis de La Réunion
        (-12.78, 45.23),  # Mamoudzou
        (-22.27, 166.44),  # Nouméa
    ],
)
def test_it_accepts_coordinates_in_france_and_overseas(latitude: float, longitude: float) -> None:
    assert check_coordinates(latitude, longitude).valid


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(2.3522, 48.8566), (-61.53, 16.24), (55.45, -20.88), (166.44, -22.27)]
)
def test_it_sees_swapped_coordinates_and_offers_the_right_way_round(latitude: float, longitude: float) -> None:
    check = check_coordinates(latitude, longitude)
    assert (check.verdict, check.corrected) == ("swapped", (longitude, latitude))
    assert not check.valid
    assert "inversées" in check.sentence


@pytest.mark.parametrize(
    ("latitude", "longitude", "verdict"),
    [
        (0.0, 0.0, "zero"),
        (-0.0, 0.0, "zero"),
        (None, 2.35, "missing"),
        (48.85, None, "missing"),
        (float("nan"), 2.35, "impossible"),
        (48.85, float("inf"), "impossible"),
        (652000.0, 6862000.0, "impossible"),  # Lambert 93, in metres
        (91.0, 2.0, "impossible"),
        (51.5072, -0.1276, "outside"),  # London
        (40.4168, -3.7038, "outside"),  # Madrid
    ],
)
def test_it_refuses_coordinates_with_a_french_sentence(
    latitude: float | None, longitude: float | None, verdict: str
) -> None:
    check = check_coordinates(latitude, longitude)
    assert check.verdict == verdict
    assert check.corrected is None
    assert check.sentence.endswith(".")


def test_it_measures_the_way_from_paris_to_lyon() -> None:
    assert distance_km((48.8566, 2.3522), (45.7640, 4.8357)) == pytest.approx(391.5, abs=1)
