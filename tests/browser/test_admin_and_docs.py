"""The Django admin and the API's documentation in a real browser, under the strict policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from clients.models import Category, Client
from segmentation.models import Profile, Run, Segment
from segmentation.runs.recipes import settled
from tests.browser.conftest import NARROW, Visit
from tests.published import published, some_clients


@pytest.fixture
def addresses(transactional_db: None) -> list[str]:
    """Pages of the admin, one of each kind."""
    client = some_clients(12)[2]
    run = published()
    segment = Segment.objects.latest("pk")
    segment.save()
    old = client.history.latest().pk
    kinds = {Category: Category.objects.latest("pk"), Segment: segment, Run: run, Profile: Profile.objects.latest("pk")}
    found = ["/admin/", "/admin/clients/client/", "/admin/clients/client/?q=client&position=none", "/admin/clients/"]
    found += [f"/admin/clients/client/{client.pk}/change/", "/admin/clients/client/add/"]
    found += [f"/admin/clients/client/{client.pk}/history/", f"/admin/clients/client/{client.pk}/history/{old}/"]
    for model, row in kinds.items():
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        found += [f"/admin/{name}/", f"/admin/{name}/{row.pk}/change/"]
    users = ("/admin/auth/user/", "/admin/auth/user/add/", "/admin/axes/accessattempt/")
    keys = ("/admin/foundation/apitoken/", "/admin/foundation/guess/")
    found += [*users, *keys, f"/admin/segmentation/segment/{segment.pk}/history/"]
    version = settled().version
    assert version is not None
    recipe = "/admin/segmentation/recipeversion/"
    return [*found, "/admin/segmentation/run/ask/", recipe, f"{recipe}add/", f"{recipe}{version.pk}/change/"]


def test_the_admin_keeps_to_the_policy_and_stays_in_the_house(
    addresses: list[str], open_as: Callable[..., Visit], adele: User
) -> None:
    visit = open_as(adele)
    for address in addresses:
        page = visit.go(address)
        assert page.locator("html").get_attribute("lang") == "fr"
        expect(page.locator("#site-name")).to_contain_text("Dignamik")


def test_an_analyst_turns_a_knob_and_reads_what_changed(
    addresses: list[str], open_as: Callable[..., Visit], anais: User
) -> None:
    visit = open_as(anais, width=NARROW)
    page = visit.go("/admin/segmentation/recipeversion/add/")
    assert visit.overflow() == 0
    page.get_by_label("Essayer jusqu’à").fill("1")
    page.get_by_label("Ce qui change, et pourquoi").fill("Moins de segments")
    page.get_by_role("button", name="Enregistrer la version 2").click()
    expect(page.locator(".field-k_max .errorlist")).to_contain_text("supérieure ou égale à 2")
    page.get_by_label("Essayer jusqu’à").fill("8")
    page.get_by_label("Abonnés TikTok").uncheck()
    page.get_by_role("button", name="Enregistrer la version 2").click()
    expect(page.locator(".field-changes")).to_contain_text("Abonnés TikTok\u00a0: utilisée → laissée de côté")
    expect(page.locator(".field-changes")).to_contain_text("10 → 8")


def test_the_scripts_of_a_client_form_work(addresses: list[str], open_as: Callable[..., Visit], adele: User) -> None:
    """An inline row added and a category found by typing: both need the admin's JavaScript."""
    page = open_as(adele).go(addresses[4])
    before = page.locator("#readings-group tr.form-row:not(.empty-form)").count()
    page.locator("#readings-group .add-row a").click()
    expect(page.locator("#readings-group tr.form-row:not(.empty-form)")).to_have_count(before + 1)
    page.locator(".field-category .select2-selection").click()
    page.locator(".select2-search__field").fill("BOULANGÉ")
    expect(page.locator(".select2-results__option--highlighted")).to_have_text("Boulangerie")


def test_the_documentation_shows_every_resource(open_as: Callable[..., Visit], amelie: User) -> None:
    page = open_as(amelie).go("/api/docs/")
    for name in ("clients", "categories", "segments", "runs", "score"):
        expect(page.locator(f"#operations-tag-{name}")).to_be_visible()
    page.locator("#operations-tag-score").click()


def test_a_reader_can_try_a_request_from_the_documentation(open_as: Callable[..., Visit], amelie: User) -> None:
    published()
    some_clients(2, "amelie")
    page = open_as(amelie).go("/api/docs/")
    page.locator("#operations-categories-categories_list").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
    assert Client.objects.count() == 2
