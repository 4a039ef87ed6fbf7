"""The filters of the portfolio: those of the book of record, and where segmentation places each client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from clients.filters import ClientFilter
from clients.models import Client
from dignamik.foundation.filtering import SeveralFilter, StableOrdering, refuse_strangers
from segmentation.models import Assignment, Run, Segment

UNPLACED = "aucun"  # ?segment=aucun: clients that the run could not place


def known_segments(values: Sequence[str]) -> None:
    found = set(Segment.objects.filter(slug__in=values).values_list("slug", flat=True))
    refuse_strangers(values, {UNPLACED, *found})


class PortfolioFilter(ClientFilter):
    """Over a queryset that went through `segmentation.querysets.with_segment`."""

    segment = SeveralFilter(label="Segment", method="in_segments", validators=[known_segments], max_length=80)
    standing = SeveralFilter(label="Classement", field_name="standing", choices=Assignment.Standing.choices)
    moved = django_filters.TypedChoiceFilter(
        label="A changé de segment",
        method="has_moved",
        choices=[("true", "oui"), ("false", "non")],
        coerce=lambda value: value == "true",
    )
    ordering = StableOrdering(
        label="Tri",
        fields={**ClientFilter.ORDERINGS, "segment_name": "segment", "standing": "standing", "margin": "margin"},
    )

    def in_segments(self, queryset: QuerySet[Client], name: str, value: list[str]) -> QuerySet[Client]:
        found = Q(segment_slug__in=value)
        return queryset.filter(found | Q(segment_slug=None) if UNPLACED in value else found)

    def has_moved(self, queryset: QuerySet[Client], name: str, value: Any) -> QuerySet[Client]:
        """Whose segment differs between the two latest published runs. With no history, nobody moved."""
        now, before = Run.objects.two_latest()
        if now is None or before is None:
            return queryset.none() if value else queryset
        then = Assignment.objects.filter(run=before, client=OuterRef("client"), segment__isnull=False)
        moved = Assignment.objects.filter(
            Exists(then.exclude(segment=OuterRef("segment"))), run=now, client=OuterRef("pk"), segment__isnull=False
        )
        return queryset.filter(Exists(moved)) if value else queryset.exclude(Exists(moved))
