"""Acting on rows of the list: who may, on exactly which clients, and that nothing is written unasked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from clients import recording
from clients.models import Client
from segmentation.advice import planning
from segmentation.models import Decision, Run
from tests.advised import a_play, decided, only_if, put
from tests.published import a_client, published, some_clients
from tests.reading import body, ids_on_pages, signed_in

pytestmark = pytest.mark.django_db

BATCH = "/clients/batch/"


def ticked(clients: Sequence[Client], act: str = "plan") -> str:
    return f"{BATCH}?{urlencode([('act', act), *(('client', client.pk) for client in clients)])}"


def everything(query: str, act: str = "plan") -> str:
    return f"{BATCH}?act={act}&all=1&{query}"


def confirm(browser: Browser, address: str, **said: Any) -> Any:
    """What the page that asks would send, once its reader has chosen."""
    asked = browser.get(address)
    assert asked.status_code == 200
    seen = re.search(r'name="seen" value="([^"]+)"', body(asked))
    assert seen
    return browser.post(address, {"seen": seen[1], **said}, follow=True)


@pytest.fixture
def run(cast: dict[str, User]) -> Run:
    """Eight clients of Amélie's and four of Karim's, all in the first segment."""
    some_clients(8, "amelie", "Client A")
    some_clients(4, "karim", "Client K")
    found = published()
    for client in Client.objects.all():
        put(client, found)
    return found


def of(name: str) -> list[Client]:
    return list(Client.objects.filter(account_manager__username=name).order_by("name"))


# --- Planning ---------------------------------------------------------------------------------------------------------


def test_it_plans_a_play_for_the_ticked_clients(run: Run, amelie: User) -> None:
    play = a_play()
    chosen = of("amelie")[:3]
    response = confirm(signed_in(amelie), ticked(chosen), play=play.pk, until="")
    made = Decision.objects.all()
    assert {decision.client_id for decision in made} == {client.pk for client in chosen}
    assert {(decision.kind, decision.play, decision.by) for decision in made} == {("planned", play, amelie)}
    assert all(decision.shown_reason for decision in made)
    assert "planifiée pour 3 clients." in body(response)
    assert response.redirect_chain == [("/clients/", 302)]


def test_it_says_for_whom_it_was_not_planned_and_why(run: Run, amelie: User) -> None:
    play = only_if(a_play(), "status", "eq", "actif")
    clients = of("amelie")
    active = [client for client in clients if client.status == "active"]
    opposed, done, refused = active[:3]
    Client.objects.filter(pk=opposed.pk).update(do_not_contact=True)
    decided(done, play, "done")
    decided(refused, play, "refused", comment="Non")
    html = body(confirm(signed_in(amelie), everything(""), play=play.pk))
    rest = len(active) - 3
    assert f"planifiée pour {rest} client." in html or f"planifiée pour {rest} clients." in html
    assert "1 a demandé à ne pas être sollicité," in html
    assert "2 ont déjà une décision en vigueur" in html
    assert f"{len(clients) - len(active)} ne sont pas concernés" in html
    assert Decision.objects.filter(kind="planned").count() == rest
    assert not Decision.objects.filter(kind="planned", client__in=[opposed, done, refused]).exists()
    assert Decision.objects.get(client=refused, current=True).kind == "refused"


def test_it_offers_the_plays_that_concern_some_of_them_with_how_many(run: Run, amelie: User) -> None:
    a_play("Pour tous")
    only_if(a_play("Pour les actifs"), "status", "eq", "actif")
    a_play("Ailleurs", slug="segment-1")
    html = body(signed_in(amelie).get(everything("")))
    active = Client.objects.filter(account_manager=amelie, status="active").count()
    assert html.index("Pour tous") < html.index("Pour les actifs")
    assert "proposée à 8 clients" in html
    assert f"proposée à {active} clients" in html
    assert "Ailleurs" not in html


def test_a_play_that_concerns_none_of_them_is_refused(run: Run, amelie: User) -> None:
    a_play()
    elsewhere = a_play("Ailleurs", slug="segment-1")
    response = confirm(signed_in(amelie), everything(""), play=elsewhere.pk)
    assert "proposée à aucun" in body(response)
    assert Decision.objects.count() == 0


def test_it_plans_no_more_at_once_than_a_request_can_bear(
    run: Run, amelie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_AT_ONCE", 7)
    response = confirm(signed_in(amelie), everything(""), play=a_play().pk)
    assert "restreignez la liste" in body(response)
    assert Decision.objects.count() == 0


@pytest.mark.parametrize("said", [{"play": ""}, {"play": "0"}, {"until": "2020-01-01"}, {"until": "demain"}])
def test_a_wrong_answer_plans_nothing(run: Run, amelie: User, said: dict[str, str]) -> None:
    play = a_play()
    response = confirm(signed_in(amelie), everything(""), **{"play": play.pk, **said})
    assert "Rien n’a été enregistré" in body(response)
    assert Decision.objects.count() == 0


# --- Assigning --------------------------------------------------------------------------------------------------------


def test_the_head_of_sales_puts_clients_into_other_hands(run: Run, helene: User, karim: User, amelie: User) -> None:
    chosen = [*of("amelie")[:2], of("karim")[0]]
    before = {client.pk: client.changed_at for client in chosen}
    response = confirm(signed_in(helene), ticked(chosen, "assign"), manager="karim")
    assert "2 clients à présent chez Karim. 1 client l’était déjà." in body(response).replace("\xa0", " ")
    for client in Client.objects.filter(pk__in=before):
        assert client.account_manager == karim
        moved = client.changed_at > before[client.pk]
        assert moved == ("account_manager" in client.local_fields)
        if moved:
            latest = client.history.latest()
            assert (latest.history_user, latest.account_manager_id) == (helene, karim.pk)
    assert signed_in(amelie).get(f"/clients/{chosen[0].pk}/").status_code == 404


def test_an_assignment_outlives_what_the_source_says_later(helene: User, karim: User, amelie: User) -> None:
    client = a_client("Boulangerie Martin", "amelie")
    recording.assign([client.pk], karim, user=helene)
    a_client("Boulangerie Martin", "amelie", status="inactive")
    client.refresh_from_db()
    assert (client.account_manager, client.status) == (karim, "inactive")


def test_clients_can_be_in_nobodys_hands(run: Run, helene: User) -> None:
    response = confirm(signed_in(helene), everything("manager=karim", "assign"), manager="aucun")
    assert "4 clients à présent sans chargé de compte" in body(response)
    assert of("karim") == []
    assert len(of("amelie")) == 8


@pytest.mark.parametrize("manager", ["", "sacha", "nobody", "anais"])
def test_only_those_who_look_after_clients_get_some(run: Run, helene: User, manager: str) -> None:
    response = confirm(signed_in(helene), everything("", "assign"), manager=manager)
    assert "Rien n’a été enregistré" in body(response)
    assert len(of("amelie")) == 8


@pytest.mark.parametrize(("person", "may"), [("amelie", False), ("anais", False), ("helene", True), ("adele", True)])
def test_who_may_assign(run: Run, cast: dict[str, User], person: str, *, may: bool) -> None:
    browser = signed_in(cast[person])
    address = everything("", "assign")
    assert ("Confier à" in body(browser.get("/clients/"))) == may
    assert browser.get(address).status_code == (200 if may else 403)
    if not may:
        assert browser.post(address, {"manager": person}).status_code == 403
    assert len(of("amelie")) == 8


def test_an_analyst_plans_nothing(run: Run, anais: User) -> None:
    browser = signed_in(anais)
    assert "Planifier une action" not in body(browser.get("/clients/"))
    assert browser.get(everything("")).status_code == 403
    assert browser.post(everything(""), {"play": a_play().pk}).status_code == 403
    assert Decision.objects.count() == 0


# --- Exactly these clients --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["plan", "csv", "xlsx"])
def test_one_foreign_client_makes_the_whole_choice_absent(run: Run, amelie: User, act: str) -> None:
    play = a_play()
    browser = signed_in(amelie)
    own, foreign = of("amelie")[:3], of("karim")[0]
    for other in (foreign.pk, 0, "1 OR 1=1", "9" * 30, ""):
        address = f"{ticked(own, act)}&client={other}"
        assert browser.get(address).status_code == 404
        assert browser.post(address, {"seen": "", "play": play.pk}).status_code in (404, 400)
    assert Decision.objects.count() == 0


def test_all_means_what_the_filters_leave_of_ones_own(run: Run, amelie: User) -> None:
    play = a_play()
    confirm(signed_in(amelie), everything("status=active&status=inactive&city=Angers"), play=play.pk)
    meant = Client.objects.filter(account_manager=amelie, status__in=["active", "inactive"], city="Angers")
    assert set(Decision.objects.values_list("client", flat=True)) == set(meant.values_list("pk", flat=True)) != set()


def test_it_asks_again_when_the_clients_have_changed_in_between(run: Run, amelie: User) -> None:
    play = a_play()
    browser = signed_in(amelie)
    address = everything("q=client")
    seen = re.search(r'name="seen" value="([^"]+)"', body(browser.get(address)))
    assert seen
    # One goes, one comes: the number alone would not tell.
    Client.objects.filter(pk=of("amelie")[0].pk).update(name_folded="parti")
    put(a_client("Client neuf", "amelie"), run)
    response = browser.post(address, {"seen": seen[1], "play": play.pk}, follow=True)
    assert "ces clients ont changé" in body(response)
    assert "Quelle action" in body(response)
    assert Decision.objects.count() == 0
    confirm(browser, address, play=play.pk)
    assert Decision.objects.count() == 8


@pytest.mark.parametrize("query", ["citty=Angers", "segment=nulle-part", "turnover_min=x"])
def test_it_does_nothing_under_filters_that_it_does_not_understand(run: Run, amelie: User, query: str) -> None:
    play = a_play()
    for act in ("plan", "csv"):
        assert signed_in(amelie).get(everything(query, act)).status_code == 400
        assert signed_in(amelie).post(everything(query, act), {"play": play.pk}).status_code == 400
    assert Decision.objects.count() == 0


def test_looking_writes_nothing_and_an_export_is_no_form(run: Run, amelie: User) -> None:
    browser = signed_in(amelie)
    browser.get(f"{everything('')}&play={a_play().pk}&seen=1")
    assert Decision.objects.count() == 0
    assert browser.post(everything("", "csv")).status_code == 400
    assert browser.get(f"{BATCH}?act=plan").status_code == 400
    assert browser.get(everything("", "delete")).status_code == 400


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
def test_it_exports_exactly_the_ticked_rows_in_the_order_of_the_list(run: Run, helene: User, wanted: str) -> None:
    browser = signed_in(helene)
    order = ids_on_pages(browser, "ordering=-turnover")
    chosen = order[1::3]
    address = f"{BATCH}?{urlencode([('act', wanted), ('ordering', '-turnover'), *(('client', pk) for pk in chosen)])}"
    response = browser.get(address)
    assert f'.{wanted}"' in response["Content-Disposition"]
    if wanted == "csv":
        rows = csv.DictReader(io.StringIO(body(response), newline=""), delimiter=";")
        assert [int(row["Numéro"]) for row in rows] == chosen
    whole = browser.get(everything("q=client+a&ordering=name", "csv"))
    assert body(whole) == body(browser.get("/clients/?q=client+a&ordering=name&export=csv"))
