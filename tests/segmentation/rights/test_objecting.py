"""Who objects to profiling is profiled nowhere, from that moment on, and stays a client like any other."""

from __future__ import annotations

import csv
import io
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from clients import objecting
from clients.dedupe import searching
from clients.models import Client, Objection
from clients.peers import among_peers
from clients.recording import save
from clients.unmerging import EditedSince
from dignamik.foundation.audit import AuditEvent
from segmentation.advice.advising import Playbook, counts
from segmentation.advice.deciding import CannotDecide, decide
from segmentation.advice.outcomes import observed
from segmentation.engine.training import train
from segmentation.models import Assignment, Decision, Publication
from segmentation.querysets import with_segment
from segmentation.rights.objecting import lift_objection, object_to_profiling
from segmentation.runs import bulk, frames
from segmentation.runs.movements import moved_between
from segmentation.runs.placing import placed
from segmentation.runs.refreshing import behind, bring_up_to_date
from segmentation.runs.retraining import Asked, retrain
from segmentation.runs.uniting import merge, undo
from segmentation.web.tallies import tally
from tests.advised import a_play, decided, put
from tests.contract import check
from tests.published import NOW, a_client, a_run, place_all, published, some_clients
from tests.reading import body, signed_in
from tests.test_permissions import address, routes, scene

__all__ = ["scene"]
pytestmark = pytest.mark.django_db
WHY = "Demande reçue par courrier."


@pytest.fixture(autouse=True)
def own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"


# --- Nowhere ---------------------------------------------------------------------------------------------------------

# Where a client is listed, located or written to, as a fact: everywhere else the canary must not be.
STAYS = (
    "clients/", "clients/<int:pk>/", "clients/<int:pk>/rights/", "clients/<int:pk>/rights/access/",
    "api/v1/clients/", "api/v1/clients/map/", "api/v1/clients/<str:pk>/", "api/v1/clients/<str:pk>/neighbours/",
    # Where to drive, and whom somebody promised to call or who is new: no matter of a segment.
    "map/visits/", "day/",
    # Which two records may be of one business: facts beside facts.
    "doubles/", "doubles/<int:first>/<int:second>/", "doubles/merges/<int:pk>/",
    # Where a client is, and how much is known of it.
    "places/", "places/<int:pk>/", "quality/", "quality/clients/",
    # The administration's own tables, and the record of what people decided.
    "admin/clients/", "admin/segmentation/decision/", "admin/r/",
)  # fmt: skip


def stays(route: str) -> bool:
    return any(route == kept or (kept.startswith("admin/") and route.startswith(kept)) for kept in STAYS)


@pytest.mark.parametrize("person", ["amelie", "adele"])
def test_the_name_of_who_objected_is_on_no_page_that_profiles(
    person: str, scene: dict[str, Any], cast: dict[str, User]
) -> None:
    """Over every route of the site, so that a new one that lists profiled clients is looked at, too."""
    canary: Client = scene["clients"]
    Publication.objects.create(run=a_run())
    place_all(a_run())
    Client.objects.filter(pk=canary.pk).update(created_at=NOW - timedelta(days=90))
    decided(canary, a_play("Pour le canari"), "planned")
    object_to_profiling(canary, why=WHY, by=cast["adele"])
    checked, found = pages_naming(canary.name, cast[person], scene)
    assert found == []
    assert checked > 25


def test_the_same_walk_finds_a_client_who_did_not_object(scene: dict[str, Any], adele: User) -> None:
    canary: Client = scene["clients"]
    put(canary, scene["runs"])
    a_play("Pour le canari")
    _, found = pages_naming(canary.name, adele, scene)
    assert {"recommendations/", "api/v1/recommendations/", "api/v1/explorer/"} <= set(found)


def pages_naming(name: str, person: User, scene: dict[str, Any]) -> tuple[int, list[str]]:
    """How many pages answered, and those where the name stands, but for the routes where it may."""
    checked, found = 0, []
    for route in sorted(set(routes())):
        response = signed_in(person).get(address(route, scene))
        if response.status_code != 200 or stays(route):
            continue
        checked += 1
        content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        if name in content.decode(errors="ignore"):
            found.append(route)
    return checked, found


def test_the_lists_that_keep_a_client_do_so_without_a_segment(amelie: User) -> None:
    run = published_with_canary()
    canary = Client.objects.get(name="Canari")
    browser = signed_in(amelie)
    row = next(row for row in browser.get("/api/v1/clients/").json()["results"] if row["name"] == "Canari")
    assert (row["segment"], row["segment_name"], row["standing"], row["margin"]) == (None, None, "objected", None)
    detail = browser.get(f"/api/v1/clients/{canary.pk}/").json()
    check(detail, "/api/v1/clients/{id}/")
    assert detail["place"] is None
    assert detail["profiling_objected_at"] is not None
    features = browser.get("/api/v1/clients/map/").json()["features"]
    on_map = next(item["properties"] for item in features if item["properties"]["name"] == "Canari")
    assert (on_map["segment"], on_map["standing"]) == (None, "objected")
    exported = browser.get("/clients/?export=csv")
    text = b"".join(exported.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    line = next(row for row in csv.DictReader(io.StringIO(text), delimiter=";") if row["Nom"] == "Canari")
    assert (line["Segment"], line["Classement"]) == ("", "opposition au profilage")
    assert "opposition au profilage" in body(browser.get("/clients/?standing=objected"))
    shown = body(browser.get(f"/clients/{canary.pk}/"))
    assert "Opposition au profilage" in shown
    assert "il n’est comparé à personne" in shown
    assert "Prochaine action" not in shown
    assert run.assignments.filter(client=canary).count() == 0


def published_with_canary() -> Any:
    """A run over Amélie's clients, one of whom objected after it was published."""
    some_clients(12, "amelie")
    canary = a_client("Canari", "amelie", at=2)
    run = published()
    object_to_profiling(canary, why=WHY)
    return run


def test_the_counts_add_up_to_all_clients(amelie: User) -> None:
    run = published_with_canary()
    mine = Client.objects.visible_to(amelie)
    counted = tally(run, mine)
    standings = {item.value: item.count for item in counted.standings}
    assert standings["objected"] == 1
    assert "" not in standings, "who objected is not « pas encore placé »"
    assert sum(standings.values()) == counted.clients == mine.count()
    unplaced = standings["not_classifiable"]
    assert sum(item.size for item in counted.segments) + unplaced + standings["objected"] == mine.count()
    browser = signed_in(amelie)
    totals = {
        value: browser.get(f"/api/v1/clients/?standing={value}").json()["count"]
        for value in ("firm", "provisional", "not_classifiable", "outside", "objected")
    }
    assert totals == standings
    placed_so: Any = with_segment(mine, run)
    assert [item.name for item in placed_so.filter(standing="objected")] == ["Canari"]


def test_it_is_out_of_training_placing_and_every_queue_of_work(amelie: User) -> None:
    run = published_with_canary()
    canary = Client.objects.get(name="Canari")
    assert canary.pk not in frames.read(frames.trainable(), run.as_of).pks
    assert not behind(run).filter(pk=canary.pk).exists()
    assert bring_up_to_date([canary.pk]) == 0
    play = a_play()
    put(canary, run)  # whatever wrote it: advice is for who is placed, and the one door writes nobody who objected
    Assignment.objects.filter(client=canary).delete()
    assert counts(Playbook.of(run), Client.objects.filter(pk=canary.pk)) == {play.pk: 0}
    with pytest.raises(CannotDecide, match="s’oppose au profilage"):
        decide(canary, play, "planned", playbook=Playbook.of(run), by=amelie)
    assert not Decision.objects.exists()


def test_the_one_door_of_placements_writes_nobody_who_objected() -> None:
    some_clients(3)
    run = a_run()
    frame = frames.read(Client.objects.present(), run.as_of)
    segments = {profile.cluster: profile.segment for profile in run.profiles.select_related("segment")}
    from tests.published import trained

    rows = [
        bulk.row(run.pk, pk, place, {}, facts_at=NOW, scored_at=NOW)
        for pk, place in zip(frame.pks, placed(frame.columns, trained().document, segments), strict=True)
    ]
    # Between reading and writing, somebody objects.
    object_to_profiling(Client.objects.get(pk=frame.pks[0]), why=WHY)
    assert len(bulk.write(rows)) == 2
    assert len(bulk.write_over(rows)) == 2
    assert set(run.assignments.values_list("client", flat=True)) == set(frame.pks[1:])


def test_a_run_that_was_fitted_on_somebody_who_objected_meanwhile_is_not_kept(monkeypatch: Any) -> None:
    clients = some_clients(60)
    fitted = next(client for client in clients if client.pk in frames.read(frames.trainable(), NOW.date()).pks)

    def train_and_object(*args: Any, **kwargs: Any) -> Any:
        fit = train(*args, **kwargs)
        object_to_profiling(fitted, why=WHY)
        return fit

    monkeypatch.setattr("segmentation.runs.retraining.train", train_and_object)
    with pytest.raises(Exception, match="s’est opposé au profilage pendant ce calcul"):
        retrain(Asked(clusters=3))
    assert not Assignment.objects.exists()
    assert not Publication.objects.exists()
    monkeypatch.undo()
    outcome = retrain(Asked(clusters=3))
    assert fitted.pk not in outcome.fit.index.tolist()
    assert fitted.pk not in outcome.everyone.pks


def test_it_is_nobodys_peer_and_has_none(amelie: User) -> None:
    clients = [a_client(f"Pair {at}", "amelie", at=3 * at) for at in range(1, 9)]
    own, canary = clients[0], clients[1]
    visible = Client.objects.visible_to(amelie)
    before = {item.figure: item.peers for item in among_peers(own, visible)}
    object_to_profiling(canary, why=WHY)
    after = {item.figure: item.peers for item in among_peers(own, visible)}
    assert before["turnover"] - after["turnover"] == 1
    assert among_peers(Client.objects.get(pk=canary.pk), visible) == []


def test_its_decisions_are_in_no_share_that_is_told() -> None:
    run = a_run()
    clients = [put(client, run) for client in some_clients(4)]
    play = a_play()
    for client in clients:
        decided(client, play, "done", outcome="accepted")
    object_to_profiling(clients[0], why=WHY)
    (seen,) = observed(Client.objects.all())
    assert seen.kinds == {"done": 3}
    assert seen.outcomes == {"accepted": 3}


def test_no_movement_between_runs_counts_it(amelie: User) -> None:
    some_clients(6, "amelie")
    canary = a_client("Canari", "amelie", at=2)
    before, after = published(), published()
    put(canary, before, "segment-0")
    put(canary, after, "segment-1")
    assert moved_between(before, after).moved == 1
    object_to_profiling(canary, why=WHY)
    shift = moved_between(before, after)
    assert (shift.compared, shift.moved) == (6, 0)
    assert not Client.objects.get(pk=canary.pk).assignments.exists(), "of no run at all"


# --- Noting and lifting ----------------------------------------------------------------------------------------------


def test_an_objection_says_who_when_and_why_and_so_does_its_end(adele: User) -> None:
    run = published_with_canary()
    canary = Client.objects.get(name="Canari")
    lift_objection(canary, why="Elle le souhaite.", by=adele)
    held = Objection.objects.get()
    assert (held.why, held.lifted_why, held.lifted_by) == (WHY, "Elle le souhaite.", adele)
    assert held.lifted_at is not None
    assert list(canary.history.values_list("history_change_reason", flat=True)[:2]) == ["Elle le souhaite.", WHY]
    # Placed again at once, by the model in force, as somebody who came after it.
    place = Assignment.objects.get(client=canary)
    assert (place.run, place.late) == (run, True)
    assert place.segment is not None


def test_objecting_twice_is_one_objection(adele: User) -> None:
    client = a_client("Canari")
    object_to_profiling(client, why=WHY, by=adele)
    object_to_profiling(client, why="Encore.", by=adele)
    assert [held.why for held in Objection.objects.all()] == [WHY]
    lift_objection(client, why="Non.", by=adele)
    object_to_profiling(client, why="Finalement si.", by=adele)
    assert Objection.objects.filter(lifted_at=None).count() == 1


@pytest.mark.parametrize(("why", "says"), [("  ", "pourquoi"), ("x" * 501, "trop longue")])
def test_an_objection_wants_a_reason(why: str, says: str) -> None:
    client = a_client("Canari")
    with pytest.raises(objecting.CannotObject, match=says):
        object_to_profiling(client, why=why)
    with pytest.raises(objecting.CannotObject, match="rien à lever"):
        lift_objection(client, why=WHY)
    assert Client.objects.get().profiling_objected_at is None


def test_the_command_notes_and_lifts_it(capsys: Any) -> None:
    client = a_client("Canari")
    call_command("object", "source-Canari", "--why", WHY)
    assert Client.objects.get().profiling_objected_at is not None
    call_command("object", str(client.pk), "--lift", "--why", "Retirée.")
    assert Client.objects.get().profiling_objected_at is None
    assert "plus profilé" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Aucun client"):
        call_command("object", "personne", "--why", WHY)
    with pytest.raises(CommandError, match="rien à lever"):
        call_command("object", str(client.pk), "--lift", "--why", WHY)


def test_a_file_of_a_run_that_lists_the_client_goes(settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    client, other = a_client("Canari"), a_client("Autre")
    runs = [a_run(), a_run()]
    Assignment.objects.create(run=runs[0], client=client, standing="firm", fitted=True, scored_at=NOW)
    Assignment.objects.create(run=runs[1], client=other, standing="firm", fitted=True, scored_at=NOW)
    folder = settings.DATA_DIR / "models"
    folder.mkdir(parents=True)
    for run in runs:
        (folder / f"run-{run.pk}.joblib").touch()
    with django_capture_on_commit_callbacks(execute=True):
        object_to_profiling(client, why=WHY)
    assert [path.name for path in folder.iterdir()] == [f"run-{runs[1].pk}.joblib"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_objection_waits_for_placements_that_are_being_written() -> None:
    """Else it would delete nothing, and the run would then commit what it wrote."""
    from django.db import transaction

    client, run = a_client("Canari"), a_run()
    started, done = threading.Event(), threading.Event()

    def objects() -> None:
        started.wait(5)
        object_to_profiling(client, why=WHY)
        done.set()
        connection.close()

    other = threading.Thread(target=objects)
    other.start()
    with transaction.atomic():
        row = bulk.row(run.pk, client.pk, _nowhere(), {}, facts_at=NOW, scored_at=NOW)
        assert len(bulk.write([row])) == 1
        started.set()
        assert not done.wait(0.5), "it waits"
    other.join(10)
    assert done.is_set()
    assert not Assignment.objects.exists()


def _nowhere() -> Any:
    from segmentation.runs.placing import Placement

    return Placement(None, None, "not_classifiable", None, None, None, (), (), None, None)


# --- The page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(adele: User) -> Browser:
    return signed_in(adele)


def test_the_administration_notes_it_on_the_page_and_takes_it_back(admin: Browser) -> None:
    client = a_client("Canari", "amelie")
    published()
    where = f"/clients/{client.pk}/rights/objection/"
    said = body(admin.post(where, {"act": "object", "why": WHY}, follow=True))
    assert "n’est plus profilé" in said
    assert WHY in said
    assert not Assignment.objects.filter(client=client).exists()
    assert "est levée" in body(admin.post(where, {"act": "lift", "why": "Elle revient."}, follow=True))
    assert Assignment.objects.filter(client=client).exists()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"act": "object", "why": ""}, "Dites en un mot"),
        ({"act": "x"}, "ni une levée"),
        ({"act": "lift", "why": "x"}, "rien à lever"),
    ],
)
def test_the_page_refuses_what_says_nothing(admin: Browser, sent: dict[str, str], says: str) -> None:
    client = a_client("Canari", "amelie")
    assert says in body(admin.post(f"/clients/{client.pk}/rights/objection/", sent, follow=True))
    assert Client.objects.get().profiling_objected_at is None


def test_rights_outlive_the_client_in_the_source(admin: Browser) -> None:
    client = a_client("Canari", "amelie")
    Client.objects.filter(pk=client.pk).update(withdrawn_at=timezone.now())
    assert "retiré de la source" in body(admin.get(f"/clients/{client.pk}/rights/"))


def test_personal_is_true_when_nobody_said_so() -> None:
    assert a_client("Canari").is_personal is True
    assert a_client("Société", is_personal=False).is_personal is False
    again = a_client("Société")  # a source's silence says nothing
    assert again.is_personal is False
    assert again.turnover == Decimal(9500)


def test_a_business_that_objects_is_not_placed_as_a_prospect_either(amelie: User, tmp_path: Path) -> None:
    client, _run = a_client("Canari", "amelie", city="Angers", postal_code="49000"), published()
    object_to_profiling(client, why=WHY)
    browser = signed_in(amelie)
    said = {"name": "CANARI", "city": "Angers", "postal_code": "49000", "category": str(client.category_id)}
    response = browser.get("/prospect/", said)
    assert response.status_code == 400
    assert response.context["answer"] is None
    assert "s’oppose au profilage" in body(response)
    lines = "Nom;Ville;Code postal\nCanari;Angers;49000\nAutre;Angers;49000\n"
    sent = browser.post("/prospect/file/", {"file": SimpleUploadedFile("p.csv", lines.encode())})
    assert [line.business.name for line in sent.context["answer"].lines] == ["Autre"]
    assert "s’oppose au profilage" in body(sent)


# --- Doubles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["kept", "other", "both"])
def test_whoever_objected_under_one_name_objects_when_two_become_one(adele: User, who: str) -> None:
    one, two, third = some_clients(3)
    run = published()
    for client in {"kept": [one], "other": [two], "both": [one, two]}[who]:
        object_to_profiling(client, why=WHY, by=adele)
    merge(one.pk, two.pk, {}, by=adele)
    one.refresh_from_db()
    assert one.profiling_objected_at is not None
    assert one.objections.get(lifted_at=None).at == one.profiling_objected_at
    assert one.objections.count() == (2 if who == "both" else 1)
    assert set(Assignment.objects.values_list("client", flat=True)) == {third.pk}, "nor under the other's place"
    assert bring_up_to_date() == 0
    assert run.assignments.count() == 1
    lift_objection(one, why="Téléphone.", by=adele)
    one.refresh_from_db()
    assert one.profiling_objected_at is None
    assert Assignment.objects.filter(client=one).exists()


@pytest.mark.parametrize("who", ["kept", "other", "both"])
def test_two_again_object_as_they_did(adele: User, who: str) -> None:
    one, two, *_ = some_clients(3)
    published()
    objecting_ones = {"kept": [one], "other": [two], "both": [one, two]}[who]
    for client in objecting_ones:
        object_to_profiling(client, why=WHY, by=adele)
    held = list(Objection.objects.order_by("pk").values())
    made = merge(one.pk, two.pk, {}, by=adele)
    undo(made.pk, by=adele)
    assert list(Objection.objects.order_by("pk").values()) == held
    for client in (one, two):
        client.refresh_from_db()
        assert (client.profiling_objected_at is not None) == (client in objecting_ones)
        assert Assignment.objects.filter(client=client).exists() == (client not in objecting_ones)


def test_an_objection_lifted_since_keeps_a_merge_from_being_taken_back(adele: User) -> None:
    one, two, *_ = some_clients(3)
    object_to_profiling(two, why=WHY, by=adele)
    made = merge(one.pk, two.pk, {}, by=adele)
    lift_objection(one, why="Téléphone.", by=adele)
    with pytest.raises(EditedSince, match="opposition au profilage"):
        undo(made.pk, by=adele)


def test_a_double_objects_through_the_one_it_was_merged_into(adele: User) -> None:
    one, two, *_ = some_clients(3)
    published()
    merge(one.pk, two.pk, {}, by=adele)
    two.refresh_from_db()
    signed_in(adele).post(f"/clients/{two.pk}/rights/objection/", {"act": "object", "why": WHY})
    one.refresh_from_db()
    assert one.profiling_objected_at is not None
    assert not Assignment.objects.filter(client__in=[one, two]).exists()


def test_the_merged_client_is_a_person_if_one_of_both_was(adele: User) -> None:
    one, two = (a_client(name, is_personal=said) for name, said in (("Un", False), ("Deux", True)))
    merge(one.pk, two.pk, {}, by=adele)
    one.refresh_from_db()
    assert one.is_personal
    three, four = (a_client(name, is_personal=said) for name, said in (("Trois", False), ("Quatre", True)))
    merge(three.pk, four.pk, {"is_personal": "kept"}, by=adele)
    three.refresh_from_db()
    assert not three.is_personal, "unless somebody chose otherwise"


def test_who_objected_is_found_as_a_double_all_the_same(adele: User) -> None:
    """That two records are of one business is no profile of it."""
    one, two = (Client(name="Boulangerie Zinzolin", postal_code="49000", status="active") for _ in range(2))
    for client in (one, two):
        save(client, changed={"name"})
    object_to_profiling(one, why=WHY, by=adele)
    searching.search()
    assert {(pair.first_id, pair.second_id) for pair in searching.pairs_for(adele)} == {(one.pk, two.pk)}
    browser = signed_in(adele)
    assert "Boulangerie Zinzolin" in body(browser.get("/doubles/"))
    compared = body(browser.get(f"/doubles/{one.pk}/{two.pk}/"))
    assert "Opposition au profilage" in compared or "oppositions au profilage" in compared.casefold()
    assert "Segment" not in compared.split("<main", 1)[1]


# --- On record -------------------------------------------------------------------------------------------------------


def test_an_objection_and_its_end_are_on_record_with_their_version(adele: User) -> None:
    client = a_client("Boulangerie Dupont")
    object_to_profiling(client, why="Lettre de Mme Dupont", by=adele)
    lift_objection(client, why="Mme Dupont revient", by=adele)
    events = AuditEvent.objects.filter(kind__in=["objection", "objection_lifted"]).order_by("pk")
    assert [(event.kind, event.username, event.object_id, event.details) for event in events] == [
        ("objection", "adele", str(client.pk), {}), ("objection_lifted", "adele", str(client.pk), {}),
    ]  # fmt: skip
    versions = [Client.history.get(history_id=event.history[0]) for event in events]
    assert [version.profiling_objected_at is not None for version in versions] == [True, False]


def test_an_objection_that_is_refused_is_not_on_record(adele: User) -> None:
    with pytest.raises(objecting.CannotObject):
        lift_objection(a_client("Dupont"), why=WHY, by=adele)
    assert not AuditEvent.objects.filter(kind="objection_lifted").exists()
