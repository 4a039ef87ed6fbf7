"""Two clients become one with all that hangs on them, and two again to the character."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.utils import timezone

from clients import merging
from clients.choosing import propose
from clients.contacting import follow_up, log
from clients.duplicates import Merge
from clients.edits import edits_of
from clients.facts import ClientFacts, Origin, Reading, Stamp
from clients.hanging import hanging
from clients.imports import FileImport, ImportedLine
from clients.merging import CannotMerge, Moved
from clients.models import Client, Followers, Turnover
from clients.recording import record, save
from clients.unmerging import EditedSince
from segmentation.models import Assignment, Decision, Play, Segment
from segmentation.runs.refreshing import bring_up_to_date
from segmentation.runs.uniting import ABOVE, merge, undo
from tests.outside import Start, wait_for
from tests.published import published

MODELS = sorted({kind.model for kind in hanging()}, key=lambda model: model._meta.label)


def told(name: str, source_id: str | None, **said: Any) -> ClientFacts:
    more = {key: said.pop(key) for key in ("readings", "turnover", "services", "category") if key in said}
    fields = {"name": name, "city": "Angers", "postal_code": "49000", "status": "active", **said}
    return ClientFacts(source_id, fields, **more)


def recorded(*facts: ClientFacts, origin: Origin = Origin.SYNC) -> None:
    record(facts, Stamp(origin, timezone.now()))


def everything() -> dict[str, Any]:
    """Every row of clients and of whatever hangs on them, whole."""
    return {
        model._meta.label: json.loads(serializers.serialize("json", model._base_manager.order_by("pk")))
        for model in MODELS
    } | {
        # What JSON cuts to milliseconds.
        "moments": list(Client.objects.order_by("pk").values_list("created_at", "changed_at", "withdrawn_at"))
        + list(Assignment.objects.order_by("pk").values_list("scored_at", "facts_at"))
        + list(Decision.objects.order_by("pk").values_list("at", flat=True))
    }


@pytest.fixture
def two(cast: dict[str, User]) -> SimpleNamespace:
    """A bakery known twice, with everything on both; placed by a published run."""
    amelie = cast["amelie"]
    recorded(
        told("Boulangerie Dupont", "c1", phone="0241112233", account_manager_name="amelie", category="Boulangerie",
             readings={"facebook": Reading(100, True, date(2026, 1, 1)),
                       "instagram": Reading(5, None, date(2026, 1, 1))},
             turnover={2024: Decimal(1000), 2025: Decimal(2000)}, services={"seo": None}),
        told("BOULANGERIE DUPONT ", "c2", phone="0241999999", email="dupont@example.fr", address="12 rue de la Gare",
             category="Boulangerie", notes="Vue au salon.", client_since=date(2020, 5, 1),
             readings={"facebook": Reading(120, None, date(2026, 1, 1)), "tiktok": Reading(7, None, date(2026, 2, 1))},
             turnover={2023: Decimal(900), 2025: Decimal(2500)}, services={"seo": date(2024, 1, 1), "website": None}),
        told("Boulangerie Dupont et fils", "c3"),
    )  # fmt: skip
    kept, other, third = (Client.objects.get(source_id=name) for name in ("c1", "c2", "c3"))
    run = published()
    bring_up_to_date()
    segment = Segment.objects.latest("pk")
    play, elsewhere = (
        Play.objects.create(title=title, segment=segment, pitch="Oui.", service="seo", goal="growth")
        for title in ("Des deux", "D’un seul")
    )
    for client, kind in ((kept, "planned"), (other, "done")):
        log(client, "call", by=amelie, text=f"Appel {client.source_id}")
        Decision.objects.create(client=client, play=play, kind=kind, shown_reason="Dit.", by=amelie)
    Decision.objects.create(client=other, play=elsewhere, kind="refused", shown_reason="Dit.", by=amelie)
    follow_up(other, timezone.localdate() + timedelta(days=9), by=amelie)
    sent = FileImport.objects.create(
        file_name="a.csv", sha256="0" * 64, size=1, state="done", sent_at=timezone.now(), done_at=timezone.now()
    )
    ImportedLine.objects.create(file_import=sent, line=2, kind="created", client=other, name=other.name)
    kept.refresh_from_db()
    other.refresh_from_db()
    return SimpleNamespace(kept=kept, other=other, third=third, run=run, play=play, elsewhere=elsewhere, **cast)


# --- The merge -------------------------------------------------------------------------------------------------------


def test_everything_that_hung_on_both_hangs_on_the_kept_one(two: SimpleNamespace) -> None:
    merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    kept = Client.objects.get(pk=two.kept.pk)
    assert (kept.email, kept.address, kept.client_since) == ("dupont@example.fr", "12 rue de la Gare", date(2020, 5, 1))
    assert kept.account_manager == two.amelie
    assert kept.notes == "Vue au salon."
    assert kept.next_follow_up == two.other.next_follow_up
    readings = set(kept.readings.values_list("platform", "count"))
    assert {("tiktok", 7), ("instagram", 5)} <= readings and len(readings) == 3
    assert dict(kept.turnovers.values_list("year", "amount"))[2023] == 900
    assert dict(kept.held_services.values_list("service", "since")) == {"seo": date(2024, 1, 1), "website": None}
    assert set(kept.contacts.values_list("text", flat=True)) == {"Appel c1", "Appel c2"}
    assert ImportedLine.objects.get().client == kept
    assert kept.followers == sum(row.count or 0 for row in kept.readings.all())
    assert (kept.turnover_year, kept.turnover) == (2025, dict(kept.turnovers.values_list("year", "amount"))[2025])


def test_the_later_of_two_decisions_on_one_action_stays_in_force(two: SimpleNamespace) -> None:
    merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    decisions = Decision.objects.filter(client=two.kept.pk)
    assert decisions.count() == 3
    assert decisions.get(play=two.play, current=True).kind == "done"
    assert decisions.get(play=two.play, current=False).kind == "planned"
    assert decisions.get(play=two.elsewhere).current


def test_the_segment_of_the_kept_one_is_up_to_date_at_once(two: SimpleNamespace) -> None:
    merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    place = Assignment.objects.get(run=two.run, client=two.kept.pk)
    assert place.facts_at == Client.objects.get(pk=two.kept.pk).changed_at
    assert place.values_now is not None  # and says so: readings of the other count
    assert bring_up_to_date() == 0


def test_places_in_runs_that_knew_only_the_other_come_along(two: SimpleNamespace) -> None:
    Assignment.objects.filter(client=two.kept.pk).delete()
    place = Assignment.objects.get(run=two.run, client=two.other.pk)
    made = merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    assert Assignment.objects.get(pk=place.pk).client_id == two.kept.pk
    undo(made.pk, by=two.adele)
    assert Assignment.objects.get(pk=place.pk).client_id == two.other.pk


def test_people_choose_field_by_field_and_figure_by_figure(two: SimpleNamespace) -> None:
    chosen = {
        "name": "other", "phone": "other", "email": "kept", "followers.facebook.2026-01-01": "other",
        "turnover.2025": "kept",
    }  # fmt: skip
    merge(two.kept.pk, two.other.pk, chosen, by=two.adele)
    kept = Client.objects.get(pk=two.kept.pk)
    assert (kept.name, kept.phone, kept.email) == ("BOULANGERIE DUPONT ", "0241999999", "")
    assert kept.readings.get(platform="facebook").count == 120
    assert kept.turnovers.get(year=2025).amount == 2000
    assert {"name", "phone"} <= set(kept.local_fields)
    assert "email" not in kept.local_fields


@pytest.mark.parametrize(
    "chosen",
    [{"phone": "both"}, {"phone": ""}, {"password": "other"}, {"category": "other"}, {"turnover.2024": "kept"}],
)
def test_a_choice_that_means_nothing_writes_nothing(two: SimpleNamespace, chosen: dict[str, str]) -> None:
    before = everything()
    with pytest.raises(CannotMerge):
        merge(two.kept.pk, two.other.pk, chosen, by=two.adele)
    assert everything() == before
    assert not Merge.objects.exists()


def test_what_was_typed_here_wins_and_known_beats_unknown(two: SimpleNamespace) -> None:
    two.kept.phone = "0200000000"
    save(two.kept, changed=["phone"])
    defaults = {line.name: line.default for line in propose(two.kept, two.other).lines}
    assert defaults["phone"] == "kept"
    assert defaults["email"] == defaults["notes"] == defaults["client_since"] == "other"
    assert defaults["account_manager"] == "kept"
    two.other.do_not_contact, two.kept.notes = True, "Ferme le lundi."
    save(two.other, changed=["do_not_contact"])
    defaults = {line.name: line.default for line in propose(two.kept, two.other).lines}
    assert (defaults["do_not_contact"], defaults["notes"]) == ("other", "both")


def test_who_may_not_be_called_under_one_name_may_not_be_called(two: SimpleNamespace) -> None:
    two.kept.do_not_contact = True
    save(two.kept, changed=["do_not_contact"])
    merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    kept = Client.objects.get(pk=two.kept.pk)
    assert (kept.do_not_contact, kept.next_follow_up) == (True, None)


def test_both_notes_can_be_kept(two: SimpleNamespace) -> None:
    two.kept.notes = "Ferme le lundi."
    save(two.kept, changed=["notes"])
    merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    assert Client.objects.get(pk=two.kept.pk).notes == "Ferme le lundi.\n\nVue au salon."


def test_the_other_is_withdrawn_and_never_deleted(two: SimpleNamespace) -> None:
    merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    other = Client.objects.get(pk=two.other.pk)
    assert (other.merged_into_id, other.source_id) == (two.kept.pk, "c2")
    assert not Client.objects.visible_to(two.adele).filter(pk=other.pk).exists()


def test_the_history_of_both_says_who_when_and_what(two: SimpleNamespace) -> None:
    made = merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    edit = edits_of(Client.objects.get(pk=two.kept.pk))[0]
    assert (edit.by, edit.reason) == (two.adele, f"fusion n° {made.pk}")
    assert edit.says[0] == "Fusion avec «\u00a0BOULANGERIE DUPONT \u00a0»"
    assert any(said.startswith("E-mail\u00a0: inconnu →") for said in edit.says)
    assert edits_of(Client.objects.get(pk=two.other.pk))[0].says == ["Fusion avec «\u00a0Boulangerie Dupont\u00a0»"]
    moved = Followers.history.filter(client_id=two.kept.pk, platform="tiktok").latest()
    assert (moved.history_user, moved.history_change_reason) == (two.adele, f"fusion n° {made.pk}")
    undo(made.pk, by=two.adele)
    assert edits_of(Client.objects.get(pk=two.other.pk))[0].says == [
        "Fusion avec «\u00a0Boulangerie Dupont\u00a0» annulée"
    ]


def test_what_changed_while_somebody_chose_is_shown_before_anything_is_written(two: SimpleNamespace) -> None:
    version = propose(two.kept, two.other).version
    two.other.phone = "0241000000"
    save(two.other, changed=["phone"])
    with pytest.raises(Moved):
        merge(two.kept.pk, two.other.pk, {}, by=two.adele, version=version)
    assert not Merge.objects.exists()
    merge(two.kept.pk, two.other.pk, {}, by=two.adele, version=propose(two.kept, two.other).version)


def test_nobody_is_merged_twice_nor_with_themselves_nor_into_a_double(two: SimpleNamespace) -> None:
    with pytest.raises(CannotMerge):
        merge(two.kept.pk, two.kept.pk, {}, by=two.adele)
    merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    for kept, other in ((two.kept, two.other), (two.other, two.kept), (two.third, two.other), (two.other, two.third)):
        with pytest.raises(CannotMerge):
            merge(kept.pk, other.pk, {}, by=two.adele)


def test_whatever_points_at_clients_is_known_to_a_merge() -> None:
    """A new model with a key to Client comes along by itself; a truth with a condition must be settled first."""
    assert {kind.model._meta.label for kind in hanging()} >= {
        "clients.Client", "clients.Contact", "clients.Followers", "clients.HeldService", "clients.ImportedLine",
        "clients.Turnover", "segmentation.Assignment", "segmentation.Decision",
    }  # fmt: skip
    conditional = {each.name for kind in hanging() for each in kind.uniques if each.condition is not None}
    assert conditional == {"one_current_decision", "one_open_objection"}, "a merge must see to the others"


# --- The way back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"name": "other", "phone": "other", "followers.facebook.2026-01-01": "other", "turnover.2025": "other"},
        {"phone": "kept", "email": "kept", "followers.facebook.2026-01-01": "kept", "turnover.2025": "kept"},
    ],
)
def test_undoing_a_merge_puts_every_row_back_to_the_character(two: SimpleNamespace, chosen: dict[str, str]) -> None:
    before = everything()
    made = merge(two.kept.pk, two.other.pk, chosen, by=two.adele)
    assert everything() != before
    undo(made.pk, by=two.adele)
    assert everything() == before
    made.refresh_from_db()
    assert (made.undone_by, made.undone_at is not None) == (two.adele, True)


def test_an_identifier_of_the_source_moves_to_who_has_none_and_back(two: SimpleNamespace) -> None:
    Client.objects.filter(pk=two.kept.pk).update(source_id=None)
    before = everything()
    made = merge(two.kept.pk, two.other.pk, {"phone": "kept"}, by=two.adele)
    kept = Client.objects.get(pk=two.kept.pk)
    assert (kept.source_id, Client.objects.get(pk=two.other.pk).source_id) == ("c2", None)
    recorded(told("BOULANGERIE DUPONT ", "c2", phone="0241999999"))
    assert Client.objects.get(pk=two.kept.pk).phone == two.kept.phone  # what was decided is not the source's to change
    assert Client.objects.present().count() == 2
    undo(made.pk, by=two.adele)
    after = everything()
    for dump in (before, after):  # the sync came between: it may date the change
        dump.pop("moments")
        dump.pop("clients.FieldConflict")  # what it said otherwise is kept
        for row in (*dump["clients.Client"], *dump["segmentation.Assignment"]):
            for name in ("changed_at", "scored_at", "facts_at"):
                row["fields"].pop(name, None)
    assert after == before


def test_merges_one_after_the_other_are_undone_from_the_last(two: SimpleNamespace) -> None:
    before = everything()
    first = merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    between = everything()
    second = merge(two.third.pk, two.kept.pk, {}, by=two.adele)
    assert set(Client.objects.filter(merged_into=two.third.pk)) == {two.kept, two.other}
    with pytest.raises(CannotMerge, match="annulez d’abord"):
        undo(first.pk, by=two.adele)
    undo(second.pk, by=two.adele)
    assert everything() == between
    undo(first.pk, by=two.adele)
    assert everything() == before
    with pytest.raises(CannotMerge, match="déjà annulée"):
        undo(first.pk, by=two.adele)


def edit_field(two: SimpleNamespace) -> None:
    kept = Client.objects.get(pk=two.kept.pk)
    kept.email = "autre@example.fr"
    save(kept, changed=["email"])


def edit_contact(two: SimpleNamespace) -> None:
    contact = two.kept.contacts.get(text="Appel c2")
    contact.text = "Appel repris"
    contact.save()


def delete_turnover(two: SimpleNamespace) -> None:
    Turnover.objects.get(client=two.kept.pk, year=2023).delete()


def decide(two: SimpleNamespace) -> None:
    Decision.objects.filter(client=two.kept.pk, play=two.elsewhere).update(current=False)


def move_follow_up(two: SimpleNamespace) -> None:
    follow_up(two.kept, timezone.localdate() + timedelta(days=3), by=two.amelie)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (edit_field, "e-mail"), (edit_contact, "contact"), (delete_turnover, "chiffre d’affaires"),
        (decide, "décision"), (move_follow_up, "prochaine relance"),
    ],
)  # fmt: skip
def test_what_was_edited_since_is_named_and_nothing_is_undone(two: SimpleNamespace, edit: Any, named: str) -> None:
    made = merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    edit(two)
    after = everything()
    with pytest.raises(EditedSince, match=named):
        undo(made.pk, by=two.adele)
    assert everything() == after
    assert Merge.objects.get().undone_at is None


def test_what_was_added_since_stays_with_the_kept_one(two: SimpleNamespace) -> None:
    made = merge(two.kept.pk, two.other.pk, {}, by=two.adele)
    log(two.kept, "visit", by=two.amelie, text="Depuis")
    kept = Client.objects.get(pk=two.kept.pk)
    kept.website = "dupont.example"
    save(kept, changed=["website"])
    recorded(told("Boulangerie Dupont", "c1", readings={"youtube": Reading(3)}, turnover={2026: Decimal(50)}))
    undo(made.pk, by=two.adele)
    kept.refresh_from_db()
    assert set(kept.contacts.values_list("text", flat=True)) == {"Appel c1", "Depuis"}
    assert (kept.website, kept.email, kept.local_fields) == ("dupont.example", "", ["website"])
    assert (kept.turnover, kept.turnover_year, kept.followers) == (Decimal(50), 2026, 108)
    assert bring_up_to_date() == 0
    assert Client.objects.get(pk=two.other.pk).contacts.count() == 1


# --- Two at once -----------------------------------------------------------------------------------------------------


def racer(kept: int, other: int, there: str, go: str, said: str, *, locked: bool) -> None:
    """A merge that waits where it has read both clients."""
    inside: Any = merging
    real = inside.propose
    if not locked:

        def unlocked(one: int, two: int) -> tuple[Client, Client]:
            found = Client.objects.in_bulk([one, two])
            if any(client.withdrawn_at for client in found.values()):
                raise CannotMerge("pris")
            return found[one], found[two]

        inside.locked = unlocked

    def waiting(*args: Any) -> Any:
        Path(there).touch()
        wait_for(Path(go))
        return real(*args)

    inside.propose = waiting
    try:
        inside.merge(kept, other, {}, by=None, above=ABOVE)
    except CannotMerge:
        Path(said).write_text("refused")
    except Exception as problem:
        Path(said).write_text(type(problem).__name__)
    else:
        Path(said).write_text("merged")


def race(outside: Start, folder: Path, *, locked: bool) -> list[str]:
    recorded(told("Un", "c1", email="un@example.fr"), told("Deux", "c2", phone="0241999999"))
    one, two = (Client.objects.get(source_id=name).pk for name in ("c1", "c2"))
    go, answers = folder / "go", [folder / f"said-{at}" for at in range(2)]
    started = []
    for at, pair in enumerate(((one, two), (two, one))):
        started.append(outside(_race, *pair, str(folder / f"there-{at}"), str(go), str(answers[at]), locked))
    wait_for_one(folder / "there-0", folder / "there-1", both=not locked)
    go.touch()
    for each in started:
        assert each.end() == 0, each.said()
    return sorted(answer.read_text() for answer in answers)


def _race(kept: int, other: int, there: str, go: str, said: str, locked: bool) -> None:
    racer(kept, other, there, go, said, locked=locked)


def wait_for_one(*paths: Path, both: bool) -> None:
    """Until one of them has read, or both have; one held back by the other's lock gets a moment to show it is."""
    deadline = time.monotonic() + 90
    while not (all if both else any)(path.exists() for path in paths):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    if not both:
        time.sleep(1)
        assert not all(path.exists() for path in paths), "the lock let both read"


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_at_once_one_waits_and_is_refused(outside: Start, tmp_path: Path) -> None:
    assert race(outside, tmp_path, locked=True) == ["merged", "refused"]
    assert Merge.objects.count() == 1
    assert Client.objects.present().count() == 1


@pytest.mark.postgresql  # SQLite lets one transaction in at a time, locks or not
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_nobody_is_told_and_both_get_in(outside: Start, tmp_path: Path) -> None:
    """Each swallows the other, or the database has to break the knot that they tie."""
    assert race(outside, tmp_path, locked=False) in (["merged", "merged"], ["OperationalError", "merged"])
