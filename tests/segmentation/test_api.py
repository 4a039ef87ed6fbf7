"""The API of segments, runs and score: figures for those who may read them, placements with their doubts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.api.score import Audience
from segmentation.models import Assignment, Profile, Run, Segment
from segmentation.runs.frames import PLATFORMS
from tests.contract import check, every_page, refused, signed_in
from tests.published import a_client, a_run, place_all, published, some_clients

CLIENTS, SEGMENTS, RUNS, SCORE = "/api/v1/clients/", "/api/v1/segments/", "/api/v1/runs/", "/api/v1/score/"
EVERYBODY = ("amelie", "helene", "anais", "adele")


# --- Clients with their segment --------------------------------------------------------------------------------------


def test_a_client_comes_with_its_segment_standing_and_margin(helene: User) -> None:
    some_clients(12)
    published()
    for row in every_page(signed_in(helene), CLIENTS):
        place = Assignment.objects.select_related("segment").get(client=row["id"])
        assert row["segment"] == (place.segment.slug if place.segment else None)
        assert row["segment_name"] == (place.segment.name if place.segment else None)
        assert (row["standing"], row["margin"]) == (place.standing, place.margin)


def test_one_client_says_how_sure_its_place_is(helene: User) -> None:
    some_clients(12)
    run = published()
    place = Assignment.objects.exclude(possible=[]).exclude(unknown=[]).select_related("second")[0]
    body = signed_in(helene).get(f"{CLIENTS}{place.client_id}/").json()["place"]
    assert body["run"] == run.pk
    assert [segment["slug"] for segment in body["possible"]] == sorted(place.possible)
    assert (body["missing"], body["distance"]) == (place.unknown, place.distance)
    assert place.second is not None
    assert body["second"] == {"slug": place.second.slug, "name": place.second.name}


def test_before_the_first_publication_everything_of_segments_is_null(amelie: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    browser = signed_in(amelie)
    (row,) = every_page(browser, CLIENTS)
    assert (row["segment"], row["standing"], row["margin"]) == (None, None, None)
    assert browser.get(f"{CLIENTS}{client.pk}/").json()["place"] is None
    assert every_page(browser, SEGMENTS) == every_page(browser, RUNS) == []


def test_a_client_added_after_the_run_has_no_segment_yet(helene: User) -> None:
    some_clients(5)
    published()
    late = a_client("Dernier venu")
    rows = {row["id"]: row for row in every_page(signed_in(helene), CLIENTS)}
    assert rows[late.pk]["standing"] is None


@pytest.mark.parametrize("person", EVERYBODY)
def test_a_held_draft_shows_only_to_those_who_may_see_drafts(person: str, cast: dict[str, User]) -> None:
    some_clients(6, "amelie")
    draft = a_run("held")
    place_all(draft)
    browser = signed_in(cast[person])
    sees = person in ("anais", "adele")
    assert any(row["standing"] for row in every_page(browser, CLIENTS)) is sees
    assert bool(every_page(browser, SEGMENTS)) is sees
    assert [row["id"] for row in every_page(browser, RUNS)] == ([draft.pk] if sees else [])
    assert browser.get(f"{RUNS}{draft.pk}/").status_code == (200 if sees else 404)
    assert browser.get(f"{SEGMENTS}segment-0/").status_code == (200 if sees else 404)


def test_filtering_by_segment_gives_its_clients_and_aucun_those_without(helene: User) -> None:
    some_clients(30)
    published()
    browser = signed_in(helene)
    total = 0
    for slug in [*Segment.objects.values_list("slug", flat=True), "aucun"]:
        rows = every_page(browser, f"{CLIENTS}?segment={slug}")
        assert {row["segment"] for row in rows} <= {None if slug == "aucun" else slug}
        total += len(rows)
    assert total == 30


# --- Segments --------------------------------------------------------------------------------------------------------


def test_a_segments_size_counts_the_readers_own_clients(cast: dict[str, User]) -> None:
    some_clients(20, "amelie", "Sien")
    some_clients(20, "karim", "Autre")
    run = published()
    for person in ("amelie", "helene"):
        placed = Assignment.objects.filter(run=run, client__in=Client.objects.visible_to(cast[person]))
        rows = every_page(signed_in(cast[person]), SEGMENTS)
        assert {row["slug"]: row["size"] for row in rows} == {
            segment.slug: placed.filter(segment=segment).count() for segment in Segment.objects.all()
        }


def test_its_size_in_training_is_told_apart(amelie: User) -> None:
    some_clients(5, "amelie")
    run = published()
    sizes = {row["slug"]: row["size_in_training"] for row in every_page(signed_in(amelie), SEGMENTS)}
    assert sizes == dict(run.profiles.values_list("segment__slug", "size"))


@pytest.mark.parametrize("person", EVERYBODY)
def test_one_group_under_five_hides_the_figures_from_those_who_see_part_of_the_base(
    person: str, cast: dict[str, User]
) -> None:
    some_clients(6, "amelie")
    run = published()
    smallest = run.profiles.latest("pk")
    browser = signed_in(cast[person])
    for size in (5, 4):
        Profile.objects.filter(pk=smallest.pk).update(size=size)
        shown = size == 5 or person != "amelie"
        assert all((row["size_in_training"] is not None) is shown for row in every_page(browser, SEGMENTS))
        for slug in Segment.objects.values_list("slug", flat=True):
            assert (browser.get(f"{SEGMENTS}{slug}/").json()["profile"] is not None) is shown
        body = browser.get(f"{RUNS}{run.pk}/").json()
        assert [body[name] is not None for name in ("segments", "scores", "choice", "gates")] == [shown] * 4


def test_a_profile_names_no_word_that_fewer_than_five_clients_have(amelie: User, helene: User) -> None:
    run = published()
    profile = run.profiles.select_related("segment")[0]
    rare = {"word": "Volière", "count": 4, "share": 0.1, "rest_share": 0.0}
    profile.data["words"][0]["shares"].append(rare)
    profile.save()
    address = f"{SEGMENTS}{profile.segment.slug}/"
    assert "Volière" not in signed_in(amelie).get(address).content.decode()
    assert "Volière" in signed_in(helene).get(address).content.decode()


def test_a_profile_gives_the_rule_the_turnover_and_what_the_run_did_not_look_at(helene: User, amelie: User) -> None:
    run = published()
    profile = run.profiles.select_related("segment").order_by("pk")[0]
    shares = [
        {"word": "Creuse", "count": 12, "share": 0.6, "rest_share": 0.1},
        {"word": "Lozère", "count": 2, "share": 0.1, "rest_share": 0.1},
    ]
    profile.data["extra_words"] = [
        {"name": "department", "label": "Département", "known": 20, "unknown": 0, "shares": shares}
    ]
    profile.data["rule_says"] = "Peu d’abonnés."
    profile.save()
    path = "/api/v1/segments/{slug}/"
    for reader, words, hidden in ((helene, ["Creuse", "Lozère"], 0), (amelie, ["Creuse"], 1)):
        body = signed_in(reader).get(path.format(slug=profile.segment.slug)).json()
        check(body, path)
        found = body["profile"]
        assert found["rule"]["says"] == "Peu d’abonnés."
        assert found["rule"]["coverage"] == profile.data["rule"]["coverage"]
        assert found["rule"]["conditions"] == profile.data["rule"]["conditions"]
        money = next(line for line in profile.data["numbers"] if line["unit"] == "euros")
        assert found["turnover_share"] == money["of_total"]
        assert found["suggested_name"] == profile.data["suggested_name"]
        (column,) = found["extra_words"]
        assert ([share["word"] for share in column["shares"]], column["hidden"]) == (words, hidden)


def test_a_profile_gives_no_figure_that_fewer_than_five_members_stand_behind(amelie: User, helene: User) -> None:
    profile = published().profiles.select_related("segment").order_by("pk")[0]
    for line in profile.data["numbers"]:
        line["known"] = 4
    profile.data["totals"]["known"] = 4
    profile.data["rule"]["coverage"] = 4 / profile.size
    profile.save()
    address = f"{SEGMENTS}{profile.segment.slug}/"
    seen, hidden = (signed_in(reader).get(address).json()["profile"] for reader in (helene, amelie))
    names = ("numbers", "totals", "turnover_share", "rule")
    assert all(seen[name] for name in names)
    assert [hidden[name] for name in names] == [[], None, None, None]


def test_typical_clients_are_named_only_to_who_may_see_them(amelie: User, karim: User) -> None:
    mine, theirs = a_client("Boulangerie Dupont", "amelie"), a_client("Garage Petit", "karim")
    profile = published().profiles.select_related("segment")[0]
    profile.data["typical"] = profile.data["atypical"] = [theirs.pk, mine.pk]
    profile.save()
    body = signed_in(amelie).get(f"{SEGMENTS}{profile.segment.slug}/").json()
    assert body["typical"] == body["atypical"] == [{"id": mine.pk, "name": "Boulangerie Dupont"}]


def test_a_segment_that_the_run_does_not_have_is_not_found(helene: User) -> None:
    published()
    Segment.objects.create(slug="ancien", name="Ancien", colour=5)
    assert signed_in(helene).get(f"{SEGMENTS}ancien/").status_code == 404


def test_a_clusters_number_is_in_no_answer(helene: User) -> None:
    some_clients(4)
    run = published()
    browser = signed_in(helene)
    one = Client.objects.values_list("pk", flat=True)[0]
    for address in (CLIENTS, f"{CLIENTS}{one}/", SEGMENTS, f"{SEGMENTS}segment-0/", RUNS, f"{RUNS}{run.pk}/"):
        text = browser.get(address).content.decode()
        assert '"cluster"' not in text
        assert '"document"' not in text


# --- Runs ------------------------------------------------------------------------------------------------------------


def test_runs_come_latest_first_with_the_one_in_service_marked(amelie: User) -> None:
    first, second = published(), published()
    rows = every_page(signed_in(amelie), RUNS)
    assert [(row["id"], row["current"]) for row in rows] == [(second.pk, True), (first.pk, False)]


def test_failed_and_queued_runs_are_for_those_who_see_drafts(amelie: User, anais: User) -> None:
    failed, queued = a_run("failed", error="Interrompu."), a_run("queued")
    assert every_page(signed_in(amelie), RUNS) == []
    assert [row["id"] for row in every_page(signed_in(anais), RUNS)] == [queued.pk, failed.pk]
    assert signed_in(anais).get(f"{RUNS}{failed.pk}/").json()["error"] == "Interrompu."


def test_every_answer_is_what_the_schema_says(helene: User, anais: User) -> None:
    some_clients(8)
    run = published()
    held = a_run("held")
    for browser in (signed_in(helene), signed_in(anais)):
        check(browser.get(SEGMENTS).json(), SEGMENTS)
        for slug in Segment.objects.values_list("slug", flat=True):
            check(browser.get(f"{SEGMENTS}{slug}/").json(), f"{SEGMENTS}{{slug}}/")
        check(browser.get(RUNS).json(), RUNS)
        check(browser.get(f"{RUNS}{run.pk}/").json(), f"{RUNS}{{id}}/")
    check(signed_in(anais).get(f"{RUNS}{held.pk}/").json(), f"{RUNS}{{id}}/")


@pytest.mark.parametrize("address", [SEGMENTS, f"{SEGMENTS}segment-0/", RUNS, f"{CLIENTS}1/", "/api/v1/categories/"])
def test_parameters_that_mean_nothing_are_refused_everywhere(helene: User, address: str) -> None:
    published()
    response = signed_in(helene).get(f"{address}?sector=Restauration")
    assert response.status_code == 400
    assert refused(response)["detail"] == "« sector » n’est pas un filtre connu."


@pytest.mark.parametrize("address", [SEGMENTS, RUNS])
def test_a_list_costs_the_same_for_ten_clients_or_runs_and_for_many(helene: User, address: str) -> None:
    def cost() -> int:
        browser = signed_in(helene)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(address).status_code == 200
        return len(seen)

    some_clients(10)
    run = published()
    few = cost()
    some_clients(60)
    run.assignments.all().delete()
    place_all(run)
    for _ in range(5):
        a_run("published")
    assert cost() == few <= 13


# --- Score -----------------------------------------------------------------------------------------------------------

BAKERY: dict[str, Any] = {
    "category": "Boulangerie",
    "followers": {"facebook": 900, "instagram": 300, "linkedin": 0, "tiktok": 0, "youtube": 0},
    "turnover": "125000.50",
    "client_since": "2021-06-01",
}


def ask(user: User, business: Any) -> Any:
    return signed_in(user).post(SCORE, business, content_type="application/json")


def test_a_business_is_placed_where_the_same_client_is(amelie: User) -> None:
    client = a_client("Garage Petit", "amelie", at=2)
    run = published()
    place = Assignment.objects.get(run=run, client=client)
    body = ask(
        amelie,
        {
            "category": "Garage", "sector": client.sector, "followers": {"facebook": 300, "instagram": 28},
            "turnover": client.turnover, "client_since": client.client_since,
        },
    ).json()  # fmt: skip
    assert place.segment is not None
    assert body["segment"] == {"slug": place.segment.slug, "name": place.segment.name}
    assert (body["standing"], body["margin"]) == (place.standing, pytest.approx(place.margin))
    assert (body["missing"], body["run"]) == (place.unknown, run.pk)
    assert {segment["slug"] for segment in body["possible"]} == set(place.possible)


@pytest.mark.parametrize("person", EVERYBODY)
def test_every_role_may_ask_and_nothing_is_written(person: str, cast: dict[str, User]) -> None:
    published()
    before = Client.objects.count()
    response = ask(cast[person], BAKERY)
    assert response.status_code == 200
    check(response.json(), SCORE, method="post")
    assert Client.objects.count() == before


def test_knowing_nothing_is_not_classifiable(amelie: User) -> None:
    published()
    body = ask(amelie, {}).json()
    assert (body["segment"], body["standing"], body["margin"], body["possible"]) == (None, "not_classifiable", None, [])


def test_null_means_unknown_and_zero_means_zero(amelie: User) -> None:
    published()
    unknown = ask(amelie, BAKERY | {"followers": {"facebook": 900, "instagram": None}}).json()
    zero = ask(amelie, BAKERY | {"followers": {"facebook": 900, "instagram": 0}}).json()
    assert "followers_instagram" in unknown["missing"]
    assert "followers_instagram" not in zero["missing"]


def test_a_category_is_known_without_case_and_accents_and_brings_its_sector(amelie: User) -> None:
    a_client("Boulangerie Dupont", at=0)
    published()
    exact, loose = ask(amelie, BAKERY).json(), ask(amelie, BAKERY | {"category": " BOULANGÉRIE "}).json()
    assert exact == loose
    assert exact["notes"] == []


def test_a_category_nobody_has_is_placed_and_said(amelie: User) -> None:
    published()
    body = ask(amelie, BAKERY | {"category": "Volière", "sector": "Oisellerie"}).json()
    assert body["segment"]
    assert body["notes"] == [
        "Aucun client n’est de ce type d’entreprise : il est traité comme « autre ».",
        "Aucun client n’est de ce secteur : il est traité comme « autre ».",
    ]


def test_seniority_may_stand_for_the_date(amelie: User) -> None:
    published()
    dated = ask(amelie, BAKERY | {"client_since": "2021-11-23"}).json()
    years = ask(amelie, {**BAKERY, "client_since": None, "seniority_years": 5}).json()
    assert years["margin"] == pytest.approx(dated["margin"], abs=1e-3)


def test_without_a_published_run_it_says_so(amelie: User, anais: User) -> None:
    a_run("held")
    for user in (amelie, anais):
        response = ask(user, BAKERY)
        assert response.status_code == 409
        assert response.json()["detail"].startswith("Aucun calcul n’est publié")


def test_an_unreadable_model_is_said_and_is_no_crash(amelie: User) -> None:
    run = published()
    Run.objects.filter(pk=run.pk).update(document={"format": 99})
    assert ask(amelie, BAKERY).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "rouge"), ("segment", "segment-0"), ("is_staff", True), ("\ud800", 1), ("id", 1),
        ("turnover", "NaN"), ("turnover", "Infinity"), ("turnover", 1e308), ("turnover", -1e308), ("turnover", "1_000"),
        ("turnover", "١٢"), ("turnover", "douze"), ("turnover", True), ("turnover", [1]), ("turnover", "1e400"),
        ("turnover", 100_000_000_001), ("turnover", 1.234),
        ("followers", {"facebook": -1}), ("followers", {"facebook": 2**31}), ("followers", {"facebook": 10**400}),
        ("followers", {"facebook": "900"}), ("followers", {"facebook": 1.5}), ("followers", {"facebook": True}),
        ("followers", {"facebook": "NaN"}), ("followers", {"myspace": 3}), ("followers", {"\ud800": 3}),
        ("followers", [1, 2]), ("followers", "900"), ("followers", 900),
        ("client_since", "31/12/2024"), ("client_since", "2024-02-31"), ("client_since", 2024), ("client_since", "x"),
        ("seniority_years", 5), ("seniority_years", -1), ("seniority_years", 1e308), ("seniority_years", "NaN"),
        ("category", "\x00"), ("category", "\ud800"), ("category", "x" * 121), ("category", ["Boulangerie"]),
        ("sector", {"name": "x"}),
    ],
)  # fmt: skip
def test_a_field_it_does_not_know_or_a_value_it_cannot_use_is_refused(amelie: User, field: str, value: Any) -> None:
    published()
    response = ask(amelie, json.dumps(BAKERY | {field: value}))
    assert response.status_code == 400, response.content
    body = response.json()
    assert body["errors"]
    assert next(iter(body["errors"])).split(".")[0] in {field, "?"}
    check(body, SCORE, 400, method="post")


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b'"x"', b"3", b"null", b"\xff\xfe", b'{"turnover": NaN}', b'{"turnover": -Infinity}',
        b'{"turnover": 1e400}', b'{"category": 1e400}', b'{"seniority_years": -1e999}',
        b"[" * 40 + b"]" * 40, b'{"category": "\xe9"}', b"[" * 100_000, b'{"a":' * 5_000, b"9" * 5_000,
        b'{"turnover": ' + b"9" * 5_000 + b"}", b'\xef\xbb\xbf{"turnover": 1}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(amelie: User, body: bytes) -> None:
    published()
    response = ask(amelie, body)
    assert response.status_code == 400, response.content
    refused(response)


@pytest.mark.parametrize("size", [3_000_000, 50_000_000])
def test_a_body_of_megabytes_is_too_large(amelie: User, size: int) -> None:
    response = ask(amelie, b" " * size)
    assert response.status_code == 413
    assert response.json()["detail"] == "La demande est trop volumineuse."


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", ""])
def test_another_content_type_is_unsupported(amelie: User, kind: str) -> None:
    assert signed_in(amelie).generic("POST", SCORE, "{}", content_type=kind).status_code in {400, 415}


def test_a_session_needs_the_csrf_token(amelie: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(amelie)
    assert browser.post(SCORE, BAKERY, content_type="application/json").status_code == 403


def test_one_field_stands_for_each_platform() -> None:
    assert set(Audience().fields) == set(PLATFORMS)
