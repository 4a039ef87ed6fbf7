"""Which missing data, once collected, would make most clients firm."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from dignamik.foundation.resources import Resource
from segmentation.models import Run
from segmentation.pointer import run_shown
from segmentation.runs.gaps import gaps


class GapRow(serializers.Serializer[Any]):
    """Une donnée qui manque."""

    name = serializers.CharField(help_text="À donner aux filtres `lacks` et `gap` des clients.")
    label = serializers.CharField()  # type: ignore[assignment]
    missing = serializers.IntegerField(help_text="Clients provisoires qui ne l’ont pas.")
    firm = serializers.IntegerField(help_text="Ceux qu’elle suffirait à rendre fermes.")


@extend_schema_serializer(many=False)
class GapList(serializers.Serializer[Any]):
    """Sur les clients que vous voyez."""

    run = serializers.IntegerField(allow_null=True)
    provisional = serializers.IntegerField(help_text="Clients au classement provisoire.")
    several = serializers.IntegerField(help_text="Ceux à qui il faut plusieurs données.")
    fields_missing = GapRow(many=True, help_text="La donnée la plus utile d’abord.")


class Completing(Resource):
    permission_required = ("clients.view_client", "segmentation.view_segment")
    queryset = Run.objects.none()
    pagination_class = None
    row_class = GapList

    def parameters(self) -> set[str]:
        return set()

    @extend_schema(operation_id="completing")
    def list(self, request: Request) -> Response:
        """Données à compléter : celles qui rendraient le plus de clients fermes."""
        run = run_shown(request)
        if run is None:
            return Response({"run": None, "provisional": 0, "several": 0, "fields_missing": []})
        found = gaps(run, Client.objects.visible_to(request.user))
        return Response(
            {
                "run": run.pk,
                "provisional": found.provisional,
                "several": found.several,
                "fields_missing": [asdict(gap) for gap in found.fields],
            }
        )
