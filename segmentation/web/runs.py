"""The runs, and one of them: what it looked at, what it found, and what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import DetailView, ListView

from dignamik.foundation.pages import RolePage
from segmentation.disclosure import disclosed, fewest_behind, runs_open_to
from segmentation.models import Run, Segment
from segmentation.querysets import RunQuerySet
from segmentation.retelling import retold
from segmentation.runs.movements import published_before
from segmentation.runs.publishing import PUBLISHABLE, offered
from segmentation.runs.wording import columns_of, settings_of
from segmentation.web import charts
from segmentation.web.asking import AskForm, Asks
from segmentation.web.reading import FINISHED, ReadsRun, finished, pairing

RUNS_A_PAGE = 25


@dataclass(frozen=True)
class Candidate:
    """One number of groups that the run tried. A figure that was not measured is None.

    `balanced` is the silhouette averaged over segments, `jaccards` has each segment's stability, by cluster number.
    """

    k: int
    inertia: float | None
    shuffled_inertia: float | None
    silhouette: float | None
    balanced: float | None
    shuffled: float | None
    stability: float | None
    jaccards: Sequence[float]
    smallest: int | None

    @property
    def frailest_first(self) -> Sequence[float]:
        """Each segment's stability; the numbers of clusters mean nothing to readers."""
        return sorted(self.jaccards)


def candidates(scores: Any) -> list[Candidate]:
    """The run's measures, by number of groups."""
    found = scores if isinstance(scores, Mapping) else {}
    return [
        Candidate(
            k=int(k),
            inertia=item.get("inertia"),
            shuffled_inertia=item.get("null_inertia"),
            silhouette=item.get("silhouette"),
            balanced=item.get("balanced"),
            shuffled=item.get("null_silhouette"),
            stability=item.get("stability"),
            jaccards=item.get("jaccards") or (),
            smallest=item.get("smallest"),
        )
        for k, item in sorted(found.items(), key=lambda pair: int(pair[0]))
    ]


@dataclass(frozen=True)
class FoundSegment:
    """A segment as a run found it. `stability` is its bootstrap Jaccard, `turnover_share` its part of the known CA."""

    segment: Segment
    size: int
    stability: float | None
    turnover_share: float | None


def found_segments(run: Run, fewest: int) -> list[FoundSegment]:
    """The segments of a run, the biggest in training first."""
    kept = next((item for item in candidates(run.scores) if item.k == run.k), None)
    jaccards = dict(enumerate(kept.jaccards)) if kept else {}
    return [
        FoundSegment(
            profile.segment,
            profile.size,
            jaccards.get(profile.cluster),
            disclosed(profile.data, profile.size, fewest)["turnover_share"],
        )
        for profile in run.profiles.select_related("segment")
    ]


def gates_of(run: Run) -> Sequence[Mapping[str, Any]]:
    """The checks of a run as it wrote them, in the language of the page."""
    gates = run.verdict.get("gates") or [] if isinstance(run.verdict, Mapping) else []
    return [{**gate, "says": retold(str(gate.get("says") or ""))} for gate in gates]


class ReadableRuns(ReadsRun, RolePage):
    """Readers see runs that were published; those who may see drafts see all."""

    permission_required = "segmentation.view_run"

    def runs(self) -> RunQuerySet:
        return runs_open_to(self.request.user)


class RunList(Asks, ReadableRuns, ListView):  # type: ignore[type-arg]
    """The list; a POST asks for a run."""

    template_name = "segmentation/runs.html"
    context_object_name = "runs"
    paginate_by = RUNS_A_PAGE

    def get_queryset(self) -> RunQuerySet:
        return self.runs().listed().defer("document", "recipe", "scores", "choice", "notes", "seconds")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            "shown": self.run,
            "is_draft": self.is_draft,
            **self.asking(),
            **pairing(self.request.user),
        } | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AskForm(request.POST)
        if form.is_valid():
            return self.ask(form)
        self.object_list = self.get_queryset()
        return self.render_to_response(self.get_context_data(**self.asking(form)), status=400)


class RunPage(ReadableRuns, DetailView):  # type: ignore[type-arg]
    template_name = "segmentation/run.html"
    context_object_name = "run"

    def get_queryset(self) -> RunQuerySet:
        runs = self.runs().select_related("requested_by", "recipe_version__by")
        return runs.defer("document", "recipe_version__recipe")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.object
        open_ = self.sees_figures_of(run)
        previous = published_before(run) if run.state in PUBLISHABLE else None
        return super().get_context_data(**kwargs) | {
            "shown": self.run,
            "is_draft": self.is_draft and run == self.run,
            "candidates": candidates(run.scores) if open_ else [],
            "measures": self.measures() if open_ else [],
            "gates": gates_of(run) if open_ else [],
            "found": found_segments(run, fewest_behind(self.request.user)) if open_ else [],
            "figures_are_open": open_,
            "recipe": columns_of(run.recipe),
            "settings": settings_of(run.recipe),
            "publications": run.publications.select_related("by"),
            "previous": previous,
            "side_by_side": self.side_by_side(previous),
            **offered(run, self.request.user, Run.objects.only("pk").current()),
        }

    def side_by_side(self, previous: Run | None) -> Sequence[Run]:
        """This run and the one to read it against, the older first; nothing without another one."""
        run = self.object
        if run.state not in FINISHED:
            return ()
        latest = finished(self.request.user).exclude(pk=run.pk).only("pk").order_by("-pk").first()
        other = previous or latest
        return sorted((other, run), key=lambda item: item.pk) if other else ()

    def measures(self) -> list[charts.Chart]:
        """Elbow and silhouette, where they were measured."""
        drawn = (draw(self.object.scores, self.object.k) for draw in (charts.elbow, charts.silhouettes))
        return [chart for chart in drawn if chart]
