"""A merged double does not come back: what a source or a file says of it is said of the client that was kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from clients.facts import Origin, Reading
from clients.intake.files.importing import import_file
from clients.intake.source.syncing import synchronise
from clients.merging import merge
from clients.models import Client, Followers
from clients.recording import save, twin_of
from tests.builders import PrismaSource, client, csv_file, facts, recorded, row, stamp


@pytest.fixture
def kept(adele: User) -> Client:
    """A bakery that the internal database has twice, merged here."""
    recorded(*told())
    ours, theirs = (Client.objects.get(source_id=name) for name in ("c1", "c2"))
    merge(ours.pk, theirs.pk, {"phone": "kept"}, by=adele)
    return Client.objects.get(pk=ours.pk)


def told(**double: Any) -> list[Any]:
    """The two rows as the source says them: both know a telephone, only the double an e-mail and TikTok."""
    ours = facts("c1", phone="0241000001", readings={"facebook": 100}, turnover={2025: 1000})
    theirs = {
        "phone": "0241000002", "email": "deux@example.fr", "turnover": {2024: 800, 2025: 999},
        "readings": {"facebook": Reading(90), "tiktok": Reading(7)}, **double,
    }  # fmt: skip
    return [ours, facts("c2", name="BOULANGERIE ESTÈVE", **theirs)]


def state() -> list[Any]:
    """Everything but when it was looked at."""
    clients = Client.objects.order_by("pk").values()
    figures = Followers.objects.order_by("pk").values_list("client", "platform", "count")
    amounts = Client.objects.order_by("pk", "turnovers__year").values_list("pk", "turnovers__year", "turnovers__amount")
    return [*clients, *figures, *amounts]


def test_the_next_syncs_change_nothing_whatever_their_order(kept: Client) -> None:
    before = state()
    for rows in (told(), told()[::-1], told()):
        outcome = recorded(*rows)
        assert (outcome.clients.created, outcome.clients.updated, outcome.touched) == (0, 0, [])
        assert outcome.pks == [kept.pk, kept.pk]
        assert outcome.conflicts == []
        assert state() == before


def test_what_the_own_row_is_silent_about_still_follows_the_double(kept: Client) -> None:
    rows = told(website="esteve.example", turnover={2024: 850}, readings={"tiktok": Reading(9, None, date(2026, 7, 1))})
    for _ in range(2):
        recorded(*rows)
    kept.refresh_from_db()
    assert kept.website == "esteve.example"
    assert dict(kept.turnovers.values_list("year", "amount")) == {2024: 850, 2025: 1000}
    assert kept.followers == 109


def test_the_own_row_goes_on_speaking(kept: Client) -> None:
    rows = told()
    recorded(facts("c1", phone="0241000009", readings={"facebook": 150}), rows[1])
    kept.refresh_from_db()
    assert (kept.phone, kept.email, kept.followers) == ("0241000009", "deux@example.fr", 157)


def test_whoever_asks_not_to_be_called_under_one_name_is_not_called(kept: Client) -> None:
    for _ in range(2):
        recorded(*told(do_not_contact=True))
    kept.refresh_from_db()
    assert kept.do_not_contact


def test_a_manager_named_by_the_double_alone_stays(kept: Client, amelie: User) -> None:
    ours, theirs = told(account_manager_name="amelie")
    ours = facts("c1", **{**ours.fields, "account_manager_name": ""})
    spoken = type(ours)("c1", {**ours.fields, "account_manager_name": ""})
    for _ in range(2):
        recorded(spoken, theirs)
        kept.refresh_from_db()
        assert kept.account_manager == amelie


def test_a_file_that_speaks_of_the_double_alone_completes_and_overwrites_nothing(kept: Client) -> None:
    double = told(phone="0241777777", website="esteve.example", turnover={2023: 5, 2025: 1})[1]
    for _ in range(2):
        recorded(double, origin=Origin.IMPORT)
    kept.refresh_from_db()
    assert (kept.name, kept.phone, kept.website) == ("Boulangerie Estève", "0241000001", "esteve.example")
    assert dict(kept.turnovers.values_list("year", "amount")) == {2023: 5, 2024: 800, 2025: 1000}
    assert Client.objects.get(source_id="c2").withdrawn_at is not None


def test_a_line_without_identifier_with_the_name_and_place_of_the_double_means_the_kept_one(adele: User) -> None:
    ours, theirs = client("c1", name="Chez Paul"), client("c2", name="Paul et fils")
    merge(ours.pk, theirs.pk, {"name": "kept"}, by=adele)
    line = facts(None, name="PAUL ET FILS", email="paul@example.fr")
    assert twin_of(line) == ours
    outcome = recorded(line, origin=Origin.IMPORT)
    assert (outcome.clients.created, outcome.pks) == (0, [ours.pk])
    ours.refresh_from_db()
    assert (ours.name, ours.email) == ("Chez Paul", "paul@example.fr")


def test_a_name_that_a_client_bears_today_means_that_client_and_no_double(adele: User) -> None:
    ours, theirs = client("c1", name="Chez Paul"), client("c2", name="Paul et fils")
    merge(ours.pk, theirs.pk, {"name": "kept"}, by=adele)
    newcomer = client("c3", name="Paul et fils")
    assert twin_of(facts(None, name="Paul et fils")) == newcomer


def test_an_edit_here_of_the_kept_one_becomes_one_conflict_with_its_own_row(kept: Client) -> None:
    kept.phone = "0299999999"
    save(kept, changed=["phone"])
    conflicts = recorded(*told()).conflicts
    assert [(each.field, each.theirs) for each in conflicts] == [("phone", "0241000001")]


def test_a_file_with_both_is_taken_line_by_line_and_again_does_nothing(kept: Client, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        row("c1", **{"Abonnés Facebook": "300"}),
        row("c2", **{"E-mail": "autre@example.fr", "Abonnés Facebook": "12"}),
    )
    first = import_file(path, stamp(Origin.IMPORT), commit=True)
    assert (first.rows, first.created, first.understood.rejected) == (2, 0, [])
    kept.refresh_from_db()
    assert kept.readings.order_by("-measured_on", "-pk").filter(platform="facebook")[0].count == 300
    again = import_file(path, stamp(Origin.IMPORT), commit=True)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)


def test_the_source_itself_does_not_bring_the_double_back(source_database: str, adele: User) -> None:
    source = PrismaSource(source_database)
    for name, phone in (("c1", "0241000001"), ("c2", "0241000002"), ("c3", ""), ("c4", ""), ("c5", ""), ("c6", "")):
        source.add(name, phone=phone, followers={"facebook": 10}, turnover={2025: 5})
    synchronise(stamp(), url=source_database)
    ours, theirs = (Client.objects.get(source_id=name) for name in ("c1", "c2"))
    merge(ours.pk, theirs.pk, {"name": "kept", "phone": "kept"}, by=adele)
    for _ in range(2):
        report = synchronise(stamp(), url=source_database).to_dict()
        assert report["clients"] == {"created": 0, "updated": 0, "unchanged": 5, "withdrawn": 0}
    source.remove("c1")  # the source tidied up, too, and kept the other row
    report = synchronise(stamp(), url=source_database).to_dict()
    assert report["clients"]["withdrawn"] == 0
    ours.refresh_from_db()
    assert (ours.withdrawn_at, ours.phone) == (None, "0241000002")  # the one row that is left speaks
    source.remove("c2")
    assert synchronise(stamp(), url=source_database).to_dict()["clients"]["withdrawn"] == 1
