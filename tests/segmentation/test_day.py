"""« Ma journée »: every count is that of the list it leads to, each line is one click from done, and it keeps quiet."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.contacting import follow_up, log
from clients.models import Client, Contact
from segmentation.models import Assignment, Decision, Play, Run, Visit
from segmentation.web.daylines import Day
from tests.advised import a_play, decided, put
from tests.contract import signed_in
from tests.published import a_client, a_run

TODAY = timezone.localdate
SECTIONS = ("due", "planned", "new", "moved", "one_question")


def set_follow_up(client: Client, days: int) -> None:
    Client.objects.filter(pk=client.pk).update(next_follow_up=TODAY() + timedelta(days=days))


def one_question(client: Client, run: Run, *unknown: str) -> Client:
    put(client, run)
    Assignment.objects.filter(run=run, client=client).update(
        standing="provisional",
        unknown=list(unknown),
        settling=list(unknown) if len(unknown) == 1 else [],
        possible=["segment-0", "segment-1"],
    )
    return client


@pytest.fixture
def play(db: None) -> Play:
    a_run()
    return a_play("Ouvrir un compte", priority=1)


def fill(run: Run, play: Play, manager: str, count: int = 1, **fields: Any) -> None:
    """`count` clients in each section: due, planned, newly arrived, moved, one question away."""
    for at in range(count):
        for name in SECTIONS:
            client = put(a_client(f"{name} {manager} {at:03}", manager, phone="02 41 00 00 00", **fields), run)
            # All but the newcomers have been here for long.
            ago = timedelta(days=0 if name == "new" else 300)
            Client.objects.filter(pk=client.pk).update(created_at=timezone.now() - ago)
            if name == "due":
                set_follow_up(client, -at)
                Contact.objects.create(client=client, kind="call", day=TODAY(), text="Rappeler", at=timezone.now())
            if name == "planned":
                decided(client, play, "planned", until=TODAY() - timedelta(days=at))
            if name == "moved":
                put(client, Run.objects.order_by("pk")[0], "segment-1")
            if name == "one_question":
                one_question(client, run, "followers_instagram")


@pytest.fixture
def run(play: Play) -> Run:
    """The second published run."""
    return a_run()


def sections(user: User) -> dict[str, Any]:
    response = signed_in(user).get("/day/")
    assert response.status_code == 200
    return {section.name: section for section in response.context["sections"]}


# --- What is in it ----------------------------------------------------------------------------------------------------


def test_every_count_is_that_of_the_list_it_leads_to(
    run: Run, play: Play, amelie: User, karim: User, helene: User
) -> None:
    fill(run, play, "amelie", 8)
    fill(run, play, "karim", 2)
    for reader, expected in ((amelie, 8), (karim, 2), (helene, 10)):
        for name, section in sections(reader).items():
            assert section.count == expected, name
            listed = signed_in(reader).get(section.url)
            assert listed.context["list"].page.paginator.count == expected
            assert len(section.lines) == min(6, expected)
            shown = [line.client.name for line in section.lines]
            assert all(client.startswith(name) for client in shown)
            top = listed.context["list"]
            rows = [line.client.pk for line in top.lines] if name == "planned" else [row.pk for row in top.page]
            assert [line.client.pk for line in section.lines] == rows[:6]


def test_what_is_not_due_yet_waits(run: Run, play: Play, amelie: User) -> None:
    later, undated = (put(a_client(name, "amelie"), run) for name in ("Plus tard", "Sans jour"))
    Client.objects.update(created_at=timezone.now() - timedelta(days=30))
    set_follow_up(later, 1)
    decided(later, play, "planned", until=TODAY() + timedelta(days=1))
    decided(undated, play, "planned")
    response = signed_in(amelie).get("/day/")
    assert [section.count for section in response.context["sections"]] == [0, 0, 0, 0, 0]
    assert response.context["undated"] == 1
    html = response.content.decode()
    assert "Rien ne vous attend aujourd’hui" in html
    assert "1 action planifiée sans date" in html


def test_who_may_not_be_contacted_is_nowhere(run: Run, play: Play, amelie: User) -> None:
    fill(run, play, "amelie", 2)
    Client.objects.update(do_not_contact=True)
    assert [section.count for section in sections(amelie).values()] == [0, 0, 0, 0, 0]
    assert "001" not in signed_in(amelie).get("/day/").content.decode()


def test_a_provisional_place_with_two_unknowns_is_more_than_a_question_away(run: Run, amelie: User) -> None:
    one_question(a_client("Deux", "amelie"), run, "turnover", "followers_tiktok")
    firm = one_question(a_client("Ferme", "amelie"), run, "turnover")
    Assignment.objects.filter(client=firm).update(standing="firm")
    one_question(a_client("Une", "amelie"), run, "turnover")
    (line,) = sections(amelie)["one_question"].lines
    assert (line.client.name, line.missing) == ("Une", "Chiffre d’affaires")
    assert [segment.slug for segment in line.possible] == ["segment-0", "segment-1"]


def test_a_line_says_what_was_said_last_and_what_to_offer(run: Run, play: Play, amelie: User) -> None:
    fill(run, play, "amelie")
    client = Client.objects.get(name__startswith="due")
    log(client, "visit", by=amelie, text="La toute dernière")
    html = signed_in(amelie).get("/day/").content.decode()
    assert "La toute dernière" in html
    assert "Rappeler" not in html
    assert 'href="tel:0241000000"' in html
    found = sections(amelie)
    assert found["new"].lines[0].advice.play == play
    assert (found["moved"].lines[0].before.slug, found["moved"].lines[0].advice.play) == ("segment-1", play)


def test_before_the_first_run_follow_ups_are_there_all_the_same(amelie: User) -> None:
    set_follow_up(a_client("Sans calcul", "amelie"), 0)
    found = sections(amelie)
    assert (found["due"].count, found["moved"].count, found["one_question"].count) == (1, 0, 0)


# --- One click --------------------------------------------------------------------------------------------------------


def forms_of(html: str, word: str) -> list[tuple[str, dict[str, str]]]:
    """What each button of that word posts: address, fields."""
    found = []
    for action, inside in re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', html, re.S):
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', inside))
        for name, value, text in re.findall(r'<button class="[^"]*" name="([^"]*)" value="([^"]*)">([^<]*)', inside):
            if text.strip() == word:
                found.append((action, {key: each for key, each in hidden.items() if "csrf" not in key} | {name: value}))
    return found


@pytest.mark.parametrize(
    ("section", "word"),
    [("due", "Appelé"), ("due", "Dans 7 jours"), ("planned", "Accepté"), ("planned", "Sans réponse"),
     ("planned", "Dans 7 jours"), ("new", "Plus tard (7 jours)"), ("new", "Aujourd’hui"),
     ("one_question", "Dans 7 jours")],
)  # fmt: skip
def test_each_thing_is_one_click(run: Run, play: Play, amelie: User, section: str, word: str) -> None:
    fill(run, play, "amelie")
    browser = signed_in(amelie)
    html = browser.get("/day/").content.decode()
    inside = re.search(rf'<section class="card" id="{section}".*?</section>', html, re.S)
    assert inside
    ((action, fields),) = forms_of(inside[0], word)
    response = browser.post(action, fields, follow=True)
    assert response.redirect_chain == [("/day/", 302)]
    assert "Rien n’a été enregistré" not in response.content.decode()
    client = Client.objects.get(name__startswith=f"{section} ")
    after = {item.name: item for item in response.context["sections"]}
    in_a_week = TODAY() + timedelta(days=7)
    if word == "Appelé":
        assert (client.next_follow_up, client.contacts.count(), after["due"].count) == (None, 2, 0)
    elif section in ("due", "one_question"):
        assert client.next_follow_up == in_a_week
    elif section == "planned":
        made = Decision.objects.get(client=client, current=True)
        outcomes = {"Accepté": "accepted", "Sans réponse": "no_answer"}
        assert (made.outcome, made.until) == ((outcomes[word], None) if word in outcomes else ("", in_a_week))
        assert after["planned"].count == 0
    else:
        made = Decision.objects.get(client=client)
        assert (made.kind, made.until) == (("planned", TODAY()) if word == "Aujourd’hui" else ("snoozed", in_a_week))
        assert after["new"].lines[0].advice is None


def test_an_analyst_reads_the_day_without_buttons(run: Run, play: Play, amelie: User, anais: User) -> None:
    fill(run, play, "amelie")
    html = signed_in(anais).get("/day/").content.decode()
    assert "Ouvrir un compte" in html
    assert "/decisions/" not in html
    assert "/follow-up/" not in html


@pytest.mark.parametrize(
    ("today", "following", "name"),
    [
        (date(2026, 11, 26), date(2026, 11, 27), "Demain"),
        (date(2026, 11, 27), date(2026, 11, 30), "Lundi"),
        (date(2026, 11, 28), date(2026, 11, 30), "Lundi"),
        (date(2026, 11, 29), date(2026, 11, 30), "Demain"),
    ],
)
def test_nobody_is_called_on_a_weekend(today: date, following: date, name: str) -> None:
    day = Day(today)
    assert (day.next, day.next_name) == (following, name)


# --- What was seen ----------------------------------------------------------------------------------------------------


def seen(user: User, moment: datetime | str) -> Any:
    until = moment if isinstance(moment, str) else moment.isoformat()
    return signed_in(user).post("/day/seen/", {"until": until}, follow=True)


def test_newcomers_stay_until_one_says_to_have_seen_them(run: Run, play: Play, amelie: User, karim: User) -> None:
    fill(run, play, "amelie")
    fill(run, play, "karim")
    browser = signed_in(amelie)
    for _ in range(2):
        response = browser.get("/day/")
        assert not Visit.objects.exists()  # looking writes nothing
    before = response.context["now"]
    late = a_client("Arrivé entre-temps", "amelie")
    Client.objects.filter(pk=late.pk).update(created_at=timezone.now())
    assert "C’est noté" in seen(amelie, before).content.decode()
    found = sections(amelie)
    assert [line.client for line in found["new"].lines] == [late]
    assert found["moved"].folded
    assert sections(karim)["new"].count == 1
    assert not sections(karim)["moved"].folded


def test_the_first_visit_is_guided_once(run: Run, amelie: User, karim: User) -> None:
    browser = signed_in(amelie)
    html = browser.get("/day/").content.decode()
    assert "Première visite" in html
    assert html.count("<li><strong>") == 4
    browser.post("/day/seen/", {"until": timezone.now().isoformat()})
    assert "Première visite" not in browser.get("/day/").content.decode()
    assert "Première visite" in signed_in(karim).get("/day/").content.decode()


def test_whom_the_base_was_filled_with_is_new_to_nobody(run: Run, amelie: User) -> None:
    first = put(a_client("Depuis le début", "amelie"), run)
    set_follow_up(first, 0)
    assert sections(amelie)["new"].count == 0
    assert "Arrivés depuis la mise en place de la base" in signed_in(amelie).get("/day/").content.decode()
    late = put(a_client("Arrivée depuis", "amelie"), run)
    Client.objects.filter(pk=late.pk).update(created_at=timezone.now())
    Client.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=3))
    assert [line.client for line in sections(amelie)["new"].lines] == [late]
    Client.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=30))
    assert [line.client for line in sections(amelie)["new"].lines] == [late]
    html = signed_in(amelie).get("/day/").content.decode()
    assert "Arrivés depuis sept jours" in html


def test_the_two_columns_are_as_even_as_they_can(run: Run, play: Play, amelie: User) -> None:
    fill(run, play, "amelie", 3)
    names = [[section.name for section in column] for column in signed_in(amelie).get("/day/").context["columns"]]
    assert names == [["due", "planned"], ["new", "moved", "one_question"]]
    Client.objects.update(next_follow_up=None)
    Decision.objects.all().delete()
    names = [[section.name for section in column] for column in signed_in(amelie).get("/day/").context["columns"]]
    assert names == [["due", "planned", "new"], ["moved", "one_question"]]


def test_an_old_tab_does_not_bring_back_what_was_seen(amelie: User) -> None:
    now = timezone.now()
    seen(amelie, now)
    seen(amelie, now - timedelta(hours=3))
    assert Visit.objects.get(user=amelie).at == now


@pytest.mark.parametrize(
    "moment", ["", "hier", "2026-11-23T09:00:00", "2999-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00", "x" * 99]
)
def test_a_moment_that_makes_no_sense_is_refused(amelie: User, moment: str) -> None:
    assert "Rien n’a été enregistré" in seen(amelie, moment).content.decode()
    assert not Visit.objects.exists()


def test_a_publication_after_the_visit_unfolds_the_movements(run: Run, play: Play, amelie: User) -> None:
    fill(run, play, "amelie")
    seen(amelie, timezone.now())
    client = Client.objects.get(name__startswith="moved")
    again = a_run()
    put(client, again, "segment-2")
    assert not sections(amelie)["moved"].folded


# --- Ways in and cost -------------------------------------------------------------------------------------------------


def test_the_overview_and_the_menu_lead_to_it(run: Run, amelie: User, anais: User) -> None:
    html = signed_in(amelie).get("/").content.decode()
    assert html.index("Ma journée</a>") < html.index("Vue d’ensemble</a>") < html.index("Commencer ma journée")
    assert "Commencer ma journée" not in signed_in(anais).get("/").content.decode()


def test_it_costs_the_same_for_many_clients(run: Run, play: Play, helene: User) -> None:
    def cost() -> int:
        browser = signed_in(helene)
        browser.get("/day/")
        with CaptureQueriesContext(connection) as context:
            assert browser.get("/day/").status_code == 200
        return len(context)

    fill(run, play, "", 7)
    few = cost()
    fill(run, play, "personne", 40)
    assert cost() == few
    assert few <= 37


def test_a_follow_up_today_is_due_and_one_tomorrow_is_not(amelie: User) -> None:
    client = a_client("Demain", "amelie")
    follow_up(client, TODAY() + timedelta(days=1), by=amelie)
    assert sections(amelie)["due"].count == 0
    follow_up(client, TODAY(), by=amelie)
    assert sections(amelie)["due"].count == 1
