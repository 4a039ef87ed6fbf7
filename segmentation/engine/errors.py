"""What the engine refuses, each with a French sentence that can be shown as it is."""

from __future__ import annotations


class EngineError(Exception):
    """Any refusal of the engine. `str(error)` is a French sentence for people."""


class RecipeError(EngineError):
    """The recipe contradicts itself or names what does not exist. `about` is the part that a form can point at."""

    def __init__(self, sentence: str, about: str = "") -> None:
        super().__init__(sentence)
        self.about = about


class FrameError(EngineError):
    """The table does not fit the recipe: a column is missing, an index is repeated."""


class NothingToTrain(EngineError):
    """Too few clients, or nothing known about them."""


class DocumentError(EngineError):
    """The stored model cannot be read: damaged, incomplete or of an unknown version."""
