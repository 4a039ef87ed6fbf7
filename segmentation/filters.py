"""The filters of the portfolio: those of the book of record, and where segmentation places each client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clients.filters import WRONG_AT_ALL, ClientFilter
from clients.models import Client
from clients.plausibility import ANY, OLD, WRONG
from dignamik.foundation.areas import PolygonFilter
from dignamik.foundation.filtering import SeveralFilter, StableOrdering, refuse_strangers
from segmentation.engine.recipe import default_recipe
from segmentation.models import STANDINGS, Assignment, Segment
from segmentation.pointer import pointer, run_shown
from segmentation.querysets import as_text, naming
from segmentation.ranges import beyond, ranges_for
from segmentation.retelling import retold_lazy

UNPLACED = "aucun"  # ?segment=aucun: clients that the run could not place
SEVERAL = "plusieurs"  # ?gap=plusieurs: provisional clients that no single field would make firm
FAR_TURNOVER, FAR_FOLLOWERS = "far_turnover", "far_followers"
FAR = {
    FAR_TURNOVER: _("chiffre d’affaires loin de son segment"),
    FAR_FOLLOWERS: _("abonnés loin de son segment"),
}
"""Kinds of implausible values that only a segment shows; see `segmentation.ranges`."""
_RECIPE = default_recipe()
COLUMNS = {column.name: retold_lazy(column.label) for column in _RECIPE.numeric} | {
    column.name: retold_lazy(column.label) for column in _RECIPE.categorical
}
"""What a model sees of a client, and what people call it."""


def known_segments(values: Sequence[str]) -> None:
    found = set(Segment.objects.filter(slug__in=values).values_list("slug", flat=True))
    refuse_strangers(values, {UNPLACED, *found})


class PortfolioFilter(ClientFilter):
    """Over a queryset that went through `segmentation.querysets.with_segment`."""

    segment = SeveralFilter(label="Segment", method="in_segments", validators=[known_segments], max_length=80)
    standing = SeveralFilter(label=_("Classement"), field_name="standing", choices=STANDINGS)
    moved = django_filters.TypedChoiceFilter(
        label=_("A changé de segment"),
        method="has_moved",
        choices=[("true", _("oui")), ("false", _("non"))],
        coerce=lambda value: value == "true",
    )
    changed = django_filters.TypedChoiceFilter(
        label=_("Modifié depuis le calcul"),
        method="has_changed",
        choices=[("true", _("oui")), ("false", _("non"))],
        coerce=lambda value: value == "true",
    )
    plane = PolygonFilter(label=_("Zone du plan"), x="place__x", y="place__y")
    implausible = django_filters.ChoiceFilter(
        label=_("Valeur à vérifier"),
        method="looking_wrong",
        choices=[(ANY, WRONG_AT_ALL), *WRONG.items(), *FAR.items(), *OLD.items()],
    )
    trained = django_filters.TypedChoiceFilter(
        label=_("A servi au calcul"),
        method="in_training",
        choices=[("true", _("oui")), ("false", _("non"))],
        coerce=lambda value: value == "true",
    )
    gap = django_filters.ChoiceFilter(
        label=_("Deviendrait ferme avec"),
        method="settled_by",
        choices=[*COLUMNS.items(), (SEVERAL, _("plusieurs données à la fois"))],
    )
    one_question = django_filters.ChoiceFilter(
        label=_("À une question d’un classement ferme"), method="lacks_one_answer", choices=[("true", _("oui"))]
    )
    ordering = StableOrdering(
        label=_("Tri"),
        fields={**ClientFilter.ORDERINGS, "segment_name": "segment", "standing": "standing", "margin": "margin"},
    )

    def in_segments(self, queryset: QuerySet[Client], name: str, value: list[str]) -> QuerySet[Client]:
        found = Q(segment_slug__in=value)
        return queryset.filter(found | Q(segment_slug=None) if UNPLACED in value else found)

    def wrong(self, kind: str) -> Q:
        """Also what is far from the segment that the run gives each client; nobody's without a run."""
        if kind == ANY:
            return super().wrong(ANY) | self.wrong(FAR_TURNOVER) | self.wrong(FAR_FOLLOWERS)
        if kind not in FAR:
            return super().wrong(kind)
        run = run_shown(self.request)
        return beyond(ranges_for(self.request, run) if run else {}, kind.removeprefix("far_"))

    def in_training(self, queryset: QuerySet[Client], name: str, value: Any) -> QuerySet[Client]:
        """Whom the run was fitted on, or all others that it placed or could not place; "" filters nothing."""
        return queryset if value == "" else queryset.alias(fitted=F("place__fitted")).filter(fitted=value)

    def settled_by(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """Provisional clients that this field alone would make firm, or that none would."""
        if value == SEVERAL:
            waiting = Q(standing=Assignment.Standing.PROVISIONAL)
            return queryset.alias(settled=F("place__settling")).filter(waiting & Q(settled=[]))
        return queryset.alias(settled=as_text("place__settling")).filter(naming("settled", value))

    def has_moved(self, queryset: QuerySet[Client], name: str, value: Any) -> QuerySet[Client]:
        """Whose segment differs between the two latest published runs. With no history, nobody moved."""
        here = pointer(self.request)
        now, before = here.now, here.before
        if now is None or before is None:
            return queryset.none() if value else queryset
        then = Assignment.objects.filter(run=before, client=OuterRef("client"), segment__isnull=False)
        moved = Assignment.objects.filter(
            Exists(then.exclude(segment=OuterRef("segment"))), run=now, client=OuterRef("pk"), segment__isnull=False
        )
        return queryset.filter(Exists(moved)) if value else queryset.exclude(Exists(moved))

    def has_changed(self, queryset: QuerySet[Client], name: str, value: Any) -> QuerySet[Client]:
        """Whose facts changed after the published run read them; without a run there is nothing to change since."""
        run = pointer(self.request).now
        if value == "" or run is None or run.finished_at is None:
            return queryset.none() if value is True else queryset
        since = Q(changed_at__gt=run.finished_at, profiling_objected_at=None)
        return queryset.filter(since if value else ~since)

    def lacks_one_answer(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """Provisional clients that a single datum would make firm, whatever its value."""
        waiting = Q(standing=Assignment.Standing.PROVISIONAL)
        return queryset.alias(answers=F("place__settling")).filter(waiting & ~Q(answers=[]))
