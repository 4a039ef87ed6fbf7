"""Putting a client on the map by hand, from the list of those who are not on it or on a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from clients.facts import Origin, Stamp
from clients.figure_edits import last_change
from clients.models import Client
from clients.places import homonyms, suggest
from clients.querysets import APPROXIMATE, may_change
from clients.recording import save
from clients.web.place_form import LONGEST, Fix, PlaceForm, Problem, as_text, fix_of, why
from dignamik.foundation.pages import RolePage, came_from

CHANGED = gettext_lazy(
    "Ce client a été modifié entre-temps par %(who)s\u00a0: il est maintenant à «\u00a0%(town)s\u00a0». Rien n’a été "
    "écrit\u00a0; placez de nouveau pour garder ce que vous avez écrit."
)


class FixPlace(RolePage, View):
    """One client's place: the form on a page of its own, and what is sent from any list of such forms.

    htmx gets the client's lines alone. Who may see the client but not correct it reads why it is not placed.
    """

    permission_required = "clients.view_client"
    http_method_names = ["get", "head", "post", "options"]

    def written(self, client: Client) -> None:
        """Called after a client was written."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk)
        return self.shown(fix_of(client, request.user))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        with transaction.atomic():
            visible = Client.objects.visible_to(request.user).select_for_update()
            client = get_object_or_404(visible, pk=pk)
            if not may_change(request.user, client):
                raise PermissionDenied(_("Seules les personnes qui suivent ce client peuvent le corriger."))
            form = PlaceForm(request.POST)
            if not form.is_valid():
                return self.shown(self.refused(client, form), status=400)
            fix = fix_of(client, request.user)
            if form.cleaned_data["seen"] != fix.seen:
                written = {"who": last_change(client), "town": f"{client.postal_code} {client.city}".strip() or "–"}
                fix = self.refused(client, form)
                fix.problems = [CHANGED % written]
                return self.shown(fix, status=400)
            changed = self.change(client, form.cleaned_data)
            if not changed:
                fix.problems = [_("Rien n’a changé\u00a0: écrivez une autre ville, un code postal ou des coordonnées.")]
                return self.shown(fix, status=400)
            save(client, changed=changed, user=request.user, stamp=Stamp(Origin.PAGE, timezone.now(), request.user))
        self.written(client)
        if request.headers.get("HX-Request") == "true":
            return render(request, "clients/places/_fixed.html", {"client": client, "why": why(client)})
        messages.success(request, placed_in_words(client))
        return HttpResponseRedirect(came_from(request, reverse("places")))

    def change(self, client: Client, said: dict[str, Any]) -> set[str]:
        """Put what was said on the client; returns the fields that differ."""
        latitude, longitude = said["position"] or (None, None)
        given = client.position_precision == Client.Precision.GIVEN
        kept = (client.latitude, client.longitude) if given else (None, None)
        unchanged = as_text(latitude, longitude) == as_text(*kept)
        changed = {name for name in ("city", "postal_code") if getattr(client, name) != said[name]}
        client.city, client.postal_code = said["city"], said["postal_code"]
        if not unchanged:
            changed |= {"latitude", "longitude"}
            client.latitude, client.longitude = latitude, longitude
        return changed

    def refused(self, client: Client, form: PlaceForm) -> Fix:
        """The form with what was written in it, and what is wrong with that."""
        fix = fix_of(client, self.request.user)
        fix.city, fix.postal_code, fix.coordinates = (
            str(form.data.get(name, "")) for name in ("city", "postal_code", "coordinates")
        )
        fix.problems = [str(message) for messages_ in form.errors.values() for message in messages_]
        fix.corrected = as_text(*form.corrected_pair) if form.corrected_pair else ""
        if form.unplaced is not None and form.unplaced.obstacle == Problem.SEVERAL_TOWNS.value:
            fix.homonyms = homonyms(str(form.cleaned_data.get("city") or fix.city))
        return fix

    def shown(self, fix: Fix, status: int = 200) -> HttpResponse:
        alone = self.request.headers.get("HX-Request") == "true"
        template = "clients/places/_fix.html" if alone else "clients/places/one.html"
        response = render(self.request, template, {"fix": fix, "client": fix.client}, status=status)
        patch_vary_headers(response, ["HX-Request"])
        return response


def placed_in_words(client: Client) -> str:
    """What is said of a client that somebody has just placed."""
    how = client.get_position_precision_display()
    if client.position_precision in APPROXIMATE:
        how = _("position approximative")
    said = {"name": client.name, "town": client.city or client.postal_code or "?", "how": how}
    return _("%(name)s est sur la carte\u00a0: %(town)s (%(how)s).") % said


class TownSuggestions(RolePage, View):
    """Towns of France for the field beside: of the postal code, or that begin like what is written."""

    permission_required = "clients.view_client"
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        text, code = (request.GET.get(name, "").replace("\0", "")[:LONGEST] for name in ("city", "postal_code"))
        return render(request, "clients/places/_suggestions.html", {"suggestions": suggest(text, code)})
