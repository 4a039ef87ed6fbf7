"""Imports of files, and the segments of whoever they bring: `clients` knows nothing of segments."""

from __future__ import annotations

from clients.web import imports
from segmentation.runs.refreshing import bring_up_to_date
from segmentation.runs.watching import note_quality


class ConfirmImport(imports.ConfirmImport):
    def written(self) -> None:
        bring_up_to_date()
        note_quality()


class UndoImport(imports.UndoImport):
    def written(self) -> None:
        bring_up_to_date()
        note_quality()
