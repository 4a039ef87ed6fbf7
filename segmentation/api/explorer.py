"""The plane of the two main components: where the run that people see puts each client."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Mod
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from segmentation.api.map import MapSegment
from segmentation.api.portfolio import Portfolio
from segmentation.models import Assignment, Segment

# A scatter of more says no more, and weighs megabytes.
MOST_POINTS = 100_000
# Above it points bear no names: they are most of the weight, and nobody reads that many.
MOST_NAMED = 20_000
DECIMALS = 4  # of the plane's unit: a hundredth of a pixel
STANDINGS = Assignment.Standing.values
COLUMNS = ("pk", "place__x", "place__y", "segment_slug", "standing", "sector")


class ExplorerPoints(serializers.Serializer[Any]):
    """The points, a list a column: the n-th entries of all lists are one client."""

    id = serializers.ListField(child=serializers.IntegerField())
    x = serializers.ListField(child=serializers.FloatField(), help_text="Premier axe, sans unité.")
    y = serializers.ListField(child=serializers.FloatField(), help_text="Deuxième axe, sans unité.")
    segment = serializers.ListField(
        child=serializers.IntegerField(allow_null=True), help_text="Rang dans « segments » ; null : aucun."
    )
    standing = serializers.ListField(child=serializers.IntegerField(), help_text="Rang dans « standings ».")
    sector = serializers.ListField(
        child=serializers.IntegerField(allow_null=True), help_text="Rang dans « sectors » ; null : inconnu."
    )
    name = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="null au-delà de 20 000 points."
    )


@extend_schema_serializer(many=False)
class Plane(serializers.Serializer[Any]):
    """The filtered clients that have a position in the plane."""

    run = serializers.IntegerField(allow_null=True)
    explained = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="Part de la variance que montre chaque axe."
    )
    placed = serializers.IntegerField(help_text="Clients filtrés qui ont une position dans le plan.")
    without = serializers.IntegerField(help_text="Clients filtrés que le calcul n’a pas pu placer.")
    one_in = serializers.IntegerField(help_text="1 : tous les points sont donnés ; n : un sur n, au-delà de 100 000.")
    segments = MapSegment(many=True)
    standings = serializers.ListField(child=serializers.CharField(), help_text="Valeurs de « standing ».")
    sectors = serializers.ListField(child=serializers.CharField())
    points = ExplorerPoints()


class Explorer(Portfolio):
    pagination_class = None
    row_class: Any = Plane

    def parameters(self) -> set[str]:
        return super().parameters() - {"page", "page_size"}

    @extend_schema(operation_id="explorer")
    def list(self, request: Request) -> Response:
        """Clients visibles dans le plan des deux composantes principales."""
        found = self.filter_queryset(self.get_queryset()).order_by()
        inside = found.filter(place__x__isnull=False, place__y__isnull=False)
        total, placed = found.count(), inside.count()
        one_in = max(1, math.ceil(placed / MOST_POINTS))
        if one_in > 1:
            inside = inside.annotate(turn=Mod(F("pk"), one_in)).filter(turn=0)
        document = (self.run and self.run.document) or {}
        segments = list(Segment.objects.in_run(self.run).values("slug", "name", "colour"))
        return Response(
            {
                "run": self.run and self.run.pk,
                "explained": document.get("explained"),
                "placed": placed,
                "without": total - placed,
                "one_in": one_in,
                "segments": segments,
                "standings": STANDINGS,
                **_columns(inside, [segment["slug"] for segment in segments], named=placed <= MOST_NAMED),
            }
        )


def _columns(clients: QuerySet[Client], slugs: list[str], *, named: bool) -> dict[str, Any]:
    """`sectors` and `points`: words are sent once, and ranks among them for each client."""
    rows = list(clients.order_by("pk").values_list(*COLUMNS, *(["name"] if named else [])))
    pks, xs, ys, segments, standings, sectors, *names = zip(*rows, strict=True) if rows else ((),) * 7
    known = sorted({sector for sector in sectors if sector})
    rank = {sector: at for at, sector in enumerate(known)}
    slug = {name: at for at, name in enumerate(slugs)}
    return {
        "sectors": known,
        "points": {
            "id": pks,
            "x": [round(x, DECIMALS) for x in xs],
            "y": [round(y, DECIMALS) for y in ys],
            "segment": [slug.get(name) for name in segments],
            "standing": [STANDINGS.index(value) for value in standings],
            "sector": [rank.get(sector) for sector in sectors],
            "name": names[0] if named else None,
        },
    }
