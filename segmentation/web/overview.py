"""The first page: what a reader's clients look like as segments, what moved, and how fresh and complete that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from clients.models import Client
from clients.querysets import SEES_EVERYTHING
from clients.syncs import mirror
from dignamik.foundation.pages import RolePage
from segmentation.filters import PortfolioFilter
from segmentation.models import Publication, Run
from segmentation.pointer import pointer
from segmentation.querysets import with_segment
from segmentation.web import charts
from segmentation.web.reading import ReadsRun
from segmentation.web.tallies import changes, tally

STALE_DAYS = 35
"""A monthly retrain, and a few days of grace."""


@dataclass(frozen=True)
class Counted:
    """How many clients a query of the list has, in words, and where they are listed."""

    count: int
    words: str
    url: str


class Overview(ReadsRun, RolePage, TemplateView):
    permission_required = ("clients.view_client", "segmentation.view_segment")
    template_name = "segmentation/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Client.objects.visible_to(self.request.user)
        counted = tally(self.run, mine)
        before = self.before()
        return super().get_context_data(**kwargs) | self.run_context() | {
            "tally": counted,
            "sizes": charts.sizes(counted.segments),
            "before": before,
            "rows": changes(counted.segments, before, mine),
            "publication": self.publication(),
            "whole_base": self.request.user.has_perm(SEES_EVERYTHING),
            "stale_days": self.stale_days(),
            "watched": self.watched(before),
            "mirror": mirror(),
        }  # fmt: skip

    def publication(self) -> Publication | None:
        """When and by whom the run shown was last published."""
        if self.run is None:
            return None
        return self.run.publications.select_related("by").first()

    def before(self) -> Run | None:
        """The run that was published before the one shown."""
        return pointer(self.request).before

    def stale_days(self) -> int | None:
        """How old the data of the run are, in days, when that is too old."""
        days = (timezone.localdate() - self.run.as_of).days if self.run else 0
        return days if days > STALE_DAYS else None

    def watched(self, before: Run | None) -> Sequence[Counted]:
        """What deserves a look, each as the list counts it; nothing that is zero."""
        queries = [
            ("changed=true", _("modifié depuis le calcul,modifiés depuis le calcul")),
            ("standing=provisional&status=active", _("actif au classement provisoire,actifs au classement provisoire")),
            ("placed=false", _("sans position sur la carte,sans position sur la carte")),
        ]
        if before is not None:
            queries.insert(
                0, ("moved=true", _("a changé de segment au dernier calcul,ont changé de segment au dernier calcul"))
            )
        if self.request.user.has_perm(SEES_EVERYTHING):
            queries.append(("manager=aucun", _("sans chargé de compte,sans chargé de compte")))
        found = [self.counted(query, words) for query, words in queries] if self.run else []
        return [item for item in found if item.count]

    def counted(self, query: str, words: str) -> Counted:
        """Through the filters of the list itself, so that the figure is the number of its rows."""
        clients = with_segment(Client.objects.visible_to(self.request.user), self.run)
        rows = PortfolioFilter(QueryDict(query), queryset=clients, request=self.request).qs
        return Counted(rows.order_by().count(), words, f"{reverse('clients')}?{query}")
