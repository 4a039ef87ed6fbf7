"""The Django admin of the book of record: what an admin can do there, and what nobody can."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.facts import Origin, Stamp
from clients.models import Category, Client, Followers, Turnover
from clients.recording import withdraw
from dignamik.foundation import roles
from tests.contract import signed_in
from tests.published import NOW, a_client, published, some_clients

LIST = "/admin/clients/client/"
PREFIXES = ("held_services", "readings", "turnovers")


def form_of(browser: Browser, client: Client | None) -> dict[str, Any]:
    """What the browser would send back if nothing were changed."""
    address = f"{LIST}{client.pk}/change/" if client else f"{LIST}add/"
    context = browser.get(address).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    sent: dict[str, Any] = {}
    for form in forms:
        for field in form:
            value = field.value()
            if isinstance(value, bool) and field.field.widget.input_type == "checkbox":
                value = "on" if value else None
            if value is not None:
                sent[field.html_name] = value
    return sent


def send(browser: Browser, client: Client | None, **changes: Any) -> Any:
    """Change these fields of the form; None empties a field, a new inline row is given by its full names."""
    address = f"{LIST}{client.pk}/change/" if client else f"{LIST}add/"
    sent = form_of(browser, client) | {name.replace("__", "-"): value for name, value in changes.items()}
    for prefix in PREFIXES:
        rows = {name.split("-")[1] for name in sent if name.startswith(f"{prefix}-") and name.split("-")[1].isdecimal()}
        sent[f"{prefix}-TOTAL_FORMS"] = len(rows)
    return browser.post(address, {name: value for name, value in sent.items() if value is not None})


def errors(response: Any) -> list[str]:
    assert response.status_code == 200
    context = response.context
    assert context["errors"], "the form was accepted"
    return [str(messages) for messages in context["errors"]]


# --- One client ------------------------------------------------------------------------------------------------------


def test_an_edit_goes_through_the_one_door(adele: User) -> None:
    """Folded text, place, department, ownership and history follow, which a plain save would not do."""
    client = a_client("Boulangerie Dupont", at=0)
    response = send(signed_in(adele), client, name="Boulangerie  Lévêque", postal_code="42000", city="St Etienne")
    assert response.status_code == 302
    before, client = client, Client.objects.get(pk=client.pk)
    assert (client.name, client.name_folded, client.city_folded) == (
        "Boulangerie Lévêque",
        "boulangerie leveque",
        "saint etienne",
    )
    assert (client.department, client.position_precision) == ("42", "commune")
    assert client.latitude != before.latitude
    assert set(client.local_fields) == {"name", "postal_code", "city"}
    assert client.changed_at > before.changed_at
    version = client.history.latest()
    assert (version.history_user, version.history_change_reason) == (adele, "administration")


def test_saving_without_a_change_claims_no_field(adele: User) -> None:
    client = a_client("Boulangerie Dupont")
    assert send(signed_in(adele), client).status_code == 302
    assert Client.objects.get(pk=client.pk).local_fields == []


def test_a_new_reading_and_a_new_turnover_reach_the_derived_columns(adele: User) -> None:
    client = a_client("Boulangerie Dupont", at=2)
    response = send(
        signed_in(adele), client,
        readings__2__id="", readings__2__platform="facebook", readings__2__count="5000",
        readings__2__has_account="unknown", readings__2__measured_on="2026-11-24",
        turnovers__2__id="", turnovers__2__year="2026", turnovers__2__amount="-1500.50",
    )  # fmt: skip
    assert response.status_code == 302
    client = Client.objects.get(pk=client.pk)
    assert client.followers == 5000 + 28
    assert (str(client.turnover), client.turnover_year) == ("-1500.50", 2026)
    assert Turnover.objects.get(client=client, year=2026).history.latest().history_user == adele


def test_a_deleted_turnover_leaves_the_one_before(adele: User) -> None:
    client = a_client("Boulangerie Dupont", at=2)
    assert send(signed_in(adele), client, turnovers__0__DELETE="on").status_code == 302
    client = Client.objects.get(pk=client.pk)
    assert (str(client.turnover), client.turnover_year) == ("18000.00", 2024)


def test_a_client_can_be_added_by_hand(adele: User) -> None:
    category = Category.objects.create(name="Fleuriste", sector="Commerce")
    response = send(
        signed_in(adele), None, name="Fleurs d’Anjou", category=category.pk, postal_code="49000", city="angers"
    )
    assert response.status_code == 302, errors(response)
    client = Client.objects.get(name="Fleurs d’Anjou")
    assert (client.source_id, client.sector, client.position_precision) == (None, "Commerce", "commune")
    assert client.history.latest().history_user == adele


def test_coordinates_given_by_hand_are_kept_and_emptied_ones_fall_back_to_the_town(adele: User) -> None:
    client = a_client("Boulangerie Dupont", at=0)
    browser = signed_in(adele)
    assert send(browser, client, latitude="47.4701", longitude="-0.5501").status_code == 302
    client.refresh_from_db()
    assert (client.latitude, client.position_precision) == (47.4701, "given")
    assert send(browser, client, latitude="", longitude="").status_code == 302
    client.refresh_from_db()
    assert client.position_precision == "commune"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "Ce champ est obligatoire."),
        ({"latitude": "47.47", "longitude": ""}, "Coordonnées incomplètes"),
        ({"latitude": "0", "longitude": "0"}, "Coordonnées 0, 0"),
        ({"latitude": "-0.55", "longitude": "47.47"}, "inversées"),
        ({"latitude": "91", "longitude": "200"}, "Coordonnées impossibles"),
        ({"latitude": "nan", "longitude": "1"}, "Saisissez un nombre"),
        ({"latitude": "1e308", "longitude": "1"}, "Coordonnées impossibles"),
        ({"postal_code": "99999"}, "code postal"),
        ({"postal_code": "4900"}, ""),
        ({"status": "NOPE"}, "Sélectionnez un choix valide"),
        ({"client_since": "31/02/2024"}, "Saisissez une date valide"),
        ({"category": "999"}, "Sélectionnez un choix valide"),
        ({"turnovers__2__id": "", "turnovers__2__year": "1789", "turnovers__2__amount": "1"}, "L’année va de 1990"),
        ({"turnovers__2__id": "", "turnovers__2__year": "99999", "turnovers__2__amount": "1"}, "L’année va de 1990"),
        ({"turnovers__2__id": "", "turnovers__2__year": "2020", "turnovers__2__amount": "100000000001"}, "plaus"),
        ({"turnovers__2__id": "", "turnovers__2__year": "2020", "turnovers__2__amount": "NaN"}, "Saisissez un nombre"),
        ({"turnovers__2__id": "", "turnovers__2__year": "2025", "turnovers__2__amount": "1"}, "(année)"),
        ({"readings__0__count": ""}, "Donnez un nombre d’abonnés"),
        ({"readings__0__count": "12", "readings__0__has_account": "false"}, "Un client sans compte"),
        ({"readings__0__count": "-1"}, "supérieure ou égale à 0"),
        ({"readings__0__count": "2147483648"}, ""),
        ({"readings__0__platform": "myspace"}, "Sélectionnez un choix valide"),
    ],
)  # fmt: skip
def test_what_the_database_would_refuse_is_said_in_french_first(
    adele: User, changes: dict[str, str], says: str
) -> None:
    client = a_client("Boulangerie Dupont", at=2)
    before = Client.objects.values().get()
    response = send(signed_in(adele), client, **changes)
    if changes == {"postal_code": "4900"}:  # repaired: a spreadsheet lost its zero
        assert Client.objects.get().postal_code == "04900"
        return
    assert says in " ".join(errors(response))
    assert "contrainte" not in response.content.decode().lower()
    assert Client.objects.values().get() == before


def test_two_clients_cannot_have_one_identifier(adele: User) -> None:
    a_client("Boulangerie Dupont")
    response = send(signed_in(adele), None, name="Double", source_id="source-Boulangerie Dupont")
    assert "existe déjà" in " ".join(errors(response))


def test_a_race_that_the_database_stops_is_said_and_changes_nothing(
    adele: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_client("Boulangerie Dupont")

    def lose(*args: Any, **kwargs: Any) -> None:
        Client.objects.create(name="", created_at=NOW, changed_at=NOW)

    monkeypatch.setattr("clients.recording.save", lose)
    response = signed_in(adele).post(f"{LIST}{client.pk}/change/", form_of(signed_in(adele), client), follow=True)
    assert response.status_code == 200
    assert "La base de données a refusé" in response.content.decode()
    assert Client.objects.count() == 1


def test_a_deletion_that_the_database_stops_is_said_and_deletes_nothing(
    adele: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_client("Boulangerie Dupont")
    Client.objects.filter(pk=client.pk).update(source_id=None)

    def placed_meanwhile(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError("placed since Django looked what hangs on it")

    monkeypatch.setattr(Client, "delete", placed_meanwhile)
    response = signed_in(adele).post(f"{LIST}{client.pk}/delete/", {"post": "yes"}, follow=True)
    assert response.status_code == 200
    assert "La base de données a refusé" in response.content.decode()
    assert Client.objects.count() == 1


def test_the_sources_identifier_never_moves(adele: User) -> None:
    client = a_client("Boulangerie Dupont")
    send(signed_in(adele), client, source_id="autre")
    assert Client.objects.get().source_id == "source-Boulangerie Dupont"


def test_a_client_of_the_source_cannot_be_deleted_one_entered_by_hand_can(adele: User) -> None:
    ours = a_client("Boulangerie Dupont")
    Client.objects.filter(pk=ours.pk).update(source_id=None)
    theirs = a_client("Garage Petit")
    browser = signed_in(adele)
    assert browser.post(f"{LIST}{theirs.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.post(f"{LIST}{ours.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Client.objects.all()) == [theirs]


# --- The list --------------------------------------------------------------------------------------------------------


def listed(browser: Browser, query: str = "") -> list[str]:
    response = browser.get(f"{LIST}?{query}")
    assert response.status_code == 200, query
    return [client.name for client in response.context["cl"].result_list]


@pytest.mark.parametrize(
    "words", ["LEVEQUE", "lévê", "st etienne", "saint-étienne leveque", "42000", "contact@l", "src-9"]
)
def test_search_finds_by_name_town_identifier_and_mail_without_accents(adele: User, words: str) -> None:
    client = a_client("Boulangerie Lévêque", city="Saint-Étienne", postal_code="42000", email="contact@leveque.fr")
    Client.objects.filter(pk=client.pk).update(source_id="src-9")
    a_client("Garage Petit", city="Lyon", postal_code="69003")
    assert listed(signed_in(adele), f"q={words}") == ["Boulangerie Lévêque"]


@pytest.mark.parametrize(
    "query",
    ["q=%00", f"q={'x' * 10_000}", "q=%F0%9F%98%80", "status__exact=NOPE", "position=x", "p=999", "o=99.x", "e=1"],
)
def test_a_strange_query_never_breaks_the_list(adele: User, query: str) -> None:
    some_clients(3)
    assert signed_in(adele).get(f"{LIST}?{query}").status_code in {200, 302}


def test_filters_name_what_is_left_to_do(adele: User, amelie: User) -> None:
    a_client("Placé", "amelie")
    a_client("À rattacher", "m.inconnu")
    a_client("Nulle part", "amelie", city="", postal_code="")
    Client.objects.filter(name="À rattacher").update(do_not_contact=True)
    browser = signed_in(adele)
    assert listed(browser, "attachment=pending") == listed(browser, "attachment=nobody") == ["À rattacher"]
    assert listed(browser, "position=none") == ["Nulle part"]
    assert listed(browser, "do_not_contact__exact=1") == ["À rattacher"]
    assert listed(browser, f"account_manager__id__exact={amelie.pk}") == ["Nulle part", "Placé"]


def test_withdrawn_clients_show_only_when_asked_for(adele: User) -> None:
    a_client("Présent")
    gone = a_client("Retiré")
    withdraw([str(gone.source_id)], Stamp(Origin.SYNC, NOW))
    browser = signed_in(adele)
    assert listed(browser) == ["Présent"]
    assert listed(browser, "presence=withdrawn") == ["Retiré"]
    assert listed(browser, "presence=all") == ["Présent", "Retiré"]
    assert browser.get(f"{LIST}{gone.pk}/change/").status_code == 200


def test_the_list_shows_segment_and_standing_and_filters_by_them(adele: User) -> None:
    some_clients(12)
    published()
    browser = signed_in(adele)
    shown = browser.get(LIST).content.decode()
    assert "En devenir" in shown
    assert "provisoire" in shown
    assert len(listed(browser, "segment=segment-0")) < 12
    client = Client.objects.all()[3]
    page = browser.get(f"{LIST}{client.pk}/change/").content.decode()
    assert 'class="readonly">ferme' in page or 'class="readonly">provisoire' in page or 'class="readonly">hors' in page


@pytest.mark.parametrize("address", [LIST, "/admin/clients/category/", "/admin/auth/user/"])
def test_a_list_costs_the_same_at_ten_and_at_two_hundred_clients(adele: User, amelie: User, address: str) -> None:
    def cost() -> int:
        browser = signed_in(adele)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(f"{address}?all=").status_code == 200
        return len(seen)

    some_clients(10, "amelie")
    published()
    few = cost()
    some_clients(190, "amelie", "Autre")
    for at in range(30):
        Category.objects.create(name=f"Type {at}", sector="Divers")
        User.objects.create(username=f"user{at}").groups.add(Group.objects.all()[at % 4])
    assert cost() == few <= 24


def test_one_client_costs_the_same_with_few_and_many_rows(adele: User) -> None:
    client = a_client("Boulangerie Dupont", at=2)
    browser = signed_in(adele)
    browser.get(f"{LIST}{client.pk}/change/")  # fills Django's cache of content types
    with CaptureQueriesContext(connection) as few:
        browser.get(f"{LIST}{client.pk}/change/")
    Turnover.objects.bulk_create(Turnover(client=client, year=2000 + at, amount=at) for at in range(20))
    Followers.objects.bulk_create(
        Followers(client=client, platform="tiktok", count=at, measured_on=f"2026-01-{at + 1:02}") for at in range(20)
    )
    with CaptureQueriesContext(connection) as many:
        browser.get(f"{LIST}{client.pk}/change/")
    assert len(many) == len(few)


# --- Categories ------------------------------------------------------------------------------------------------------


def test_moving_a_category_to_another_sector_moves_its_clients(adele: User) -> None:
    client = a_client("Boulangerie Dupont", at=0)
    category = Category.objects.get()
    address = f"/admin/clients/category/{category.pk}/change/"
    response = signed_in(adele).post(address, {"name": "Boulangerie", "sector": "Alimentation"})
    assert response.status_code == 302
    client.refresh_from_db()
    assert client.sector == "Alimentation"


@pytest.mark.parametrize("name", ["boulangerie", "BOULANGÉRIE", " Boulangerie "])
def test_a_category_that_differs_by_case_or_accents_exists_already(adele: User, name: str) -> None:
    Category.objects.create(name="Boulangerie", sector="Commerce")
    response = signed_in(adele).post("/admin/clients/category/add/", {"name": name, "sector": "Commerce"})
    assert "« Boulangerie » existe déjà." in " ".join(errors(response))
    assert Category.objects.count() == 1


def test_a_category_with_clients_is_not_deleted(adele: User) -> None:
    a_client("Boulangerie Dupont")
    category = Category.objects.get()
    signed_in(adele).post(f"/admin/clients/category/{category.pk}/delete/", {"post": "yes"})
    assert Category.objects.exists()


# --- Who gets in, and how far ----------------------------------------------------------------------------------------


@pytest.fixture
def clerk(amelie: User) -> User:
    """Amélie with the key to the admin: the account manager's rights, no more."""
    amelie.is_staff = True
    amelie.save()
    return amelie


def test_staff_with_a_small_role_see_their_own_clients_and_edit_none(clerk: User) -> None:
    mine, theirs = a_client("Boulangerie Dupont", "amelie"), a_client("Garage Petit")
    browser = signed_in(clerk)
    assert listed(browser) == ["Boulangerie Dupont"]
    assert browser.get(f"{LIST}{mine.pk}/change/").status_code == 200
    assert browser.post(f"{LIST}{mine.pk}/change/", {"name": "X"}).status_code == 403
    for address in (f"{theirs.pk}/change/", f"{theirs.pk}/history/", f"{theirs.pk}/delete/"):
        assert browser.get(f"{LIST}{address}").status_code in {302, 403, 404}
        assert "Garage Petit" not in browser.get(f"{LIST}{address}", follow=True).content.decode()
    assert browser.get(f"{LIST}?account_manager__password__startswith=x").status_code == 400
    for address in ("/admin/auth/user/", "/admin/foundation/apitoken/", "/admin/axes/accessattempt/"):
        assert browser.get(address).status_code == 403


def test_no_old_version_is_shown_of_a_foreign_client_nor_written_back(clerk: User, adele: User) -> None:
    mine, theirs = a_client("Boulangerie Dupont", "amelie"), a_client("Garage Petit")
    before = Client.objects.values().get(pk=mine.pk)
    browser = signed_in(clerk)
    version = f"{LIST}{mine.pk}/history/{mine.history.latest().pk}/"
    assert browser.get(version).status_code == 200
    for person in (clerk, adele):
        assert signed_in(person).post(version, {"name": "Détourné"}).status_code == 405
    assert Client.objects.values().get(pk=mine.pk) == before
    assert browser.get(f"{LIST}{theirs.pk}/history/{theirs.history.latest().pk}/").status_code == 404


@pytest.mark.parametrize("identifier", ["abc", "%00", "9" * 400, "%F0%9F%98%80", "1.5", "-1", "_00"])
@pytest.mark.parametrize("view", ["change/", "history/", "delete/", "history/1/"])
def test_a_malformed_identifier_breaks_no_page(adele: User, identifier: str, view: str) -> None:
    assert signed_in(adele).get(f"{LIST}{identifier}/{view}").status_code in {302, 404}


def test_a_deleted_account_managers_clients_stay(adele: User, karim: User) -> None:
    client = a_client("Garage Petit", "karim")
    signed_in(adele).post(f"/admin/auth/user/{karim.pk}/delete/", {"post": "yes"})
    client.refresh_from_db()
    assert client.account_manager is None


# --- People ----------------------------------------------------------------------------------------------------------


def test_users_are_listed_with_their_role_and_the_size_of_their_portfolio(adele: User, amelie: User) -> None:
    some_clients(7, "amelie")
    response = signed_in(adele).get("/admin/auth/user/")
    sizes = {user.username: user.portfolio_size for user in response.context["cl"].result_list}
    assert sizes == {"adele": 0, "amelie": 7}
    assert roles.ACCOUNT_MANAGER in response.content.decode()


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@dignamik.example", "une phrase de passe")


def test_an_admin_does_not_make_herself_a_superuser(adele: User) -> None:
    address = f"/admin/auth/user/{adele.pk}/change/"
    page = signed_in(adele).get(address)
    sent = {name: field.initial for name, field in page.context["adminform"].form.fields.items() if field.initial}
    sent |= {"username": "adele", "is_active": "on", "is_staff": "on", "is_superuser": "on", "user_permissions": ["1"]}
    sent |= {
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00",
        "groups": [group.pk for group in adele.groups.all()],
    }
    response = signed_in(adele).post(address, sent)
    assert response.status_code == 302
    adele.refresh_from_db()
    assert (adele.is_superuser, adele.user_permissions.count()) == (False, 0)


def test_a_superusers_account_and_password_are_out_of_an_admins_reach(adele: User, root: User) -> None:
    browser = signed_in(adele)
    password = root.password
    assert browser.post(f"/admin/auth/user/{root.pk}/change/", {"username": "x"}).status_code == 403
    new = {"password1": "une autre phrase", "password2": "une autre phrase"}
    assert browser.post(f"/admin/auth/user/{root.pk}/password/", new).status_code == 403
    assert browser.post(f"/admin/auth/user/{root.pk}/delete/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    browser.post("/admin/auth/user/", bulk)
    root.refresh_from_db()
    assert root.password == password
