"""What a page or the admin asks of somebody who wants a run, or wants it published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segmentation.engine.recipe import FEWEST_SEGMENTS, MOST_SEGMENTS
from segmentation.models import Run
from segmentation.runs.publishing import LONGEST_REASON, CannotPublish, publish
from segmentation.runs.requesting import LONGEST_WHY, WHY_IS_NEEDED


class AskForm(forms.Form):
    """A run: with the number of segments of the rule, or an imposed one and the reason for it."""

    clusters = forms.IntegerField(
        label=gettext_lazy("Nombre de segments"), required=False, min_value=FEWEST_SEGMENTS, max_value=MOST_SEGMENTS,
        help_text=gettext_lazy("Vide\u00a0: la règle choisit, preuves à l’appui."),
    )  # fmt: skip
    why = forms.CharField(
        label=gettext_lazy("Pourquoi ce nombre\u00a0?"), required=False, max_length=LONGEST_WHY,
        help_text=gettext_lazy("Demandé si vous imposez un nombre\u00a0; gardé avec le calcul."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("clusters") is not None and not said.get("why") and "why" not in self.errors:
            self.add_error("why", WHY_IS_NEEDED)
        return said


class ReasonForm(forms.Form):
    """Why. Whether there must be a reason is decided by what it is for."""

    reason = forms.CharField(label=gettext_lazy("Raison"), required=False, max_length=LONGEST_REASON)


@dataclass(frozen=True)
class Answer:
    """What became of a demand, for whoever made it (French)."""

    done: bool
    sentence: str


def publish_as_posted(run: Run, posted: Any, *, by: Any) -> Answer:
    """Publish `run`, or go back to it, as a form on its page says."""
    form = ReasonForm(posted)
    try:
        if not form.is_valid():
            raise CannotPublish(" ".join(map(str, form.errors["reason"])))
        publish(run, by=by, reason=form.cleaned_data["reason"])
    except CannotPublish as refusal:
        return Answer(done=False, sentence=_("Rien n’a été publié. %(refusal)s") % {"refusal": refusal})
    return Answer(done=True, sentence=_("%(run)s publié\u00a0: tout le monde le voit maintenant.") % {"run": run})
