"""Placements follow the facts at once: who is new is placed, who changed gets another standing, segments stay."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.facts import ClientFacts, Reading
from clients.models import Category, Client, Followers, Turnover
from clients.recording import facts_changed, record, save, withdraw
from segmentation.models import Assignment, Publication, Run
from segmentation.runs import movements, refreshing
from segmentation.runs.movements import Cause
from segmentation.runs.placing import placed
from segmentation.runs.publishing import publish
from segmentation.runs.refreshing import Upkeep, behind, bring_up_to_date, refresh
from segmentation.runs.retraining import Asked, retrain
from tests.builders import PrismaSource, csv_file, row
from tests.clients.test_admin import send
from tests.gappy import one_call_away, settled_by, whole
from tests.published import STAMP, a_client, a_run, place_all, published, some_clients
from tests.reading import signed_in

pytestmark = pytest.mark.django_db

LATER = replace(STAMP, at=STAMP.at + timedelta(hours=1))
DECIDED = ("run_id", "client_id", "segment_id", "fitted", "late", "values")
STATED = (
    "second_id", "standing", "x", "y", "distance", "second_distance", "margin", "possible", "unknown", "settling",
    "values_now",
)  # fmt: skip


def place_of(client: Client | int, run: Run | None = None) -> Assignment:
    found = Assignment.objects.filter(client=client)
    return (found.filter(run=run) if run else found).get()


def said(place: Assignment, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(place, name) for name in names}


def fill_turnover(client: Client, amount: int, year: int = 2025) -> None:
    Turnover.objects.create(client=client, year=year, amount=Decimal(amount))
    facts_changed(client)


# --- Who is new -------------------------------------------------------------------------------------------------------


def test_a_client_that_came_after_the_run_is_placed_by_scoring_and_marked_as_such() -> None:
    some_clients(12)
    run = published()
    late = a_client("Tard venu", at=10)

    assert bring_up_to_date() == 1

    place = place_of(late)
    assert (place.run, place.segment is not None, place.fitted, place.late) == (run, True, False, True)
    assert not Assignment.objects.exclude(client=late).filter(late=True).exists()
    assert bring_up_to_date() == 0


def test_it_is_placed_where_the_run_would_have_placed_it() -> None:
    some_clients(12)
    a_client("Tard venu", at=10)
    run = published()
    whole_run = place_of(Client.objects.get(name="Tard venu"))
    Assignment.objects.filter(pk=whole_run.pk).delete()

    refresh(run)

    again = place_of(whole_run.client_id)
    assert said(again, STATED) == said(whole_run, STATED)
    assert (again.segment, again.values) == (whole_run.segment, whole_run.values)


def test_without_a_published_run_nobody_is_placed() -> None:
    a_client("Seul")
    assert bring_up_to_date() == 0
    run = a_run("held")
    assert bring_up_to_date() == 0
    assert not Assignment.objects.filter(run=run).exists()


def test_a_withdrawn_client_is_neither_placed_nor_looked_at_again() -> None:
    there = a_client("Là", at=7)
    run = published()
    gone = a_client("Parti", at=8)
    withdraw([str(gone.source_id), str(there.source_id)], LATER)
    before = place_of(there)

    assert bring_up_to_date() == 0
    assert bring_up_to_date([gone.pk, there.pk]) == 0
    assert not Assignment.objects.filter(client=gone).exists()
    assert place_of(there).scored_at == before.scored_at
    record([ClientFacts(str(gone.source_id), {})], replace(LATER, at=LATER.at + timedelta(hours=1)))
    assert refresh(run, [gone.pk]) == 1  # it is back


def test_a_client_deleted_between_reading_and_writing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    run = published()
    kept, gone = a_client("Reste", at=8), a_client("Part", at=9)

    def deleting(*arguments: Any) -> Any:
        Client.objects.filter(pk=gone.pk).delete()
        return placed(*arguments)

    monkeypatch.setattr("segmentation.runs.refreshing.placed", deleting)

    assert refresh(run) == 1
    assert [place.client for place in Assignment.objects.all()] == [kept]


# --- Whose facts changed ----------------------------------------------------------------------------------------------


def test_a_provisional_client_whose_missing_field_was_filled_becomes_firm() -> None:
    one_call_away()
    before = settled_by("turnover")[-1]
    assert before.standing == "provisional"
    fill_turnover(before.client, 9000 * 20)

    bring_up_to_date([before.client_id])

    after = place_of(before.client_id)
    assert (after.standing, after.unknown, after.settling) == ("firm", [], [])
    assert len(after.possible) == 1
    assert said(after, DECIDED) == said(before, DECIDED)
    assert after.values_now == {**before.values, "turnover": 180_000.0}


def test_facts_of_another_segment_leave_the_segment_shown_and_say_where_they_lead() -> None:
    one_call_away()
    before = settled_by("turnover")[-1]
    fill_turnover(before.client, 0)

    bring_up_to_date([before.client_id])

    after = place_of(before.client_id)
    assert said(after, DECIDED) == said(before, DECIDED)
    assert after.segment is not None and after.possible != [after.segment.slug]
    assert after.heads_for is not None and [after.heads_for.slug] == after.possible
    assert after.margin is not None and after.margin < 0
    assert after.distance is not None and after.second_distance is not None
    assert after.distance > after.second_distance
    assert before.heads_for is None


def test_a_fact_that_is_taken_back_brings_the_placement_back_to_the_bit() -> None:
    one_call_away()
    before = settled_by("turnover")[0]
    fill_turnover(before.client, 0)
    bring_up_to_date()
    Turnover.objects.filter(client=before.client).delete()
    facts_changed(before.client)

    bring_up_to_date()

    after = place_of(before.client_id)
    assert said(after, (*DECIDED, *STATED)) == said(before, (*DECIDED, *STATED))


def test_a_change_that_no_model_sees_changes_nothing_however_old_the_run(adele: User) -> None:
    """Seniority stays as of the run's day: a new phone number months later does not move anybody."""
    client = a_client("Ancien", at=8)
    run = a_run(as_of=date(2026, 1, 15))
    refresh(run)
    before = place_of(client)
    save(client, changed=["phone"], user=adele)

    assert bring_up_to_date() == 1

    after = place_of(client)
    assert said(after, (*DECIDED, *STATED)) == said(before, (*DECIDED, *STATED))
    assert after.facts_at == client.changed_at and after.values_now is None


def test_the_first_datum_of_a_client_without_a_segment_gives_it_one() -> None:
    record([ClientFacts("silent", {"name": "Silencieux", "sector": "Restauration"}, category="Restaurant")], STAMP)
    published()
    client = Client.objects.get()
    assert place_of(client).segment is None
    record([ClientFacts("silent", {}, readings={"facebook": Reading(900)})], LATER)

    bring_up_to_date()

    place = place_of(client)
    assert place.segment is not None and place.standing in {"firm", "provisional", "outside"}
    assert place.late and place.values["followers_facebook"] == 900 and place.values_now is None
    assert place.margin is not None and place.margin >= 0


def test_a_client_of_whom_nothing_is_left_keeps_its_segment_without_figures() -> None:
    client = a_client("Vidé", at=8)
    published()
    before = place_of(client)
    Followers.objects.filter(client=client).delete()
    Turnover.objects.filter(client=client).delete()
    facts_changed(client)

    bring_up_to_date()

    after = place_of(client)
    assert said(after, DECIDED) == said(before, DECIDED)
    assert after.standing == "not_classifiable"
    assert (after.second, after.margin, after.distance, after.x, after.possible) == (None, None, None, None, [])


def test_whoever_is_not_asked_for_is_left_alone() -> None:
    one_call_away()
    first, second = settled_by("turnover")[:2]
    for place in (first, second):
        fill_turnover(place.client, 50_000)

    assert bring_up_to_date([first.client_id]) == 1
    assert place_of(second.client_id).standing == "provisional"
    assert bring_up_to_date() == 1
    assert place_of(second.client_id).standing == "firm"


def test_what_was_recorded_before_a_run_and_committed_after_it_is_seen() -> None:
    """A long import bears the time at which it began: the clock says nothing of what a run has read."""
    client = a_client("Importé", at=8)
    run = published()
    Assignment.objects.update(scored_at=timezone.now() + timedelta(days=1))
    record([whole("Importé", at=30)], LATER)

    assert list(behind(run)) == [client]


def test_a_model_that_cannot_be_read_leaves_placements_as_they_are(
    adele: User, caplog: pytest.LogCaptureFixture
) -> None:
    client = a_client("Boulangerie", at=8)
    published()
    before = place_of(client)
    Run.objects.update(document={"format_version": 99})

    assert send(signed_in(adele), client, phone="02 41 00 00 00").status_code == 302

    assert Client.objects.get().phone == "02 41 00 00 00"
    assert said(place_of(client), STATED) == said(before, STATED)
    assert "not brought up to date" in caplog.text


def test_many_cost_as_many_queries_as_one() -> None:
    run = published()
    counts = []
    for count in (1, 40):
        some_clients(count, prefix=f"Lot {count}")
        with CaptureQueriesContext(connection) as queries:
            assert refresh(run) == count
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    few, many = counts
    assert few == many <= 12


# --- Publishing -------------------------------------------------------------------------------------------------------


def test_going_back_to_an_older_run_places_who_came_since_and_keeps_its_segments(adele: User) -> None:
    one_call_away()
    old = Run.objects.get()
    decided = {place.client_id: said(place, DECIDED) for place in Assignment.objects.filter(run=old)}
    changed = settled_by("turnover")[-1].client
    fill_turnover(changed, 180_000)
    late = a_client("Tard venu", at=10)
    new = a_run("trained")
    place_all(new)
    publish(new, by=adele)

    publish(old, by=adele, reason="Retour")

    assert {client: said(place_of(client, old), DECIDED) for client in decided} == decided
    assert place_of(changed, old).standing == "firm"
    assert place_of(late, old).late
    assert not behind(old).exists()


def test_a_refused_publication_brings_nothing_up_to_date(adele: User) -> None:
    run = a_run("held")
    late = a_client("Tard venu")
    with pytest.raises(Exception, match="raison"):
        publish(run, by=adele)
    assert not Assignment.objects.filter(client=late).exists()


@pytest.mark.django_db(transaction=True)
def test_readers_never_see_a_published_run_that_lacks_somebody() -> None:
    """Rows 86 and 88: in every look, everybody has a place, and all of one run."""
    some_clients(10)
    runs = [published(), a_run("trained")]
    late = a_client("Tard venu", at=8)
    everybody, seen, stop = Client.objects.count(), [], threading.Event()
    bring_up_to_date()

    def look() -> None:
        while not stop.is_set():
            run = Run.objects.current()
            seen.append((run.pk if run else 0, Assignment.objects.filter(run=run).count()))
        connection.close()

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for at in range(6):
            save(late, changed=["phone"])
            publish(runs[(at + 1) % 2], reason="Essai")
    finally:
        stop.set()
        reader.join()
    assert {count for _, count in seen} == {everybody}
    assert len({run for run, _ in seen}) == 2


@pytest.mark.django_db(transaction=True)
def test_two_at_once_place_a_client_once() -> None:
    run = published()
    client = a_client("Tard venu", at=8)
    start, problems = threading.Barrier(2), []

    def place() -> None:
        try:
            start.wait()
            refresh(run)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=place) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert Assignment.objects.filter(client=client).count() == 1


# --- Movements --------------------------------------------------------------------------------------------------------


def test_three_edited_clients_move_because_of_their_data_and_nobody_else(portfolio: Any) -> None:
    """The standing followed at once, yet what the first run saw of them is still known."""
    before = retrain(Asked(clusters=4)).run
    assert before is not None
    firm = Assignment.objects.filter(run=before, fitted=True, standing="firm")
    richest = firm.order_by("-x")[0]
    edited = list(firm.exclude(segment=richest.segment).order_by("x")[:3])
    for place in edited:
        record([_twin(richest, str(place.client.source_id))], LATER)

    assert bring_up_to_date() == 3

    for place in edited:
        now = place_of(place.client_id, before)
        assert (now.segment, now.values, now.heads_for) == (place.segment, place.values, richest.segment)
    after = retrain(Asked(clusters=4)).run
    assert after is not None
    found = movements.between(before, after)
    assert {move.client for move in found.moves} == {place.client_id for place in edited}
    assert found.causes == Counter({Cause.DATA: 3})


def _twin(place: Assignment, source_id: str) -> ClientFacts:
    values = place.values
    return ClientFacts(
        source_id=source_id,
        fields={"sector": values["sector"], "client_since": place.client.client_since},
        category=values["category"],
        readings={
            name.removeprefix("followers_"): Reading(int(count), measured_on=LATER.at.date() - timedelta(days=9))
            for name, count in values.items()
            if name.startswith("followers_") and count is not None
        },
        turnover={2025: Decimal(str(values["turnover"]))} if values["turnover"] is not None else {},
    )


def test_a_run_knows_of_every_change_it_has_read(portfolio: Any) -> None:
    run = retrain(Asked(clusters=4)).run
    assert run is not None
    assert not behind(run).exists()
    assert not Assignment.objects.filter(late=True).exists()


# --- Who calls it -----------------------------------------------------------------------------------------------------


def test_an_edit_in_the_admin_is_followed_at_once(adele: User) -> None:
    one_call_away()
    place = settled_by("turnover")[-1]
    response = send(
        signed_in(adele), place.client,
        turnovers__0__id="", turnovers__0__year="2025", turnovers__0__amount="180000",
    )  # fmt: skip
    assert response.status_code == 302
    assert place_of(place.client_id).standing == "firm"


def test_a_client_added_in_the_admin_is_placed_at_once(adele: User) -> None:
    published()
    response = send(
        signed_in(adele), None, name="Fleurs d’Anjou", postal_code="49000", city="Angers", sector="Commerce",
        readings__0__id="", readings__0__platform="facebook", readings__0__count="900",
        readings__0__has_account="unknown", readings__0__measured_on="2026-11-24",
    )  # fmt: skip
    assert response.status_code == 302
    assert place_of(Client.objects.get()).late


@pytest.mark.parametrize(
    "sent", [{"name": "Fournil", "sector": "Artisanat"}, {"name": "Boulangerie", "sector": "Luxe"}]
)
def test_the_clients_of_a_renamed_or_moved_category_are_placed_again(adele: User, sent: dict[str, str]) -> None:
    record([whole("Une", at=5), whole("Deux", at=9)], STAMP)
    a_client("Autre", at=1)
    published()
    address = f"/admin/clients/category/{Category.objects.get(name='Boulangerie').pk}/change/"

    assert signed_in(adele).post(address, sent).status_code == 302

    changed = Assignment.objects.filter(values_now__isnull=False)
    assert sorted(place.client.name for place in changed) == ["Deux", "Une"]
    assert {(place.values_now["category"], place.values_now["sector"]) for place in changed} == {  # type: ignore[index]
        (sent["name"], sent["sector"])
    }


def test_a_category_saved_as_it_was_touches_nobody(adele: User) -> None:
    client = a_client("Une", at=0)
    published()
    category = Category.objects.get()
    address = f"/admin/clients/category/{category.pk}/change/"
    response = signed_in(adele).post(address, {"name": category.name, "sector": category.sector})
    assert response.status_code == 302
    assert Client.objects.get().changed_at == client.changed_at


def test_an_import_places_whom_it_brings(tmp_path: Path) -> None:
    published()
    path = csv_file(tmp_path, row())

    call_command("import_clients", str(path), verbosity=0)
    assert not Assignment.objects.exists()  # a dry run
    with pytest.raises(CommandError):
        call_command("import_clients", str(csv_file(tmp_path, row(Statut="EnPause"))), "--commit", verbosity=0)
    assert not Assignment.objects.exists()
    call_command("import_clients", str(csv_file(tmp_path, row())), "--commit", verbosity=0)

    assert place_of(Client.objects.get()).late


@pytest.mark.postgres
def test_a_sync_places_whom_it_brings(source_database: str) -> None:
    source = PrismaSource(source_database)
    source.add("c1", followers={"facebook": 900}, turnover={2025: "90000"})
    published()

    call_command("sync_source", "--url", source_database, "--dry-run", verbosity=0)
    assert not Assignment.objects.exists()
    call_command("sync_source", "--url", source_database, verbosity=0)

    assert place_of(Client.objects.get()).late


def test_the_worker_looks_for_what_is_left_now_and_then() -> None:
    published()
    upkeep, now = Upkeep(), timezone.now()
    a_client("Tard venu", at=8)
    assert upkeep.tend(now) == 1
    a_client("Encore un", at=9)
    with CaptureQueriesContext(connection) as queries:
        assert upkeep.tend(now + timedelta(seconds=1)) == 0
    assert len(queries) == 0
    assert upkeep.tend(now + refreshing.PAUSE) == 1
    with CaptureQueriesContext(connection) as queries:
        assert upkeep.tend(now + 2 * refreshing.PAUSE) == 0
    assert len(queries) <= 2


def test_work_once_places_who_is_left(manage: Callable[..., CompletedProcess[str]]) -> None:
    published()
    client = a_client("Tard venu", at=8)
    assert manage("work", "--once").returncode == 0
    assert place_of(client).late


def test_placements_of_before_this_existed_are_looked_at_again() -> None:
    one_call_away()
    before = settled_by("turnover")[0]
    Assignment.objects.update(settling=[], facts_at=None)

    bring_up_to_date()

    assert said(place_of(before.client_id), (*DECIDED, *STATED)) == said(before, (*DECIDED, *STATED))
    assert Publication.objects.count() == 1
