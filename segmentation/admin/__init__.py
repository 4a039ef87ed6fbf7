"""The Django admin of runs, recipes, segments and the playbook; importing it registers them."""

from segmentation.admin.categories import PlacingCategoryAdmin
from segmentation.admin.playbook import DecisionAdmin, PlayAdmin
from segmentation.admin.recipes import RecipeVersionAdmin
from segmentation.admin.runs import COLOUR_NAMES, PortfolioAdmin, RunAdmin, SegmentAdmin

__all__ = [
    "COLOUR_NAMES",
    "DecisionAdmin",
    "PlacingCategoryAdmin",
    "PlayAdmin",
    "PortfolioAdmin",
    "RecipeVersionAdmin",
    "RunAdmin",
    "SegmentAdmin",
]
