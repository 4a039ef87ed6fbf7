"""What is held on one client, whole and readable by a machine."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clients.contacting import log
from clients.duplicates import DuplicatePair
from clients.models import Client
from clients.reach import hanging_on_clients
from dignamik.foundation.audit import AuditEvent
from segmentation.rights.access import document
from segmentation.runs.uniting import merge, undo
from tests.builders import facts, recorded
from tests.published import a_client
from tests.reading import signed_in
from tests.segmentation.rights.held import (
    DOUBLE_EMAIL,
    DOUBLE_NAME,
    DOUBLE_SOURCE,
    EMAIL,
    FORMER_EMAIL,
    FORMER_NAME,
    NAME,
    PHONE,
    SOURCE,
    everything,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def held(settings: Any, amelie: User, adele: User) -> Client:
    return everything(settings, amelie, adele)


def test_every_model_that_leads_to_a_client_is_in_it(held: Client) -> None:
    said = document(held)
    written = said["rows"] | said["history"]
    assert set(written) == {item.name for item in hanging_on_clients()}
    assert [name for name, rows in written.items() if not rows] == []
    for item in hanging_on_clients():
        fields = {field.name for field in item.model._meta.concrete_fields}
        assert all(set(row) == fields for row in written[item.name]), item.name
        assert set(said["labels"][item.name]) == fields
    assert set(said["client"]) == {field.name for field in Client._meta.concrete_fields}


def test_it_says_what_the_person_asked_for(held: Client) -> None:
    said = json.loads(json.dumps(document(held), ensure_ascii=False))
    assert (said["format"], said["version"]) == ("dignamik-access", 1)
    assert (said["client"]["name"], said["client"]["email"], said["client"]["phone"]) == (NAME, EMAIL, PHONE)
    assert said["client"]["account_manager"] == "amelie"
    assert said["rows"]["turnover"][0]["amount"] == "98765.43"
    places = said["rows"]["assignment"]
    assert len(places) == 2, "of all runs"
    assert all(place["segment"]["name"] and place["run"]["id"] for place in places)
    assert said["rows"]["decision"][0]["comment"] == f"{NAME} est d’accord."
    assert said["rows"]["objection"][0]["lifted_why"] == "Téléphone."
    names = [version["name"] for version in said["history"]["historicalclient"]]
    assert {NAME, FORMER_NAME} <= set(names)
    edit = next(version for version in said["history"]["historicalclient"] if version["history_user"] == "adele")
    assert edit["history_date"]
    assert edit["history_change_reason"] == "administration"
    done, waiting = said["imports"]
    assert done["lines"][0]["changes"] == [["Nom", FORMER_NAME, NAME]]
    assert [row["line"] for row in done["rejected"]] == [3], "and nobody else's line"
    assert waiting["file_waits"] is True
    assert said["log"][0]["object_repr"] == NAME
    assert FORMER_EMAIL in json.dumps(said)


def test_what_is_unknown_is_null_and_nothing_of_others_is_told(amelie: User) -> None:
    client, other = a_client("Seule", "amelie"), a_client("Autre", "amelie", email="autre@exemple.example")
    said = json.dumps(document(client), ensure_ascii=False)
    assert json.loads(said)["client"]["latitude"] is not None
    assert json.loads(said)["client"]["next_follow_up"] is None
    assert other.email not in said
    assert other.name not in said


def test_the_command_writes_a_file_for_its_owner_alone(held: Client, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "acces.json"
    call_command("access_export", SOURCE, str(path))
    assert json.loads(path.read_text())["client"]["name"] == NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="ne peut pas être écrit"):
        call_command("access_export", SOURCE, str(path))


def test_the_page_gives_it_to_the_administration_and_puts_it_on_record(
    held: Client, adele: User, helene: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # Two or three for each of the models that lead to a client, whatever hangs on it.
    with django_assert_max_num_queries(110):
        response = signed_in(adele).get(f"/clients/{held.pk}/rights/access/")
    assert response.json()["client"]["name"] == NAME
    assert response.headers["Content-Disposition"] == f'attachment; filename="acces-client-{held.pk}.json"'
    assert "no-store" in response.headers["Cache-Control"]
    assert signed_in(helene).get(f"/clients/{held.pk}/rights/access/").status_code == 403
    event = AuditEvent.objects.get(kind="access_export")
    assert (event.username, event.object_id, event.details) == ("adele", str(held.pk), {})


def test_it_is_bounded_by_the_hour_like_any_download(held: Client, adele: User, settings: Any) -> None:
    settings.EXPORTS_AN_HOUR = 1
    browser = signed_in(adele)
    assert browser.get(f"/clients/{held.pk}/rights/access/").status_code == 200
    assert browser.get(f"/clients/{held.pk}/rights/access/").status_code == 429
    assert AuditEvent.objects.filter(kind="access_export").count() == 1


def test_a_double_gives_what_is_held_on_the_one_it_was_merged_into(held: Client, adele: User) -> None:
    double = held.merged.get()
    said = document(double)
    assert said["client"]["id"] == held.pk
    assert [(each["name"], each["email"]) for each in said["doubles"]] == [(DOUBLE_NAME, DOUBLE_EMAIL)]
    assert DOUBLE_EMAIL in json.dumps(said["rows"]["merge"]), "what the merge kept of it"
    assert said["rows"]["duplicatepair"][0]["second"]["name"] == DOUBLE_NAME
    response = signed_in(adele).get(f"/clients/{double.pk}/rights/access/")
    assert response.json()["client"]["id"] == held.pk


def test_what_syncs_could_not_take_is_in_it_and_nobody_elses(held: Client) -> None:
    (sync,) = document(held)["syncs"]
    assert [line["client"] for line in sync["conflicts"]] == [NAME]
    assert [line["id"] for line in sync["rejected"]] == [DOUBLE_SOURCE]


def test_what_the_audit_trail_knows_is_in_it(held: Client) -> None:
    kinds = [event["kind"] for event in document(held)["audit"]]
    assert {"changed", "objection", "objection_lifted", "merge"} <= set(kinds)


@pytest.mark.parametrize("mine_is_kept", [True, False])
def test_a_merge_that_was_undone_tells_nothing_of_the_other_one(adele: User, *, mine_is_kept: bool) -> None:
    recorded(
        facts("moi", name="Moi-même", email="moi@a.example", readings={"facebook": 11}),
        facts("toi", name="Voisine", email="toi@b.example", phone="02 41 00 00 01", readings={"youtube": 22}),
    )
    mine, other = (Client.objects.get(source_id=name) for name in ("moi", "toi"))
    DuplicatePair.objects.create(first=mine, second=other, score=80, looked_like="x", found_at=timezone.now())
    log(other, "note", by=adele, text="Un mot de la voisine.")
    kept, merged = (mine, other) if mine_is_kept else (other, mine)
    made = merge(kept.pk, merged.pk, {"name": "other", "email": "other"}, by=adele)
    undo(made.pk, by=adele)
    said = document(mine)
    text = json.dumps(said, ensure_ascii=False)
    assert "moi@a.example" in text
    assert [secret for secret in ("Voisine", "toi@b.example", "41 00 00 01", "la voisine") if secret in text] == []
    assert [row["id"] for row in said["rows"]["merge"]] == [made.pk]
    assert {row["count"] for row in said["history"]["historicalfollowers"]} == {11}
