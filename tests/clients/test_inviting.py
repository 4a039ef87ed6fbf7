"""An admin invites somebody, again if the letter did not go, and takes away a second factor that was lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client as Browser

from dignamik.foundation import roles
from dignamik.foundation.second_factor import device_of
from tests.codes import all_the_way_in, with_second_factor
from tests.conftest import PASSWORD
from tests.contract import signed_in

pytestmark = pytest.mark.django_db
INVITE, SITE = "/admin/auth/user/invite/", "https://dignamik.example.fr"
NEW = "quatre mots sans malice"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


def paule(role: str = roles.ACCOUNT_MANAGER, **said: str) -> dict[str, Any]:
    group = Group.objects.get(name=role)
    return {"email": "Paule@exemple.fr", "first_name": "Paule", "last_name": "Roux", "role": group.pk} | said


def dead_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens


def test_an_invited_person_chooses_a_password_and_comes_in(adele: User) -> None:
    response = signed_in(adele).post(INVITE, paule())
    user = User.objects.get(username="paule@exemple.fr")
    assert response["Location"] == f"/admin/auth/user/{user.pk}/change/"
    assert (user.email, user.get_full_name(), user.is_staff) == ("paule@exemple.fr", "Paule Roux", False)
    assert [group.name for group in user.groups.all()] == [roles.ACCOUNT_MANAGER]
    assert not user.has_usable_password()
    (message,) = mail.outbox
    assert message.to == ["paule@exemple.fr"]
    assert str(message.body).startswith("Bonjour Paule,")
    assert "Adele vous a ouvert un compte" in message.body
    link = re.search(rf"{SITE}(/password/\S+)", str(message.body))
    assert link is not None
    browser = Browser()
    page = browser.get(link[1], follow=True)
    assert "Bienvenue dans Dignamik" in page.content.decode()
    browser.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    assert Browser().post("/login/", {"username": "paule@exemple.fr", "password": NEW})["Location"] == "/"


@pytest.mark.parametrize("role", roles.ROLES)
def test_the_roles_that_work_in_the_admin_may_enter_it(adele: User, role: str) -> None:
    signed_in(adele).post(INVITE, paule(role))
    assert User.objects.get(username="paule@exemple.fr").is_staff is (role in roles.INTO_THE_ADMIN)
    assert not User.objects.get(username="paule@exemple.fr").is_superuser


@pytest.mark.parametrize(
    "wrong", [{"email": ""}, {"email": "x"}, {"email": "a\nb@c.fr"}, {"first_name": ""}, {"role": ""}, {"role": "999"}]
)
def test_what_makes_no_sense_opens_no_account(adele: User, wrong: dict[str, str]) -> None:
    response = signed_in(adele).post(INVITE, paule() | wrong)
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert (User.objects.count(), mail.outbox) == (1, [])


@pytest.mark.parametrize("address", ["adele@dignamik.example", "ADELE@dignamik.example"])
def test_an_address_has_one_account(adele: User, address: str) -> None:
    html = signed_in(adele).post(INVITE, paule(email=address)).content.decode()
    assert "Un compte a déjà cette adresse" in html
    assert User.objects.count() == 1


def test_a_letter_that_did_not_go_is_said_and_goes_later(adele: User, settings: Any) -> None:
    working = settings.EMAIL_BACKEND
    dead_server(settings)
    browser = signed_in(adele)
    html = browser.post(INVITE, paule(), follow=True).content.decode()
    assert "L’invitation n’est pas partie" in html
    assert "Le serveur de courrier ne répond pas" in html
    assert "Envoyer l’invitation" in html
    settings.EMAIL_BACKEND = working
    user = User.objects.get(username="paule@exemple.fr")
    html = browser.post(f"/admin/auth/user/{user.pk}/invite/", follow=True).content.decode()
    assert "L’invitation est partie à paule@exemple.fr" in html
    assert len(mail.outbox) == 1
    assert LogEntry.objects.filter(object_id=str(user.pk), change_message="Invitation envoyée.").count() == 1


def test_without_an_address_of_the_site_the_admin_is_told(adele: User, settings: Any) -> None:
    settings.SITE_URL = ""
    html = signed_in(adele).post(INVITE, paule(), follow=True).content.decode()
    assert "SITE_URL" in html
    assert mail.outbox == []


def test_who_has_a_password_or_is_inactive_gets_no_invitation(adele: User, karim: User) -> None:
    browser = signed_in(adele)
    sacked = User.objects.create_user("sacked", "sacked@exemple.fr", None, is_active=False)
    for user in (karim, sacked):
        assert "Envoyer l’invitation" not in browser.get(f"/admin/auth/user/{user.pk}/change/").content.decode()
        browser.post(f"/admin/auth/user/{user.pk}/invite/")
    assert mail.outbox == []


def test_only_who_changes_accounts_invites(amelie: User, helene: User, anais: User) -> None:
    for user, status in ((amelie, 302), (helene, 302), (anais, 403)):
        assert signed_in(user).post(INVITE, paule()).status_code == status
    assert (User.objects.count(), mail.outbox) == (3, [])


# --- A second factor that was lost -----------------------------------------------------------------------------------


def test_an_admin_takes_it_away_on_record(adele: User, karim: User) -> None:
    key, _ = with_second_factor(karim)
    theirs, browser = all_the_way_in(karim, key), signed_in(adele)
    assert "Retirer la double authentification" in browser.get(f"/admin/auth/user/{karim.pk}/change/").content.decode()
    html = browser.post(f"/admin/auth/user/{karim.pk}/second-factor/", follow=True).content.decode()
    assert "La double authentification de karim est retirée" in html
    assert device_of(karim) is None
    assert theirs.get("/clients/").status_code == 302
    entry = LogEntry.objects.get(object_id=str(karim.pk))
    assert (entry.user, entry.change_message) == (adele, "Double authentification retirée.")
    assert Browser().post("/login/", {"username": "karim", "password": PASSWORD})["Location"] == "/"


def test_ones_own_is_turned_off_elsewhere(adele: User) -> None:
    key, _ = with_second_factor(adele)
    browser = all_the_way_in(adele, key)
    assert "Retirer la double" not in browser.get(f"/admin/auth/user/{adele.pk}/change/").content.decode()
    browser.post(f"/admin/auth/user/{adele.pk}/second-factor/")
    assert device_of(adele) is not None


def test_a_superusers_is_out_of_an_admins_reach(adele: User) -> None:
    root = User.objects.create_superuser("root", "root@dignamik.example", PASSWORD)
    with_second_factor(root)
    assert signed_in(adele).post(f"/admin/auth/user/{root.pk}/second-factor/").status_code == 403
    assert device_of(root) is not None
