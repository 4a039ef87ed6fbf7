"""The segments, and one of them: who they are against the rest, and which of the reader's clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.views.generic import DetailView, TemplateView

from clients.models import Client
from dignamik.foundation.pages import RolePage
from segmentation.disclosure import SMALLEST_GROUP, fewest_behind, runs_open_to
from segmentation.models import Assignment, Profile, Segment
from segmentation.querysets import SEES_DRAFTS
from segmentation.web import charts
from segmentation.web.advice import on_segment
from segmentation.web.portrait import Portrait, portrait
from segmentation.web.reading import ReadsRun
from segmentation.web.tallies import SegmentTally, tally

EXAMPLES = 5


class SegmentList(ReadsRun, RolePage, TemplateView):
    permission_required = ("clients.view_client", "segmentation.view_segment")
    template_name = "segmentation/segments.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counted = tally(self.run, Client.objects.visible_to(self.request.user))
        traits = self.traits()
        return super().get_context_data(**kwargs) | self.run_context() | {
            "tally": counted,
            "rows": [(item, traits.get(item.segment.pk, ())) for item in counted.segments],
        }  # fmt: skip

    def traits(self) -> dict[int, Sequence[str]]:
        """What sets each segment apart, a sentence each."""
        if self.run is None or not self.sees_figures_of(self.run):
            return {}
        return {
            profile.segment_id: portrait(profile, fewest=SMALLEST_GROUP).traits() for profile in self.run.profiles.all()
        }


class SegmentPage(ReadsRun, RolePage, DetailView):  # type: ignore[type-arg]
    permission_required = ("clients.view_client", "segmentation.view_segment")
    template_name = "segmentation/segment.html"
    context_object_name = "segment"

    def get_object(self, queryset: Any = None) -> Segment:
        """A segment of a run that this reader may see; a draft's stay hidden from those who see no drafts."""
        runs = runs_open_to(self.request.user).values("pk")
        segment = Segment.objects.filter(profiles__run__in=runs, slug=self.kwargs["slug"]).first()
        if segment is None:
            raise Http404(_("Ce segment n’existe pas."))
        return segment

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        counted = tally(self.run, Client.objects.visible_to(self.request.user))
        found = self.portrait()
        return context | self.run_context() | {
            "tally": counted,
            "counted": self.counted(counted.segments),
            "portrait": found,
            "profile": charts.profile(found, self.object.colour) if found else None,
            "typical": self.examples("distance"),
            "atypical": self.examples("-distance"),
            "frontier": self.examples("margin"),
            "was_published": Profile.objects.filter(
                segment=self.object, run__publications__isnull=False
            ).exists(),
            "sees_reasons": self.request.user.has_perm(SEES_DRAFTS),
            "plays": on_segment(self.object, self.run, self.request.user),
        }  # fmt: skip

    def counted(self, segments: Any) -> SegmentTally | None:
        """This segment's figures; None when the run shown no longer has it."""
        return next((item for item in segments if item.segment == self.object), None)

    def portrait(self) -> Portrait | None:
        if self.run is None or not self.sees_figures_of(self.run):
            return None
        profile = Profile.objects.filter(run=self.run, segment=self.object).first()
        return portrait(profile, fewest=fewest_behind(self.request.user)) if profile else None

    def examples(self, by: str) -> list[Assignment]:
        """The reader's own firm clients nearest to the centre, farthest from it, or nearest to the next segment."""
        mine = Client.objects.visible_to(self.request.user).order_by()
        found = Assignment.objects.filter(
            run=self.run, segment=self.object, standing=Assignment.Standing.FIRM, client__in=mine.values("pk")
        )
        found = found.select_related("client__category", "second").order_by(by, "client")
        return list(
            found.only(
                "distance", "margin", "standing", "client__name", "client__city", "client__category__name",
                "second__name", "second__colour", "second__slug",
            )[:EXAMPLES]
        )  # fmt: skip
