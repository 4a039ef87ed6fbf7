"""On a client's page: why this segment, what would change it, and the segments it was in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from clients.models import Client, HeldService
from dignamik.foundation import french
from dignamik.foundation.pages import RolePage
from segmentation.advice.advising import Playbook, for_client
from segmentation.disclosure import figures_are_open
from segmentation.engine.errors import DocumentError
from segmentation.engine.explaining import Contribution
from segmentation.engine.levers import Change
from segmentation.models import Assignment, Play, Run, Segment
from segmentation.retelling import retold
from segmentation.runs.explaining import change_towards, past, reasons
from segmentation.web.advice import READS
from segmentation.web.reading import ReadsRun, labels_of

TOP = 3
UNKNOWN = gettext_lazy("inconnu")


@dataclass(frozen=True)
class Reason:
    """One column: the client's own value, what the two segments stand for, and its weight (-1 to 1).

    A weight above 0 pulls to the client's own segment, below 0 to the second; their sizes sum to 1.
    """

    label: str
    value: str
    known: bool
    own: str
    other: str
    weight: float
    amount: float

    @property
    def pull(self) -> str:
        """The weight as people read it."""
        sign = "+" if self.weight >= 0 else french.MINUS
        return f"{sign}\u00a0{french.percent(abs(self.weight))}"


@dataclass(frozen=True)
class Why:
    """All reasons of one placement, the heaviest first; their amounts sum to `gap`."""

    gap: float
    reasons: Sequence[Reason]

    @property
    def top(self) -> Sequence[Reason]:
        return self.reasons[:TOP]

    @property
    def rest(self) -> Sequence[Reason]:
        return self.reasons[TOP:]

    @property
    def lacks(self) -> bool:
        """Whether something shown at the top is unknown."""
        return any(not reason.known for reason in self.top)


def why(place: Assignment | None, run: Run | None) -> Why | None:
    """For the client's page; None where there is nothing to explain."""
    if place is None or run is None:
        return None
    try:
        found = reasons(place, run)
    except DocumentError:
        return None
    if found is None:
        return None
    whole = sum(abs(line.amount) for line in found.contributions) or 1.0
    return Why(found.gap, [_reason(line, whole) for line in found.contributions])


def _reason(line: Contribution, whole: float) -> Reason:
    unit = "share" if line.unit == "word" else line.unit
    value = str(UNKNOWN) if line.value is None else str(line.value)
    if isinstance(line.value, float):
        value = french.in_unit(line.value, unit)
    weight = line.amount / whole
    own, other = _typical(line.typical, unit), _typical(line.other, unit)
    return Reason(retold(line.label), value, line.value is not None, own, other, weight, line.amount)


def _typical(value: float | None, unit: str) -> str:
    """A centre in words. A word that training never met has no share."""
    if value is None:
        return ""
    if unit == "share":
        return _("%(share)s des clients") % {"share": french.percent(min(1.0, max(0.0, value)))}
    return french.in_unit(value, unit)


def on_client(client: Client, place: Assignment | None, run: Run | None) -> dict[str, Any]:
    """What the client's page needs of this module."""
    return {
        "why": why(place, run),
        "past": past(client),
        "targets": Segment.objects.in_run(run).exclude(pk=place.segment_id) if place and place.segment_id else [],
    }


@dataclass(frozen=True)
class Step:
    """One lever: from how many followers to how many."""

    label: str
    now: int
    wanted: int


class ClientChange(ReadsRun, RolePage, View):
    """The smallest change that would put a client in another segment; htmx asks for the answer alone."""

    permission_required = ("clients.view_client", "segmentation.view_segment")
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk)
        found = Assignment.objects.select_related("segment", "second")
        place = found.filter(run=self.run, client=client).first()
        if self.run is None or place is None or place.segment is None:
            raise Http404(_("Ce client n’a pas de segment."))
        others = Segment.objects.in_run(self.run).exclude(pk=place.segment.pk)
        target = others.filter(slug=request.GET.get("segment", "").replace("\0", "")).first()
        if target is None:
            raise Http404(_("Ce segment n’existe pas dans le calcul."))
        try:
            steps = self.steps(change_towards(place, self.run, target))
        except DocumentError:
            steps = []
        context = {"client": client, "place": place, "target": target, "steps": steps, "run": self.run}
        context["there"] = place.heads_for == target
        context["play"] = self.play(client, place) if steps else None
        alone = request.headers.get("HX-Request") == "true"
        response = render(request, f"segmentation/{'_change' if alone else 'change'}.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def steps(self, change: Change | None) -> list[Step]:
        labels = labels_of(self.run.recipe) if self.run else {}
        moves = change.moves if change else {}
        return [Step(labels.get(name, name), round(now), round(wanted)) for name, (now, wanted) in moves.items()]

    def play(self, client: Client, place: Assignment) -> Play | None:
        """The first action on social networks that the plan has for this client now."""
        if not self.request.user.has_perm(READS):
            return None
        plays = Play.objects.filter(segment=place.segment_id, service=HeldService.Service.SOCIAL)
        quoted = figures_are_open(self.run, self.request.user)
        found = for_client(Playbook.of(self.run, plays=plays, quoted=quoted), client)
        return found[0].play if found else None
