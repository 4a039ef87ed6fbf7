"""Merges that were undone: for a while one client bore values of another, and its history still has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from clients.duplicates import Merge
from clients.facts import Origin, Stamp
from clients.models import Client
from clients.reach import Hanging


@dataclass(frozen=True)
class Mixed:
    """Undone merges: what the history of the one that had been kept says of the other, who turned out to be another."""

    merges: Sequence[Merge]

    def versions(self, item: Hanging) -> QuerySet[Any]:
        """Of the clients, all from between the merge and its end; of what hangs on them, what the merge itself wrote:
        nobody may have edited it since, or the merge could not have been undone."""
        rows = item.model._base_manager
        if not self.merges:
            return rows.none()
        if item.model is not Client.history.model:
            return rows.filter(history_change_reason__in=[_reason(made) for made in self.merges])
        between = Q()
        for made in self.merges:
            between |= Q(id=made.kept_id, history_date__gte=made.at, history_date__lt=made.undone_at)
        return rows.filter(between)


def lent(pks: Collection[int]) -> Mixed:
    """Those in which others bore values of these clients."""
    return Mixed([*_undone().filter(other__in=pks).exclude(kept__in=pks)])


def borrowed(pks: Collection[int]) -> Mixed:
    """Those in which these clients bore values of others."""
    return Mixed([*_undone().filter(kept__in=pks).exclude(other__in=pks)])


def _undone() -> QuerySet[Merge]:
    return Merge.objects.exclude(undone_at=None).defer("rows")


def _reason(made: Merge) -> str:
    return Stamp(Origin.MERGE, made.at, which=f"n° {made.pk}").reason
