"""Publishing from a run's page, and the page that says who moved from one run to another."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.models import Assignment, Profile, Publication, Run, Segment
from segmentation.runs.movements import between, withdrawn_since
from segmentation.web.flows import Flows, flows, sankey
from tests.contract import signed_in
from tests.published import NOW, a_client, a_run, place_all, published, some_clients
from tests.reading import body


def two_runs() -> tuple[Run, Run]:
    """A published run; then a few clients move, one comes, one leaves, and a second run is published."""
    before = published()
    moving = list(Assignment.objects.filter(run=before, segment__isnull=False).order_by("pk")[:3])
    leaver = Assignment.objects.filter(run=before).exclude(pk__in=[place.pk for place in moving]).latest("pk").client
    a_client("Tard venu", "amelie", at=3)
    after = published()
    for place in moving:
        other = elsewhere(place)
        Assignment.objects.filter(run=after, client=place.client_id).update(segment=other)
    Assignment.objects.filter(run=after, client=leaver).delete()
    return before, after


def elsewhere(place: Assignment) -> Segment:
    """A segment that the place is not in."""
    return next(segment for segment in Segment.objects.order_by("pk") if segment.pk != place.segment_id)


def page(user: User, run: Run, query: str = "") -> str:
    return re.sub(r"\s+", " ", body(signed_in(user).get(f"/runs/{run.pk}/movements/{query}")))


# --- Publishing ------------------------------------------------------------------------------------------------------


def test_a_trained_run_is_published_with_one_click(anais: User) -> None:
    published()
    run = a_run("trained")
    assert 'name="reason"' not in body(signed_in(anais).get(f"/runs/{run.pk}/"))
    response = signed_in(anais).post(f"/runs/{run.pk}/publish/", follow=True)
    assert response.redirect_chain == [(f"/runs/{run.pk}/", 302)]
    assert "tout le monde le voit maintenant" in body(response)
    assert Run.objects.current() == run
    assert Publication.objects.latest("pk").by == anais


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\0b"])
def test_a_held_run_is_not_published_without_a_reason_one_can_read(anais: User, reason: str) -> None:
    current = published()
    held = a_run("held")
    response = signed_in(anais).post(f"/runs/{held.pk}/publish/", {"reason": reason}, follow=True)
    assert "Rien n’a été publié" in body(response)
    assert Run.objects.current() == current
    assert Publication.objects.count() == 1


def test_a_held_run_is_published_with_its_reason_in_the_log(anais: User) -> None:
    published()
    held = a_run("held")
    assert "Pourquoi le publier" in body(signed_in(anais).get(f"/runs/{held.pk}/"))
    html = body(signed_in(anais).post(f"/runs/{held.pk}/publish/", {"reason": "Vu avec Hélène"}, follow=True))
    assert Run.objects.current() == held
    assert "«&nbsp;Vu avec Hélène&nbsp;»" in html
    assert "par Anais" in html


def test_going_back_asks_for_a_reason_and_is_logged(anais: User) -> None:
    first, second = published(), published()
    html = body(signed_in(anais).get(f"/runs/{first.pk}/"))
    assert "Revenir à ce calcul" in html
    assert "Revenir à ce calcul" not in body(signed_in(anais).get(f"/runs/{second.pk}/"))
    signed_in(anais).post(f"/runs/{first.pk}/publish/", {"reason": ""})
    assert Run.objects.current() == second
    signed_in(anais).post(f"/runs/{first.pk}/publish/", {"reason": "Trop de changements"})
    assert Run.objects.current() == first
    assert Publication.objects.count() == 3


@pytest.mark.parametrize("state", ["failed", "training", "queued"])
def test_a_run_without_segments_cannot_be_published(anais: User, state: str) -> None:
    run = a_run(state)
    assert "Publier ce calcul" not in body(signed_in(anais).get(f"/runs/{run.pk}/"))
    signed_in(anais).post(f"/runs/{run.pk}/publish/", {"reason": "Essai"})
    assert Run.objects.current() is None


def test_who_may_not_publish_sees_no_button_and_is_refused(helene: User, amelie: User) -> None:
    first, second = published(), published()
    for reader in (helene, amelie):
        browser = signed_in(reader)
        assert "Revenir à ce calcul" not in body(browser.get(f"/runs/{first.pk}/"))
        assert browser.post(f"/runs/{first.pk}/publish/", {"reason": "Moi"}).status_code == 403
    assert Run.objects.current() == second


# --- Movements -------------------------------------------------------------------------------------------------------


def matrix(before: Run, after: Run) -> Flows:
    return flows(between(before, after), list(Segment.objects.in_run(before)), list(Segment.objects.in_run(after)))


def sizes(run: Run) -> Counter[str | None]:
    return Counter(Assignment.objects.filter(run=run).values_list("segment__slug", flat=True))


def test_rows_and_columns_total_the_sizes_of_the_runs(db: None) -> None:
    some_clients(40)
    before, after = two_runs()
    found = matrix(before, after)
    assert {line.side.slug: line.total for line in found.lines if line.total} == sizes(before)
    totals = zip(found.columns, found.totals, strict=True)
    assert {column.slug: total for column, total in totals if total} == sizes(after)
    assert (found.moved, found.newcomers, found.leavers) == (3, 1, 1)
    assert found.stayed == 40 - 3 - 1


def test_who_stayed_stands_on_the_diagonal_and_what_is_new_comes_last(db: None) -> None:
    some_clients(12)
    before, after = two_runs()
    new = Segment.objects.create(slug="nouveau", name="Tout neuf", colour=6)
    Profile.objects.create(run=after, segment=new, cluster=9, size=500)
    turned = [new, *reversed([segment for segment in Segment.objects.in_run(after) if segment != new])]
    found = flows(between(before, after), list(Segment.objects.in_run(before)), turned)
    shared = [line.side.slug for line in found.lines if line.side.segment]
    assert [column.slug for column in found.columns if column.segment] == [*shared, "nouveau"]


def test_entries_and_exits_lead_from_the_size_before_to_the_size_after(db: None) -> None:
    some_clients(40)
    before, after = two_runs()
    for change in matrix(before, after).changes:
        assert (change.before or 0) + change.came - change.went == (change.after or 0)


def test_a_segment_that_only_one_run_has_is_absent_from_the_other(db: None) -> None:
    some_clients(12)
    before, after = two_runs()
    new = Segment.objects.create(slug="nouveau", name="Tout neuf", colour=6)
    Profile.objects.create(run=after, segment=new, cluster=9, size=5)
    changes = {change.side.name: change for change in matrix(before, after).changes}
    assert (changes["Tout neuf"].before, changes["Tout neuf"].after) == (None, 0)


def test_the_drawing_holds_every_client_once(db: None) -> None:
    some_clients(40)
    before, after = two_runs()
    chart = sankey(matrix(before, after), "avant", "après")
    assert chart is not None
    assert sum(link["value"] for link in chart.data["links"]) == 41
    names = [node["name"] for node in chart.data["nodes"]]
    assert len(names) == len(set(names))
    assert {link[end] for link in chart.data["links"] for end in ("source", "target")} == set(names)


def test_nothing_is_drawn_where_nobody_moved(db: None, anais: User) -> None:
    some_clients(12)
    before, after = published(), published()
    assert sankey(matrix(before, after), "avant", "après") is None
    assert "personne n’a changé de segment" in page(anais, after)


def test_the_page_compares_with_the_run_published_before(anais: User) -> None:
    some_clients(20)
    first, second = two_runs()
    held = a_run("held")
    place_all(held)
    assert f"calcul n°&nbsp;{first.pk}</a>" in page(anais, second)
    assert f"calcul n°&nbsp;{second.pk}</a>" in page(anais, held)
    assert f"calcul n°&nbsp;{first.pk}</a>" in page(anais, held, f"?from={first.pk}")
    assert "rien à comparer" in page(anais, first)


def test_a_mover_is_listed_with_its_cause(helene: User) -> None:
    some_clients(20)
    _, after = two_runs()
    html = page(helene, after)
    assert html.count('data-label="Cause"') == 3
    assert "Restés" in html


def test_a_manager_reads_of_their_own_clients_only(amelie: User, karim: User, helene: User) -> None:
    some_clients(10, "amelie", "Amie")
    some_clients(20, "karim", "Voisin")
    before = published()
    after = published()
    moved = Assignment.objects.filter(run=after, segment__isnull=False, client__name__startswith="Voisin")[:2]
    for place in moved:
        other = elsewhere(place)
        Assignment.objects.filter(pk=place.pk).update(segment=other)
    html = page(amelie, after)
    assert "parmi vos clients" in html
    assert "Voisin" not in html
    assert "Aucun de vos clients n’a changé" in html
    assert page(karim, after).count('data-label="Cause"') == 2
    assert "parmi vos clients" not in page(helene, after)
    assert f'<span class="tile-figure">{10}</span>' in html
    assert before.pk != after.pk


@pytest.mark.parametrize("query", ["?from=x", "?from=0", "?from=99999999999999999999", "?from=", "?from=٣"])
def test_a_run_that_does_not_exist_is_not_compared_with(anais: User, query: str) -> None:
    published()
    run = published()
    assert signed_in(anais).get(f"/runs/{run.pk}/movements/{query}").status_code == 404


def test_what_was_never_published_stays_hidden_from_other_readers(helene: User) -> None:
    run = published()
    held = a_run("held")
    browser = signed_in(helene)
    assert browser.get(f"/runs/{held.pk}/movements/").status_code == 404
    assert browser.get(f"/runs/{run.pk}/movements/?from={held.pk}").status_code == 404
    assert str(held) not in page(helene, run)


def test_clients_withdrawn_since_are_said_to_be_counted_and_not_listed(helene: User, amelie: User) -> None:
    some_clients(30, "amelie")
    before, after = two_runs()
    assert "retirés de la source" not in page(helene, after)
    moves = between(before, after).moves
    stayed = Assignment.objects.filter(run=after).exclude(client__in=[move.client for move in moves])
    stayed = stayed.exclude(client__name="Tard venu")
    old, new = (set(Assignment.objects.filter(run=run).values_list("client", flat=True)) for run in (before, after))
    gone = [moves[0].client, moves[1].client, stayed.order_by("pk")[0].client_id, *(old - new), *(new - old)]
    Client.objects.filter(pk__in=gone).update(withdrawn_at=NOW)
    found = withdrawn_since(before, after)
    assert (found.total, found.stayed, found.moved, found.entered, found.left) == (5, 1, 2, 1, 1)
    assert dict(found.moves) == Counter((move.source, move.target) for move in moves[:2])
    html = page(helene, after)
    assert "5 clients retirés de la source depuis." in html
    assert "1 resté dans leur segment, 2 déplacés, 1 parti avant le second calcul, 1 nouveau au second calcul." in html
    # The totals still are the runs' sizes; the list has one mover fewer for each that left.
    assert {line.side.slug: line.total for line in matrix(before, after).lines if line.total} == sizes(before)
    assert html.count('data-label="Cause"') == 1
    # A manager counts and lists the same clients: those who are still theirs.
    assert "retirés de la source" not in page(amelie, after)
    assert '<span class="tile-figure">1</span><span class="tile-label">déplacé</span>' in page(amelie, after)


def test_an_unreadable_model_is_said(anais: User) -> None:
    some_clients(20)
    before, after = two_runs()
    Run.objects.filter(pk=before.pk).update(document={"version": 99})
    assert "Comparaison impossible" in page(anais, after)


def test_it_costs_the_same_for_10_clients_as_for_200(helene: User) -> None:
    costs = []
    for count in (10, 200):
        Assignment.objects.all().delete()
        Publication.objects.all().delete()
        some_clients(count, prefix=f"Lot {count}")
        _, after = two_runs()
        browser = signed_in(helene)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"/runs/{after.pk}/movements/").status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 21, costs
