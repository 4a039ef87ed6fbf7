"""The audit trail keeps what it was told, as it was told, and tells nothing personal."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client as Browser
from django.utils import timezone

from dignamik.foundation.audit import AuditEvent, CannotRewrite
from dignamik.foundation.auditing import TooYoung, forget, note, note_sparingly
from dignamik.foundation.calls import request_in_hand
from dignamik.foundation.tokens import issue
from tests.conftest import PASSWORD
from tests.contract import signed_in

pytestmark = pytest.mark.django_db
Kind = AuditEvent.Kind
TABLE = AuditEvent._meta.db_table


def of(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("pk"))


def only(kind: str) -> AuditEvent:
    (event,) = of(kind)
    return event


def an_old_one(days: int) -> AuditEvent:
    return AuditEvent.objects.create(
        kind=Kind.LOGOUT, at=timezone.now() - timedelta(days=days), surface="page", request_number="-"
    )


# --- It stays --------------------------------------------------------------------------------------------------------


def test_the_orm_changes_and_deletes_nothing() -> None:
    event = note(Kind.EXPORT)
    event.count = 3
    found = AuditEvent.objects.filter(pk=event.pk)
    attempts: list[Any] = [
        event.save,
        event.delete,
        found.delete,
        lambda: found.update(count=3),
        lambda: AuditEvent.objects.update(count=3),
        lambda: AuditEvent.objects.bulk_update([event], ["count"]),
        lambda: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"count": 3}),
        AuditEvent.objects.all().delete,
    ]
    for attempt in attempts:
        with pytest.raises(CannotRewrite):
            attempt()
    assert found.get().count is None


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET username = 'eve'",
        f"UPDATE {TABLE} SET at = '2001-01-01 00:00:00'",
        f"DELETE FROM {TABLE}",
        f"DELETE FROM {TABLE} WHERE username = 'adele'",
    ],
)
def test_nor_does_the_database_whoever_asks_it(adele: User, statement: str) -> None:
    note(Kind.EXPORT, adele)
    before = list(AuditEvent.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(AuditEvent.objects.values()) == before


def test_nor_by_a_way_around_the_manager() -> None:
    event = note(Kind.EXPORT)
    around: Any = models.QuerySet(AuditEvent)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        around.filter(pk=event.pk).update(count=3)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        around.filter(pk=event.pk).delete()


@pytest.mark.sqlite
def test_sqlite_replaces_no_row() -> None:
    event = note(Kind.EXPORT)
    names = [str(field.column) for field in AuditEvent._meta.concrete_fields]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"REPLACE INTO {TABLE} ({','.join(names)}) SELECT {','.join(names)} FROM {TABLE}")
    assert AuditEvent.objects.get(pk=event.pk).kind == Kind.EXPORT


@pytest.mark.postgresql
def test_postgresql_truncates_it_for_nobody() -> None:
    note(Kind.EXPORT)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}")


def test_an_account_that_is_deleted_has_done_what_it_has_done(karim: User) -> None:
    note(Kind.EXPORT, karim)
    number = karim.pk
    karim.delete()
    event = only(Kind.EXPORT)
    assert (event.account, event.username) == (number, "karim")


# --- Its one way out -------------------------------------------------------------------------------------------------


def test_what_is_older_than_a_year_goes_when_somebody_asks_for_it() -> None:
    old, young = an_old_one(400), an_old_one(300)
    out = StringIO()
    call_command("trim_audit", stdout=out)
    assert out.getvalue() == "1 événement de plus de 365 jours. Essai à blanc : rien n’a été supprimé.\n"
    assert AuditEvent.objects.filter(pk=old.pk).exists()
    call_command("trim_audit", "--apply", "--json", stdout=(said := StringIO()))
    assert json.loads(said.getvalue()) == {"events": 1, "days": 365, "applied": True}
    assert not AuditEvent.objects.filter(pk=old.pk).exists()
    assert AuditEvent.objects.filter(pk=young.pk).exists()
    told = only(Kind.RETENTION)
    assert (told.count, told.surface, told.details["of"]) == (1, "command", "foundation.auditevent")


def test_what_is_younger_than_six_months_stays_whatever_is_asked() -> None:
    young = an_old_one(179)
    for days in ("10", "-5", "0", "9999999"):
        with pytest.raises(CommandError, match="--days attend"):
            call_command("trim_audit", f"--days={days}", "--apply")
    with pytest.raises(TooYoung):
        forget(timezone.now(), rehearse=True)
    assert AuditEvent.objects.filter(pk=young.pk).exists()


# --- What it says ----------------------------------------------------------------------------------------------------


def test_it_says_who_from_where_and_in_which_request(karim: User, rf: Any) -> None:
    for address, surface in (("/clients/", "page"), ("/api/v1/runs/", "api"), ("/admin/", "admin")):
        request = rf.get(address, REMOTE_ADDR="192.0.2.7")
        request.user = karim
        token = request_in_hand.set(request)
        try:
            event = note(Kind.CHANGED, about=karim, history=[7], fields=["name"])
        finally:
            request_in_hand.reset(token)
        event.refresh_from_db()
        assert (event.surface, event.username, event.account) == (surface, "karim", karim.pk)
        assert (event.ip, event.model, event.object_id) == ("192.0.2.7", "auth.user", str(karim.pk))
        assert (event.history, event.details) == ([7], {"fields": ["name"]})
        assert abs(event.at - timezone.now()) < timedelta(seconds=10)
    assert (note(Kind.SYNC).surface, note(Kind.SYNC).ip, note(Kind.SYNC).username) == ("command", None, "")


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="gossip"):
        note("gossip")


def test_what_is_undone_is_not_on_record() -> None:
    with transaction.atomic():
        note(Kind.EXPORT)
        transaction.set_rollback(True)
    assert of(Kind.EXPORT) == []


# --- Who came in -----------------------------------------------------------------------------------------------------


def test_logins_logouts_and_refusals_are_on_record(karim: User) -> None:
    browser = Browser(REMOTE_ADDR="192.0.2.8")
    browser.post("/login/", {"username": "karim", "password": "hunter-of-secrets"})
    browser.post("/login/", {"username": "karim", "password": PASSWORD})
    browser.post("/logout/")
    refused, came, went = only(Kind.LOGIN_REFUSED), only(Kind.LOGIN), only(Kind.LOGOUT)
    assert (refused.object_id, refused.ip, refused.count) == (str(karim.pk), "192.0.2.8", 1)
    assert (came.username, came.ip, came.surface) == ("karim", "192.0.2.8", "page")
    assert (went.username, went.account) == ("karim", karim.pk)
    assert len({refused.request_number, came.request_number, went.request_number}) == 3
    assert "hunter" not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_a_name_that_is_nobodys_may_be_a_password_and_is_not_kept(client: Browser) -> None:
    client.post("/login/", {"username": "my-secret-phrase", "password": "karim"})
    assert (only(Kind.LOGIN_REFUSED).details, only(Kind.LOGIN_REFUSED).model) == ({"known": False}, "")
    assert "my-secret" not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_the_admins_own_login_page_is_watched_too(adele: User, client: Browser) -> None:
    client.post("/admin/login/", {"username": "adele", "password": "wrong"})
    client.post("/admin/login/", {"username": "adele", "password": PASSWORD})
    assert (only(Kind.LOGIN_REFUSED).surface, only(Kind.LOGIN).surface) == ("admin", "admin")


def test_a_new_password_is_on_record_whoever_sets_it(adele: User, karim: User) -> None:
    before = len(of(Kind.PASSWORD))
    new = "une autre phrase de passe"
    done = signed_in(adele).post(
        f"/admin/auth/user/{karim.pk}/password/", {"password1": new, "password2": new, "usable_password": "true"}
    )
    assert done.status_code == 302
    event = of(Kind.PASSWORD)[before]
    assert (event.username, event.object_id, event.surface) == ("adele", str(karim.pk), "admin")


def test_tokens_are_on_record_made_revoked_and_refused(karim: User, client: Browser) -> None:
    browser = signed_in(karim)
    browser.post("/account/tokens/", {"name": "Tableau", "scopes": ["read"], "days": 30})
    made = only(Kind.TOKEN)
    assert (made.username, made.details) == ("karim", {"scopes": ["read"], "days": 30})
    browser.post(f"/account/tokens/{made.object_id}/revoke/")
    assert (only(Kind.TOKEN_REVOKED).object_id, only(Kind.TOKEN_REVOKED).username) == (made.object_id, "karim")
    for _ in range(3):
        client.get("/api/v1/clients/", headers={"Authorization": "Bearer dgk_nonsense"})
    assert (only(Kind.TOKEN_REFUSED).surface, only(Kind.TOKEN_REFUSED).username) == ("api", "")


def test_what_a_token_does_is_its_owners_doing(karim: User, client: Browser) -> None:
    _, key = issue(karim, "Tableau", ["read"], timedelta(days=1))
    client.get("/api/v1/clients/0/", headers={"Authorization": f"Bearer {key}"})
    event = only(Kind.REFUSED)
    assert (event.username, event.surface, event.details["number"]) == ("karim", "api", "0")


# --- Who was turned away ---------------------------------------------------------------------------------------------


def test_a_refused_page_and_somebody_elses_client_are_on_record(karim: User, amelie: User) -> None:
    from tests.published import a_client

    client = a_client("Boulangerie Dupont", "amelie")
    signed_in(karim).get(f"/clients/{client.pk}/")
    event = only(Kind.REFUSED)
    assert event.details == {"status": 404, "method": "GET", "route": "client", "number": str(client.pk)}
    assert "Dupont" not in json.dumps(list(AuditEvent.objects.values()), default=str)
    signed_in(amelie).get("/imports/?name=Dupont")
    assert of(Kind.REFUSED)[1].details["route"] == "imports"
    signed_in(amelie).get("/nowhere/")
    assert len(of(Kind.REFUSED)) == 2


def test_a_scan_fills_no_disk(karim: User, amelie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dignamik.foundation.auditing.time.time", lambda: 1_000_000.0)
    browser = signed_in(karim)
    for number in range(120):
        browser.get(f"/api/v1/clients/{number}/")
    assert [event.count for event in of(Kind.REFUSED)] == [1, 10, 100]
    signed_in(amelie).get("/api/v1/clients/0/")
    assert of(Kind.REFUSED)[-1].username == "amelie"


def test_a_count_is_noted_at_powers_of_ten(karim: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dignamik.foundation.auditing.time.time", lambda: 1_000_000.0)
    noted = [bool(note_sparingly(Kind.REFUSED, "refused:x", karim)) for _ in range(101)]
    assert [at for at, one in enumerate(noted, 1) if one] == [1, 10, 100]
    monkeypatch.setattr("dignamik.foundation.auditing.time.time", lambda: 1_000_060.0)
    assert note_sparingly(Kind.REFUSED, "refused:x", karim) is not None


# --- In the admin ----------------------------------------------------------------------------------------------------


def test_the_admin_shows_it_in_french_and_finds_by_person_and_object(adele: User, karim: User) -> None:
    group = Group.objects.first()
    event = note(Kind.EXPORT, karim, about=group, count=12, format="csv", filters={"q": None, "status": ["active"]})
    note(Kind.LOGIN, adele, about=adele)
    browser = signed_in(adele)
    html = browser.get("/admin/foundation/auditevent/?q=karim").content.decode()
    assert "filtres\u00a0: q (valeur non gardée), status = active" in html
    assert f"groupe n°\u00a0{event.object_id}" in html
    assert "connexion</td>" not in html
    for address, found in (
        (f"?q={event.object_id}", True), ("?username=adele", False), ("?kind__exact=export", True),
        ("?model=auth.group", True), ("?surface__exact=api", False), (f"?at__year={event.at.year}", True),
    ):  # fmt: skip
        listed = browser.get(f"/admin/foundation/auditevent/{address}").content.decode()
        assert (f"/auditevent/{event.pk}/change/" in listed) == found, address


def test_nobody_writes_it_in_the_admin_not_even_a_superuser(db: None) -> None:
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    event = note(Kind.EXPORT, boss)
    browser = signed_in(boss)
    where = "/admin/foundation/auditevent/"
    assert browser.get(f"{where}add/").status_code == 403
    assert browser.post(f"{where}{event.pk}/change/", {"username": "eve"}).status_code == 403
    assert browser.post(f"{where}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(where, {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"})
    assert AuditEvent.objects.get(pk=event.pk).username == "boss"


def test_changes_of_accounts_and_roles_say_what_one_may_do_from_now_on(adele: User, karim: User) -> None:
    browser = signed_in(adele)
    said = {"username": "karim", "is_active": "on", "is_staff": "on", "groups": [Group.objects.get(name="Analyste").pk]}
    assert browser.post(f"/admin/auth/user/{karim.pk}/change/", said | joined(karim)).status_code == 302
    event = only(Kind.ACCOUNT)
    assert (event.username, event.object_id) == ("adele", str(karim.pk))
    assert {name: event.details[name] for name in ("roles", "staff", "superuser", "active", "became")} == {
        "roles": ["Analyste"], "staff": True, "superuser": False, "active": True, "became": "changed",
    }  # fmt: skip
    assert browser.post("/admin/auth/group/add/", {"name": "Stagiaires", "permissions": []}).status_code == 302
    role = of(Kind.ACCOUNT)[1]
    assert (role.model, role.details["became"]) == ("auth.group", "added")
    browser.post(f"/admin/auth/group/{role.object_id}/delete/", {"post": "yes"})
    assert of(Kind.ACCOUNT)[2].details["became"] == "deleted"


def joined(user: User) -> dict[str, str]:
    local = timezone.localtime(user.date_joined)
    return {"date_joined_0": f"{local:%d/%m/%Y}", "date_joined_1": f"{local:%H:%M:%S}"}
