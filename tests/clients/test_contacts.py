"""A client's log and its follow-up date: written with an author, by those who may, about clients that they may see."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.contacting import LONGEST_TEXT, CannotLog, follow_up, log
from clients.models import Client, Contact
from clients.recording import record
from tests.published import STAMP, a_client, facts, some_clients
from tests.reading import body, exported, ids_on_page, signed_in

pytestmark = pytest.mark.django_db


def days(count: int) -> date:
    return timezone.localdate() + timedelta(days=count)


@pytest.fixture
def client(amelie: User) -> Client:
    return a_client("Boulangerie Dupont", "amelie")


def again(client: Client) -> Client:
    return Client.objects.get(pk=client.pk)


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_a_contact_keeps_who_when_and_what(client: Client, amelie: User) -> None:
    made = log(client, "call", by=amelie, text="  Rappelle en janvier. ", day=days(-2))
    assert (made.by, made.day, made.text, made.kind) == (amelie, days(-2), "Rappelle en janvier.", "call")
    assert made.history.count() == 1


def test_the_follow_up_keeps_its_author_and_leaves_the_facts_alone(client: Client, amelie: User) -> None:
    before, versions = again(client), client.history.count()
    follow_up(client, days(3), by=amelie)
    after, version = again(client), client.history.first()
    assert (after.next_follow_up, client.next_follow_up) == (days(3), days(3))
    assert (after.changed_at, after.local_fields) == (before.changed_at, before.local_fields)
    assert (version.history_user, version.history_change_reason) == (amelie, "relance")
    follow_up(client, days(3), by=amelie)
    assert client.history.count() == versions + 1


def test_a_source_does_not_take_a_follow_up_away(client: Client, amelie: User) -> None:
    follow_up(client, days(3), by=amelie)
    record([facts("Boulangerie Dupont", "amelie", 1, city="Nantes", postal_code="44000")], STAMP)
    assert (again(client).city, again(client).next_follow_up) == ("Nantes", days(3))


def test_the_same_line_twice_at_once_is_one_line(client: Client, amelie: User, karim: User) -> None:
    assert log(client, "call", by=amelie) == log(client, "call", by=amelie)
    assert log(client, "visit", by=amelie) != log(client, "call", by=karim)
    Contact.objects.update(at=timezone.now() - timedelta(minutes=5))
    log(client, "call", by=amelie)
    assert Contact.objects.count() == 4


@pytest.mark.parametrize(
    ("kind", "said", "sentence"),
    [
        ("fax", {}, "appel, visite"),
        ("note", {"text": " \n"}, "Écrivez"),
        ("call", {"text": "x" * (LONGEST_TEXT + 1)}, "4\u202f000 caractères"),
        ("call", {"day": days(1)}, "fixez une relance"),
        ("call", {"day": date(1924, 1, 1)}, "Vérifiez le jour"),
        ("call", {"following": days(-1)}, "à venir"),
        ("call", {"following": days(3 * 366)}, "deux ans"),
    ],
)
def test_what_makes_no_sense_is_refused_and_writes_nothing(
    client: Client, amelie: User, kind: str, said: Any, sentence: str
) -> None:
    with pytest.raises(CannotLog, match=sentence):
        log(client, kind, by=amelie, **said)
    assert not Contact.objects.exists()
    assert again(client).next_follow_up is None


def test_who_may_not_be_contacted_gets_no_follow_up_but_keeps_a_log(amelie: User) -> None:
    silent = a_client("Discret", "amelie", do_not_contact=True)
    with pytest.raises(CannotLog, match="ne pas être sollicité"):
        follow_up(silent, days(1), by=amelie)
    assert log(silent, "note", by=amelie, text="A appelé lui-même.").pk
    Client.objects.update(next_follow_up=days(1))
    follow_up(silent, None, by=amelie)
    assert again(silent).next_follow_up is None


def test_the_database_refuses_a_note_without_a_word_and_an_unknown_kind(client: Client) -> None:
    for kind in ("note", "fax"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.create(client=client, kind=kind, day=days(0), at=timezone.now())


# --- The page ---------------------------------------------------------------------------------------------------------


def post(user: User, client: Client, what: str = "contacts", **said: Any) -> Any:
    return signed_in(user).post(f"/clients/{client.pk}/{what}/", said, follow=True)


def test_a_manager_logs_a_call_and_the_next_one_on_the_page(client: Client, amelie: User) -> None:
    response = post(amelie, client, kind="call", text="Veut <réfléchir>", day=days(0), following=days(7))
    html = body(response)
    assert response.redirect_chain == [(f"/clients/{client.pk}/", 302)]
    assert "Veut &lt;réfléchir&gt;" in html
    assert f'value="{days(7)}"' in html
    assert again(client).next_follow_up == days(7)


def test_a_form_that_does_not_ask_for_the_next_time_leaves_it_alone(client: Client, amelie: User) -> None:
    follow_up(client, days(2), by=amelie)
    post(amelie, client, kind="call")
    assert again(client).next_follow_up == days(2)
    post(amelie, client, kind="note", text="Pense-bête", following="")
    assert again(client).next_follow_up == days(2)
    post(amelie, client, kind="call", text="Joint", following="")
    assert again(client).next_follow_up is None


def test_a_follow_up_is_moved_and_taken_away_on_the_page(client: Client, amelie: User) -> None:
    assert "Relance prévue le" in body(post(amelie, client, "follow-up", following=days(1)))
    assert "Plus de relance prévue" in body(post(amelie, client, "follow-up", following=""))
    assert again(client).next_follow_up is None


@pytest.mark.parametrize("what", ["contacts", "follow-up"])
def test_it_comes_back_only_to_pages_of_ours(client: Client, amelie: User, what: str) -> None:
    said = {"kind": "call", "following": days(1)}
    here = signed_in(amelie).post(f"/clients/{client.pk}/{what}/", said | {"next": "/clients/?q=dupont"})
    away = signed_in(amelie).post(f"/clients/{client.pk}/{what}/", said | {"next": "//evil.example/"})
    assert (here["Location"], away["Location"]) == ("/clients/?q=dupont", f"/clients/{client.pk}/")


@pytest.mark.parametrize(("kind", "day"), [("fax", ""), ("call", "2026-99-99"), ("call", str(days(2))), ("note", "")])
def test_a_bad_form_says_so_and_writes_nothing(client: Client, amelie: User, kind: str, day: str) -> None:
    assert "Rien n’a été enregistré" in body(post(amelie, client, kind=kind, day=day))
    assert not Contact.objects.exists()


def test_only_who_sees_the_client_may_log_and_an_analyst_does_not_read_it(
    client: Client, amelie: User, karim: User, helene: User, anais: User
) -> None:
    log(client, "call", by=amelie, text="Très secret")
    for what, said in (("contacts", {"kind": "call", "text": "Intrus"}), ("follow-up", {"following": days(1)})):
        assert post(karim, client, what, **said).status_code == 404
        assert post(anais, client, what, **said).status_code == 403
    assert post(helene, client, kind="visit", text="Vu ensemble").status_code == 200
    assert [contact.by for contact in client.contacts.all()] == [helene, amelie]
    assert again(client).next_follow_up is None
    html = body(signed_in(anais).get(f"/clients/{client.pk}/"))
    assert "Très secret" not in html
    assert f"/clients/{client.pk}/contacts/" not in html


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_lists_filter_and_sort_by_the_follow_up_and_export_it(amelie: User) -> None:
    clients = some_clients(5, "amelie")
    for client, day in zip(clients, (-3, 0, 2), strict=False):
        Client.objects.filter(pk=client.pk).update(next_follow_up=days(day))
    record([facts("Discret", "amelie", 1, do_not_contact=True)], STAMP)
    Client.objects.filter(name="Discret").update(next_follow_up=days(-9))
    browser = signed_in(amelie)

    def listed(query: str) -> list[int]:
        html = ids_on_page(body(browser.get(f"/clients/?{query}")))
        assert [int(row["Numéro"]) for row in exported(browser, query)] == html
        assert [row["id"] for row in browser.get(f"/api/v1/clients/?{query}").json()["results"]] == html
        return html

    pks = [client.pk for client in clients]
    assert listed("follow_up=due&ordering=follow_up") == pks[:2]
    assert listed("follow_up=later") == pks[2:3]
    assert listed("follow_up=none&ordering=name") == pks[3:]
    assert listed("do_not_contact=false&ordering=-follow_up")[:3] == pks[2::-1]
    assert len(listed("do_not_contact=true")) == 1
    assert exported(browser, "follow_up=later")[0]["Prochaine relance"] == f"{days(2):%d/%m/%Y}"
    assert browser.get("/clients/?follow_up=demain").status_code == 400


def test_a_list_of_newcomers_starts_right_after_its_moment(amelie: User) -> None:
    old, new = a_client("Ancien", "amelie"), a_client("Nouveau", "amelie")
    moment = timezone.now()
    Client.objects.filter(pk=old.pk).update(created_at=moment)
    Client.objects.filter(pk=new.pk).update(created_at=moment + timedelta(seconds=1))
    browser = signed_in(amelie)
    for said in (moment.isoformat().replace("+", "%2B"), moment.isoformat(), f"{days(-1)}"):
        found = ids_on_page(body(browser.get(f"/clients/?new_since={said}")))
        assert new.pk in found
        assert (old.pk in found) == (said == f"{days(-1)}")
    for nonsense in ("hier", "0001-01-01", "9999-12-31T23:59:59-23:00", "2026-02-30", "%00"):
        assert browser.get(f"/clients/?new_since={nonsense}").status_code == 400, nonsense


# --- Administration ---------------------------------------------------------------------------------------------------


def test_the_admin_corrects_a_line_and_keeps_what_it_was(client: Client, amelie: User, adele: User) -> None:
    line = log(client, "call", by=amelie, text="Ereur")
    browser = signed_in(adele)
    address = f"/admin/clients/contact/{line.pk}/change/"
    assert "Écrivez la note" in body(browser.post(address, {"kind": "note", "day": days(0), "text": ""}))
    assert "à venir" in body(browser.post(address, {"kind": "call", "day": days(2), "text": ""}))
    assert browser.post(address, {"kind": "call", "day": days(0), "text": "Erreur"}).status_code == 302
    line.refresh_from_db()
    assert (line.text, line.by) == ("Erreur", amelie)
    assert [version.text for version in line.history.all()] == ["Erreur", "Ereur"]
    assert line.history.first().history_user == adele
