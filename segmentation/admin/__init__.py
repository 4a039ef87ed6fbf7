"""The Django admin of runs, segments and the playbook; importing it registers them."""

from segmentation.admin.categories import PlacingCategoryAdmin
from segmentation.admin.playbook import DecisionAdmin, PlayAdmin
from segmentation.admin.runs import COLOUR_NAMES, PortfolioAdmin, RunAdmin, SegmentAdmin

__all__ = [
    "COLOUR_NAMES", "DecisionAdmin", "PlacingCategoryAdmin", "PlayAdmin", "PortfolioAdmin", "RunAdmin", "SegmentAdmin",
]  # fmt: skip
