"""A business that is not a client yet: placed without writing, kept through the one door, advised by the same rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from clients.models import Category, Client, Turnover
from segmentation.advice.advising import Playbook, for_client
from segmentation.advice.equipping import equip
from segmentation.models import Assignment, Profile, Run, Segment
from segmentation.runs.placing import place
from segmentation.runs.refreshing import refresh
from tests.advised import a_play, only_if
from tests.contract import check, signed_in
from tests.published import a_client, a_run, published

GIVEN = {
    "name": "Atelier du pain", "sector": "Commerce de proximité", "city": "Angers", "postal_code": "49000",
    "facebook": "1 200", "instagram": "0", "turnover": "180 000,50", "turnover_year": "2025", "has_website": "non",
}  # fmt: skip


@pytest.fixture
def run(db: None) -> Run:
    """Published, with the default plan of actions and one client of each trade."""
    for name, at in (("Boulangerie", 0), ("Restaurant", 1), ("Garage", 2)):
        a_client(name, at=at)
    found = published()
    equip(Profile.objects.filter(run=found))
    Run.objects.update(finished_at=timezone.now())  # what is kept later is placed later
    found.refresh_from_db()
    return found


def ask(user: User, said: dict[str, Any], status: int = 200) -> Any:
    response = signed_in(user).get("/prospect/", said)
    assert response.status_code == status
    return response


def keep(user: User, said: dict[str, Any], *, follow: bool = True) -> Any:
    return signed_in(user).post("/prospect/", said, follow=follow)


def test_the_empty_form_asks_and_judges_nothing(amelie: User, run: Run) -> None:
    response = ask(amelie, {})
    assert response.context["answer"] is None
    assert "La réponse viendra ici." in response.content.decode()


def test_it_places_with_margin_what_is_missing_and_first_plays(amelie: User, run: Run) -> None:
    before = Client.objects.count()
    response = ask(amelie, GIVEN)
    answer, html = response.context["answer"], response.content.decode()
    assert answer.place.segment.name in html
    assert answer.margin in html
    assert "Abonnés LinkedIn" in answer.missing
    assert "Ancienneté (pas encore client)" in answer.missing
    reasons = {item.play.title: item.reason for item in answer.plays}
    assert reasons["Premier rendez-vous"] == "Statut «\u00a0prospect\u00a0»."
    assert reasons["Créer le site web"] == "N’a pas de site web."
    assert "Faire le point sur les réseaux" not in reasons
    assert Client.objects.count() == before


def test_the_answer_is_that_of_the_models_own_scoring(amelie: User, run: Run) -> None:
    business = {
        "sector": "Commerce de proximité",
        "followers": {"facebook": 1200, "instagram": 0},
        "turnover": 180000.5,
    }
    assert ask(amelie, GIVEN).context["answer"].place == place(business, run)


def test_what_is_unknown_makes_it_provisional_and_names_the_possible_segments(amelie: User, run: Run) -> None:
    answers = [
        ask(amelie, {"sector": "Restauration", "facebook": str(count)}).context["answer"] for count in (0, 80, 900)
    ]
    provisional = [answer for answer in answers if answer.place.standing == "provisional"]
    assert provisional
    assert len(provisional[0].place.possible) > 1
    assert provisional[0].badge.label == "provisoire"
    assert any(name.startswith("Chiffre") for name in provisional[0].missing)


def test_with_nothing_but_a_sector_it_says_what_to_give(amelie: User, run: Run) -> None:
    response = ask(amelie, {"sector": "Artisanat"})
    assert response.context["answer"].place.segment is None
    assert response.context["answer"].plays == ()
    assert "Donnez un nombre d’abonnés ou un chiffre d’affaires" in response.content.decode()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"name": "Seul"}, "Donnez au moins le type"),
        ({"sector": "Pirates"}, "Pirates"),
        ({"category": "999999"}, "ne fait pas partie"),
        ({"sector": "Artisanat", "turnover": "1.234"}, "Nombre ambigu"),
        ({"sector": "Artisanat", "turnover": "NaN"}, "pas un nombre"),
        ({"sector": "Artisanat", "turnover": "1e308"}, "pas un nombre"),
        ({"sector": "Artisanat", "facebook": "-3"}, "négatif"),
        ({"sector": "Artisanat", "facebook": "1_000"}, "pas un nombre"),
        ({"sector": "Artisanat", "facebook": "99999999999"}, "trop grand"),
        ({"sector": "Artisanat", "postal_code": "ABC"}, "code postal n’est pas français"),
        ({"sector": "Artisanat", "turnover": "5", "turnover_year": "2999"}, "pas encore venue"),
        ({"sector": "Artisanat", "turnover": "5", "turnover_year": "1789"}, "supérieure ou égale"),
        ({"sector": "Artisanat", "has_website": "maybe"}, "maybe"),
        ({"sector": "Artisanat", "name": "a\x00b"}, "caractère"),
        ({"sector": "Artisanat", "abonnes": "12"}, "«\u00a0abonnes\u00a0» n’est pas une donnée connue"),
    ],
)
def test_what_is_not_understood_is_said_and_not_answered(amelie: User, run: Run, said: Any, sentence: str) -> None:
    response = ask(amelie, said, 400)
    assert response.context["answer"] is None
    assert sentence in response.content.decode()


def test_a_type_of_another_sector_is_a_contradiction(amelie: User, run: Run) -> None:
    garage = Category.objects.get(name="Garage")
    html = ask(amelie, {"category": garage.pk, "sector": "Restauration", "facebook": "3"}, 400).content.decode()
    assert "«\u00a0Garage\u00a0» relève du secteur «\u00a0Artisanat\u00a0»" in html


def test_no_account_is_a_known_zero(amelie: User, run: Run) -> None:
    answer = ask(amelie, {"sector": "Artisanat", "facebook": "aucun", "turnover": "30000"}).context["answer"]
    assert "Abonnés Facebook" not in answer.missing


def test_keeping_writes_the_business_once_and_opens_its_page(amelie: User, run: Run) -> None:
    shown = [(item.play, item.reason) for item in ask(amelie, GIVEN).context["answer"].plays]
    response = keep(amelie, GIVEN)
    client = Client.objects.get(name="Atelier du pain")
    assert response.redirect_chain == [(f"/clients/{client.pk}/", 302)]
    assert (client.status, client.account_manager, client.source_id) == ("prospect", amelie, None)
    assert (client.city, client.department, client.sector) == ("Angers", "49", "Commerce de proximité")
    assert (client.has_website, client.followers, str(client.turnover)) == (False, 1200, "180000.50")
    assert client.latitude is not None
    assert set(client.readings.values_list("platform", "count")) == {("facebook", 1200), ("instagram", 0)}
    assert client.history.latest().history_user == amelie
    assert client.history.latest().history_change_reason == "saisie à l’écran"
    html = response.content.decode()
    assert "gardé comme prospect" in html
    assert "Placé après le calcul" in html
    # The very same advice, now by query: two executors, one meaning.
    assert [(item.play, item.reason) for item in for_client(Playbook.of(run), client)] == shown


def test_the_kept_prospect_stands_where_the_form_said(amelie: User, run: Run) -> None:
    answer = ask(amelie, GIVEN).context["answer"].place
    keep(amelie, GIVEN)
    place = Assignment.objects.get(client__name="Atelier du pain")
    assert (place.run, place.fitted) == (run, False)
    assert (place.segment, place.second, place.standing) == (answer.segment, answer.second, answer.standing)
    assert place.margin == pytest.approx(answer.margin)
    assert place.possible == [segment.slug for segment in answer.possible]
    assert place.unknown == list(answer.unknown)
    assert place.values["followers_facebook"] == 1200


def test_it_cannot_be_kept_twice_nor_over_somebody_elses_client(
    amelie: User, karim: User, helene: User, run: Run
) -> None:
    keep(amelie, GIVEN)
    client = Client.objects.get(name="Atelier du pain")
    for user, link in ((amelie, True), (karim, False), (helene, True)):
        response = keep(user, GIVEN | {"name": "ATELIER DU  PAIN", "turnover": "1"}, follow=False)
        assert response.status_code == 400
        assert (f'href="/clients/{client.pk}/"' in response.content.decode()) is link
    client.refresh_from_db()
    assert (client.account_manager, str(client.turnover)) == (amelie, "180000.50")
    assert Client.objects.filter(name_folded="atelier du pain").count() == 1


def test_a_prospect_needs_a_name_to_be_kept(amelie: User, run: Run) -> None:
    before = Client.objects.count()
    response = keep(amelie, {**GIVEN, "name": " "}, follow=False)
    assert response.status_code == 400
    assert "Donnez un nom" in response.content.decode()
    assert Client.objects.count() == before


def test_an_analyst_places_but_does_not_keep(anais: User, sacha: User, run: Run) -> None:
    assert "Garder comme prospect" not in ask(anais, GIVEN).content.decode()
    assert keep(anais, GIVEN).status_code == 403
    assert keep(sacha, GIVEN).status_code == 403
    assert not Client.objects.filter(name="Atelier du pain").exists()


def test_keeping_follows_the_permission_not_the_role(anais: User, run: Run) -> None:
    anais.user_permissions.add(Permission.objects.get(codename="add_client"))
    anais = User.objects.get(pk=anais.pk)
    assert keep(anais, GIVEN).status_code == 200
    assert Client.objects.get(name="Atelier du pain").account_manager == anais


def test_before_the_first_run_there_is_nowhere_to_place_but_it_can_be_kept(amelie: User, db: None) -> None:
    Category.objects.create(name="Garage", sector="Artisanat")
    said = {"name": "Garage neuf", "sector": "Artisanat", "facebook": "3"}
    response = ask(amelie, said)
    assert response.context["answer"] is None
    assert "Pas encore de segments." in response.content.decode()
    assert keep(amelie, said).status_code == 200
    assert not Assignment.objects.exists()


def test_a_model_that_cannot_be_read_is_said_not_thrown(amelie: User, run: Run) -> None:
    Run.objects.update(document={"format_version": 99})
    before = Client.objects.count()
    assert "n’est pas lisible" in ask(amelie, GIVEN, 400).content.decode()
    assert keep(amelie, GIVEN, follow=False).status_code == 400
    assert Client.objects.count() == before


def test_a_year_is_supposed_only_beside_an_amount(amelie: User, run: Run) -> None:
    keep(amelie, {key: value for key, value in GIVEN.items() if key != "turnover_year"})
    assert Turnover.objects.get(client__name="Atelier du pain").year == timezone.localdate().year - 1
    keep(amelie, {"name": "Sans CA", "sector": "Artisanat", "turnover_year": "2025", "facebook": "3"})
    assert not Client.objects.get(name="Sans CA").turnovers.exists()


def test_a_client_of_the_future_is_seen_as_of_today_not_of_the_run(run: Run) -> None:
    """Readings newer than the run would be unknown as of its day."""
    Run.objects.update(as_of="2020-01-01")
    run.refresh_from_db()
    client = a_client("Neuf", at=3)
    refresh(run, [client.pk])
    assert Assignment.objects.get(client=client).values["followers_facebook"] == 450


# --- The API ---------------------------------------------------------------------------------------------------------


def score(user: User, **said: Any) -> Any:
    response = signed_in(user).post("/api/v1/score/", said, content_type="application/json")
    assert response.status_code == 200, response.content
    check(response.json(), "/api/v1/score/", 200, "post")
    return response.json()


def test_the_api_gives_the_same_first_plays(amelie: User, run: Run) -> None:
    answer = ask(amelie, GIVEN).context["answer"]
    found = score(
        amelie, sector="Commerce de proximité", followers={"facebook": 1200, "instagram": 0},
        turnover="180000.50", turnover_year=2025, has_website=False,
    )  # fmt: skip
    assert [(one["play"]["id"], one["reason"]) for one in found["plays"]] == [
        (item.play.pk, item.reason) for item in answer.plays
    ]


def test_whoever_says_since_when_is_no_prospect(amelie: User, run: Run) -> None:
    titles = [
        {one["play"]["title"] for one in score(amelie, sector="Services", turnover=30000, **more)["plays"]}
        for more in ({}, {"client_since": "2019-05-01"})
    ]
    assert ["Premier rendez-vous" in some for some in titles] == [True, False]


def test_no_segment_no_plays(amelie: User, run: Run) -> None:
    assert score(amelie, sector="Services")["plays"] == []


def test_a_play_of_another_segment_is_not_proposed(amelie: User, db: None) -> None:
    run = a_run()
    segment = place({"sector": "Services", "turnover": 30000}, run).segment
    other = Segment.objects.exclude(pk=segment.pk).latest("pk") if segment else None
    assert other is not None
    only_if(a_play("Ailleurs", other.slug), "turnover", "known")
    assert score(amelie, sector="Services", turnover=30000)["plays"] == []


def test_no_prospect_takes_over_somebody_elses_client_by_leaving_the_postal_code_out(
    karim: User, amelie: User, run: Run
) -> None:
    mine = a_client("Boulangerie Martin", manager="amelie", city="Angers", postal_code="49000")
    before = Client.objects.filter(pk=mine.pk).values().get()
    keep(karim, {"name": "boulangerie martin", "city": "ANGERS", "sector": "Restauration"})
    assert Client.objects.filter(pk=mine.pk).values().get() == before
    assert not Client.objects.visible_to(karim).exists()
