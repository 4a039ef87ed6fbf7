"""The plane of the two main components: where the run that people see puts each client."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import F
from django.db.models.functions import Mod
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from segmentation.api.map import MapSegment
from segmentation.api.portfolio import Portfolio
from segmentation.models import Assignment, Segment

# A scatter of more says no more, and weighs megabytes.
MOST_POINTS = 20_000
NAMES = ("id", "x", "y", "segment", "standing", "name")
POINT = ("pk", "place__x", "place__y", "segment_slug", "standing", "name")


class ExplorerPoint(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    x = serializers.FloatField(help_text="Premier axe, sans unité.")
    y = serializers.FloatField(help_text="Deuxième axe, sans unité.")
    segment = serializers.CharField(allow_null=True, help_text="Identifiant du segment.")
    standing = serializers.ChoiceField(choices=Assignment.Standing.choices)
    name = serializers.CharField()


@extend_schema_serializer(many=False)
class Plane(serializers.Serializer[Any]):
    """The filtered clients that have a position in the plane."""

    run = serializers.IntegerField(allow_null=True)
    explained = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="Part de la variance que montre chaque axe."
    )
    placed = serializers.IntegerField(help_text="Clients filtrés qui ont une position dans le plan.")
    without = serializers.IntegerField(help_text="Clients filtrés que le calcul n’a pas pu placer.")
    one_in = serializers.IntegerField(help_text="1 : tous les points sont donnés ; n : un sur n, au-delà de 20 000.")
    segments = MapSegment(many=True)
    points = ExplorerPoint(many=True)


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
        return Response(
            {
                "run": self.run and self.run.pk,
                "explained": document.get("explained"),
                "placed": placed,
                "without": total - placed,
                "one_in": one_in,
                "segments": [*Segment.objects.in_run(self.run).values("slug", "name", "colour")],
                "points": [dict(zip(NAMES, row, strict=True)) for row in inside.order_by("pk").values_list(*POINT)],
            }
        )
