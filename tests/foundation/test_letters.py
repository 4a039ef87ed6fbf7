"""Invitations and forgotten passwords: a link by e-mail that opens one account, once, for a day."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from dignamik.foundation import letters
from dignamik.foundation.checks import warn_of_links_that_lead_nowhere
from dignamik.foundation.guesses import LETTERS
from dignamik.foundation.jobs import work_once
from dignamik.foundation.models import Job
from dignamik.work import KINDS
from scripts.serve import environment
from tests.codes import with_second_factor
from tests.conftest import PASSWORD, person
from tests.contract import signed_in

pytestmark = pytest.mark.django_db
FORGOTTEN, SITE = "/password/forgotten/", "https://dignamik.example.fr"
NEW = "quatre mots sans malice"


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


def ask(address: str, ip: str = "192.0.2.7", **headers: str) -> Any:
    return Browser().post(FORGOTTEN, {"email": address}, REMOTE_ADDR=ip, headers=headers)


def work() -> Job | None:
    """What the worker does about it."""
    return work_once(KINDS)


def link_of(message: EmailMessage) -> str:
    """The path of its link."""
    found = re.search(rf"{SITE}(/password/\S+)", str(message.body))
    assert found is not None
    return found[1]


def choose(link: str, password: str = NEW, browser: Browser | None = None) -> Any:
    browser = browser or Browser()
    moved = browser.get(link)
    if moved.status_code != 302:
        return moved
    return browser.post(moved["Location"], {"new_password1": password, "new_password2": password})


# --- Forgotten -------------------------------------------------------------------------------------------------------


def test_whoever_forgot_chooses_a_new_one_by_a_link(amelie: User) -> None:
    old = signed_in(amelie)
    assert ask("Amelie@dignamik.example")["Location"] == "/password/asked/"
    assert mail.outbox == []  # the worker sends
    job = work()
    assert job is not None
    (message,) = mail.outbox
    assert message.to == ["amelie@dignamik.example"]
    assert "Votre identifiant est : amelie" in message.body
    response = choose(link_of(message))
    assert response["Location"] == "/login/"
    assert old.get("/clients/").status_code == 302
    assert Browser().post("/login/", {"username": "amelie", "password": NEW}).status_code == 302


def test_the_answer_says_nothing_of_who_has_an_account(amelie: User, karim: User) -> None:
    """The same page, the same work behind it and the same statements, so that the time tells nothing either."""
    karim.is_active = False
    karim.save()
    seen: list[Any] = []
    for address in ("amelie@dignamik.example", "nobody1@dignamik.example", "karim@dignamik.example"):
        with CaptureQueriesContext(connection) as asked:
            response = ask(address, ip=f"192.0.2.{len(seen) + 1}")
        statements = [re.sub(r"s\d+_x\d+", "…", query["sql"]) for query in asked.captured_queries]
        seen.append((response.status_code, response["Location"], len(statements), [s[:40] for s in statements]))
    assert seen[0] == seen[1] == seen[2]
    assert Job.objects.count() == 3
    while work():
        pass
    assert [message.to for message in mail.outbox] == [["amelie@dignamik.example"]]


def test_nobodys_address_is_kept(db: None) -> None:
    ask("secret@elsewhere.example")
    assert "secret" not in str(Job.objects.values().get())


def test_the_link_comes_from_the_settings_and_never_from_the_request(amelie: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    ask("amelie@dignamik.example", **{"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    work()
    body = str(mail.outbox[0].body)
    assert "evil" not in body
    assert f"{SITE}/password/" in body


def test_without_an_address_of_the_site_nothing_is_sent_and_the_job_says_why(amelie: User, settings: Any) -> None:
    settings.SITE_URL = ""
    ask("amelie@dignamik.example")
    work()
    job = Job.objects.get()
    assert (job.state, mail.outbox) == ("failed", [])
    assert "SITE_URL" in job.error


def test_who_has_no_password_yet_waits_for_an_invitation(amelie: User) -> None:
    amelie.set_unusable_password()
    amelie.save()
    ask("amelie@dignamik.example")
    work()
    assert mail.outbox == []


def test_two_accounts_with_one_address_get_a_letter_each(amelie: User) -> None:
    person("amelie2")
    User.objects.filter(username="amelie2").update(email="AMELIE@dignamik.example")
    ask("amelie@dignamik.example")
    work()
    assert sorted(re.findall(r"identifiant est : (\w+)", "".join(str(m.body) for m in mail.outbox))) == [
        "amelie",
        "amelie2",
    ]


@pytest.mark.parametrize(
    "address", ["", "x", "a@b", "x" * 300 + "@y.fr", "a\nbcc:b@c.fr", "\x00@c.fr", "é@ü.fr,x@y.fr"]
)
def test_what_is_no_address_is_said_and_sends_nothing(address: str) -> None:
    response = ask(address)
    assert response.status_code == 200
    assert 'class="field-error"' in response.content.decode()
    assert not Job.objects.exists()


def test_asking_again_and_again_waits_whatever_the_address_one_asks_from(amelie: User) -> None:
    for known in ("amelie@dignamik.example", "nobody@dignamik.example"):
        said = [ask(known, ip=f"192.0.2.{number}").status_code for number in range(LETTERS.free + 1)]
        assert said == [302] * LETTERS.free + [429]
    assert Job.objects.count() == 2 * LETTERS.free


# --- The link --------------------------------------------------------------------------------------------------------


def test_the_address_of_the_form_has_no_token_that_could_leak(amelie: User) -> None:
    link = letters.link(amelie)
    browser = Browser()
    moved = browser.get(link)
    assert moved["Location"].endswith("/set-password/")
    page = browser.get(moved["Location"])
    assert link.split("/")[-2] not in page.content.decode()
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store, private"


def test_it_serves_once(amelie: User) -> None:
    link = letters.link(amelie)
    assert choose(link).status_code == 302
    assert "Lien périmé" in choose(link, "encore une autre phrase").content.decode()


def test_it_serves_for_a_day(amelie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link = letters.link(amelie)
    now = default_token_generator._now()
    for hours, said in ((23, 302), (25, 200)):
        monkeypatch.setattr(default_token_generator, "_now", lambda h=hours: now + timedelta(hours=h))
        assert Browser().get(link).status_code == said


def test_it_is_void_after_a_login_a_change_of_address_and_for_a_closed_account(amelie: User, karim: User) -> None:
    link, other = letters.link(amelie), letters.link(karim)
    Browser().post("/login/", {"username": "amelie", "password": PASSWORD})
    User.objects.filter(pk=karim.pk).update(is_active=False)
    for void in (link, other):
        assert "Lien périmé" in Browser().get(void).content.decode()


@pytest.mark.parametrize(
    "link", ["/password/x/y/", "/password/MQ/set-password/", "/password/%00/%00/", "/password/é/é/"]
)
def test_an_invented_one_opens_nothing(amelie: User, link: str) -> None:
    response = Browser().get(link)
    assert response.status_code == 200
    assert "Lien périmé" in response.content.decode()


def test_one_of_a_colleague_opens_only_the_colleagues(amelie: User, karim: User) -> None:
    token = letters.link(amelie).split("/")[-2]
    number = letters.link(karim).split("/")[-3]
    assert "Lien périmé" in Browser().get(f"/password/{number}/{token}/").content.decode()


def test_a_weak_password_is_refused_here_too(amelie: User) -> None:
    assert 'class="field-error"' in choose(letters.link(amelie), "dignamik2026").content.decode()


def test_a_reset_does_not_get_past_the_second_factor(amelie: User) -> None:
    with_second_factor(amelie)
    choose(letters.link(amelie))
    response = Browser().post("/login/", {"username": "amelie", "password": NEW})
    assert response["Location"].startswith("/login/code/")


# --- When the mail cannot go ------------------------------------------------------------------------------------------


def test_a_dead_mail_server_is_said_to_nobody_who_asks_and_in_the_job(amelie: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens
    begun = time.monotonic()
    assert ask("amelie@dignamik.example")["Location"] == "/password/asked/"
    assert time.monotonic() - begun < 5
    work()
    job = Job.objects.get()
    assert job.state == "failed"
    assert "serveur de courrier" in job.error


def test_settings_that_send_letters_without_an_address_of_the_site_are_warned_of(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert warn_of_links_that_lead_nowhere() == []
    settings.SITE_URL = ""
    (said,) = warn_of_links_that_lead_nowhere()
    assert (said.id, said.is_serious()) == ("dignamik.W006", False)


def test_on_a_developers_machine_letters_lead_to_the_port_that_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("scripts.serve.ROOT", tmp_path)
    monkeypatch.delenv("SITE_URL")
    assert environment("9000")["SITE_URL"] == "http://127.0.0.1:9000"
    (tmp_path / ".env").write_text("#SITE_URL=x\nSITE_URL=\n")
    assert environment("9000")["SITE_URL"] == "http://127.0.0.1:9000"
    (tmp_path / ".env").write_text("SITE_URL=https://dignamik.example.fr\n")
    assert "SITE_URL" not in environment("9000")  # Django reads it there
    monkeypatch.setenv("SITE_URL", "https://other.example.fr")
    assert environment("9000")["SITE_URL"] == "https://other.example.fr"
