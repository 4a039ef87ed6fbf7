"""Clients as the book of record knows them; `segmentation.web.portfolio` extends these with segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.generic import DetailView, View

from clients.filters import NOBODY, ClientFilter
from clients.models import Category, Client
from clients.peers import FEWEST, among_peers
from clients.places import DEPARTMENTS, fold
from clients.querysets import SEES_EVERYTHING, ClientQuerySet
from clients.web.columns import EXPORT_FIELDS, IDENTITY, facts_for
from clients.web.contacts import on_client
from clients.web.record import latest_readings, safe_link
from clients.web.tables import ROW_FIELDS, ClientTable
from dignamik.foundation.exporting import Column
from dignamik.foundation.filterbar import ORDERING, Options
from dignamik.foundation.listing import Listing
from dignamik.foundation.pages import RolePage


class ClientList(Listing):
    """The clients that a reader may see, filtered."""

    permission_required = "clients.view_client"
    filterset_class = ClientFilter
    table_class = ClientTable
    template_name = "clients/list.html"
    fragment_name = "clients/_results.html"
    export_name = "clients"
    bar: tuple[str, ...] = ("q", "sector", "status")
    extra_columns: tuple[str, ...] = ("sector", "client_since")
    drawer: tuple[str, ...] = (
        "category",
        "city",
        "department",
        "manager",
        "turnover",
        "followers",
        "follow_up",
        "do_not_contact",
    )

    def visible(self) -> ClientQuerySet:
        return Client.objects.visible_to(self.request.user)

    def scope(self) -> ClientQuerySet:
        fields = EXPORT_FIELDS if self.query.get("export") else ROW_FIELDS
        return self.visible().select_related("category", "account_manager").only(*fields)

    def export_columns(self) -> Sequence[Column[Any]]:
        return (*IDENTITY, *facts_for(self.request.user))

    @property
    def takes_everything(self) -> bool:
        """Without a filter, and by somebody who sees all clients."""
        used = {name for name, values in self.query.lists() if any(text.strip() for text in values)}
        filters = self.filterset.filters.keys() - {ORDERING}
        return self.request.user.has_perm(SEES_EVERYTHING) and not used & filters

    @cached_property
    def _held(self) -> set[tuple[str, str]]:
        """(sector, department) of the reader's clients: both controls from one query."""
        return set(self.visible().order_by().values_list("sector", "department").distinct())

    def options_of(self, name: str) -> Options | None:
        """Only what the reader's own clients hold: a filter that would find nothing is not offered."""
        if name == "sector":
            return by_label((sector, sector) for sector in {sector for sector, _ in self._held} - {""})
        if name == "department":
            codes = sorted({code for _, code in self._held} & DEPARTMENTS.keys())
            return [(code, f"{DEPARTMENTS[code].name} ({code})") for code in codes]
        if name == "category":
            categories = Category.objects.filter(clients__in=self.visible().order_by()).distinct()
            return by_label((str(pk), label) for pk, label in categories.values_list("pk", "name"))
        if name == "manager" and self.request.user.has_perm(SEES_EVERYTHING):
            users = get_user_model().objects.filter(portfolio__isnull=False).distinct()
            named = ((user.get_username(), user.get_full_name() or user.get_username()) for user in users)
            return [(NOBODY, _("Personne")), *by_label(named)]
        return super().options_of(name)


def by_label(options: Iterable[tuple[str, str]]) -> Options:
    """As a dictionary sorts them: case and accents ignored."""
    return sorted(options, key=lambda pair: fold(pair[1]))


class ClientWebsite(RolePage, View):
    """Leaves for a client's own site: no page names an outside host, and none learns where one comes from."""

    permission_required = "clients.view_client"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk)
        address = safe_link(client.website)
        if not address:
            raise Http404
        response = HttpResponseRedirect(address)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


class ClientPage(RolePage, DetailView):  # type: ignore[type-arg]
    """One client. Somebody else's client answers like one that does not exist."""

    permission_required = "clients.view_client"
    template_name = "clients/client.html"
    context_object_name = "client"

    def get_queryset(self) -> ClientQuerySet:
        mine = Client.objects.visible_to(self.request.user).select_related("category", "account_manager")
        return mine.prefetch_related("held_services", "readings", "turnovers")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A double that was merged answers with the client that was kept, for who may see that one."""
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            kept = Client.objects.visible_to(request.user).filter(merged__id=self.kwargs["pk"]).first()
            if kept is None:
                raise
            return HttpResponseRedirect(kept.get_absolute_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        client: Client = context["client"]
        return context | {
            "readings": latest_readings(client),
            "website": safe_link(client.website),
            "peers": among_peers(client, Client.objects.visible_to(self.request.user)),
            "fewest_peers": FEWEST,
            **on_client(client, self.request.user),
        }
