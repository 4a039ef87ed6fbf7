"""Conflicts with the internal database, and the segments of whoever gets its values."""

from __future__ import annotations

from collections.abc import Iterable

from clients.web import conflicts
from segmentation.runs.refreshing import bring_up_to_date


class Conflicts(conflicts.Conflicts):
    def written(self, clients: Iterable[int]) -> None:
        bring_up_to_date(list(clients))
