"""Two people in one client's form: the second sees what changed, and nobody's work is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from clients import recording
from clients.facts import ClientFacts, Origin, Stamp
from clients.models import Client, HeldService, Turnover
from tests.clients.test_admin import LIST, errors, form_of
from tests.contract import signed_in
from tests.published import NOW, a_client


class Opened:
    """A form that somebody has opened, to be sent later."""

    def __init__(self, user: User, client: Client) -> None:
        self.browser: Browser = signed_in(user)
        self.address = f"{LIST}{client.pk}/change/"
        self.sent = form_of(self.browser, client)

    def send(self, **changes: Any) -> Any:
        self.sent |= {name.replace("__", "-"): value for name, value in changes.items()}
        for prefix in ("held_services", "readings", "turnovers"):
            rows = {name.split("-")[1] for name in self.sent if name.startswith(f"{prefix}-")}
            self.sent[f"{prefix}-TOTAL_FORMS"] = len({row for row in rows if row.isdecimal()})
        response = self.browser.post(self.address, {name: said for name, said in self.sent.items() if said is not None})
        if response.status_code == 200:  # what the browser would send next
            context = response.context
            forms = [context["adminform"].form]
            forms += [form for inline in context["inline_admin_formsets"] for form in inline.formset.initial_forms]
            for form in forms:
                for field in form:
                    if field.html_name in self.sent or field.html_name.endswith("seen"):
                        self.sent[field.html_name] = field.value()
        return response


@pytest.fixture
def client(db: None) -> Client:
    return a_client("Boulangerie Dupont", at=2)


@pytest.fixture
def second(client: Client, adele: User) -> Opened:
    return Opened(adele, client)


def by_admin(client: Client, user: User) -> None:
    assert Opened(user, client).send(phone="01").status_code == 302


def by_sync(client: Client, user: User) -> None:
    recording.record([ClientFacts(client.source_id, {"phone": "01"})], Stamp(Origin.SYNC, NOW))


def by_import(client: Client, user: User) -> None:
    recording.record([ClientFacts(client.source_id, {"phone": "01"})], Stamp(Origin.IMPORT, NOW, user))


MEANWHILE = pytest.mark.parametrize("meanwhile", [by_admin, by_sync, by_import])


@MEANWHILE
def test_what_only_one_of_them_changed_is_kept(client: Client, second: Opened, adele: User, meanwhile: Any) -> None:
    meanwhile(client, adele)
    response = second.send(email="a@b.fr")
    assert response.status_code == 302
    client.refresh_from_db()
    assert (client.phone, client.email) == ("01", "a@b.fr")
    assert "email" in client.local_fields
    shown = second.browser.get(LIST).content.decode()
    assert "modifié entre-temps par" in shown
    assert "Téléphone" in shown


@MEANWHILE
def test_what_both_changed_is_asked_with_both_values(
    client: Client, second: Opened, adele: User, meanwhile: Any
) -> None:
    meanwhile(client, adele)
    (said,) = [text for text in errors(second.send(phone="02", email="a@b.fr")) if "entre-temps" in text]
    assert "«\u00a001\u00a0»" in said
    assert "«\u00a002\u00a0»" in said
    assert ("Adele" in said) == (meanwhile is not by_sync)
    client.refresh_from_db()
    assert (client.phone, client.email) == ("01", "")


def test_asked_once_the_second_keeps_their_value_by_saving_again(client: Client, second: Opened, adele: User) -> None:
    by_admin(client, adele)
    assert second.send(phone="02").status_code == 200
    assert second.send().status_code == 302
    client.refresh_from_db()
    assert client.phone == "02"


def test_a_third_who_saves_while_the_second_is_asked_is_asked_about_too(
    client: Client, second: Opened, adele: User
) -> None:
    by_admin(client, adele)
    assert second.send(phone="02").status_code == 200
    assert Opened(adele, client).send(phone="03").status_code == 302
    assert "«\u00a003\u00a0»" in "".join(errors(second.send()))


def test_shown_again_the_form_has_what_others_changed(client: Client, second: Opened, adele: User) -> None:
    assert Opened(adele, client).send(phone="01", city="Nantes", postal_code="44000").status_code == 302
    second.send(phone="02")
    assert second.sent["city"] == "Nantes"
    assert second.send().status_code == 302
    client.refresh_from_db()
    assert (client.phone, client.city) == ("02", "Nantes")


def test_the_same_value_twice_is_no_question(client: Client, second: Opened, adele: User) -> None:
    by_admin(client, adele)
    assert second.send(phone="01").status_code == 302


def test_a_figure_of_a_row_that_both_changed_is_asked(client: Client, second: Opened, adele: User) -> None:
    assert Opened(adele, client).send(turnovers__0__amount="111").status_code == 302
    assert "111" in "".join(errors(second.send(turnovers__0__amount="222")))
    assert Turnover.objects.filter(client=client, amount=111).exists()


def test_a_figure_that_only_the_other_changed_stays(client: Client, second: Opened, adele: User) -> None:
    year = Turnover.objects.filter(client=client).latest("year").year
    recording.record([ClientFacts(client.source_id, {}, turnover={year: Decimal(111)})], Stamp(Origin.SYNC, NOW))
    assert second.send(email="a@b.fr").status_code == 302
    assert Turnover.objects.get(client=client, year=year).amount == 111
    client.refresh_from_db()
    assert client.local_fields == ["email"]


def test_a_row_that_somebody_changed_is_not_deleted_unseen(client: Client, second: Opened, adele: User) -> None:
    assert Opened(adele, client).send(turnovers__0__amount="111").status_code == 302
    assert "entre-temps" in "".join(errors(second.send(turnovers__0__DELETE="on")))
    assert Turnover.objects.filter(client=client, amount=111).exists()
    assert second.send(turnovers__0__DELETE="on").status_code == 302
    assert not Turnover.objects.filter(client=client, amount=111).exists()


def test_a_row_that_somebody_deleted_is_said_to_be_gone(client: Client, second: Opened, adele: User) -> None:
    assert Opened(adele, client).send(turnovers__0__DELETE="on").status_code == 302
    assert "supprimée entre-temps" in "".join(errors(second.send(turnovers__0__amount="222")))
    assert second.send(turnovers__0__DELETE="on").status_code == 302


def test_a_form_that_does_not_say_what_it_saw_writes_nothing(client: Client, second: Opened) -> None:
    for seen in ("", "[]", "{", '{"name": 1}'):
        assert "incomplet" in "".join(errors(second.send(seen=seen, phone="02")))
    client.refresh_from_db()
    assert client.phone == ""


def test_who_may_only_look_sees_the_page_as_before(client: Client, anais: User) -> None:
    HeldService.objects.create(client=client, service="seo")
    anais.is_staff = True
    anais.save()
    response = signed_in(anais).get(f"{LIST}{client.pk}/change/")
    assert response.status_code == 200
    assert 'name="seen"' not in response.content.decode()
