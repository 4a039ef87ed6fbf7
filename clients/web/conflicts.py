"""What the internal database says otherwise, and the decision: ours or theirs, one at a time or many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from clients.confidential import SEES_CONTACT_DETAILS
from clients.conflicts import open_conflicts
from clients.figure_edits import written_last
from clients.models import Client
from clients.settling import Told, settle, told
from clients.telling import label_of, value_said
from dignamik.foundation.pages import RolePage

READS, SETTLES = "clients.view_fieldconflict", "clients.change_fieldconflict"
A_PAGE = 25
KEEP, TAKE = "keep", "take"
CHANGED = gettext_lazy("Rien n’a été tranché\u00a0: ces valeurs ont changé depuis, ou quelqu’un les a déjà tranchées.")
NOTHING = gettext_lazy("Cochez au moins un désaccord.")


@dataclass(frozen=True)
class Line:
    """One conflict in words: ours with who wrote it when (None: the history does not say), theirs with its sync."""

    told: Told
    label: str
    ours: str
    theirs: str
    by: Any
    at: datetime | None
    origin: str

    @property
    def conflict(self) -> Any:
        return self.told.conflict


class Conflicts(RolePage, View):
    """The reader's own visible clients only; a POST decides and comes back to the same list."""

    http_method_names = ["get", "head", "post", "options"]

    def has_permission(self) -> bool:
        needed = [READS, SEES_CONTACT_DETAILS, *([SETTLES] if self.request.method == "POST" else [])]
        return bool(self.request.user.has_perms(needed))

    def written(self, clients: Iterable[int]) -> None:
        """Called after theirs were written to these clients."""

    def get(self, request: HttpRequest) -> HttpResponse:
        everything = open_conflicts(Client.objects.visible_to(request.user))
        names = everything.order_by().values_list("field", flat=True).distinct()
        kinds = sorted({name.partition(".")[0] for name in names}, key=lambda kind: label_of(kind).casefold())
        wanted = request.GET.get("field", "")
        chosen = everything.filter(field__startswith=wanted) if wanted in kinds else everything
        if wanted and wanted not in kinds:
            chosen = everything.none()
        rows = chosen.select_related("client__category", "client__account_manager")
        page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "lines": lines_of(told(page.object_list)),
            "kinds": [(kind, label_of(kind)) for kind in kinds],
            "wanted": wanted,
            "carried": f"field={wanted}&" if wanted else "",
            "may_settle": request.user.has_perm(SETTLES),
        }
        return render(request, "clients/conflicts/list.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        one = [(name, request.POST[name]) for name in (KEEP, TAKE) if request.POST.get(name)]
        act, tokens = (one[0][0], [one[0][1]]) if one else (request.POST.get("act"), request.POST.getlist("chosen"))
        if act not in (KEEP, TAKE) or not tokens:
            messages.error(request, str(NOTHING))
            return self.back()
        mine = Client.objects.visible_to(request.user)
        settled = settle(set(tokens), take=act == TAKE, by=request.user, among=mine)
        if act == TAKE and settled:
            self.written({row.client_id for row in settled})
        if settled:
            messages.success(request, said_of(len(settled), take=act == TAKE))
        if len(settled) < len(set(tokens)):
            left = len(set(tokens)) - len(settled)
            messages.warning(request, str(CHANGED) if not settled else left_alone(left))
        return self.back()

    def back(self) -> HttpResponseRedirect:
        query = self.request.GET.urlencode()
        return HttpResponseRedirect(f"{reverse('conflicts')}{f'?{query}' if query else ''}")


def said_of(count: int, *, take: bool) -> str:
    if take:
        return ngettext(
            "%(count)s valeur de la base interne est prise.", "%(count)s valeurs de la base interne sont prises.", count
        ) % {"count": count}
    return ngettext("%(count)s de nos valeurs est gardée.", "%(count)s de nos valeurs sont gardées.", count) % {
        "count": count
    }


def left_alone(count: int) -> str:
    return ngettext(
        "%(count)s désaccord a changé depuis\u00a0: il n’est pas tranché.",
        "%(count)s désaccords ont changé depuis\u00a0: ils ne sont pas tranchés.",
        count,
    ) % {"count": count}


def lines_of(conflicts: Sequence[Told]) -> list[Line]:
    said = written_last([(each.conflict.client_id, each.conflict.field) for each in conflicts])
    lines = []
    for each in conflicts:
        name, wrote = each.conflict.field, said.get((each.conflict.client_id, each.conflict.field))
        lines.append(
            Line(
                each,
                label_of(name),
                value_said(name, each.ours),
                value_said(name, each.conflict.theirs),
                wrote.by if wrote else None,
                wrote.at if wrote else None,
                wrote.reason if wrote else "",
            )
        )
    return lines
