"""Two runs side by side: what was asked, what it rests on, what it found, and how many clients moved."""

from __future__ import annotations

from typing import Any

from django.db.models import Max
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from clients.models import Client
from clients.querysets import SEES_EVERYTHING
from dignamik.foundation.pages import RolePage
from segmentation.disclosure import fewest_behind, figures_are_open, runs_open_to
from segmentation.models import Run
from segmentation.querysets import RunQuerySet
from segmentation.runs.differences import differences
from segmentation.runs.movements import moved_between
from segmentation.web import contrast
from segmentation.web.reading import FINISHED, pairing


class RunComparison(RolePage, TemplateView):
    permission_required = ("clients.view_client", "segmentation.view_run", "segmentation.view_segment")
    template_name = "segmentation/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        a, b = self.named("a"), self.named("b")
        context = super().get_context_data(**kwargs) | {"a": a, "b": b, **pairing(self.request.user, a, b)}
        if a is None or b is None or a == b:
            return context
        context |= {"pair": (a, b), "recipe": differences(as_asked(a), as_asked(b))}
        unfinished = [run for run in (a, b) if run.state not in FINISHED]
        if unfinished:
            return context | {"unfinished": unfinished}
        return context | self.movements(a, b) | self.figures(a, b)

    def named(self, name: str) -> Run | None:
        """The run that the address names; none where it names none. Raises Http404 for one that is not to be seen."""
        asked = self.request.GET.get(name, "")
        if not asked:
            return None
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
        found = self.readable().filter(pk=number).first()
        if found is None:
            raise Http404(_("Ce calcul n’existe pas."))
        return found

    def readable(self) -> RunQuerySet:
        found = runs_open_to(self.request.user).select_related("requested_by", "recipe_version")
        found = found.defer("document", "notes", "recipe_version__recipe")
        return found.annotate(last_published_at=Max("publications__at"))

    def movements(self, a: Run, b: Run) -> dict[str, Any]:
        """How many clients moved: of everybody for who sees everybody, else of the reader's own."""
        everybody = self.request.user.has_perm(SEES_EVERYTHING)
        mine = None if everybody else Client.objects.visible_to(self.request.user)
        return {"whole_base": everybody, "shift": moved_between(a, b, mine)}

    def figures(self, a: Run, b: Run) -> dict[str, Any]:
        """Figures of the whole base, where both runs' are open to this reader."""
        closed = [run for run in (a, b) if not figures_are_open(run, self.request.user)]
        if closed:
            return {"closed": closed}
        found = contrast.trials(a, b)
        return {
            "open": True,
            "trials": found,
            "charts": contrast.drawn(found, (str(a), str(b))),
            "checks": contrast.checks(a, b),
            "segments": contrast.segments(a, b, fewest_behind(self.request.user)),
        }


def as_asked(run: Run) -> dict[str, Any]:
    """The run's recipe with the number and the seed it was asked with, which its row has whatever the recipe says."""
    recipe = run.recipe if isinstance(run.recipe, dict) else {}
    return recipe | {"clusters": run.clusters, "seed": run.seed}
