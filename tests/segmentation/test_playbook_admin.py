"""The playbook in the Django admin: edited without code, refused where it makes no sense, with whom it concerns."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.advice import versions
from segmentation.models import Decision, Play, Run
from tests.advised import a_play, decided, only_if, put
from tests.contract import signed_in
from tests.published import a_client, a_run, some_clients

LIST = "/admin/segmentation/play/"


@pytest.fixture
def run(db: None) -> Run:
    return a_run()


@pytest.fixture
def play(run: Run) -> Play:
    return only_if(a_play("Suivre"), "followers_facebook", "gte", "300")


def form(play: Play | None = None, *conditions: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What the admin's form sends: the play's fields, and a row a condition."""
    existing = list(play.conditions.all()) if play else []
    rows: list[dict[str, Any]] = [
        {"id": row.pk, "field": row.field, "comparison": row.comparison, "value": row.value} for row in existing
    ]
    rows += [{"id": "", **row} for row in conditions]
    body = {
        "segment": play.segment_id if play else said.pop("segment"), "title": "Suivre", "pitch": "Dites oui.",
        "service": "social", "goal": "growth", "priority": "2", "active": "on", "seen": play.version if play else "",
        "conditions-TOTAL_FORMS": len(rows), "conditions-INITIAL_FORMS": len(existing),
        "conditions-MIN_NUM_FORMS": 0, "conditions-MAX_NUM_FORMS": 1000,
    }  # fmt: skip
    for at, row in enumerate(rows):
        body |= {f"conditions-{at}-{name}": value for name, value in row.items()}
        body[f"conditions-{at}-play"] = play.pk if play else ""
    return body | said


def test_an_admin_writes_a_play_with_its_conditions(adele: User, run: Run) -> None:
    segment = run.profiles.latest("pk").segment
    condition = {"field": "turnover", "comparison": "gte", "value": "12 500,50"}
    response = signed_in(adele).post(f"{LIST}add/", form(None, condition, segment=segment.pk))
    assert response.status_code == 302
    play = Play.objects.get()
    assert (play.title, play.segment, [row.number() for row in play.conditions.all()]) == ("Suivre", segment, [12500.5])
    (version,) = versions.versions(play)
    assert (version.number, version.by) == (1, "Adele")
    assert [str(row) for row in version.content.condition_rows()] == [
        "CA de la dernière année (€)\u00a0: au moins 12 500,50"
    ]


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({"field": "turnover", "comparison": "gte", "value": "beaucoup"}, "doit être un nombre"),
        ({"field": "website", "comparison": "lt", "value": "oui"}, "Pour le site web"),
        ({"field": "status", "comparison": "eq", "value": "parti"}, "Pour le statut"),
        ({"field": "turnover_growth", "comparison": "gte", "value": "", "median": "on"}, "n’a pas de médiane"),
        ({"field": "turnover", "comparison": "known", "value": "5"}, "ne se comparent à rien"),
        ({"field": "moon", "comparison": "gte", "value": "5"}, "moon"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(
    adele: User, run: Run, condition: dict[str, str], sentence: str
) -> None:
    body = form(None, condition, segment=run.profiles.latest("pk").segment_id)
    response = signed_in(adele).post(f"{LIST}add/", body)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Play.objects.exists()


def test_the_same_title_twice_in_a_segment_is_refused(adele: User, play: Play) -> None:
    body = form(None, segment=play.segment_id)
    assert signed_in(adele).post(f"{LIST}add/", body).status_code == 200
    assert Play.objects.count() == 1


def test_a_saved_play_shows_whom_it_concerns_and_what_they_would_read(adele: User, run: Run, play: Play) -> None:
    for client in some_clients(12):
        put(client, run)
    concerned = Client.objects.filter(followers__isnull=False, readings__platform="facebook", readings__count__gte=300)
    html = signed_in(adele).get(f"{LIST}{play.pk}/change/").content.decode()
    assert f'<div class="readonly">{concerned.count()}</div>' in html
    assert html.count("abonnés sur Facebook.") == 3


def test_it_says_why_a_play_concerns_nobody(adele: User, run: Run, play: Play) -> None:
    browser = signed_in(adele)
    assert "Choisissez un segment" in browser.get(f"{LIST}add/").content.decode()
    assert "Aucun client aujourd’hui." in browser.get(f"{LIST}{play.pk}/change/").content.decode()
    Play.objects.update(active=False)
    assert "Action archivée" in browser.get(f"{LIST}{play.pk}/change/").content.decode()
    Play.objects.update(active=True)
    run.publications.all().delete()
    assert "Aucun calcul n’est publié" in browser.get(f"{LIST}{play.pk}/change/").content.decode()


def test_a_changed_condition_is_in_the_history_of_its_play(adele: User, play: Play) -> None:
    browser = signed_in(adele)
    for number in ("500", "700"):
        play.refresh_from_db()
        body = form(play) | {"conditions-0-value": number}
        assert browser.post(f"{LIST}{play.pk}/change/", body).status_code == 302
    assert [version.number for version in versions.versions(play)] == [3, 2, 1]
    for address in ("history", "change"):
        html = browser.get(f"{LIST}{play.pk}/{address}/").content.decode()
        assert "abonnés Facebook\u00a0: au moins 500" in html
        assert "abonnés Facebook\u00a0: au moins 700" in html


def test_an_unchanged_play_makes_no_version(adele: User, play: Play) -> None:
    browser = signed_in(adele)
    browser.post(f"{LIST}{play.pk}/change/", form(play))
    play.refresh_from_db()
    response = browser.post(f"{LIST}{play.pk}/change/", form(play), follow=True)
    assert "Rien n’a changé" in response.content.decode()
    assert (play.version, play.history.count()) == (2, 2)


def test_who_saves_second_is_told_what_changed_and_may_insist(adele: User, play: Play) -> None:
    browser, body = signed_in(adele), form(play, title="Le mien")
    play.title = "Le sien"
    versions.save(play, list(play.conditions.all()), seen=1, by=None)
    response = browser.post(f"{LIST}{play.pk}/change/", body)
    html = response.content.decode()
    assert response.status_code == 200
    assert "Dignamik a enregistré la version 2" in html
    assert "Titre\u00a0: «\u00a0Suivre\u00a0» → «\u00a0Le sien\u00a0»" in html
    assert 'value="Le mien"' in html
    assert '<input type="hidden" name="seen" value="2"' in html
    play.refresh_from_db()
    assert play.title == "Le sien"
    assert browser.post(f"{LIST}{play.pk}/change/", body | {"seen": "2"}).status_code == 302
    play.refresh_from_db()
    assert (play.title, play.version) == ("Le mien", 3)


def test_a_play_stays_in_its_segment(adele: User, play: Play) -> None:
    other = Play.objects.create(segment_id=play.segment_id + 1, title="Là-bas").segment
    body = form(play, title="Renommée", segment=other.pk)
    assert signed_in(adele).post(f"{LIST}{play.pk}/change/", body).status_code == 302
    before = play.segment
    play.refresh_from_db()
    assert (play.title, play.segment) == ("Renommée", before)


def test_a_play_that_was_decided_on_is_archived_not_deleted(adele: User, run: Run, play: Play) -> None:
    decided(put(a_client("Boulangerie"), run), play, "done")
    browser = signed_in(adele)
    browser.post(f"{LIST}{play.pk}/delete/", {"post": "yes"})
    assert Play.objects.filter(pk=play.pk).exists()
    browser.post(f"{LIST}{play.pk}/change/", {**form(play), "active": ""})
    play.refresh_from_db()
    assert play.active is False


def test_decisions_are_to_be_read(adele: User, run: Run, play: Play) -> None:
    made = decided(put(a_client("Boulangerie"), run), play, "refused", comment="Trop cher")
    browser = signed_in(adele)
    assert "Boulangerie" in browser.get("/admin/segmentation/decision/").content.decode()
    address = f"/admin/segmentation/decision/{made.pk}/change/"
    assert "Trop cher" in browser.get(address).content.decode()
    assert browser.post(address, {"comment": "Autre"}).status_code == 403
    assert Decision.objects.get().comment == "Trop cher"


@pytest.mark.parametrize("query", ["q=suivre", "service=social", "goal=growth", "priority=2", "active__exact=1"])
def test_the_list_is_searched_and_filtered_at_a_constant_cost(adele: User, run: Run, query: str) -> None:
    browser = signed_in(adele)

    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            assert browser.get(f"{LIST}?{query}").status_code == 200
        return len(context)

    a_play("Suivre")
    cost()
    few = cost()
    for at in range(30):
        a_play(f"Suivre {at}", f"segment-{at % 4}")
    assert cost() == few


def test_nobody_else_edits_the_playbook(amelie: User, helene: User, anais: User, play: Play) -> None:
    for user in (amelie, helene, anais):
        user.is_staff = True
        user.save()
        browser = signed_in(user)
        assert browser.get(f"{LIST}{play.pk}/change/").status_code == 200  # to read
        browser.post(f"{LIST}{play.pk}/change/", {**form(play), "title": "Autre"})
        assert browser.get(f"{LIST}add/").status_code == 403
        play.refresh_from_db()
        assert play.title == "Suivre"
