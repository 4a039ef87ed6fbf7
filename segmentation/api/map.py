"""Clients on a map, as GeoJSON (RFC 7946: longitude first): points up to a bound, cells with counts above it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from django.db.models import Avg, Count, F, QuerySet
from django.db.models.functions import Floor
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from clients.places import distance_km
from dignamik.foundation.resources import key
from segmentation.api.portfolio import Portfolio
from segmentation.models import STANDINGS, Segment

MOST_POINTS = 5000
DECIMALS = 5  # of a degree: one metre
# Cells are 360° / 2^n wide: about 30 km for the whole country, down to 500 m in a small view.
COARSEST, FINEST = 10, 16
CELLS_ACROSS = 40
# Around a client: the nearest few, within this distance.
NEIGHBOURS, REACH_KM = 20, 50
KM_PER_DEGREE = 111.2

POINT = ("pk", "longitude", "latitude", "name", "segment_slug", "standing", "sector", "city", "position_precision")
PROPERTIES = ("name", "segment", "standing", "sector", "city", "precision")


class Geometry(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=["Point"])
    coordinates = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)


class PointProperties(serializers.Serializer[Any]):
    """Of a client: all but `count` and `segments`. Of a cell: these two."""

    name = serializers.CharField(required=False)
    segment = serializers.CharField(required=False, allow_null=True, help_text="Identifiant du segment.")
    standing = serializers.ChoiceField(choices=STANDINGS, required=False, allow_null=True)
    sector = serializers.CharField(required=False, help_text="Secteur d’activité ; vide : inconnu.")
    city = serializers.CharField(required=False)
    precision = serializers.ChoiceField(choices=Client.Precision.choices, required=False)
    distance_km = serializers.FloatField(required=False, help_text="Distance au client demandé, à vol d’oiseau.")
    count = serializers.IntegerField(required=False, help_text="Clients de la case.")
    segments = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text="Clients de la case par segment ; vide : sans."
    )


class MapFeature(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.IntegerField(required=False, help_text="Numéro du client ; absent pour une case.")
    geometry = Geometry()
    properties = PointProperties()


class MapSegment(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    colour = serializers.IntegerField(help_text="Rang dans la palette.")


@extend_schema_serializer(many=False)
class ClientCollection(serializers.Serializer[Any]):
    """A FeatureCollection, with the counts of the filtered clients and the segments that features name."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    features = MapFeature(many=True)
    detail = serializers.ChoiceField(choices=["points", "cells"])
    placed = serializers.IntegerField(help_text="Clients filtrés qui ont une position.")
    unplaced = serializers.IntegerField(help_text="Clients filtrés sans position.")
    segments = MapSegment(many=True)


class ClientMap(Portfolio):
    """The same clients as the list gives under the same filters, where they are."""

    pagination_class = None
    row_class: Any = ClientCollection

    def parameters(self) -> set[str]:
        return super().parameters() - {"page", "page_size"}

    @extend_schema(operation_id="clients_map")
    def list(self, request: Request) -> Response:
        """Carte des clients visibles : un point par client, ou des cases au-delà de 5 000."""
        found = self.filter_queryset(self.get_queryset()).order_by()
        counts = found.aggregate(placed=Count("latitude"), all=Count("pk"))
        placed = found.filter(latitude__isnull=False)
        many = counts["placed"] > MOST_POINTS
        features = cells(placed, self.cell_size()) if many else points(placed)
        return Response(
            self.collection(features)
            | {
                "detail": "cells" if many else "points",
                "placed": counts["placed"],
                "unplaced": counts["all"] - counts["placed"],
            }
        )

    def collection(self, features: Iterable[dict[str, Any]]) -> dict[str, Any]:
        segments = Segment.objects.in_run(self.run).values("slug", "name", "colour")
        return {"type": "FeatureCollection", "features": [*features], "segments": [*segments]}

    def cell_size(self) -> float:
        """Degrees. Finer in a small rectangle."""
        west, south, east, north = self.query_box()
        span = max(east - west, north - south, 1e-6)  # a point of a rectangle has no logarithm
        depth = math.floor(math.log2(360 * CELLS_ACROSS / span))
        return 360 / 2.0 ** min(FINEST, max(COARSEST, depth))

    def query_box(self) -> tuple[float, float, float, float]:
        """The filter's rectangle, as the filter understood it; the whole world without one."""
        asked = self.request.query_params.get("bbox", "").strip()
        if not asked:
            return -180.0, -90.0, 180.0, 90.0
        west, south, east, north = (float(part) for part in asked.split(","))
        return west, south, east, north


class Neighbours(ClientMap):
    """A client and those near it, as far as the person may see them."""

    detail_class: Any = ClientCollection

    def parameters(self) -> set[str]:
        return set()

    @extend_schema(operation_id="clients_neighbours")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Un client et ses voisins : les 20 plus proches à moins de 50 km, du plus près au plus loin."""
        client = self.get_queryset().filter(pk=key(pk)).first()
        if client is None:
            raise Http404
        here = None if client.latitude is None or client.longitude is None else (client.latitude, client.longitude)
        features = [] if here is None else self.around(client.pk, here)
        return Response(
            self.collection(features) | {"detail": "points", "placed": len(features), "unplaced": int(here is None)}
        )

    def around(self, pk: int, here: tuple[float, float]) -> list[dict[str, Any]]:
        """The client itself, then its neighbours. The rectangle and the order are the database's, on a flat earth."""
        latitude, longitude = here
        wide = max(0.01, math.cos(math.radians(latitude)))
        up, across = REACH_KM / KM_PER_DEGREE, REACH_KM / KM_PER_DEGREE / wide
        inside = self.get_queryset().filter(
            latitude__range=(latitude - up, latitude + up), longitude__range=(longitude - across, longitude + across)
        )
        north, east = F("latitude") - latitude, (F("longitude") - longitude) * wide
        nearest = inside.exclude(pk=pk).annotate(away=north * north + east * east).order_by("away", "pk")[:NEIGHBOURS]
        features = points(self.get_queryset().filter(pk=pk)) + points(nearest)
        for feature in features:
            east_of, north_of = feature["geometry"]["coordinates"]
            feature["properties"]["distance_km"] = round(distance_km(here, (north_of, east_of)), 1)
        return [feature for feature in features if feature["properties"]["distance_km"] <= REACH_KM]


def points(clients: QuerySet[Client]) -> list[dict[str, Any]]:
    """One feature a client, from one light query."""
    return [
        feature(
            (longitude, latitude),
            dict(zip(PROPERTIES, properties, strict=True)),
            pk=pk,
        )
        for pk, longitude, latitude, *properties in clients.values_list(*POINT)
    ]


def cells(clients: QuerySet[Client], size: float) -> list[dict[str, Any]]:
    """One feature a square of `size` degrees, at the mean position of its clients."""
    columns = clients.annotate(column=Floor(F("longitude") / size), line=Floor(F("latitude") / size))
    groups = columns.values("column", "line", "segment_slug").annotate(
        count=Count("pk"), longitude_mean=Avg("longitude"), latitude_mean=Avg("latitude")
    )
    squares: dict[tuple[float, float], list[Any]] = {}
    for group in groups.order_by("line", "column", "segment_slug"):
        squares.setdefault((group["column"], group["line"]), []).append(group)
    return [_cell(square) for square in squares.values()]


def _cell(groups: list[Any]) -> dict[str, Any]:
    count = sum(group["count"] for group in groups)
    longitude = sum(group["longitude_mean"] * group["count"] for group in groups) / count
    latitude = sum(group["latitude_mean"] * group["count"] for group in groups) / count
    segments = {group["segment_slug"] or "": group["count"] for group in groups}
    return feature((longitude, latitude), {"count": count, "segments": segments})


def feature(where: tuple[float, float], properties: dict[str, Any], pk: int | None = None) -> dict[str, Any]:
    """`where` is (longitude, latitude) in degrees."""
    longitude, latitude = (round(value, DECIMALS) for value in where)
    identity = {} if pk is None else {"id": pk}
    geometry = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"type": "Feature", **identity, "geometry": geometry, "properties": properties}
