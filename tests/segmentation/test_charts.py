"""Charts as data: true figures, gaps for what is unknown, words for those who do not see the drawing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from clients.models import Followers, Turnover
from segmentation.models import Segment
from segmentation.web import charts
from segmentation.web.portrait import NumberLine, Portrait, ShareLine, WordTable
from segmentation.web.tallies import SegmentTally
from tests.contract import signed_in
from tests.published import a_client, published, some_clients


def tally(name: str, share: float | None, turnover_share: float | None) -> SegmentTally:
    return SegmentTally(Segment(name=name, colour=2), size=3, share=share, turnover_share=turnover_share)


def number(label: str, own: float | None, rest: float | None, unit: str = "count") -> NumberLine:
    return NumberLine(label, unit, own, rest, None, None, 10, own, rest, None)


def portrait(*, numbers: list[NumberLine], words: list[ShareLine] | None = None) -> Portrait:
    return Portrait(size=10, numbers=numbers, networks=[], words=[WordTable("Secteur", words or [], 0)])


def test_an_unknown_share_is_a_gap_and_is_said() -> None:
    chart = charts.sizes([tally("Discrets", 0.25, None), tally("En vue", 0.75, 1.0)])
    assert chart is not None
    assert [line["values"] for line in chart.data["series"]] == [[0.25, 0.75], [None, 1.0]]
    assert "Discrets\u00a0: 25\u00a0% des clients, inconnu du CA" in chart.summary


def test_nobody_placed_is_no_chart() -> None:
    assert charts.sizes([tally("Discrets", None, None)]) is None
    assert charts.sizes([]) is None


def test_a_profile_compares_with_the_rest_most_telling_first() -> None:
    lines = [
        number("Ancienneté", 5.0, 5.0, "years"),
        number("CA", 400.0, 100.0, "euros"),
        number("Abonnés", 10.0, 80.0),
    ]
    chart = charts.profile(portrait(numbers=lines), 1)
    assert chart is not None
    assert [(line["label"], line["value"], line["text"]) for line in chart.data["lines"]] == [
        ("Abonnés, médiane", -3.0, "÷\u202f8"),
        ("CA, médiane", 2.0, "×\u202f4"),
        ("Ancienneté, médiane", 0.0, "pareil"),
    ]
    assert chart.rows == 3


@pytest.mark.parametrize(("own", "rest"), [(None, 5.0), (5.0, None), (0.0, 5.0), (5.0, 0.0), (-3.0, 5.0)])
def test_what_has_no_ratio_is_in_the_table_and_not_drawn(own: float | None, rest: float | None) -> None:
    chart = charts.profile(portrait(numbers=[number("CA", own, rest), number("Abonnés", 2.0, 1.0)]), 1)
    assert chart is not None
    assert [line["label"] for line in chart.data["lines"]] == ["Abonnés, médiane"]
    assert chart.table[1][0] == "CA, médiane"
    assert chart.table[1][3] == "sans rapport"
    assert ("inconnu" in chart.table[1]) == (own is None or rest is None)


def test_words_that_are_rare_on_both_sides_are_left_out() -> None:
    words = [ShareLine("Restauration", 90, 0.9, 0.1), ShareLine("Immobilier", 1, 0.04, 0.01)]
    chart = charts.profile(portrait(numbers=[], words=words), 0)
    assert chart is not None
    assert [row[0] for row in chart.table] == ["Restauration (secteur)"]


def test_measures_mark_the_number_kept_and_keep_gaps() -> None:
    scores = {
        "2": {"inertia": 900.0, "silhouette": 0.3, "null_silhouette": 0.1},
        "10": {"inertia": 500.0, "silhouette": None, "null_silhouette": 0.1},
        "4": {"inertia": 700.0, "silhouette": 0.25},
    }
    elbow, silhouette = charts.elbow(scores, 4), charts.silhouettes(scores, 4)
    assert elbow is not None
    assert silhouette is not None
    assert elbow.data["x"] == [2, 4, 10]
    assert [line["name"] for line in elbow.data["series"]] == ["Inertie"]
    assert silhouette.data["series"][0]["values"] == [0.3, 0.25, None]
    assert silhouette.data["series"][1]["values"] == [0.1, None, 0.1]
    assert silhouette.data["chosen"] == 4
    assert "Nombre retenu\u00a0: 4" in silhouette.summary


@pytest.mark.parametrize("scores", [{}, None, [], {"3": {"inertia": 1.0}}, {"2": {}, "3": {}}])
def test_without_measures_there_is_no_chart(scores: object) -> None:
    assert charts.elbow(scores, 3) is None


def test_a_year_without_an_amount_is_a_gap() -> None:
    years = [Turnover(year=2025, amount=Decimal("-120.50")), Turnover(year=2022, amount=Decimal(0))]
    chart = charts.turnover(years)
    assert chart is not None
    assert chart.data == {"names": ["2022", "2023", "2024", "2025"], "values": [0.0, None, None, -120.5]}
    assert "2023\u00a0: inconnu" in chart.summary
    assert charts.turnover(years[:1]) is None


def test_followers_draw_networks_that_were_read_twice() -> None:
    def reading(platform: str, day: int, count: int | None) -> Followers:
        return Followers(platform=platform, count=count, measured_on=date(2026, 1, day))

    chart = charts.followers([
        reading("instagram", 20, 80), reading("instagram", 1, 50), reading("instagram", 9, None),
        reading("facebook", 1, 5), reading("tiktok", 1, 0), reading("tiktok", 2, None),
    ])  # fmt: skip
    assert chart is not None
    (panel,) = chart.data["panels"]
    assert panel == {"name": "Instagram", "points": [["2026-01-01", 50], ["2026-01-09", None], ["2026-01-20", 80]]}
    assert chart.table[1] == ("Instagram", "09/01/2026", "inconnu")
    assert charts.followers([reading("facebook", 1, 5)]) is None


@pytest.mark.django_db
def test_a_hostile_name_stays_data(helene: User) -> None:
    some_clients(20)
    published()
    Segment.objects.update(name="</script><svg onload=alert(1)>")
    client = a_client("</script><img src=x>")
    for path in ("/", f"/segments/{Segment.objects.all()[0].slug}/", f"/clients/{client.pk}/", "/map/", "/explorer/"):
        html = signed_in(helene).get(path).content.decode()
        assert "<svg onload" not in html
        assert "<img src=x" not in html


@pytest.mark.django_db
def test_each_page_has_its_charts_with_words(helene: User) -> None:
    clients = some_clients(40)
    run = published()
    slug = run.profiles.select_related("segment")[0].segment.slug
    for path, keys in (
        ("/", ["sizes"]), (f"/segments/{slug}/", ["profile"]), (f"/runs/{run.pk}/", ["elbow", "silhouette"]),
        (f"/clients/{clients[1].pk}/", ["turnover"]),
    ):  # fmt: skip
        html = signed_in(helene).get(path).content.decode()
        for key in keys:
            assert f'data-source="chart-{key}"' in html, path
            assert f'<script id="chart-{key}" type="application/json">' in html, path
            assert f'id="chart-{key}-says"' in html, path
