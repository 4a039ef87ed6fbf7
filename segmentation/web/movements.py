"""What changed from one run to another: for everybody where the reader sees everybody, else among their clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView

from clients.models import Client
from clients.querysets import SEES_EVERYTHING, ClientQuerySet
from dignamik.foundation.pages import RolePage
from segmentation.engine.errors import DocumentError
from segmentation.models import Run, Segment
from segmentation.querysets import RunQuerySet
from segmentation.runs.movements import Cause, Move, Movements, between, published_before, withdrawn_since
from segmentation.web.flows import flows, sankey
from segmentation.web.reading import OFFERED, finished

MOVERS_A_PAGE = 25
CAUSES = {
    Cause.DATA: (
        gettext_lazy("ses données"),
        gettext_lazy("Avec l’ancien modèle, ses nouvelles données suffisent à le déplacer."),
    ),
    Cause.MODEL: (
        gettext_lazy("le modèle"),
        gettext_lazy("Avec ses anciennes données, le nouveau modèle suffit à le déplacer."),
    ),
    Cause.BOTH: (gettext_lazy("les deux"), gettext_lazy("Ses données et le modèle ont changé ensemble.")),
}


def said_of(cause: Cause) -> tuple[str, str]:
    """What moved a client, and how one knows."""
    label, says = CAUSES[cause]
    return str(label), str(says)


@dataclass(frozen=True)
class Mover:
    """One of the reader's clients that changed segment."""

    client: Client
    source: Segment | None
    target: Segment | None
    cause: str
    says: str


@dataclass(frozen=True)
class CauseCount:
    label: str
    says: str
    count: int


class MovementsPage(RolePage, DetailView):  # type: ignore[type-arg]
    permission_required = ("clients.view_client", "segmentation.view_run", "segmentation.view_segment")
    template_name = "segmentation/movements.html"
    context_object_name = "run"

    def get_queryset(self) -> RunQuerySet:
        return finished(self.request.user)

    @cached_property
    def before(self) -> Run | None:
        """The run to compare with: the one that the address names, else the one published before."""
        asked = self.request.GET.get("from")
        if asked is None:
            return published_before(self.object)
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
        found = finished(self.request.user).exclude(pk=self.object.pk).filter(pk=number).first()
        if found is None:
            raise Http404(_("Ce calcul n’existe pas."))
        return found

    @property
    def sees_everything(self) -> bool:
        return self.request.user.has_perm(SEES_EVERYTHING)

    def visible(self) -> ClientQuerySet:
        return Client.objects.visible_to(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = finished(self.request.user).exclude(pk=self.object.pk).only("pk", "as_of", "state").order_by("-pk")
        context = super().get_context_data(**kwargs) | {
            "before": self.before,
            "others": others[:OFFERED],
            "whole_base": self.sees_everything,
        }
        if self.before is None:
            return context
        try:
            found = between(self.before, self.object, None if self.sees_everything else self.visible())
        except DocumentError:
            return context | {"unreadable": True}
        return context | self.compared(found, self.before)

    def compared(self, found: Movements, before: Run) -> dict[str, Any]:
        old, new = (list(Segment.objects.in_run(run)) for run in (before, self.object))
        seen = flows(found, old, new)
        segments = {segment.slug: segment for segment in (*old, *new)}
        return {
            **self.withdrawn(before, segments),
            "flows": seen,
            "chart": sankey(seen, str(before).lower(), str(self.object).lower()),
            "causes": [CauseCount(*said_of(cause), found.causes[cause]) for cause in Cause if found.causes[cause]],
            **self.movers(found.moves, segments),
        }

    def withdrawn(self, before: Run, segments: dict[str, Segment]) -> dict[str, Any]:
        """Who is counted but no longer listed; a reader of their own clients counts none of them."""
        if not self.sees_everything:
            return {}
        found = withdrawn_since(before, self.object)
        paths = [
            (segments.get(source or ""), segments.get(target or ""), count) for (source, target), count in found.moves
        ]
        return {"withdrawn": found, "withdrawn_paths": paths} if found.total else {}

    def movers(self, moves: Sequence[Move], segments: dict[str, Segment]) -> dict[str, Any]:
        """One page of the reader's own movers, by name."""
        by_client = {move.client: move for move in moves}
        mine = [pk for pk in self.visible().values_list("pk", flat=True) if pk in by_client] if moves else []
        page = Paginator(mine, MOVERS_A_PAGE).get_page(self.request.GET.get("page"))
        clients = Client.objects.only("pk", "name", "city").in_bulk(list(page))
        rows = []
        for pk in page:
            move = by_client[pk]
            source, target = segments.get(move.source or ""), segments.get(move.target or "")
            rows.append(Mover(clients[pk], source, target, *said_of(move.cause)))
        return {"movers": rows, "page_obj": page}
