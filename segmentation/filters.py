"""The filters of the portfolio: those of the book of record, and where segmentation places each client."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from clients.filters import ClientFilter
from clients.models import Client
from dignamik.foundation.filtering import StableOrdering, if_storable
from segmentation.models import Assignment, Run, Segment

UNPLACED = "aucun"  # ?segment=aucun: clients that the run could not place


@if_storable
def known_segment(value: str) -> None:
    if value and value != UNPLACED and not Segment.objects.filter(slug=value).exists():
        raise ValidationError("Ce segment n’existe pas.")


class PortfolioFilter(ClientFilter):
    """Over a queryset that went through `segmentation.querysets.with_segment`."""

    segment = django_filters.CharFilter(label="Segment", method="in_segment", validators=[known_segment], max_length=80)
    standing = django_filters.ChoiceFilter(
        label="Classement", field_name="standing", choices=Assignment.Standing.choices
    )
    moved = django_filters.TypedChoiceFilter(
        label="A changé de segment",
        method="has_moved",
        choices=[("true", "oui"), ("false", "non")],
        coerce=lambda value: value == "true",
    )
    one_question = django_filters.ChoiceFilter(
        label="À une question d’un classement ferme", method="lacks_one_answer", choices=[("true", "oui")]
    )
    ordering = StableOrdering(
        label="Tri",
        fields={**ClientFilter.ORDERINGS, "segment_name": "segment", "standing": "standing", "margin": "margin"},
    )

    def in_segment(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        return queryset.filter(Q(segment_slug=None if value == UNPLACED else value))

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

    def lacks_one_answer(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """Provisional because of a single unknown: once it is answered nothing is left to guess."""
        one = Q(place__unknown__0__isnull=False, place__unknown__1__isnull=True)
        return queryset.filter(Q(standing=Assignment.Standing.PROVISIONAL), one)
