"""Towns to places: what people write is found, and what would be a guess is refused with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from clients.places import DEPARTMENTS, Place, check_coordinates, communes, distance_km, resolve, unplaced_reason

OUTLINES = Path(__file__).resolve().parents[2] / "static" / "geo" / "departments.geojson"


def placed(city: str, postal_code: str | float = "", **known: str) -> Place:
    place = resolve(city, postal_code, **known)
    assert place is not None, unplaced_reason(city, postal_code, say=str, **known)
    return place


@pytest.mark.parametrize(
    ("city", "postal_code", "insee"),
    [
        ("Saint-Étienne", "42000", "42218"),
        ("ST ETIENNE", "42100", "42218"),
        ("SAINT-ETIENNE CEDEX 2", "42006", "42218"),
        ("Bourg-en-Bresse", "1000", "01053"),
        ("42000 Saint-Etienne", "", "42218"),
        ("Mans", "72000", "72181"),
        ("Évian", "74500", "74119"),
        ("Saint-Denis", "93200", "93066"),
        ("Saint-Denis", "97400", "97411"),
        ("Saint Denis La Plaine", "93210", "93066"),
        ("Lyon", "69100", "69123"),  # Villeurbanne's code, one digit off
        ("Bastia", "20200", "2B033"),
        ("Nantes", "", "44109"),
    ],
)
def test_it_places_a_town_by_name_and_postal_code(city: str, postal_code: str, insee: str) -> None:
    place = placed(city, postal_code)
    assert (place.insee, place.precision) == (insee, "commune")


@pytest.mark.parametrize(
    ("city", "postal_code"),
    [("Paris 11e", ""), ("PARIS 11", "75011"), ("Paris", "75011"), ("Paris 11e Arrondissement", "75011")],
)
def test_it_places_a_parisian_in_the_arrondissement_and_in_paris(city: str, postal_code: str) -> None:
    place = placed(city, postal_code)
    assert (place.insee, place.name, place.postal_code) == ("75056", "Paris", "75011")
    assert distance_km((place.latitude, place.longitude), (48.859, 2.379)) < 1


def test_it_places_lyon_and_marseille_by_arrondissement() -> None:
    assert placed("Lyon 3ème").postal_code == "69003"
    assert placed("Marseille 13e Arrondissement", "13013").insee == "13055"


@pytest.mark.parametrize(
    ("city", "postal_code", "name"),
    [
        ("Cherbourg-Octeville", "50100", "Cherbourg-en-Cotentin"),
        ("Auffay", "76720", "Val-de-Scie"),
        ("Chemillé", "49120", "Chemillé-en-Anjou"),
        ("Annecy-le-Vieux", "", "Annecy"),
    ],
)
def test_it_finds_the_commune_that_an_old_one_became(city: str, postal_code: str, name: str) -> None:
    assert placed(city, postal_code).name == name


@pytest.mark.parametrize(
    ("city", "postal_code"), [("Pointe-à-Pitre", "97110"), ("Fort-de-France", "97200"), ("Cayenne", "97300"),
                              ("Saint-Pierre", "97410"), ("Mamoudzou", "97600")],
)  # fmt: skip
def test_it_places_overseas_towns_overseas(city: str, postal_code: str) -> None:
    place = placed(city, postal_code)
    assert place.department == postal_code[:3]
    assert place.latitude < 20


def test_it_places_a_commune_served_by_the_post_office_of_another_department() -> None:
    assert placed("Saint-Pierre-Laval", "42620").department == "03"


def test_it_never_guesses_between_homonyms() -> None:
    assert resolve("Saint-Denis", "") is None
    assert "code postal" in str(unplaced_reason("Saint-Denis"))


def test_a_department_or_an_insee_code_tells_homonyms_apart() -> None:
    assert placed("Saint-Denis", department="La Réunion").insee == "97411"
    assert placed("Saint-Denis", department="93").insee == "93066"
    assert placed("Saint-Denis", insee="30247").department == "30"


def test_an_unknown_town_is_placed_by_its_postal_code_and_says_so() -> None:
    place = placed("Sophia Antipolis", "06560")
    assert (place.name, place.precision) == ("Valbonne", "postal_code")


def test_a_postal_code_of_several_communes_names_none_of_them() -> None:
    place = placed("", "1400")
    assert (place.insee, place.name, place.postal_code, place.department) == ("", "", "01400", "01")
    assert place.precision == "postal_code"


def test_an_unknown_town_with_a_cedex_is_placed_in_its_department() -> None:
    place = placed("Paris-La Défense Cedex", "92974")
    assert (place.insee, place.department, place.precision) == ("", "92", "department")


@pytest.mark.parametrize(
    ("city", "postal_code", "reason"),
    [
        ("", "", "Ni ville ni code postal."),
        ("Trifouillis-les-Oies", "", "Ville inconnue : « Trifouillis-les-Oies »."),
        ("", "n/c", "Code postal illisible : « n/c »."),
        ("Bordeaux", "75011", "La ville « Bordeaux » et le code postal 75011 se contredisent."),
    ],
)
def test_it_leaves_unplaced_what_it_cannot_know_and_says_why(city: str, postal_code: str, reason: str) -> None:
    assert resolve(city, postal_code) is None
    assert unplaced_reason(city, postal_code) == reason


def test_a_town_that_is_the_only_one_of_its_name_needs_no_readable_postal_code() -> None:
    place = placed("Montpellier", "abc")
    assert (place.insee, place.postal_code) == ("34172", "")


# The data


def test_every_commune_is_on_french_ground_and_says_how_precisely() -> None:
    assert all(check_coordinates(each.latitude, each.longitude).valid for each in communes())
    assert {each.precision for each in communes()} == {"commune", "postal_code", "department"}


def test_nine_people_in_ten_live_where_the_commune_has_its_own_point() -> None:
    people = sum(each.population for each in communes())
    assert 60_000_000 < people < 75_000_000
    assert sum(each.population for each in communes() if each.precision == "commune") / people > 0.9


def test_every_commune_resolves_to_itself_by_name_and_postal_code() -> None:
    for commune in communes():
        assert placed(commune.name, commune.postal_codes[0]).insee == commune.insee


def test_the_table_is_read_once() -> None:
    assert communes() is communes()


def test_places_need_neither_django_nor_pandas() -> None:
    unwanted = "('django', 'pandas', 'numpy')"
    code = f"import sys, clients.places as p; p.communes(); print([m for m in {unwanted} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_outlines_hold_every_department_longitude_first_and_wound_for_geojson() -> None:
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    assert {feature["properties"]["code"] for feature in features} <= set(DEPARTMENTS)
    assert len(features) == 101
    for feature in features:
        for outside, *holes in feature["geometry"]["coordinates"]:
            assert all(check_coordinates(latitude, longitude).valid for longitude, latitude in outside)
            assert signed_area(outside) > 0
            assert all(signed_area(hole) < 0 for hole in holes)


def signed_area(ring: list[list[float]]) -> float:
    assert ring[0] == ring[-1]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
