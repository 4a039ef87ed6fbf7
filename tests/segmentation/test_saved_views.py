"""Saved views: what is kept, who opens it, and that it never shows anybody more than they may see."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction

from dignamik.foundation import roles
from dignamik.foundation.models import SavedView
from segmentation.web.saved import MOST_VIEWS
from tests.published import a_client, published, some_clients
from tests.reading import body, ids_on_page, signed_in

pytestmark = pytest.mark.django_db


def managers() -> Group:
    return Group.objects.get(name=roles.ACCOUNT_MANAGER)


def keep(user: User, **said: Any) -> Any:
    """Save a view as the form does, and follow it."""
    return signed_in(user).post("/views/", {"page": "clients", "name": "Restos", **said}, follow=True)


def a_view(owner: User, **said: Any) -> SavedView:
    return SavedView.objects.create(owner=owner, **{"page": "clients", "name": "Restos", "query": "q=client", **said})


# --- Keeping ----------------------------------------------------------------------------------------------------------


def test_it_keeps_a_list_and_opens_it(amelie: User) -> None:
    some_clients(9, "amelie")
    query = "city=Angers&city=Nantes&columns=city&columns=turnover&ordering=-turnover&page_size=25"
    response = keep(amelie, query=f"{query}&page=3&export=csv&status=", pinned="on")
    view = SavedView.objects.get()
    assert (view.owner, view.page, view.name, view.query) == (amelie, "clients", "Restos", query)
    assert (view.pinned, view.shared_with) == (True, None)
    assert response.redirect_chain == [(f"/clients/?{query}", 302)]
    assert "Restos</a> est enregistrée" in body(response)
    assert "Vues épinglées" in body(response)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"query": "citty=Angers"}, "n’est pas un filtre connu"),
        ({"query": "segment=nulle-part"}, "n’existe pas"),
        ({"query": "turnover_min=beaucoup"}, "CA minimum"),
        ({"query": "q=a&q=b"}, "ne prend qu’une valeur"),
        ({"query": "play=1"}, "n’est pas un filtre connu"),
        ({"query": "q=" + "x" * 2000}, "Filtres"),
        ({"page": "runs"}, "Page"),
        ({"page": "https://ailleurs.example/"}, "Page"),
        ({"name": "   "}, "Nom"),
        ({"name": "x" * 61}, "Nom"),
        ({"name": "a\x00b"}, "Nom"),
    ],
)
def test_it_keeps_nothing_that_the_page_would_refuse(amelie: User, said: dict[str, str], why: str) -> None:
    response = keep(amelie, **said)
    html = body(response)
    assert SavedView.objects.count() == 0
    assert "Rien n’a été enregistré" in html
    assert why in html
    assert response.redirect_chain[0][0].startswith(("/clients/", "/views/"))


def test_the_queue_of_advice_has_filters_of_its_own(amelie: User) -> None:
    keep(amelie, page="recommendations", query="service=seo&decision=planned")
    assert SavedView.objects.get().get_absolute_url() == "/recommendations/?service=seo&decision=planned"


def test_a_name_is_taken_once_by_each(amelie: User, karim: User) -> None:
    a_view(amelie)
    assert "déjà une vue de ce nom" in body(keep(amelie))
    keep(karim)
    assert SavedView.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        a_view(amelie)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_view(amelie, name="")


def test_nobody_keeps_more_than_a_menu_holds(amelie: User) -> None:
    SavedView.objects.bulk_create(SavedView(owner=amelie, page="clients", name=f"Vue {at}") for at in range(MOST_VIEWS))
    assert "supprimez-en une" in body(keep(amelie))
    assert SavedView.objects.count() == MOST_VIEWS


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_a_shared_view_shows_each_reader_their_own_clients(amelie: User, karim: User, helene: User) -> None:
    mine = some_clients(4, "amelie", "Client A")
    theirs = some_clients(3, "karim", "Client K")
    published()
    keep(amelie, query="q=client&manager=amelie", share="on")
    view = SavedView.objects.get()
    assert view.shared_with == managers()
    address = view.get_absolute_url()
    assert address in body(signed_in(karim).get("/clients/")).replace("&amp;", "&")
    assert ids_on_page(body(signed_in(karim).get(address))) == []
    assert set(ids_on_page(body(signed_in(amelie).get(address)))) == {client.pk for client in mine}
    SavedView.objects.update(query="q=client")
    assert set(ids_on_page(body(signed_in(karim).get("/clients/?q=client")))) == {client.pk for client in theirs}
    assert "Restos" not in body(signed_in(helene).get("/clients/"))


def test_a_private_view_is_nobody_elses(amelie: User, karim: User, helene: User) -> None:
    a_view(amelie)
    for reader in (karim, helene):
        for page in ("/clients/", "/map/", "/views/"):
            assert "Restos" not in body(signed_in(reader).get(page))


def test_one_shares_with_a_role_of_ones_own_only(amelie: User) -> None:
    other = Group.objects.get(name=roles.HEAD_OF_SALES)
    view = a_view(amelie)
    for role in (str(other.pk), "999999", "x"):
        said = {"name": "Restos", "shared_with": role}
        response = signed_in(amelie).post(f"/views/{view.pk}/", said, follow=True)
        assert "Rien n’a été enregistré" in body(response)
        view.refresh_from_db()
        assert view.shared_with is None


def test_who_holds_several_roles_says_which(amelie: User) -> None:
    amelie.groups.add(Group.objects.get(name=roles.ANALYST))
    assert "Vous avez plusieurs rôles" in body(keep(amelie, share="on"))
    assert SavedView.objects.count() == 0


def test_who_leaves_the_role_no_longer_sees_its_views(amelie: User, karim: User) -> None:
    a_view(amelie, shared_with=managers())
    assert "Restos" in body(signed_in(karim).get("/clients/"))
    karim.groups.set([Group.objects.get(name=roles.HEAD_OF_SALES)])
    assert "Restos" not in body(signed_in(karim).get("/clients/"))


# --- Changing ---------------------------------------------------------------------------------------------------------


def test_its_owner_renames_pins_and_shares_it(amelie: User) -> None:
    view = a_view(amelie)
    said = {"name": "Tables", "pinned": "on", "shared_with": str(managers().pk), "query": "q=autre", "owner": "1"}
    response = signed_in(amelie).post(f"/views/{view.pk}/", said, follow=True)
    view.refresh_from_db()
    assert (view.name, view.pinned, view.shared_with, view.query) == ("Tables", True, managers(), "q=client")
    assert view.owner == amelie
    assert "«\u00a0Tables\u00a0» est enregistrée" in body(response)
    assert signed_in(amelie).post(f"/views/{view.pk}/", {"name": ""}, follow=True).status_code == 200
    view.refresh_from_db()
    assert view.name == "Tables"


def test_its_owner_deletes_it(amelie: User) -> None:
    view = a_view(amelie)
    assert "est supprimée" in body(signed_in(amelie).post(f"/views/{view.pk}/delete/", follow=True))
    assert SavedView.objects.count() == 0


@pytest.mark.parametrize("shared", [False, True])
def test_somebody_elses_view_looks_like_none(amelie: User, karim: User, *, shared: bool) -> None:
    view = a_view(amelie, shared_with=managers() if shared else None)
    for address in ("/views/{}/", "/views/{}/delete/"):
        foreign, absent = (signed_in(karim).post(address.format(pk), {"name": "Volée"}) for pk in (view.pk, 0))
        assert foreign.status_code == absent.status_code == 404
        assert foreign.content == absent.content
        assert signed_in(karim).get(address.format(view.pk)).status_code == 405
    assert SavedView.objects.get().name == "Restos"


def test_a_view_whose_filter_is_no_longer_known_says_so(amelie: User) -> None:
    a_client("Boulangerie Martin", "amelie")
    view = a_view(amelie, query="segment=disparu")
    response = signed_in(amelie).get(view.get_absolute_url())
    assert response.status_code == 400
    assert "n’existe pas" in body(response)


def test_a_name_is_text(amelie: User) -> None:
    a_view(amelie, name="<script>alert(1)</script>", pinned=True)
    for page in ("/clients/", "/views/"):
        assert "<script>alert" not in body(signed_in(amelie).get(page))
