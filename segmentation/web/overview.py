"""The first page: what a reader's clients look like as segments, and how fresh that is."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from clients.models import Client
from dignamik.foundation.pages import RolePage
from segmentation.models import Publication
from segmentation.web import charts
from segmentation.web.reading import ReadsRun
from segmentation.web.tallies import tally


class Overview(ReadsRun, RolePage, TemplateView):
    permission_required = ("clients.view_client", "segmentation.view_segment")
    template_name = "segmentation/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counted = tally(self.run, Client.objects.visible_to(self.request.user))
        return super().get_context_data(**kwargs) | self.run_context() | {
            "tally": counted,
            "sizes": charts.sizes(counted.segments),
            "publication": self.publication(),
        }  # fmt: skip

    def publication(self) -> Publication | None:
        """When and by whom the run shown was last published."""
        if self.run is None:
            return None
        return self.run.publications.select_related("by").first()
