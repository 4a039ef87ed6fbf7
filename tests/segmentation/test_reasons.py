"""Why a client is in its segment, what would move it, and where it was: exact, in its own units, nothing invented."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from clients.models import Client
from dignamik.foundation import french
from segmentation.advice.advising import Playbook
from segmentation.engine.document import Document
from segmentation.engine.scoring import score
from segmentation.models import Assignment, Play, Run, Segment
from segmentation.runs.explaining import LEVERS, change_towards, past, reasons
from segmentation.web.reasons import why
from tests.contract import signed_in
from tests.published import a_client, a_run, place_all, published, some_clients
from tests.reading import body


@pytest.fixture
def run(amelie: User) -> Run:
    some_clients(40, "amelie")
    return published()


def places(run: Run) -> list[Assignment]:
    found = Assignment.objects.filter(run=run, segment__isnull=False).select_related("segment", "second", "client")
    return list(found.order_by("pk"))


def others(place: Assignment) -> list[Segment]:
    """The run's other segments."""
    return [segment for segment in Segment.objects.in_run(place.run) if segment != place.segment]


def elsewhere(place: Assignment) -> Segment:
    return others(place)[0]


def page(user: User, client: Client) -> str:
    return re.sub(r"\s+", " ", body(signed_in(user).get(f"/clients/{client.pk}/")))


# --- Why -------------------------------------------------------------------------------------------------------------


def test_the_reasons_sum_to_the_gap_between_the_two_segments(run: Run) -> None:
    for place in places(run):
        found = why(place, run)
        assert found is not None
        assert place.distance is not None
        assert place.second_distance is not None
        assert sum(reason.amount for reason in found.reasons) == pytest.approx(found.gap, abs=1e-6)
        assert found.gap == pytest.approx(place.second_distance**2 - place.distance**2, abs=1e-6)
        assert sum(abs(reason.weight) for reason in found.reasons) == pytest.approx(1, abs=1e-6)


def test_a_word_is_one_reason_however_many_columns_it_has(run: Run) -> None:
    found = why(places(run)[0], run)
    assert found is not None
    labels = [reason.label for reason in found.reasons]
    assert len(labels) == len(set(labels)) == len(places(run)[0].values)


def test_the_heaviest_three_come_first_in_the_clients_own_units(run: Run, amelie: User) -> None:
    place = next(place for place in places(run) if place.values["turnover"] and place.values["followers_instagram"])
    found = why(place, run)
    assert found is not None
    weights = [abs(reason.weight) for reason in found.reasons]
    assert weights == sorted(weights, reverse=True)
    shown = {reason.label: reason.value for reason in found.reasons}
    assert french.euros(place.values["turnover"]) in shown.values()
    assert shown["Abonnés Instagram"] == french.grouped(place.values["followers_instagram"])
    html = page(amelie, place.client)
    assert "Pourquoi ce segment" in html
    assert all(reason.label in html for reason in found.top)


def test_what_is_unknown_is_never_shown_as_a_value(run: Run, amelie: User) -> None:
    for place in places(run):
        found = why(place, run)
        assert found is not None
        unknown = [reason for reason in found.reasons if not reason.known]
        assert len(unknown) == len([value for value in place.values.values() if value is None])
        assert {reason.value for reason in unknown} <= {"inconnu"}
    gap = next(place for place in places(run) if (w := why(place, run)) and w.lacks)
    assert "le calcul a fait comme si" in page(amelie, gap.client)


def test_a_client_without_a_segment_has_nothing_to_explain(run: Run, amelie: User) -> None:
    place = places(run)[0]
    Assignment.objects.filter(pk=place.pk).update(segment=None, second=None, standing="not_classifiable")
    html = page(amelie, place.client)
    assert "Pourquoi ce segment" not in html
    assert signed_in(amelie).get(f"/clients/{place.client_id}/change/?segment=segment-0").status_code == 404


@pytest.mark.parametrize("broken", [{"document": {"version": 99}}, {"document": None}])
def test_a_model_that_cannot_be_read_explains_nothing_and_breaks_nothing(
    run: Run, amelie: User, broken: dict[str, Any]
) -> None:
    Run.objects.filter(pk=run.pk).update(**broken)
    place = places(run)[0]
    assert "Pourquoi ce segment" not in page(amelie, place.client)
    other = elsewhere(place)
    answer = signed_in(amelie).get(f"/clients/{place.client_id}/change/?segment={other.slug}")
    assert answer.status_code == 200


def test_a_run_that_kept_no_values_explains_nothing(run: Run) -> None:
    place = places(run)[0]
    place.values = {}
    assert reasons(place, run) is None
    assert why(None, run) is None


# --- What would move it ----------------------------------------------------------------------------------------------


def reachable(run: Run) -> tuple[Assignment, Segment, dict[str, tuple[float, float]]]:
    """A client, a segment that more followers would put it in, and how many."""
    for place in places(run):
        for target in others(place):
            change = change_towards(place, run, target)
            if change:
                return place, target, change.moves
    raise AssertionError("nobody can move")


def test_the_change_moves_followers_only_and_leads_where_it_says(run: Run) -> None:
    place, target, moves = reachable(run)
    assert set(moves) <= set(LEVERS)
    assert all(wanted > now for now, wanted in moves.values())
    moved = place.values | {name: wanted for name, (_, wanted) in moves.items()}
    document = Document.from_dict(run.document or {})
    label = int(score({name: [value] for name, value in moved.items()}, document).labels[0])
    assert document.stable[label] == target.slug


def test_the_answer_names_the_networks_and_the_numbers(run: Run, amelie: User) -> None:
    place, target, moves = reachable(run)
    browser = signed_in(amelie)
    address = f"/clients/{place.client_id}/change/?segment={target.slug}"
    alone = body(browser.get(address, headers={"HX-Request": "true"}))
    assert "<html" not in alone
    for now, wanted in moves.values():
        assert f"de {french.grouped(now)}" in re.sub(r"\s*&nbsp;: de", " de", alone).replace("\n", " ")
        assert f"<strong>{french.grouped(wanted)}</strong>" in alone
    assert "<html" in body(browser.get(address))


def test_a_social_action_of_the_plan_is_named_where_there_is_one(run: Run, amelie: User) -> None:
    place, target, _ = reachable(run)
    address = f"/clients/{place.client_id}/change/?segment={target.slug}"
    assert "va dans ce sens" not in body(signed_in(amelie).get(address))
    said = {"segment": place.segment, "pitch": "Dites oui.", "goal": "growth"}
    Play.objects.create(title="Refaire le site", service="website", **said)
    Play.objects.create(title="Publier chaque semaine", service="social", **said)
    assert Playbook.of(run).plays
    html = body(signed_in(amelie).get(address))
    assert "va dans ce sens" in html
    assert "Publier chaque semaine" in html
    assert "Refaire le site" not in html


def test_what_no_rise_in_followers_reaches_is_out_of_reach(run: Run, amelie: User) -> None:
    for place in places(run):
        for target in others(place):
            if change_towards(place, run, target) is None:
                html = body(signed_in(amelie).get(f"/clients/{place.client_id}/change/?segment={target.slug}"))
                assert "Hors d’atteinte" in html
                return
    raise AssertionError("everything is reachable")


@pytest.mark.parametrize("segment", ["", "nulle-part", "a%00b"])
def test_an_unknown_segment_is_no_target(run: Run, amelie: User, segment: str) -> None:
    place = places(run)[0]
    address = f"/clients/{place.client_id}/change/?segment={segment}"
    assert signed_in(amelie).get(address).status_code == 404


def test_somebody_elses_client_is_not_explained(run: Run, karim: User) -> None:
    place = places(run)[0]
    other = elsewhere(place)
    assert signed_in(karim).get(f"/clients/{place.client_id}/change/?segment={other.slug}").status_code == 404


# --- History ---------------------------------------------------------------------------------------------------------


def test_the_first_run_has_no_history_yet(run: Run, amelie: User, anais: User) -> None:
    said = "Un seul calcul est publié&nbsp;: aucun changement de segment à raconter."
    assert said in page(amelie, places(run)[0].client)
    place_all(a_run("held"))
    assert said in page(anais, places(run)[0].client)


def test_stays_in_the_same_segment_are_one(run: Run, amelie: User) -> None:
    published()
    third = published()
    client = places(run)[0].client
    assert [stay.run for stay in past(client).stays] == [run.pk]
    told = page(amelie, client)
    assert "Il n’a pas changé de segment" in told
    assert told.count("Segment : «") == 1, "told once"
    other = elsewhere(places(run)[0])
    Assignment.objects.filter(run=third, client=client).update(segment=other)
    found = past(client)
    assert [(stay.segment, stay.run) for stay in found.stays] == [
        (other, third.pk),
        (places(run)[0].segment, run.pk),
    ]
    assert found.runs == 3
    assert other.name in page(amelie, client)


def test_a_client_that_no_published_run_placed_has_none(run: Run, amelie: User) -> None:
    published()
    late = a_client("Tard venu", "amelie", client_since=timezone.localdate())
    assert past(late).stays == []
    assert "Aucun calcul publié" in page(amelie, late)
