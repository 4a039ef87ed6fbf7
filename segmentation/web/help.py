"""Help in plain words, and the living style guide."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from segmentation.models import COLOURS, STANDINGS, Assignment
from segmentation.web.standing import Badge, told

TOKENS = (
    ("page", "fond de page"), ("surface", "cartes, tableaux"), ("raised", "menus, bulles"), ("ink", "texte"),
    ("quiet", "texte second"), ("line", "filets"), ("line-strong", "bords de ce qui se touche"),
    ("rest", "le reste, en graphique"), ("accent", "la prochaine chose à faire"),
    ("bad", "ce qui bloque"), ("note-surface", "ce qui prévient"),
)  # fmt: skip
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
            "badge": Badge("provisoire", told(Assignment.Standing.PROVISIONAL)),
        }
