"""The quality of the data: every figure is the length of the list it leads to, of the reader's own clients."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.completeness import FACTS, known_facts, missing_of
from clients.facts import Reading
from clients.models import Client, FileImport, HeldService
from clients.recording import facts_changed, record
from segmentation.models import Assignment, QualitySnapshot, Run
from segmentation.ranges import FEWEST, believed, ranges
from segmentation.runs import watching
from segmentation.runs.watching import QualityWatch, note_quality, quality_of, take_snapshot
from segmentation.web.quality_trend import trend
from tests.contract import every_page
from tests.published import STAMP, a_client, a_run, facts, place_all, published, some_clients
from tests.reading import body, ids_on_page, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/quality/"
EVERYONE = ("amelie", "karim", "helene", "anais", "adele")


@pytest.fixture
def book(amelie: User, karim: User) -> Run:
    """Two portfolios with something of each kind, and a run over them."""
    some_clients(50, "amelie", "Chez A")
    some_clients(20, "karim", "Chez K")
    a_client("Nulle part", "amelie", city="", postal_code="", phone="0241000000")
    a_client("Loin", "karim", latitude=43.3, longitude=5.4)
    a_client("Futur", "amelie", client_since=timezone.localdate() + timedelta(days=3))
    seen = replace(
        facts("Vu demain", "karim"), readings={"tiktok": Reading(3, measured_on=timezone.localdate() + timedelta(2))}
    )
    old = replace(
        facts("Vieux relevé", "amelie"),
        readings={"tiktok": Reading(3, measured_on=date(2020, 1, 1))},
        turnover={2015: Decimal(9)},
    )
    debt = replace(facts("Avoirs", "amelie"), turnover={2025: Decimal(-5)})
    record([seen, old, debt], STAMP)
    HeldService.objects.create(
        client=a_client("Vendu", "karim"), service="seo", since=timezone.localdate() + timedelta(9)
    )
    run = published()
    inflate(run)
    return run


def inflate(run: Run) -> Client:
    """Give one client of the largest segment thousands of times its turnover."""
    known = Assignment.objects.filter(run=run, segment__isnull=False, client__turnover__gt=0)
    largest = known.values("segment").annotate(size=Count("pk")).order_by("-size")[0]["segment"]
    place = known.filter(segment=largest).order_by("-pk")[0]
    latest = place.client.turnovers.order_by("-year")[0]
    latest.amount = Decimal(9_000_000_000)
    latest.save()
    facts_changed(place.client)
    return place.client


def listed(user: User, url: str) -> int:
    """How many rows the list behind a figure has."""
    return int(signed_in(user).get(url).context["list"].page.paginator.count)


def figures(user: User) -> dict[str, int]:
    """Every figure of the page that is a link, by its address."""
    context = signed_in(user).get(PAGE).context
    quality = context["quality"]
    return {
        "/clients/": quality.clients,
        "/clients/?implausible=any": context["any_wrong"],
        "/places/?placed=false": quality.unplaced,
        "/places/?precision=postal_code&precision=department": quality.approximate,
        **{line.url: line.unknown for line in (*context["facts"], *context["networks"])},
        **{line.url: line.count for line in (*context["wrong"], *context["old"])},
    }


# --- Figures and lists -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", EVERYONE)
def test_every_figure_is_the_length_of_the_list_it_leads_to(book: Run, cast: dict[str, User], person: str) -> None:
    html = body(signed_in(cast[person]).get(PAGE))
    found = figures(cast[person])
    for url, count in found.items():
        assert listed(cast[person], url) == count, (person, url)
        assert f'href="{url.replace("&", "&amp;")}"' in html or not count, url
    assert sum(1 for count in found.values() if count) > len(found) / 2


def test_each_kind_finds_its_client(book: Run, helene: User) -> None:
    def found(query: str) -> set[str]:
        return {row["name"] for row in every_page(signed_in(helene), f"/api/v1/clients/?{query}")}

    assert found("implausible=negative") >= {"Avoirs"}
    assert found("implausible=future") == {"Futur", "Vu demain", "Vendu"}
    assert found("implausible=position") == {"Loin"}
    assert found("implausible=old_followers") == {"Vieux relevé"}
    assert found("implausible=old_turnover") == {"Vieux relevé"}
    assert len(found("implausible=far_turnover")) >= 1
    assert found("lacks=position") >= {"Nulle part"}
    assert "Nulle part" not in found("lacks=phone")
    assert found("lacks=figures") == found("lacks=turnover") & found("lacks=followers")
    anything = set().union(
        *(found(f"implausible={kind}") for kind in ("negative", "future", "position", "far_turnover", "far_followers"))
    )
    assert found("implausible=any") == anything


@pytest.mark.parametrize("query", ["implausible=nonsense", "lacks=name", "trained=maybe", "implausible=%00"])
def test_a_kind_that_does_not_exist_is_refused_everywhere(book: Run, helene: User, query: str) -> None:
    for path in ("/clients/", "/api/v1/clients/", "/map/", "/quality/clients/"):
        assert signed_in(helene).get(f"{path}?{query}").status_code == 400, path


def test_a_manager_counts_and_names_only_their_own_clients(book: Run, amelie: User, karim: User) -> None:
    his = body(signed_in(karim).get(PAGE))
    assert "Chez A" not in his
    assert "Chez A" not in body(signed_in(karim).get("/quality/clients/?page_size=200"))
    assert figures(amelie)["/clients/"] + figures(karim)["/clients/"] == Client.objects.count()


def test_the_overview_counts_the_same(book: Run, cast: dict[str, User]) -> None:
    for person in EVERYONE:
        response = signed_in(cast[person]).get("/")
        quality = response.context["quality"]
        assert (quality.unplaced, quality.wrong["any"]) == tuple(
            figures(cast[person])[url] for url in ("/places/?placed=false", "/clients/?implausible=any")
        )
        for url in ("/quality/", "/places/?placed=false", "/clients/?implausible=any"):
            assert f'href="{url}"' in body(response)


def test_it_works_before_the_first_run_and_without_a_client(amelie: User, helene: User) -> None:
    assert "Aucun client pour l’instant." in body(signed_in(amelie).get(PAGE))
    some_clients(3, "amelie")
    for user in (amelie, helene):
        assert signed_in(user).get(PAGE).context["quality"].clients == 3
        assert all(listed(user, url) == count for url, count in figures(user).items())


@pytest.mark.parametrize(
    "path", [PAGE, "/quality/clients/", "/clients/?implausible=any", "/clients/?lacks=followers_tiktok"]
)
def test_it_asks_the_database_as_much_for_10_clients_as_for_200(helene: User, path: str) -> None:
    costs = []
    for count in (10, 200):
        Client.objects.all().delete()
        some_clients(count, "amelie")
        published()
        browser = signed_in(helene)
        browser.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(path).status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 18, costs


# --- Client by client ------------------------------------------------------------------------------------------------


def test_the_database_and_a_client_agree_on_what_is_unknown(book: Run) -> None:
    for client in Client.objects.annotate(known=known_facts()):
        assert client.known == len(FACTS) - len(missing_of(client))  # type: ignore[attr-defined]


def test_the_least_known_clients_come_first_and_the_list_says_what_is_missing(book: Run, amelie: User) -> None:
    browser = signed_in(amelie)
    html = body(browser.get("/quality/clients/?page_size=200"))
    shares = [int(found) for found in re.findall(rf"(\d+)\u00a0/\u00a0{len(FACTS)}", html)]
    assert len(shares) == len(ids_on_page(html)) == Client.objects.visible_to(amelie).count()
    assert shares == sorted(shares) and shares[0] < shares[-1]
    assert "position sur la carte" in html
    turned = body(browser.get("/quality/clients/?page_size=200&ordering=-known"))
    assert [int(found) for found in re.findall(rf"(\d+)\u00a0/\u00a0{len(FACTS)}", turned)] == sorted(
        shares, reverse=True
    )


# --- Ranges ----------------------------------------------------------------------------------------------------------


def test_a_range_is_ten_times_around_the_median_of_figures_that_are_alike() -> None:
    low, high = believed([999.0] * 30)
    assert low == pytest.approx(99.0)
    assert high == pytest.approx(9999.0)


def test_a_range_is_as_wide_as_figures_spread_and_reaches_below_zero() -> None:
    low, high = believed([10.0**power for power in (1, 2, 3, 4, 5) for _ in range(6)])
    assert low < 1 and high > 10**7
    assert believed([0.5, -0.5, 0.0])[0] < 0 < believed([0.5, -0.5, 0.0])[1]


def test_one_wild_figure_does_not_widen_the_range_that_it_is_judged_by() -> None:
    assert believed([*[1000.0] * 40, 1e12]) == believed([1000.0] * 41)


def test_a_segment_of_few_known_figures_judges_nobody(amelie: User, helene: User) -> None:
    some_clients(FEWEST // 2, "amelie")
    run = published()
    inflate(run)
    assert not any(ranges(run).values())
    assert listed(helene, "/clients/?implausible=far_turnover") == 0


def test_zero_is_a_fact_and_no_typing_error(book: Run, helene: User) -> None:
    silent = Assignment.objects.filter(run=book, segment__isnull=False, client__followers__gt=0)[0].client
    silent.readings.update(count=0)
    facts_changed(silent)
    found = {row["id"] for row in every_page(signed_in(helene), "/api/v1/clients/?implausible=far_followers")}
    assert silent.pk not in found


# --- Over time -------------------------------------------------------------------------------------------------------


def test_a_day_keeps_one_snapshot_its_latest(book: Run) -> None:
    first = take_snapshot()
    a_client("Nouveau", city="", postal_code="")
    second = take_snapshot()
    assert QualitySnapshot.objects.get() == second
    assert (second.pk, second.clients, second.unplaced) == (first.pk, first.clients + 1, first.unplaced + 1)
    counted = quality_of(Client.objects.present(), book)
    assert second.implausible == counted.wrong["any"]
    assert second.completeness == pytest.approx(counted.completeness)


def test_the_worker_takes_each_day_once(book: Run) -> None:
    watch, now = QualityWatch(), timezone.now()
    assert watch.tend(now)
    assert not watch.tend(now + timedelta(seconds=5))
    assert not QualityWatch().tend(now), "another worker finds the day taken"


def test_a_snapshot_that_cannot_be_written_fails_nobody(book: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(watching, "take_snapshot", refuse)
    note_quality()
    assert Client.objects.exists()


def test_an_import_at_the_terminal_and_a_run_bring_the_day_up_to_date(tmp_path: Any) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("Identifiant;Nom;Ville\nc1;Boulangerie;Angers\n", encoding="utf-8")
    call_command("import_clients", str(file), "--commit", "--json")
    assert QualitySnapshot.objects.get().clients == 1
    QualitySnapshot.objects.all().delete()
    call_command("import_clients", str(file), "--json")
    assert not QualitySnapshot.objects.exists(), "a rehearsal keeps nothing"


def a_day(ago: int, **counts: Any) -> QualitySnapshot:
    at = timezone.now() - timedelta(days=ago)
    said = {"clients": 10, "completeness": 0.5, "unplaced": ago, "approximate": 0, "implausible": 1} | counts
    return QualitySnapshot.objects.create(day=timezone.localdate(at), at=at, **said)


def test_the_trend_is_for_who_sees_every_client(book: Run, cast: dict[str, User]) -> None:
    a_day(1)
    a_day(0)
    for person in EVERYONE:
        response = signed_in(cast[person]).get(PAGE)
        sees = person not in ("amelie", "karim")
        assert bool(response.context.get("trend")) == sees
        assert ("Au fil du temps" in body(response)) == sees


def test_without_two_days_there_is_no_history_yet(book: Run, helene: User) -> None:
    assert "Aucun relevé pour l’instant" in body(signed_in(helene).get(PAGE))
    a_day(0)
    assert "pas encore d’historique" in body(signed_in(helene).get(PAGE))


def test_the_trend_draws_every_day_and_says_its_figures() -> None:
    chart = trend([a_day(2, completeness=None), a_day(1, completeness=0.505), a_day(0)])
    assert chart is not None
    completeness, unplaced, _ = chart.data["panels"]
    assert [value for _, value in completeness["points"]] == [None, 50.5, 50.0]
    assert [value for _, value in unplaced["points"]] == [2, 1, 0]
    assert [row[1] for row in chart.table] == ["50", "50,5", "inconnu"]
    assert trend([]) is None


# --- Imports ---------------------------------------------------------------------------------------------------------


def test_the_latest_imports_are_shown_to_who_may_open_them(book: Run, cast: dict[str, User]) -> None:
    said = {"sha256": "0" * 64, "size": 1, "sent_at": timezone.now(), "by": cast["adele"]}
    FileImport.objects.create(file_name="fait.csv", state="done", done_at=timezone.now(), done_by=cast["adele"], **said)
    FileImport.objects.create(file_name="attend.csv", state="ready", **said)
    response = signed_in(cast["adele"]).get(PAGE)
    assert [item.file_name for item in response.context["imports"]] == ["fait.csv"]
    # Files to decide; doubles, not looked for yet; conflicts.
    assert [item.count for item in response.context["counters"]] == [1, None, 0]
    for person in ("amelie", "helene", "anais"):
        html = body(signed_in(cast[person]).get(PAGE))
        assert "fait.csv" not in html and "/imports/" not in html


# --- Who was left out of a run ---------------------------------------------------------------------------------------


def test_the_page_of_a_run_says_whom_it_left_out_and_why(amelie: User, helene: User, anais: User) -> None:
    some_clients(12, "amelie")
    run = a_run(left_out={"inactive": 3, "prospect": 2, "nothing_known": 1})
    place_all(run)
    response = signed_in(anais).get(f"/runs/{run.pk}/")
    found = {urlsplit(item.url).query: item.count for item in response.context["left_out"]}
    assert found == {"status=inactive": 3, "status=prospect": 2, "status=active&lacks=figures": 1}
    for query in found:
        assert f'href="/clients/?{query.replace("&", "&amp;")}"' in body(response)
        assert signed_in(helene).get(f"/clients/?{query}").status_code == 200
    earlier = a_run(left_out=None)
    assert "Ce calcul date d’avant ce décompte." in body(signed_in(anais).get(f"/runs/{earlier.pk}/"))


def test_who_served_the_run_and_who_did_not_are_all_that_it_placed(book: Run, helene: User) -> None:
    Assignment.objects.filter(run=book, client__status="active").update(fitted=True)
    served, others = (listed(helene, f"/clients/?trained={value}") for value in ("true", "false"))
    assert served == Client.objects.filter(status="active").count()
    assert served + others == Assignment.objects.filter(run=book).count()
