"""What became of the advice, for who leads sales: observed, never called an effect, and silent about too few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from clients.models import Client
from clients.querysets import SEES_EVERYTHING
from dignamik.foundation.downloads import send
from dignamik.foundation.exporting import FORMATS, Column, Sheet
from dignamik.foundation.pages import RolePage
from segmentation.advice.outcomes import FEWEST, Observed, observed
from segmentation.models import Decision
from segmentation.web.advice import READS

Outcome = Decision.Outcome
NOT_AN_EFFECT = gettext_lazy(
    "Ce sont des observations, pas l’effet de l’action\u00a0: les clients à qui on la propose, et "
    "ceux que l’on appelle d’abord, ne sont pas tirés au sort."
)


def _percentage(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _outcome(outcome: Outcome) -> Column[Observed]:
    with translation.override("fr"):  # as every heading of a file
        return Column(f"Observé : {outcome.label} (%)", lambda row: _percentage(row.share(outcome)), 22)


EXPORTED: tuple[Column[Observed], ...] = (
    Column("Action", lambda row: row.play.title, 36),
    Column("Segment", lambda row: row.segment.name if row.segment else None, 36),
    Column("Décisions", lambda row: row.decided, 10),
    Column("Observé : action retenue (%)", lambda row: _percentage(row.acceptance), 24),
    Column("Issues notées", lambda row: row.answered, 14),
    *map(_outcome, Outcome),
)


@dataclass(frozen=True)
class Row:
    """One line of the table, its shares by outcome."""

    seen: Observed
    shares: Sequence[tuple[str, float | None]]


class Outcomes(RolePage, View):
    """Acceptance and outcome per action and segment."""

    permission_required = ("clients.view_client", SEES_EVERYTHING, READS, "segmentation.view_decision")
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        wanted = request.GET.get("export", "")
        if wanted and wanted not in FORMATS:
            problem = _("Une liste s’exporte en «\u00a0csv\u00a0» ou en «\u00a0xlsx\u00a0».")
            return render(request, "400.html", {"problems": [problem]}, status=400)
        if wanted:
            rows = self.rows()
            return send(request, Sheet("observations", EXPORTED, rows), wanted, rows=len(rows))
        return render(request, "segmentation/outcomes.html", self.context())

    def rows(self) -> Sequence[Observed]:
        return observed(Client.objects.visible_to(self.request.user))

    def context(self) -> dict[str, Any]:
        return {
            "rows": [
                Row(row, [(str(outcome.label), row.share(outcome)) for outcome in Outcome]) for row in self.rows()
            ],
            "outcomes": Outcome.labels,
            "fewest": FEWEST,
            "not_an_effect": NOT_AN_EFFECT,
            "exports": [(label, f"?export={wanted}") for wanted, label in FORMATS.items()],
        }
