"""Advice on the client's page and on the segment's, and the form that decides on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client, HeldService
from segmentation.models import Decision, Play, Profile, Run
from tests.advised import a_play, decided, only_if, put
from tests.contract import signed_in
from tests.published import a_client, a_run, some_clients


@pytest.fixture
def run(db: None) -> Run:
    return a_run()


@pytest.fixture
def client(run: Run, amelie: User) -> Client:
    return put(a_client("Boulangerie Dupont", "amelie", at=1), run)


@pytest.fixture
def play(run: Run) -> Play:
    return only_if(a_play("Ouvrir un compte", priority=1), "followers_facebook", "gte", "100")


def page(user: User, client: Client) -> str:
    response = signed_in(user).get(f"/clients/{client.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def post(user: User, client: Client, play: Play | None = None, **said: Any) -> Any:
    body = {"play": play.pk if play else "", **said}
    return signed_in(user).post(f"/clients/{client.pk}/decisions/", body, follow=True)


def test_the_page_opens_on_the_next_action_with_its_reason_and_pitch(amelie: User, client: Client, play: Play) -> None:
    a_play("Et après", priority=3)
    html = page(amelie, client)
    assert (
        html.index("Ouvrir un compte") < html.index("150 abonnés sur Facebook.") < html.index("Vos confrères y sont.")
    )
    assert html.index("Vos confrères y sont.") < html.index("1 autre action proposée") < html.index("Coordonnées")
    for button in ("planned", "done", "refused", "snoozed"):
        assert f'name="kind" value="{button}"' in html


def test_planning_comes_back_to_the_page_and_says_so(amelie: User, client: Client, play: Play) -> None:
    response = post(amelie, client, play, kind="planned", until=str(timezone.localdate() + timedelta(days=3)))
    assert response.redirect_chain == [(f"/clients/{client.pk}/", 302)]
    html = response.content.decode()
    assert "Planifié pour le" in html
    assert "prévu le" in html
    made = Decision.objects.get()
    assert (made.by, made.kind, made.shown_reason) == (amelie, "planned", "150 abonnés sur Facebook.")


def test_what_is_done_is_shown_with_its_outcome_and_leads_to_the_next_call(
    amelie: User, client: Client, play: Play
) -> None:
    html = post(amelie, client, play, kind="done", outcome="interested", comment="Après Noël").content.decode()
    assert "fait (intéressé, à rappeler)" in html
    assert "Après Noël" in html
    assert "Fixez la date de la relance" in html
    assert "Fixez la date" not in post(amelie, client, play, kind="done", outcome="accepted").content.decode()


def test_a_refusal_shows_with_its_reason_and_the_way_back(amelie: User, client: Client, play: Play) -> None:
    html = post(amelie, client, play, kind="refused", comment="Trop <cher>").content.decode()
    assert "Trop &lt;cher&gt;" in html
    assert "Rien à proposer pour l’instant" in html
    assert 'value="reopened"' in html
    html = post(amelie, client, play, kind="reopened").content.decode()
    assert "Décisions passées" in html
    assert 'name="kind" value="planned"' in html
    assert "Déjà écarté" in html


def test_a_refusal_without_a_word_is_refused_with_one(amelie: User, client: Client, play: Play) -> None:
    html = post(amelie, client, play, kind="refused", comment=" ").content.decode()
    assert "Rien n’a été enregistré. Dites en un mot pourquoi" in html
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {}, {"kind": "planned", "play": "x"}, {"kind": "planned", "play": "999999"}, {"kind": "adopted"},
        {"kind": "snoozed", "until": "hier"}, {"kind": "snoozed"}, {"kind": "refused", "comment": "x" * 1001},
        {"kind": "refused", "comment": "a\x00b"}, {"kind": "planned", "until": "0001-01-01"},
        {"kind": "planned", "until": "9999-12-31"}, {"kind": "reopened"},
        {"kind": "done", "outcome": "ravi"}, {"kind": "planned", "outcome": "accepted"},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said_and_not_written(amelie: User, client: Client, play: Play, said: Any) -> None:
    body = {"play": play.pk, **said}
    response = signed_in(amelie).post(f"/clients/{client.pk}/decisions/", body, follow=True)
    assert response.status_code == 200
    assert "Rien n’a été enregistré." in response.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("/recommendations/?page=2", "/recommendations/?page=2"),
        ("https://ailleurs.example/", None), ("//ailleurs.example", None), ("javascript:alert(1)", None), ("", None),
    ],
)  # fmt: skip
def test_it_goes_back_to_our_own_pages_only(
    amelie: User, client: Client, play: Play, asked: str, expected: str | None
) -> None:
    response = signed_in(amelie).post(
        f"/clients/{client.pk}/decisions/", {"play": play.pk, "kind": "planned", "next": asked}
    )
    assert response.headers["Location"] == (expected or f"/clients/{client.pk}/")


def test_a_foreign_client_is_absent_and_a_get_writes_nothing(karim: User, client: Client, play: Play) -> None:
    assert post(karim, client, play, kind="planned").status_code == 404
    assert signed_in(karim).get(f"/clients/{client.pk}/decisions/").status_code == 405
    assert not Decision.objects.exists()


def test_the_head_of_sales_decides_for_everybody(helene: User, client: Client, play: Play) -> None:
    post(helene, client, play, kind="planned")
    assert Decision.objects.get().by == helene


def test_an_analyst_reads_advice_without_buttons(anais: User, client: Client, play: Play) -> None:
    decided(client, play, "refused", comment="Trop cher")
    a_play("Autre chose")
    html = page(anais, client)
    assert "Autre chose" in html
    assert "Trop cher" in html
    assert 'name="kind"' not in html
    assert post(anais, client, play, kind="planned").status_code == 403


def test_without_the_right_to_read_the_playbook_the_page_is_silent(amelie: User, client: Client, play: Play) -> None:
    group = Group.objects.get(name="Chargé de compte")
    group.permissions.remove(*group.permissions.filter(codename="view_play"))
    assert "Prochaine action" not in page(amelie, client)


def test_who_may_not_be_contacted_has_no_action_and_a_quiet_sentence(amelie: User, run: Run, play: Play) -> None:
    silent = put(a_client("Discret", "amelie", do_not_contact=True), run)
    html = page(amelie, silent)
    assert "Aucune action n’est proposée" in html
    assert "Vos confrères y sont." not in html


def test_before_a_run_or_without_a_segment_it_says_why(amelie: User, client: Client, run: Run, play: Play) -> None:
    put(client, run, None)
    assert "Trop peu est connu de ce client" in page(amelie, client)
    run.publications.all().delete()
    assert "le premier calcul n’a pas encore eu lieu" in page(amelie, client)


def test_an_uncertain_list_of_services_is_said(amelie: User, client: Client, play: Play) -> None:
    assert "peut-être pas complète" in page(amelie, client)
    Client.objects.update(services_known=True)
    assert "peut-être pas complète" not in page(amelie, client)


def test_a_late_plan_is_called_late(amelie: User, client: Client, play: Play) -> None:
    decided(client, play, "planned", until=timezone.localdate() - timedelta(days=2))
    assert "en retard" in page(amelie, client)


def test_a_client_back_from_another_segment_shows_what_was_said_there(amelie: User, client: Client, play: Play) -> None:
    decided(client, play, "refused", comment="Pas le moment")
    again = a_run()
    put(client, again, "segment-1")
    a_play(play.title, "segment-1")
    html = page(amelie, client)
    assert "Déjà écarté" in html
    assert f"dans le segment «&nbsp;{play.segment.name}&nbsp;»" in html
    assert html.count("Pas le moment") == 3  # beside the action, among the decisions, and in the history
    assert 'name="kind" value="planned"' in html


def test_the_segments_page_counts_the_readers_own_clients(amelie: User, karim: User, run: Run, play: Play) -> None:
    for client in (*some_clients(6, "amelie", "A"), *some_clients(4, "karim", "K")):
        put(client, run)
    held = Client.objects.filter(name="A 001").get()
    HeldService.objects.create(client=held, service=play.service)
    for user in (amelie, karim):
        browser = signed_in(user)
        plays = browser.get("/segments/segment-0/").context["plays"]
        listed = browser.get(plays[0].url).context["list"].page.paginator.count
        assert plays[0].clients == listed == {"amelie": 3, "karim": 3}[user.username]


def test_an_unused_segment_says_that_it_has_no_plan(amelie: User, run: Run) -> None:
    assert "Aucune action n’est définie" in signed_in(amelie).get("/segments/segment-2/").content.decode()


def test_a_tiny_group_keeps_its_figures_to_who_sees_everything(amelie: User, helene: User, run: Run) -> None:
    client = put(a_client("Boulangerie", "amelie", at=1), run)
    only_if(a_play(), "followers", "lte", median=True)
    Profile.objects.filter(segment__slug="segment-0").update(data={"totals": {"median": 4321.0}})
    Profile.objects.filter(segment__slug="segment-1").update(size=4)
    assert "4\u202f321" in page(helene, client)
    assert "4\u202f321" not in page(amelie, client)
    post(amelie, client, Play.objects.get(), kind="planned")
    assert "4\u202f321" not in Decision.objects.get().shown_reason


def test_more_advice_costs_no_more_queries(amelie: User, client: Client, play: Play) -> None:
    browser = signed_in(amelie)

    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            assert browser.get(f"/clients/{client.pk}/").status_code == 200
        return len(context)

    cost()
    few = cost()
    for at in range(8):
        a_play(f"Action {at}")
        decided(client, a_play(f"Faite {at}"), "done", comment="oui")
    assert cost() == few
