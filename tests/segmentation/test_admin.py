"""The Django admin of segments and runs: people name segments, nobody rewrites what a run found."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segmentation.admin import COLOUR_NAMES
from segmentation.models import COLOURS, Profile, Publication, Run, Segment
from tests.contract import signed_in
from tests.published import a_run, published, some_clients


@pytest.fixture
def segment(db: None) -> Segment:
    published()
    return Segment.objects.get(slug="segment-0")


def test_naming_a_segment_makes_its_name_a_persons(adele: User, segment: Segment) -> None:
    address = f"/admin/segmentation/segment/{segment.pk}/change/"
    sent = {"name": "  Les  fidèles ", "description": "À choyer.", "colour": "5"}
    sent |= {"slug": "autre", "name_is_suggested": "on"}  # a person does not decide these
    assert signed_in(adele).post(address, sent).status_code == 302
    segment.refresh_from_db()
    assert (segment.name, segment.description, segment.colour) == ("Les fidèles", "À choyer.", 5)
    assert (segment.slug, segment.name_is_suggested) == ("segment-0", False)
    assert segment.history.latest().history_user == adele


def test_describing_a_segment_leaves_its_name_to_the_next_run(adele: User, segment: Segment) -> None:
    address = f"/admin/segmentation/segment/{segment.pk}/change/"
    signed_in(adele).post(address, {"name": segment.name, "description": "À choyer.", "colour": "0"})
    segment.refresh_from_db()
    assert (segment.description, segment.name_is_suggested) == ("À choyer.", True)


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("colour", "8"), ("colour", "-1"), ("colour", "x")])
def test_a_segment_without_name_or_colour_is_refused(adele: User, segment: Segment, field: str, value: str) -> None:
    address = f"/admin/segmentation/segment/{segment.pk}/change/"
    response = signed_in(adele).post(address, {"name": "Nom", "colour": "1", field: value})
    assert response.status_code == 200
    assert response.context["errors"]
    segment.refresh_from_db()
    assert segment.name != "Nom"


@pytest.mark.parametrize("model", [Run, Publication, Profile])
def test_what_a_run_found_cannot_be_edited_nor_deleted(adele: User, segment: Segment, model: type) -> None:
    kind = model.__name__.lower()
    row = model.objects.latest("pk")  # type: ignore[attr-defined]
    browser = signed_in(adele)
    before = model.objects.values().get(pk=row.pk)  # type: ignore[attr-defined]
    for view in ("change", "delete"):
        assert browser.post(f"/admin/segmentation/{kind}/{row.pk}/{view}/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    browser.post(f"/admin/segmentation/{kind}/", bulk)
    assert browser.post(f"/admin/segmentation/{kind}/add/", {}).status_code == 403
    assert model.objects.values().get(pk=row.pk) == before  # type: ignore[attr-defined]


def test_a_run_shows_its_checks_and_measures_in_words(adele: User, segment: Segment) -> None:
    run = Run.objects.latest("pk")
    page = signed_in(adele).get(f"/admin/segmentation/run/{run.pk}/change/").content.decode()
    for gate in run.verdict["gates"]:
        assert gate["name"] in page or gate["says"][:20] in page
    assert "silhouette" in page
    assert "centres" not in page


@pytest.mark.parametrize("state", ["queued", "failed", "held"])
def test_a_run_in_any_state_has_a_page(adele: User, state: str) -> None:
    run = a_run(state, verdict={}, scores={}, choice={}, document=None, k=None)
    assert signed_in(adele).get(f"/admin/segmentation/run/{run.pk}/change/").status_code == 200
    assert signed_in(adele).get("/admin/segmentation/run/").status_code == 200


@pytest.mark.parametrize("kind", ["run", "publication", "segment", "profile"])
def test_a_list_costs_the_same_for_few_rows_and_many(adele: User, kind: str) -> None:
    def cost() -> int:
        browser = signed_in(adele)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(f"/admin/segmentation/{kind}/").status_code == 200
        return len(seen)

    some_clients(3)
    published()
    few = cost()
    for _ in range(6):
        a_run()
    assert cost() == few <= 20


def test_every_colour_of_the_palette_has_a_name() -> None:
    assert len(COLOUR_NAMES) == COLOURS
