"""What we make of the clients (`runs`, by which `recipes`), and what to propose to them (`playbook`)."""

from __future__ import annotations

from segmentation.models.playbook import Condition, Decision, Play
from segmentation.models.quality import QualitySnapshot
from segmentation.models.recipes import RecipeAdoption, RecipeVersion
from segmentation.models.runs import COLOURS, STANDINGS, Assignment, Profile, Publication, Run, Segment
from segmentation.models.visits import Visit

__all__ = [
    "COLOURS",
    "STANDINGS",
    "Assignment",
    "Condition",
    "Decision",
    "Play",
    "Profile",
    "Publication",
    "QualitySnapshot",
    "RecipeAdoption",
    "RecipeVersion",
    "Run",
    "Segment",
    "Visit",
]
