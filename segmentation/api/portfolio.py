"""The clients of the book of record, and where the run that people see places each of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from rest_framework import serializers

from clients.api.clients import ClientDetail, ClientRow
from clients.api.editing import EditableClients
from clients.models import Client
from clients.querysets import ClientQuerySet
from segmentation.api.naming import SegmentName, named
from segmentation.filters import PortfolioFilter
from segmentation.models import STANDINGS, Assignment, Run, Segment
from segmentation.pointer import run_shown
from segmentation.querysets import with_segment
from segmentation.runs.refreshing import bring_up_to_date


class PlaceFields(serializers.Serializer[Any]):
    """Null avant la première publication, et pour un client que le calcul n’a pas encore placé."""

    segment = serializers.CharField(allow_null=True, help_text="Identifiant du segment.")
    segment_name = serializers.CharField(allow_null=True)
    standing = serializers.ChoiceField(
        choices=STANDINGS, allow_null=True, help_text="« objected » : opposition au profilage, donc aucun segment."
    )
    margin = serializers.FloatField(
        allow_null=True,
        help_text="0 : à la frontière de deux segments ; 1 : au centre du sien ; négative : ses données récentes sont "
        "plus proches d’un autre segment.",
    )


class PortfolioRow(ClientRow, PlaceFields):
    """Un client dans une liste, avec son segment."""


class Place(serializers.Serializer[Any]):
    """À quel point le segment est sûr, et pourquoi pas plus."""

    run = serializers.IntegerField()
    distance = serializers.FloatField(allow_null=True, help_text="Distance au centre du segment.")
    second = SegmentName(allow_null=True, help_text="Le segment le plus proche après le sien.")
    second_distance = serializers.FloatField(allow_null=True)
    possible = SegmentName(many=True, help_text="Segments possibles une fois les données manquantes connues.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Données inconnues.")
    settling = serializers.ListField(
        child=serializers.CharField(), help_text="Celles qui suffiraient, chacune seule, à rendre le classement ferme."
    )
    heads_for = SegmentName(
        allow_null=True, help_text="Le segment dont ses données récentes sont plus proches que du sien."
    )
    fitted = serializers.BooleanField(help_text="A servi au calcul.")
    late = serializers.BooleanField(help_text="Placé après le calcul, qui ne le connaissait pas.")
    changed = serializers.BooleanField(help_text="Ses données ont changé depuis que le segment a été choisi.")
    scored_at = serializers.DateTimeField(help_text="Classement revu le.")


class PortfolioDetail(ClientDetail, PlaceFields):
    """Tout sur un client, avec son segment."""

    place = Place(allow_null=True)


class Portfolio(EditableClients):
    """What `/api/v1/clients/` is. `clients` knows nothing of segments, so it is completed here, as the pages are."""

    filterset_class = PortfolioFilter
    row_class = PortfolioRow
    detail_class = PortfolioDetail
    columns = EditableClients.columns | {
        "segment": "segment_slug", "segment_name": "segment_name", "standing": "standing", "margin": "margin",
    }  # fmt: skip

    @cached_property
    def run(self) -> Run | None:
        return run_shown(self.request)

    def get_queryset(self) -> ClientQuerySet:
        return with_segment(super().get_queryset(), self.run)

    def written(self, client: Client) -> None:
        bring_up_to_date([client.pk])

    def whole(self, row: dict[str, Any]) -> dict[str, Any]:
        return super().whole(row) | {"place": self.place(row["id"])}

    def place(self, client: int) -> dict[str, Any] | None:
        found = Assignment.objects.filter(run=self.run, client=client).select_related("second").first()
        if found is None:
            return None
        return {
            "run": found.run_id,
            "distance": found.distance,
            "second": named(found.second),
            "second_distance": found.second_distance,
            "possible": [named(segment) for segment in Segment.objects.filter(slug__in=found.possible)],
            "missing": found.unknown,
            "settling": found.settling,
            "heads_for": named(found.heads_for),
            "fitted": found.fitted,
            "late": found.late,
            "changed": found.values_now is not None,
            "scored_at": found.scored_at,
        }
