"""Kept as long as the rules say, and no day longer: proposed first, let go when somebody says so."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from clients.imports import FileImport
from clients.models import Client, Contact, Erasure, SourceSync
from clients.recording import save
from dignamik.foundation.audit import AuditEvent
from segmentation.rights.retention import apply, months_before, proposal
from segmentation.runs.uniting import merge
from tests.advised import a_play, decided
from tests.published import a_client, a_run
from tests.segmentation.rights.held import long_ago

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()


def due() -> list[str]:
    return [Client.objects.get(pk=item.pk).name for item in proposal().clients]


def retain(*more: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("retain", "--json", *more, stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def test_a_prospect_goes_a_day_after_three_years_and_not_a_day_before() -> None:
    kept = long_ago(a_client("Gardé", status="prospect"), years=3, days=-1)
    gone = long_ago(a_client("Dépassé", status="prospect"), years=3, days=1)
    long_ago(a_client("Actif", status="active"), years=9)
    assert due() == ["Dépassé"]
    assert retain()["erased"] == 0
    assert Client.objects.filter(pk=gone.pk).exists(), "a dry run unless told"
    said = retain("--commit")
    assert (said["erased"], said["clients"][0]["rule"]) == (1, "prospect")
    assert set(Client.objects.values_list("name", flat=True)) == {kept.name, "Actif"}
    assert Erasure.objects.get().reason == "retention"
    assert retain("--commit")["erased"] == 0, "safe to repeat"


@pytest.mark.parametrize("what", ["contact", "decision", "edit"])
def test_what_a_person_did_with_a_prospect_counts(what: str, amelie: User) -> None:
    a_run()
    client = long_ago(a_client("Suivi", status="prospect"), years=4)
    assert due() == ["Suivi"]
    now = timezone.now()
    if what == "contact":
        Contact.objects.create(client=client, kind="call", day=now.date() - timedelta(days=30), at=now)
    elif what == "decision":
        decided(client, a_play(), "done")
    else:
        save(client, changed={"city"}, user=amelie)
    assert due() == []


def test_a_note_or_a_machines_reading_is_no_contact() -> None:
    client = long_ago(a_client("Oublié", status="prospect"), years=4)
    Contact.objects.create(client=client, kind="note", text="Vu.", day=timezone.now().date(), at=timezone.now())
    Client.objects.filter(pk=client.pk).update(changed_at=timezone.now(), followers=12)
    assert due() == ["Oublié"]


def test_former_clients_have_their_own_time(settings: Any) -> None:
    long_ago(a_client("Perdu", status="lost"), years=5, days=1)
    long_ago(a_client("Perdu hier", status="lost"), years=5, days=-1)
    withdrawn = long_ago(a_client("Retiré"), years=6)
    Client.objects.filter(pk=withdrawn.pk).update(withdrawn_at=timezone.now())
    assert due() == ["Perdu"]
    settings.KEEP_FORMER_CLIENTS = 10
    assert due() == []


def test_who_was_called_between_the_proposal_and_the_erasure_stays() -> None:
    client = long_ago(a_client("Rappelé", status="prospect"), years=4)
    found = proposal()
    Contact.objects.create(client=client, kind="call", day=timezone.now().date(), at=timezone.now())
    assert apply(found) == 0
    assert Client.objects.exists()


def test_leftovers_sessions_and_logins_go_by_age() -> None:
    now = timezone.now()
    row = {"line": 2, "cells": ["x"], "problems": []}
    said = {"sha256": "0" * 64, "size": 1, "rejected": [row], "headings": [["Nom", "x"]]}
    old = months_before(now, 6) - timedelta(days=1)
    FileImport.objects.create(file_name="vieux", state="dropped", sent_at=old, **said)
    FileImport.objects.create(file_name="neuf", state="dropped", sent_at=old + timedelta(days=2), **said)
    Session.objects.create(session_key="finie", session_data="", expire_date=now - timedelta(minutes=1))
    Session.objects.create(session_key="ouverte", session_data="", expire_date=now + timedelta(minutes=1))
    for days in (1, -1):
        entry = AccessLog.objects.create(username="x", ip_address="127.0.0.1")
        AccessLog.objects.filter(pk=entry.pk).update(attempt_time=months_before(now, 12) - timedelta(days=days))
    said = retain("--commit")
    assert (said["import_leftovers"], said["sessions"], said["logins"]) == (1, 1, 1)
    assert FileImport.objects.get(file_name="vieux").rejected == []
    assert FileImport.objects.get(file_name="neuf").rejected == [row]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["ouverte"]
    assert AccessLog.objects.count() == 1
    again = retain()
    assert (again["import_leftovers"], again["sessions"], again["logins"]) == (0, 0, 0)


def test_a_month_without_that_day_ends_sooner() -> None:
    assert months_before(datetime(2028, 2, 29, 8, tzinfo=UTC), 36) == datetime(2025, 2, 28, 8, tzinfo=UTC)
    assert months_before(datetime(2026, 3, 31, tzinfo=UTC), 1) == datetime(2026, 2, 28, tzinfo=UTC)
    assert months_before(datetime(2026, 1, 15, tzinfo=UTC), 1) == datetime(2025, 12, 15, tzinfo=UTC)


def test_people_read_it_in_sentences(capsys: Any) -> None:
    client = long_ago(a_client("Dépassé", status="prospect"), years=3, days=1)
    call_command("retain")
    said = capsys.readouterr().out
    assert f"n° {client.pk}, prospect sans contact depuis le" in said
    assert "Essai à blanc" in said
    assert "Dépassé" not in said


def test_a_merged_double_is_kept_with_the_one_it_was_merged_into(adele: User) -> None:
    """It is withdrawn by the merge, and nothing happens to it any more: no end of a relation."""
    kept, double = a_client("Gardé", status="active"), a_client("Double", status="active")
    merge(kept.pk, double.pk, {}, by=adele)
    then = timezone.now() - timedelta(days=3650)
    Client.objects.filter(pk=double.pk).update(created_at=then, changed_at=then, withdrawn_at=then)
    double.history.update(history_date=then)
    assert due() == []
    assert retain("--commit")["erased"] == 0
    assert Client.objects.filter(pk__in=[kept.pk, double.pk]).count() == 2


def test_old_syncs_forget_whose_values_they_could_not_take() -> None:
    now = timezone.now()
    said = {"state": "done", "trigger": "command", "source": "h", "mapping": "camel", "finished_at": now}
    lines = {"conflicts": [{"client": "X"}], "conflict_count": 1, "rejected": [{"id": "x"}], "rejected_count": 1}
    old = SourceSync.objects.create(started_at=now - timedelta(days=190), **said, **lines)
    young = SourceSync.objects.create(started_at=now - timedelta(days=170), **said, **lines)
    assert retain()["sync_leftovers"] == 1
    retain("--commit")
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.conflicts, old.rejected, old.conflict_count) == ([], [], 1)
    assert (len(young.conflicts), len(young.rejected)) == (1, 1)
    assert retain()["sync_leftovers"] == 0


def test_it_is_on_record_with_counts_and_a_dry_run_is_not() -> None:
    long_ago(a_client("Dépassé", status="prospect"), years=3, days=1)
    retain()
    assert not AuditEvent.objects.filter(kind="retention").exists()
    retain("--commit")
    event = AuditEvent.objects.get(kind="retention")
    assert (event.count, event.details["of"], event.details["import_leftovers"]) == (1, "clients.client", 0)
    assert AuditEvent.objects.get(kind="erasure").details["reason"] == "retention"
