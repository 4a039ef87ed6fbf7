"""A word to the admins when a run is held or fails, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction

from dignamik.foundation.jobs import Cancelled
from segmentation.engine.errors import NothingToTrain
from segmentation.models import Run
from segmentation.runs import retraining
from segmentation.runs.alerting import alert_admins
from segmentation.runs.retraining import Asked, retrain
from tests.published import a_run

Committed = Callable[..., Any]
REFUSAL = {"name": "lineage", "passed": False, "level": "hold", "says": "Deux segments sont issus d’une scission."}
WARNING = {"name": "redundancy", "passed": False, "level": "warn", "says": "Les segments répètent le secteur."}


def test_admins_read_what_holds_a_run(
    cast: dict[str, User], settings: Any, django_capture_on_commit_callbacks: Committed
) -> None:
    settings.SITE_URL = "https://dignamik.example.fr"
    User.objects.filter(username="adele").update(is_active=True)
    run = a_run("held", verdict={"passed": False, "gates": [REFUSAL, WARNING]})
    with django_capture_on_commit_callbacks(execute=True):
        alert_admins(run.pk)
    (sent,) = mail.outbox
    assert sent.to == ["adele@dignamik.example"]
    assert sent.subject == f"Dignamik : calcul n° {run.pk} en attente de validation"
    assert str(REFUSAL["says"]) in str(sent.body)
    assert str(WARNING["says"]) not in str(sent.body)
    assert f"https://dignamik.example.fr/runs/{run.pk}/" in sent.body


def test_admins_read_why_a_run_failed(adele: User, django_capture_on_commit_callbacks: Committed) -> None:
    run = a_run("failed", error="Rien à entraîner.")
    with django_capture_on_commit_callbacks(execute=True):
        alert_admins(run.pk)
    assert "Rien à entraîner." in mail.outbox[0].body


def test_nothing_is_sent_before_the_commit_nor_after_a_roll_back(
    adele: User, django_capture_on_commit_callbacks: Committed
) -> None:
    run = a_run("held")
    with django_capture_on_commit_callbacks(execute=True):
        with pytest.raises(RuntimeError), transaction.atomic():
            alert_admins(run.pk)
            raise RuntimeError
        assert mail.outbox == []
    assert mail.outbox == []


def test_without_an_admin_who_has_an_address_nothing_is_sent(
    adele: User, anais: User, django_capture_on_commit_callbacks: Committed
) -> None:
    User.objects.filter(pk=adele.pk).update(email="")
    with django_capture_on_commit_callbacks(execute=True):
        alert_admins(a_run("held").pk)
    User.objects.filter(pk=adele.pk).update(email="adele@dignamik.example", is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        alert_admins(a_run("held").pk)
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_down_does_not_break_a_run(adele: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(NothingToTrain):
        retrain(Asked(clusters=4))
    assert Run.objects.get().state == Run.State.FAILED


@pytest.mark.django_db(transaction=True)
def test_a_run_that_fails_or_dies_is_told_and_one_that_was_stopped_is_not(
    adele: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_run("training")  # its process was killed

    def stopped(*args: Any, **kwargs: Any) -> Any:
        raise Cancelled

    monkeypatch.setattr(retraining, "_carry_out", stopped)
    with pytest.raises(Cancelled):
        retrain(Asked())
    assert ["interrompu avant la fin" in sent.body for sent in mail.outbox] == [True]

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("disk")

    monkeypatch.setattr(retraining, "_carry_out", broken)
    with pytest.raises(RuntimeError):
        retrain(Asked())
    assert len(mail.outbox) == 2


def test_without_a_mail_server_it_prints_beside_the_log_and_not_into_the_answer(
    adele: User, settings: Any, capsys: pytest.CaptureFixture[str], django_capture_on_commit_callbacks: Committed
) -> None:
    settings.EMAIL_BACKEND = "dignamik.foundation.mailing.TerminalEmail"
    with django_capture_on_commit_callbacks(execute=True):
        alert_admins(a_run("held").pk)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "adele@dignamik.example" in printed.err
