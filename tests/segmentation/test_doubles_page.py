"""The pages of doubles: who sees which pair, choosing, merging, setting aside, and taking back."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.choosing import propose
from clients.dedupe import searching
from clients.dedupe.searching import count_doubles, search
from clients.duplicates import DuplicatePair, DuplicateSearch, Merge
from clients.models import Client
from clients.recording import save
from tests.builders import client, facts, recorded
from tests.reading import body, signed_in

ADDRESS = "12 rue de la Gare"


@pytest.fixture
def pair(cast: dict[str, User]) -> SimpleNamespace:
    one = client("c1", name="Boulangerie Dupont", address=ADDRESS, phone="0241112233")
    two = client("c2", name="BOULANGERIE DUPONT ", address="12, r. de la gare", email="dupont@example.fr")
    search()
    return SimpleNamespace(one=one, two=two, compare=f"/doubles/{one.pk}/{two.pk}/", **cast)


def sent(pair: SimpleNamespace, **more: str) -> dict[str, str]:
    """What the form sends."""
    version = propose(Client.objects.get(pk=pair.one.pk), Client.objects.get(pk=pair.two.pk)).version
    return {"version": version, "confirm": "yes", **more}


# --- The list --------------------------------------------------------------------------------------------------------


def test_the_list_says_why_two_look_like_one(pair: SimpleNamespace) -> None:
    page = body(signed_in(pair.adele).get("/doubles/"))
    assert f'href="{pair.compare}"' in page
    for words in ("BOULANGERIE DUPONT", "presque sûr", "même adresse", "même code postal"):
        assert words in page


def test_the_list_is_cut_down_by_score_and_refuses_another_one(pair: SimpleNamespace) -> None:
    DuplicatePair.objects.update(score=72)
    browser = signed_in(pair.adele)
    assert pair.compare in body(browser.get("/doubles/?score=70"))
    page = body(browser.get("/doubles/?score=85"))
    assert pair.compare not in page
    assert "Aucune paire à ce niveau" in page
    assert browser.get("/doubles/?score=12").status_code == 404


def test_an_empty_list_says_whether_somebody_has_searched(adele: User) -> None:
    browser = signed_in(adele)
    assert "Les doublons n’ont pas encore été cherchés." in body(browser.get("/doubles/"))
    assert not DuplicateSearch.objects.exists()  # a look writes nothing
    answer = browser.post("/doubles/search/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/doubles/")
    assert "Aucun doublon à juger." in body(browser.get("/doubles/"))


def test_a_large_base_is_searched_by_the_worker(pair: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "AT_ONCE", 1)
    before = DuplicateSearch.objects.get()
    page = body(signed_in(pair.adele).post("/doubles/search/", follow=True))
    assert "Un exécutant cherchera" in page
    assert DuplicateSearch.objects.get().at == before.at
    assert searching.is_behind()


def test_the_list_costs_as_many_queries_with_many_pairs(adele: User) -> None:
    def pairs(first: int, count: int) -> None:
        recorded(*(
            facts(f"{name}{at}", name=f"{name} {at}", address=f"{at} quai {at}", city="", postal_code=f"{10000 + at}")
            for at in range(first, first + count) for name in ("Épicerie", "EPICERIE")
        ))  # fmt: skip
        search()

    browser = signed_in(adele)
    pairs(0, 2)
    browser.get("/doubles/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/doubles/")
    pairs(2, 18)
    assert count_doubles(adele) == 20
    with CaptureQueriesContext(connection) as many:
        page = body(browser.get("/doubles/"))
    assert page.count("double-judge") == 20
    assert len(many) == len(few) <= 16


def test_who_sees_part_of_the_base_judges_only_their_own_pairs(pair: SimpleNamespace) -> None:
    amelie = pair.amelie
    amelie.user_permissions.add(Permission.objects.get(codename="add_merge"))
    Client.objects.filter(pk=pair.one.pk).update(account_manager=amelie)
    browser = signed_in(User.objects.get(pk=amelie.pk))
    assert pair.compare not in body(browser.get("/doubles/"))
    for address in (pair.compare, f"/doubles/{pair.two.pk}/{pair.one.pk}/", f"/doubles/{pair.one.pk}/{pair.one.pk}/"):
        assert browser.get(address).status_code == 404
    assert browser.post(pair.compare, sent(pair)).status_code == 404
    assert browser.post(f"{pair.compare}aside/").status_code == 404
    assert not Merge.objects.exists()
    Client.objects.filter(pk=pair.two.pk).update(account_manager=amelie)
    assert browser.get(pair.compare).status_code == 200


# --- Side by side ----------------------------------------------------------------------------------------------------


def checked(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="choose-([^"]+)" value="([^"]+)" checked', page))


def test_both_stand_side_by_side_with_what_would_be_kept(pair: SimpleNamespace) -> None:
    page = body(signed_in(pair.adele).get(pair.compare))
    assert checked(page) == {"name": "kept", "email": "other", "phone": "kept", "address": "kept"}
    assert "Garder plutôt l’autre fiche" in page


def test_merging_needs_a_confirmation_and_keeps_the_choices_without_it(pair: SimpleNamespace) -> None:
    answer = signed_in(pair.adele).post(pair.compare, sent(pair, **{"confirm": "", "choose-email": "kept"}))
    assert answer.status_code == 400
    assert "Cochez la case" in body(answer)
    assert checked(body(answer))["email"] == "kept"
    assert not Merge.objects.exists()


def test_a_merge_leads_to_the_kept_client_and_its_double_there(pair: SimpleNamespace) -> None:
    browser = signed_in(pair.adele)
    answer = browser.post(pair.compare, sent(pair, **{"choose-phone": "other"}))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/clients/{pair.one.pk}/")
    kept = Client.objects.get(pk=pair.one.pk)
    assert (kept.phone, kept.email) == ("", "dupont@example.fr")
    page = body(browser.get(f"/clients/{pair.one.pk}/"))
    assert "est réuni à" in page
    assert f"/doubles/merges/{Merge.objects.get().pk}/" in page
    assert "Fusion avec" in page


def test_the_address_of_the_double_leads_to_the_kept_one_for_who_may_see_it(pair: SimpleNamespace) -> None:
    Client.objects.filter(pk=pair.one.pk).update(account_manager=pair.amelie)
    Client.objects.filter(pk=pair.two.pk).update(account_manager=pair.karim)
    signed_in(pair.adele).post(pair.compare, sent(pair, **{"choose-account_manager": "kept"}))
    assert Client.objects.get(pk=pair.two.pk).merged_into_id == pair.one.pk
    for person in (pair.amelie, pair.helene, pair.adele):
        answer = signed_in(person).get(f"/clients/{pair.two.pk}/")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/clients/{pair.one.pk}/")
    assert signed_in(pair.karim).get(f"/clients/{pair.two.pk}/").status_code == 404
    assert signed_in(pair.sacha).get(f"/clients/{pair.two.pk}/").status_code == 403


@pytest.mark.parametrize("nonsense", [{"choose-phone": "x"}, {"choose-__class__": "other"}, {"choose-": "kept"}])
def test_a_form_that_means_nothing_writes_nothing(pair: SimpleNamespace, nonsense: dict[str, str]) -> None:
    answer = signed_in(pair.adele).post(pair.compare, sent(pair, **nonsense))
    assert answer.status_code == 400
    assert "Choix non compris" in body(answer)
    assert not Merge.objects.exists()


def test_what_changed_meanwhile_is_shown_again(pair: SimpleNamespace) -> None:
    form = sent(pair)
    pair.two.phone = "0299999999"
    save(pair.two, changed=["phone"])
    answer = signed_in(pair.adele).post(pair.compare, form)
    assert answer.status_code == 400
    assert "a changé entre-temps" in body(answer)
    assert "0299999999" in body(answer)
    assert not Merge.objects.exists()


def test_a_name_of_somebody_else_is_never_markup(pair: SimpleNamespace) -> None:
    for each in (pair.one, pair.two):
        each.name = "<script>alert(1)</script>"
        save(each, changed=["name"])
    browser = signed_in(pair.adele)
    browser.post(pair.compare, sent(pair))
    for address in ("/doubles/", f"/clients/{pair.one.pk}/", f"/doubles/merges/{Merge.objects.get().pk}/"):
        assert "<script>alert" not in body(browser.get(address))


# --- Two clients after all -------------------------------------------------------------------------------------------


def test_a_pair_set_aside_leaves_the_list_and_says_so_when_compared(pair: SimpleNamespace) -> None:
    browser = signed_in(pair.adele)
    assert "ne sera plus proposée" in body(browser.post(f"{pair.compare}aside/", follow=True))
    assert count_doubles(pair.adele) == 0
    assert "Cette paire a été écartée" in body(browser.get(f"/doubles/{pair.two.pk}/{pair.one.pk}/"))
    aside = DuplicatePair.objects.get()
    assert (aside.set_aside_by, aside.set_aside_at is not None) == (pair.adele, True)


def merged(pair: SimpleNamespace) -> Any:
    browser = signed_in(pair.adele)
    browser.post(pair.compare, sent(pair))
    return browser, Merge.objects.get()


def test_a_merge_is_taken_back_from_its_page(pair: SimpleNamespace) -> None:
    browser, made = merged(pair)
    assert "Annuler la fusion" in body(browser.get(made.get_absolute_url()))
    answer = browser.post(f"{made.get_absolute_url()}undo/", follow=True)
    assert "sont de nouveau deux clients" in body(answer)
    assert Client.objects.present().count() == 2
    assert "Annuler la fusion" not in body(browser.get(made.get_absolute_url()))
    assert "déjà annulée" in body(browser.post(f"{made.get_absolute_url()}undo/", follow=True))


def test_what_was_edited_since_is_named_and_there_is_no_button(pair: SimpleNamespace) -> None:
    browser, made = merged(pair)
    kept = Client.objects.get(pk=pair.one.pk)
    kept.email = "autre@example.fr"
    save(kept, changed=["email"])
    page = body(browser.get(made.get_absolute_url()))
    assert "ne peut plus être annulée" in page
    assert "E-mail" in page
    assert "Annuler la fusion" not in page
    assert "Modifié depuis la fusion\u00a0: e-mail" in body(
        browser.post(f"{made.get_absolute_url()}undo/", follow=True)
    )
    assert Client.objects.present().count() == 1


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "9" * 60])
def test_impossible_numbers_are_nobody(pair: SimpleNamespace, number: str) -> None:
    browser, one = signed_in(pair.adele), pair.one.pk
    for address in (f"/doubles/{one}/{number}/", f"/doubles/{number}/{one}/", f"/doubles/merges/{number}/"):
        assert browser.get(address).status_code == 404
    assert browser.post(f"/doubles/{one}/{number}/aside/").status_code == 404
    assert browser.post(f"/doubles/merges/{number}/undo/").status_code == 404
    assert browser.get(f"/doubles/?page={number}").status_code == 404
