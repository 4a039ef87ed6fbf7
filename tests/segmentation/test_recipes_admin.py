"""The recipe in the Django admin: edited as a new version, refused where it makes no sense, never lost to a race."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.engine.recipe import Recipe, default_recipe
from segmentation.models import RecipeVersion
from segmentation.runs import recipes
from tests.contract import signed_in
from tests.published import a_client, a_run
from tests.reading import body

LIST = "/admin/segmentation/recipeversion/"
ADD = f"{LIST}add/"


def filled(browser: Browser, query: str = "", **said: Any) -> dict[str, Any]:
    """What the page's form would send, with `said` written over it; None empties a field or unticks a box."""
    return sent(browser.get(f"{ADD}{query}"), **said)


def sent(response: Any, **said: Any) -> dict[str, Any]:
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields} | {"reason": "Pour voir"} | said
    texts = {name: "on" if value is True else str(value).replace(".", ",") for name, value in values.items()}
    return {name: text for name, text in texts.items() if values[name] not in (None, False)}


def says(response: HttpResponseBase) -> str:
    return html.unescape(body(response))


def latest() -> Recipe:
    return Recipe.from_dict(RecipeVersion.objects.latest("number").recipe)


# --- Writing the next version ----------------------------------------------------------------------------------------


def test_an_analyst_writes_a_version_and_it_is_in_force(anais: User) -> None:
    browser = signed_in(anais)
    said: dict[str, Any] = {
        "k_max": "8", "winsor": "2,5", "gates__moved_share": "15", "blocks__followers__weight": "1,5",
        "columns__turnover__transform": "identity", "columns__seniority_years__used": None, "reason": " Moins d’âge ",
    }  # fmt: skip
    response = browser.post(ADD, filled(browser, **said), follow=True)
    version = RecipeVersion.objects.get(number=2)
    recipe = latest()
    assert (recipe.k_max, recipe.winsor, recipe.gates.moved_share) == (8, 0.025, 0.15)
    assert recipe.block("followers").weight == 1.5
    assert "seniority_years" not in recipe.columns
    assert (version.by, version.reason, version.base) == (anais, "Moins d’âge", RecipeVersion.objects.get(number=1))
    assert recipes.in_force().version == version
    assert "Nombre de segments, essayer jusqu’à : 10 → 8 (version 1)" in says(response).replace("\u00a0", " ")


def test_the_form_says_what_is_in_force_and_saving_it_untouched_changes_nothing(anais: User) -> None:
    browser = signed_in(anais)
    response = browser.post(ADD, filled(browser))
    assert "Rien n’a changé" in says(response)
    assert not RecipeVersion.objects.exists()


def test_the_first_change_keeps_the_default_recipe_as_version_one(anais: User) -> None:
    browser = signed_in(anais)
    browser.post(ADD, filled(browser, k_max="8"))
    assert Recipe.from_dict(RecipeVersion.objects.get(number=1).recipe) == default_recipe()


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"blocks__followers__weight": "0"}, "blocks__followers__weight", "Entre 0,01 et 100."),
        ({"blocks__followers__weight": "-1"}, "blocks__followers__weight", "Entre 0,01 et 100."),
        ({"blocks__followers__weight": "101"}, "blocks__followers__weight", "Entre 0"),
        ({"blocks__followers__weight": "lourd"}, "blocks__followers__weight", "nombre"),
        ({"blocks__followers__weight": "NaN"}, "blocks__followers__weight", "nombre"),
        ({"columns__sector__share": "0"}, "columns__sector__share", "Entre 0,01 et 100."),
        ({"columns__sector__share": None}, "columns__sector__share", "Donnez sa part"),
        ({"columns__turnover__transform": "cube"}, "columns__turnover__transform", "cube"),
        ({"k_min": "6", "k_max": "4"}, "k_max", "le minimum avant le maximum"),
        ({"k_min": "1"}, "k_min", "supérieure ou égale à 2"),
        ({"k_max": "31"}, "k_max", "inférieure ou égale à 30"),
        ({"rare_below": "0"}, "rare_below", "supérieure ou égale à 1"),
        ({"winsor": "25"}, "winsor", "Entre 0 et 24."),
        ({"gates__moved_share": "101"}, "gates__moved_share", "Entre 0"),
        ({"gates__jaccard_hold": "0,9"}, "gates__jaccard_warn", "ne dépasse pas"),
        ({"effort__starts": "0"}, "effort__starts", "supérieure ou égale à 1"),
        ({"reason": None}, "reason", "Écrivez pourquoi"),
        ({"reason": "   "}, "reason", "Écrivez pourquoi"),
        ({"reason": "x" * 501}, "reason", "500"),
        ({"reason": "a\0b"}, "reason", "nul"),
        (
            {f"columns__{name}__used": None for name in default_recipe().needs_any},
            "columns__followers_facebook__used", "rien ne dit qui peut être classé",
        ),
        (
            {f"columns__{name}__used": None for name in default_recipe().columns},
            "columns__followers_facebook__used", "aucune colonne",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_beside_its_field(
    anais: User, said: dict[str, Any], field: str, sentence: str
) -> None:
    browser = signed_in(anais)
    response = browser.post(ADD, filled(browser, **({"k_max": "8"} | said)))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == [field]
    assert sentence in str(errors[field][0])
    assert sentence in says(response)
    assert not RecipeVersion.objects.exists()


def test_a_version_is_made_from_an_older_one_or_from_the_default(anais: User) -> None:
    browser = signed_in(anais)
    for k_max in ("8", "9"):
        browser.post(ADD, filled(browser, k_max=k_max))
    browser.post(ADD, filled(browser, "?base=2", rare_below="7"))
    version = RecipeVersion.objects.get(number=4)
    assert (version.base and version.base.number, latest().k_max, latest().rare_below) == (2, 8, 7)
    page = says(browser.get(f"{LIST}{version.pk}/change/")).replace("\u00a0", " ")
    assert "Nombre de segments, essayer jusqu’à : 9 → 8 (version 3)" in page
    assert "Nettoyage, catégorie rare au-dessous de : 5 → 7 (version 2)" in page
    browser.post(ADD, filled(browser, "?base=0", k_min="3"))
    assert (latest().k_min, latest().k_max, latest().rare_below) == (3, 10, 5)


@pytest.mark.parametrize("number", ["7", "x", "-1", "1e3", "²", "9" * 30])
def test_a_version_that_is_not_there_is_not_found(anais: User, number: str) -> None:
    assert signed_in(anais).get(ADD, {"base": number}).status_code == 404


def test_nobody_edits_or_deletes_a_version_in_place(anais: User, adele: User) -> None:
    version = recipes.settled().version
    assert version is not None
    for person in (anais, adele):
        browser = signed_in(person)
        assert browser.post(f"{LIST}{version.pk}/change/", {"reason": "Autre"}).status_code == 403
        assert browser.post(f"{LIST}{version.pk}/delete/", {"post": "yes"}).status_code == 403
        browser.post(LIST, {"action": "delete_selected", "_selected_action": [version.pk], "post": "yes"})
    version.refresh_from_db()
    assert version.reason == recipes.FIRST


# --- Two at once -----------------------------------------------------------------------------------------------------


def test_the_second_of_two_is_told_what_changed_and_loses_nothing(anais: User, adele: User) -> None:
    mine, hers = signed_in(anais), signed_in(adele)
    form = filled(mine, k_max="8", rare_below="7", reason="Les catégories rares")
    hers.post(ADD, filled(hers, k_max="9", winsor="3", reason="Moins de segments"))
    response = mine.post(ADD, form)
    page = says(response).replace("\u00a0", " ")
    assert "Version 2 a été mise en vigueur par Adele" in page
    assert (
        "Nombre de segments, essayer jusqu’à : 10 → 9" in page
        and "Nettoyage, valeurs extrêmes ramenées : 1 % → 3 %" in page
    )
    assert RecipeVersion.objects.count() == 2
    # What I turned is still there, what I left alone is hers; saving again is one click.
    again = response.context["adminform"].form
    assert [again[name].value() for name in ("k_max", "rare_below", "reason")] == [8, 7, "Les catégories rares"]
    mine.post(ADD, sent(response, reason=again["reason"].value()))
    assert (latest().k_max, latest().rare_below, latest().winsor) == (8, 7, 0.03)
    assert RecipeVersion.objects.latest("number").base == RecipeVersion.objects.get(number=2)


def test_a_run_that_writes_version_one_meanwhile_is_no_race(anais: User) -> None:
    browser = signed_in(anais)
    form = filled(browser, k_max="8")
    recipes.settled()
    assert browser.post(ADD, form).status_code == 302
    assert latest().k_max == 8


# --- An earlier version again ----------------------------------------------------------------------------------------


@pytest.fixture
def first(anais: User) -> RecipeVersion:
    """Version 1, with version 2 in force."""
    browser = signed_in(anais)
    browser.post(ADD, filled(browser, k_max="8"))
    return RecipeVersion.objects.get(number=1)


def test_an_earlier_version_is_put_in_force_again_with_a_reason(first: RecipeVersion, anais: User) -> None:
    browser = signed_in(anais)
    assert "Remettre en vigueur" in says(browser.get(f"{LIST}{first.pk}/change/"))
    response = browser.post(f"{LIST}{first.pk}/adopt/", {"reason": "La 2 n’apporte rien", "seen": "2"}, follow=True)
    assert recipes.in_force().version == first
    page = says(response)
    assert "La 2 n’apporte rien" in page and "Remettre en vigueur" not in page


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"seen": "2"}, "Écrivez pourquoi"),
        ({"seen": "2", "reason": " "}, "Écrivez pourquoi"),
        ({"seen": "2", "reason": "x" * 501}, "500"),
        ({"seen": "1", "reason": "Retour"}, "a changé pendant"),
    ],
)
def test_going_back_is_refused_in_words(first: RecipeVersion, anais: User, said: dict[str, str], sentence: str) -> None:
    response = signed_in(anais).post(f"{LIST}{first.pk}/adopt/", said, follow=True)
    assert sentence in says(response)
    assert recipes.in_force().number == 2


# --- Who may ---------------------------------------------------------------------------------------------------------


def test_only_who_judges_runs_reaches_the_recipe(first: RecipeVersion, amelie: User, helene: User, adele: User) -> None:
    for person in (amelie, helene):
        person.is_staff = True
        person.save()
        browser = signed_in(person)
        for address in (LIST, ADD, f"{LIST}{first.pk}/change/"):
            assert browser.get(address).status_code == 403
        assert browser.post(f"{LIST}{first.pk}/adopt/", {"reason": "Retour"}).status_code == 403
        assert browser.post(ADD, {"reason": "Pour voir", "k_max": "5"}).status_code == 403
    assert signed_in(adele).get(ADD).status_code == 200
    assert recipes.in_force().number == 2


def test_an_analyst_sees_in_the_admin_what_the_role_may_read_and_changes_no_client(anais: User) -> None:
    client = a_client("Boulangerie Dupont", "amelie")
    browser = signed_in(anais)
    index = says(browser.get("/admin/"))
    for hidden in ("/admin/auth/", "/admin/axes/", "/admin/foundation/"):
        assert hidden not in index
    address = f"/admin/clients/client/{client.pk}/change/"
    page = says(browser.get(address))
    assert "Boulangerie Dupont" in page
    assert 'name="_save"' not in page and 'name="name"' not in page
    assert browser.post(address, {"name": "Autre"}).status_code == 403
    assert browser.post(f"/admin/clients/client/{client.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Client.objects.get().name == "Boulangerie Dupont"


# --- Where it is shown -----------------------------------------------------------------------------------------------


def test_a_run_says_by_which_version_it_was_made_wherever_it_is_shown(first: RecipeVersion, anais: User) -> None:
    run, browser = a_run(recipe_version=RecipeVersion.objects.get(number=2)), signed_in(anais)
    page = says(browser.get(f"/runs/{run.pk}/"))
    assert "Version 2</a>" in page and "« Pour voir »" in page.replace("\u00a0", " ")
    assert "Clients qui changent de segment" in page
    assert "Version 2</a>" in says(browser.get(f"/admin/segmentation/run/{run.pk}/change/"))
    assert browser.get(f"/api/v1/runs/{run.pk}/").json()["recipe_version"] == 2
    older = a_run()
    assert "avant les versions" in says(browser.get(f"/runs/{older.pk}/"))
    assert browser.get(f"/api/v1/runs/{older.pk}/").json()["recipe_version"] is None


def test_a_reader_gets_no_way_into_the_admin(first: RecipeVersion, amelie: User) -> None:
    run = a_run(recipe_version=first)
    page = says(signed_in(amelie).get(f"/runs/{run.pk}/"))
    assert "Version 1" in page and "/admin/" not in page


def test_an_unreadable_version_has_a_page_and_can_be_replaced(first: RecipeVersion, anais: User) -> None:
    RecipeVersion.objects.update(recipe={"format": 99})
    browser = signed_in(anais)
    assert browser.get(f"{LIST}{first.pk}/change/").status_code == 200
    assert "n’est plus lisible" in says(browser.get(ADD))
    assert browser.post(ADD, filled(browser, k_max="7")).status_code == 302
    assert latest().k_max == 7


def test_what_changed_since_a_version_that_is_unreadable_today_is_still_said(first: RecipeVersion, anais: User) -> None:
    old = RecipeVersion.objects.get(number=1)
    RecipeVersion.objects.filter(pk=old.pk).update(recipe=old.recipe | {"format": 0, "oldest": 3})
    page = says(signed_in(anais).get(f"{LIST}{RecipeVersion.objects.get(number=2).pk}/change/")).replace("\u00a0", " ")
    assert "Nombre de segments, essayer jusqu’à : 10 → 8 (version 1)" in page
    assert "« oldest » : 3 → non précisé (version 1)" in page and "rien (version 1)" not in page
    assert "Essayer jusqu’à : 10" in says(signed_in(anais).get(f"{LIST}{old.pk}/change/")).replace("\u00a0", " ")


def test_the_list_costs_the_same_for_few_versions_and_many(first: RecipeVersion, anais: User) -> None:
    def cost() -> int:
        browser = signed_in(anais)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(LIST).status_code == 200
        return len(seen)

    few = cost()
    browser = signed_in(anais)
    for k_max in range(11, 17):
        browser.post(ADD, filled(browser, k_max=str(k_max)))
    assert RecipeVersion.objects.count() == 8
    assert cost() == few <= 20
