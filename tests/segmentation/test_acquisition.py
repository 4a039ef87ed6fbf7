"""Winning new clients: who is most like a prospect, a file placed in one go, a prospect that signs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client, Followers, Turnover
from segmentation.advice.equipping import equip
from segmentation.engine.document import Document
from segmentation.engine.encoding import encode
from segmentation.models import Assignment, Decision, Play, Profile, Run
from segmentation.runs import frames, likeness
from segmentation.runs.likeness import most_like
from segmentation.web import prospect_files
from tests.published import a_client, published, some_clients
from tests.reading import body, signed_in

pytestmark = pytest.mark.django_db

FILE = (
    "Nom;Type d'entreprise;Ville;Abonnés Facebook;Abonnés Instagram;CA 2025\r\n"
    "Au Bon Pain;Boulangerie;Angers;1 200;300;180 000\r\n"
    "Chez Léa;Restaurant;Nantes;4 000;aucun;250 000,50\r\n"
    "Sans chiffres;Garage;Lyon;;;\r\n"
)
BUSINESS: dict[str, Any] = {
    "category": "Boulangerie", "sector": "Commerce de proximité", "followers": {"facebook": 900, "instagram": 200},
    "turnover": 90_000,
}  # fmt: skip


@pytest.fixture
def run(cast: dict[str, User]) -> Run:
    """Sixty clients of Amélie, twenty of Karim, with the default plan of actions."""
    some_clients(60, "amelie", "Client A")
    some_clients(20, "karim", "Client K")
    found = published()
    equip(Profile.objects.filter(run=found))
    return found


def send(user: User, content: str | bytes = FILE, name: str = "prospects.csv", **more: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return signed_in(user).post("/prospect/file/", {"file": SimpleUploadedFile(name, raw), **more})


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", body(response))


# --- Likeness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 7, 300])
def test_the_nearest_are_exactly_the_nearest(run: Run, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(likeness, "CHUNK", chunk)
    document = Document.from_dict(run.document or {})
    columns = frames.of_one(BUSINESS, run.as_of)
    here = encode(columns, document).matrix[0]
    away = {}
    for place in Assignment.objects.filter(run=run, x__isnull=False):
        row = encode({name: [value] for name, value in place.values.items()}, document).matrix[0]
        away[place.client_id] = float(np.linalg.norm(row - here))
    wanted = sorted(away.values())[:5]
    found = most_like(columns, run, Client.objects.present())
    assert [item.distance for item in found] == pytest.approx(wanted)
    assert [away[item.client] for item in found] == pytest.approx(wanted)


def test_it_looks_no_farther_than_it_must(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "CHUNK", 5)
    with CaptureQueriesContext(connection) as seen:
        most_like(frames.of_one(BUSINESS, run.as_of), run, Client.objects.present())
    assert len(seen) < 1 + 80 / 5


def test_likeness_is_looked_for_among_the_given_clients_only(run: Run) -> None:
    few = Client.objects.present().filter(name__startswith="Client K")
    found = most_like(frames.of_one(BUSINESS, run.as_of), run, few)
    assert {item.client for item in found} <= set(few.values_list("pk", flat=True))
    assert most_like(frames.of_one(BUSINESS, run.as_of), run, Client.objects.none()) == []


def test_a_prospect_is_shown_beside_the_readers_own_clients(run: Run, amelie: User, karim: User) -> None:
    said = {"category": str(Client.objects.get(name="Client A 000").category_id), "facebook": "900"}
    for reader, own, foreign in ((amelie, "Client A", "Client K"), (karim, "Client K", "Client A")):
        html = text_of(signed_in(reader).get("/prospect/", said))
        shown = html.split("Vos clients qui lui ressemblent")[1].split("</section>")[0]
        assert shown.count(own) == 5
        assert foreign not in shown


def test_it_says_what_was_done_for_them(run: Run, amelie: User) -> None:
    said = {"category": str(Client.objects.get(name="Client A 000").category_id), "facebook": "900"}
    browser = signed_in(amelie)
    assert "Aucune action n’est encore notée" in text_of(browser.get("/prospect/", said))
    alike = browser.get("/prospect/", said).context["answer"].alike.clients
    play = Play.objects.order_by("pk")[0]
    for client, outcome in zip(alike, ("accepted", "declined"), strict=False):
        Decision.objects.create(client=client, play=play, kind="done", outcome=outcome, shown_reason="…", by=amelie)
    shown = text_of(browser.get("/prospect/", said)).split("Ce qui a été fait pour eux")[1]
    assert f'{play.title} <span class="quiet">(2 clients, 1 a accepté)' in shown


def test_a_prospects_page_shows_its_lookalikes_and_a_clients_does_not(run: Run, amelie: User) -> None:
    prospect = Client.objects.filter(name__startswith="Client A", status="prospect", assignments__x__isnull=False)[0]
    client = Client.objects.filter(name__startswith="Client A", status="active", assignments__x__isnull=False)[0]
    html = text_of(signed_in(amelie).get(f"/clients/{prospect.pk}/"))
    shown = html.split("Vos clients qui lui ressemblent")[1].split("</section>")[0]
    assert f"/clients/{prospect.pk}/" not in shown
    assert shown.count("Client A") == 5
    assert "lui ressemblent" not in text_of(signed_in(amelie).get(f"/clients/{client.pk}/"))


# --- A file ----------------------------------------------------------------------------------------------------------


def test_a_file_is_placed_in_one_go_and_nothing_is_kept(run: Run, amelie: User) -> None:
    before = Client.objects.count(), Followers.objects.count(), Turnover.objects.count()
    html = text_of(send(amelie))
    assert "3 entreprises placées" in html
    assert "Au Bon Pain" in html and "Chez Léa" in html
    assert "non classable" in html.split("Sans chiffres")[1]
    assert before == (Client.objects.count(), Followers.objects.count(), Turnover.objects.count())


def test_a_row_is_placed_as_the_form_places_it(run: Run, amelie: User) -> None:
    category = Client.objects.get(name="Client A 000").category
    assert category is not None
    line = send(amelie).context["answer"].lines[0]
    said = {
        "category": str(category.pk), "facebook": "1 200", "instagram": "300", "turnover": "180 000",
        "turnover_year": "2025",
    }  # fmt: skip
    one = signed_in(amelie).get("/prospect/", said).context["answer"]
    assert (line.place.segment, line.place.standing, line.place.unknown) == (
        one.place.segment, one.place.standing, one.place.unknown,
    )  # fmt: skip
    assert (line.place.margin, line.place.x) == pytest.approx((one.place.margin, one.place.x))
    assert [line.play] == [advice.play.title for advice in one.plays[:1]] or (line.play, one.plays) == ("", [])


def test_the_result_can_be_taken_away_as_a_file(run: Run, amelie: User) -> None:
    response = send(amelie, export="csv")
    assert response["Content-Type"].startswith("text/csv")
    rows = body(response).splitlines()
    assert rows[0].startswith("Nom;Ville;Segment;Classement")
    assert len(rows) == 4


def test_bad_cells_are_told_and_good_rows_are_placed(run: Run, amelie: User) -> None:
    html = text_of(send(amelie, FILE + "Mal écrit;Garage;Lyon;beaucoup;;\r\n"))
    assert "1 cellule n’a pas été comprise" in html
    assert "Ligne 5" in html and "beaucoup" in html
    assert "3 entreprises placées" in html


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "vide"),
        ("Ville\r\nAngers\r\n", "Il manque la colonne"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ""),
        (b"PK\x03\x04rubbish", ""),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(run: Run, amelie: User, content: bytes | str, says: str) -> None:
    response = send(amelie, content)
    assert response.status_code == 400
    html = text_of(response)
    assert 'role="alert"' in html
    assert says in html


def test_too_many_rows_are_refused(run: Run, amelie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prospect_files, "MOST_ROWS", 2)
    response = send(amelie)
    assert response.status_code == 400
    assert "2 au plus" in text_of(response)


def test_too_large_a_file_is_refused_unread(run: Run, amelie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prospect_files, "MOST_BYTES", 10)
    assert send(amelie).status_code == 400


def test_before_the_first_run_there_is_nowhere_to_place_them(amelie: User) -> None:
    response = send(amelie)
    assert response.status_code == 400
    assert "n’a pas encore été publié" in text_of(response)


def test_a_hostile_name_stays_text(run: Run, amelie: User) -> None:
    html = text_of(send(amelie, "Nom;Type d'entreprise;Abonnés Facebook\r\n<script>x</script>;Garage;12\r\n"))
    assert "<script>x" not in html
    assert "&lt;script&gt;x" in html
    assert "'=cmd" in body(send(amelie, "Nom;Type d'entreprise;Abonnés Facebook\r\n=cmd;Garage;12\r\n", export="csv"))


# --- A prospect that signs -------------------------------------------------------------------------------------------


def a_prospect(manager: str = "amelie") -> Client:
    return a_client("Bientôt cliente", manager, at=3, client_since=None)


def test_a_prospect_that_signs_becomes_an_active_client_with_all_that_was_known(run: Run, amelie: User) -> None:
    prospect = a_prospect()
    browser = signed_in(amelie)
    assert "Ce prospect a signé" in text_of(browser.get(f"/clients/{prospect.pk}/"))
    response = browser.post(f"/clients/{prospect.pk}/signed/", follow=True)
    assert "est maintenant un client actif" in text_of(response)
    client = Client.objects.get(pk=prospect.pk)
    assert client.status == Client.Status.ACTIVE
    assert client.client_since == timezone.localdate()
    assert client.followers == prospect.followers
    latest = client.history.latest()
    assert latest.history_user == amelie
    assert "Ce prospect a signé" not in text_of(browser.get(f"/clients/{prospect.pk}/"))


def test_a_date_that_was_known_stays(run: Run, amelie: User) -> None:
    prospect = a_client("Revenue", "amelie", at=3)
    signed_in(amelie).post(f"/clients/{prospect.pk}/signed/")
    assert Client.objects.get(pk=prospect.pk).client_since == prospect.client_since


def test_only_the_readers_own_prospects_can_sign(run: Run, amelie: User, karim: User, anais: User) -> None:
    prospect, client = a_prospect(), Client.objects.filter(name__startswith="Client A", status="active")[0]
    assert signed_in(karim).post(f"/clients/{prospect.pk}/signed/").status_code == 404
    assert signed_in(amelie).post(f"/clients/{client.pk}/signed/").status_code == 404
    assert signed_in(anais).post(f"/clients/{prospect.pk}/signed/").status_code == 403
    assert signed_in(amelie).get(f"/clients/{prospect.pk}/signed/").status_code == 405
    assert Client.objects.get(pk=prospect.pk).status == Client.Status.PROSPECT
