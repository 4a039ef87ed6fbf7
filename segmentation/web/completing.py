"""Which missing data to collect first: what each, once known, would make sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from clients.models import Client
from dignamik.foundation.pages import RolePage
from segmentation.runs.gaps import Gap, first_to_call, gaps
from segmentation.web.reading import ReadsRun

# Where people enter it, if that is not the name of the field.
ENTERED_AS = {"seniority_years": _("la date « Client depuis »")}


@dataclass(frozen=True)
class Line:
    """One field, and whom to call first for it."""

    gap: Gap
    entered_as: str
    first: Sequence[Client]


class Completing(ReadsRun, RolePage, TemplateView):
    """Over the reader's own visible clients, like every list that the figures lead to."""

    permission_required = ("clients.view_client", "segmentation.view_segment")
    template_name = "segmentation/completing.html"
    http_method_names = ["get", "head", "options"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | self.run_context()
        if self.run is None:
            return context
        mine = Client.objects.visible_to(self.request.user)
        found = gaps(self.run, mine)
        lines = [
            Line(gap, str(ENTERED_AS.get(gap.name, "")), first_to_call(self.run, mine, gap.name) if gap.firm else ())
            for gap in found.fields
        ]
        return context | {"gaps": found, "lines": lines, "placed": found.provisional or mine.exists()}
