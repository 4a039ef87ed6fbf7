"""Clients to place: why each is not on the map, and a form that puts it there for who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.edits import edits_of
from clients.models import Client
from clients.web.place_form import fix_of
from tests.published import a_client, published, some_clients
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/places/"
NOWHERE: dict[str, dict[str, Any]] = {
    "no_town": {"city": "", "postal_code": ""},
    "unknown_town": {"city": "Trifouillis", "postal_code": ""},
    "several_towns": {"city": "Saint-Denis", "postal_code": ""},
    "contradiction": {"city": "Bordeaux", "postal_code": "75011"},
}


@pytest.fixture
def lost(amelie: User, karim: User) -> dict[str, Client]:
    """Amélie's clients of each kind, one of Karim's, and some who are where they should be."""
    some_clients(8, "amelie", "Placé")
    found = {kind: a_client(f"Perdu {kind}", "amelie", **fields) for kind, fields in NOWHERE.items()}
    found["near"] = a_client("Approché", "amelie", city="Sophia Antipolis", postal_code="06560")
    found["far"] = a_client("Loin", "amelie", latitude=43.3, longitude=5.4, city="Angers", postal_code="49000")
    found["his"] = a_client("À Karim", "karim", city="", postal_code="")
    return found


def names(user: User, query: str = "") -> set[str]:
    """The clients of every page of the list."""
    listing = signed_in(user).get(f"{PAGE}?{query}").context["list"]
    assert not listing.problems
    return {client.name for client in listing.page.object_list}


def send(user: User, client: Client, *, htmx: bool = False, **said: Any) -> Any:
    client.refresh_from_db()
    form = {"city": client.city, "postal_code": client.postal_code, "seen": client.changed_at.isoformat(), **said}
    headers = {"HX-Request": "true"} if htmx else {}
    return signed_in(user).post(f"{PAGE}{client.pk}/", form, headers=headers)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", body(response))


# --- The list --------------------------------------------------------------------------------------------------------


def test_it_lists_who_is_nowhere_with_the_reason(lost: dict[str, Client], amelie: User) -> None:
    html = words(signed_in(amelie).get(PAGE))
    assert names(amelie) == {client.name for kind, client in lost.items() if kind in NOWHERE}
    for reason in (
        "Ni ville ni code postal.",
        "Aucune commune ne s’appelle «\u00a0Trifouillis\u00a0».",
        "Plusieurs communes s’appellent «\u00a0Saint-Denis\u00a0»\u00a0: il faut le code postal.",
        "La ville «\u00a0Bordeaux\u00a0» et le code postal 75011 se contredisent.",
    ):
        assert reason.replace("\u00a0", " ") in html.replace("\u00a0", " "), reason
    assert "À Karim" not in html


def test_its_parts_count_what_they_list_for_every_reader(lost: dict[str, Client], cast: dict[str, User]) -> None:
    for person in ("amelie", "karim", "helene", "anais", "adele"):
        browser = signed_in(cast[person])
        for part in browser.get(PAGE).context["list"].parts:
            listing = browser.get(part.url).context["list"]
            assert listing.page.paginator.count == part.count, (person, part.label)
            assert [each.here for each in listing.parts].count(True) == 1
    counts = {str(part.label): part.count for part in signed_in(cast["amelie"]).get(PAGE).context["list"].parts}
    assert counts["Position approximative"] >= 1
    assert counts["Coordonnées à vérifier"] == 1


@pytest.mark.parametrize(
    ("query", "kind"), [("precision=postal_code", "near"), ("placed=true&misplaced=far", "far"),
                        ("misplaced=several_towns", "several_towns"), ("q=contradiction", "contradiction")],
)  # fmt: skip
def test_it_understands_the_filters_of_every_list(lost: dict[str, Client], amelie: User, query: str, kind: str) -> None:
    assert lost[kind].name in names(amelie, query)
    listed = {row["id"] for row in signed_in(amelie).get(f"/api/v1/clients/?{query}").json()["results"]}
    assert lost[kind].pk in listed


@pytest.mark.parametrize("query", ["misplaced=nonsense", "precision=exact", "citty=x"])
def test_it_refuses_what_it_does_not_understand(lost: dict[str, Client], amelie: User, query: str) -> None:
    response = signed_in(amelie).get(f"{PAGE}?{query}")
    assert response.status_code == 400
    assert "Perdu no_town" not in body(response)


def test_it_exports_exactly_its_rows_with_the_reason(lost: dict[str, Client], amelie: User) -> None:
    text = body(signed_in(amelie).get(f"{PAGE}?export=csv"))
    assert len(text.strip().splitlines()) - 1 == len(names(amelie))
    assert "Aucune commune ne s’appelle" in text


def test_the_map_leads_to_it_with_the_same_count(lost: dict[str, Client], amelie: User) -> None:
    positions = signed_in(amelie).get("/map/?status=active").context["positions"]
    listing = signed_in(amelie).get(positions.unplaced_url).context["list"]
    assert positions.unplaced_url.startswith(PAGE)
    assert listing.page.paginator.count == positions.unplaced


def test_it_asks_the_database_as_much_for_10_clients_as_for_200(amelie: User) -> None:
    costs = []
    for count in (10, 200):
        Client.objects.all().delete()
        some_clients(count, "amelie")
        Client.objects.update(latitude=None, longitude=None, position_precision="", place_problem="no_town")
        published()
        browser = signed_in(amelie)
        browser.get(f"{PAGE}?page_size=200")
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"{PAGE}?page_size=200").context["list"].page.paginator.count == count
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 18, costs


# --- Fixing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said", "placed"),
    [
        ("several_towns", {"postal_code": "93200"}, ("Saint-Denis", "93200", "commune")),
        ("several_towns", {"choice": "Saint-Denis (97400)"}, ("Saint-Denis", "97400", "commune")),
        ("unknown_town", {"city": "st etienne cedex 2"}, ("st etienne cedex 2", "", "commune")),
        ("no_town", {"city": "Saint-Ouen (41100)"}, ("Saint-Ouen", "41100", "commune")),
        ("no_town", {"postal_code": "1000"}, ("", "01000", "postal_code")),
        ("no_town", {"coordinates": "47,4784 ; -0,5632"}, ("", "", "given")),
        ("contradiction", {"coordinates": "48.859, 2.379"}, ("Bordeaux", "75011", "given")),
        ("far", {"coordinates": ""}, ("Angers", "49000", "commune")),
    ],
)
def test_a_manager_places_a_client_of_their_own(
    lost: dict[str, Client], amelie: User, kind: str, said: dict[str, Any], placed: tuple[str, str, str]
) -> None:
    response = send(amelie, lost[kind], **said)
    found = Client.objects.get(pk=lost[kind].pk)
    assert response.status_code == 302, words(response)
    assert (found.city, found.postal_code, found.position_precision) == placed
    assert found.latitude is not None
    assert found.place_problem == ""
    latest = edits_of(found)[0]
    assert (latest.by, latest.reason) == (amelie, "page")


def test_htmx_gets_the_client_alone_and_a_form_without_scripts_comes_back(
    lost: dict[str, Client], amelie: User
) -> None:
    alone = body(send(amelie, lost["unknown_town"], htmx=True, city="Angers"))
    assert "<html" not in alone and f'id="place-{lost["unknown_town"].pk}"' in alone
    back = send(amelie, lost["no_town"], city="Angers", next="/places/?placed=false")
    assert back.headers["Location"] == "/places/?placed=false"
    assert (
        send(amelie, lost["several_towns"], city="Lyon 3", next="https://ailleurs.example/").headers["Location"] == PAGE
    )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"city": "Saint-Ouen"}, "Plusieurs communes s’appellent « Saint-Ouen »"),
        ({"city": "Bordeaux", "postal_code": "75011"}, "se contredisent"),
        ({"city": "Nulle-Part"}, "Aucune commune ne s’appelle « Nulle-Part »"),
        ({"postal_code": "n/c"}, "n’est pas français"),
        ({"coordinates": "0, 0.0"}, "Écrivez la latitude"),
        ({"coordinates": "0.0, 0.0"}, "golfe de Guinée"),
        ({"coordinates": "-0.5632, 47.4784"}, "semblent inversées"),
        ({"coordinates": "51.5072, -0.1276"}, "hors de France"),
        ({"coordinates": "47,4784"}, "Écrivez la latitude"),
        ({"coordinates": "1e3, 2.0"}, "Écrivez la latitude"),
        ({"coordinates": "１２３４５６７８９９９, 2"}, "Écrivez la latitude"),
        ({"city": ""}, "Ni ville ni code postal."),
        ({"seen": "2020-01-01T00:00:00+00:00", "city": "Angers"}, "modifié entre-temps"),
    ],
)
def test_what_places_nobody_is_refused_in_a_sentence_and_writes_nothing(
    lost: dict[str, Client], amelie: User, said: dict[str, str], sentence: str
) -> None:
    client = lost["unknown_town"]
    before = Client.objects.filter(pk=client.pk).values().get()
    for htmx in (True, False):
        response = send(amelie, client, htmx=htmx, **said)
        assert response.status_code == 400
        assert sentence in words(response).replace("\u00a0", " ")
    assert Client.objects.filter(pk=client.pk).values().get() == before


def test_swapped_coordinates_are_offered_the_right_way_round(lost: dict[str, Client], amelie: User) -> None:
    refused = words(send(amelie, lost["no_town"], coordinates="-0.5632, 47.4784"))
    assert 'name="corrected" value="47.478400, -0.563200"' in refused
    send(amelie, lost["no_town"], coordinates="-0.5632, 47.4784", corrected="47.478400, -0.563200")
    assert Client.objects.get(pk=lost["no_town"].pk).position_precision == "given"


def test_homonyms_are_offered_to_choose_from(lost: dict[str, Client], amelie: User) -> None:
    html = words(send(amelie, lost["no_town"], htmx=True, city="Saint-Ouen"))
    assert 'name="choice" value="Saint-Ouen (41100)"' in html
    assert 'name="choice" value="Saint-Ouen (80610)"' in html


@pytest.mark.parametrize(
    ("person", "status"), [("karim", 404), ("anais", 403), ("sacha", 403), ("helene", 302), ("adele", 302)]
)
def test_only_who_may_change_the_client_places_it(
    lost: dict[str, Client], cast: dict[str, User], person: str, status: int
) -> None:
    client = lost["unknown_town"]
    assert send(cast[person], client, city="Angers").status_code == status
    assert (Client.objects.get(pk=client.pk).latitude is not None) == (status == 302)


def test_who_may_only_read_sees_why_and_no_form(lost: dict[str, Client], anais: User) -> None:
    for path in (PAGE, f"{PAGE}{lost['unknown_town'].pk}/"):
        html = words(signed_in(anais).get(path))
        assert "Aucune commune ne s’appelle" in html
        assert 'class="fix-form"' not in html


def test_a_placed_client_is_brought_up_to_date_in_the_run(lost: dict[str, Client], amelie: User) -> None:
    run = published()
    client = lost["unknown_town"]
    send(amelie, client, city="Angers")
    client.refresh_from_db()
    assert run.assignments.get(client=client).facts_at == client.changed_at


def test_it_suggests_towns_of_france_and_nothing_for_nonsense(amelie: User) -> None:
    browser = signed_in(amelie)
    assert 'value="Angers (49000)"' in body(browser.get("/places/towns/?postal_code=49000"))
    assert 'value="Saint-Étienne"' in body(browser.get("/places/towns/?city=st+etien"))
    assert "<option" not in body(browser.get("/places/towns/?city=%00&postal_code=%00"))


def test_who_places_second_reads_who_came_first_and_keeps_what_they_wrote(amelie: User, adele: User) -> None:
    client = a_client("Fournil", "amelie", city="Trifouillis", postal_code="")
    seen = fix_of(client, amelie).seen
    address = f"/places/{client.pk}/"
    assert signed_in(adele).post(address, {"city": "Angers", "seen": seen}).status_code == 302
    second = signed_in(amelie)
    response = second.post(address, {"city": "Nantes", "seen": seen})
    assert response.status_code == 400
    fix = response.context["fix"]
    assert "Adele" in fix.problems[0]
    assert "Angers" in fix.problems[0]
    assert fix.city == "Nantes"
    assert second.post(address, {"city": fix.city, "seen": fix.seen}).status_code == 302
    client.refresh_from_db()
    assert client.city == "Nantes"
