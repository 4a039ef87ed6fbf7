"""Help in plain words, and the living style guide."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from segmentation.models import COLOURS, STANDINGS, Assignment
from segmentation.web.standing import Badge, told

TOKENS = (
    ("page", gettext_lazy("fond de page")),
    ("surface", gettext_lazy("cartes, tableaux")),
    ("raised", gettext_lazy("menus, bulles")),
    ("ink", gettext_lazy("texte")),
    ("quiet", gettext_lazy("texte second")),
    ("line", gettext_lazy("filets")),
    ("line-strong", gettext_lazy("bords de ce qui se touche")),
    ("rest", gettext_lazy("le reste, en graphique")),
    ("accent", gettext_lazy("la prochaine chose à faire")),
    ("bad", gettext_lazy("ce qui bloque")),
    ("note-surface", gettext_lazy("ce qui prévient")),
)
CATEGORIES = 8


class Help(TemplateView):
    """For everybody who may sign in, whatever their role: it says nothing of any client."""

    template_name = "segmentation/help.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standings = [(label, told(value)) for value, label in STANDINGS]
        return super().get_context_data(**kwargs) | {"standings": standings}


class StyleGuide(TemplateView):
    """Every token and component as the pages use them, for whoever builds the next page."""

    template_name = "segmentation/style.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "tokens": TOKENS,
            "colours": range(COLOURS),
            "categories": range(CATEGORIES),
            "badge": Badge(_("provisoire"), told(Assignment.Standing.PROVISIONAL)),
        }
