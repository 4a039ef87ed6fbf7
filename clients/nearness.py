"""The filter of what is near a point of the map."""

from __future__ import annotations

import math
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Cos, Power, Radians, Sin
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field

from clients.places.coordinates import EARTH_RADIUS_KM
from dignamik.foundation import french
from dignamik.foundation.areas import numbers

KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180
FARTHEST_KM = 500.0


class NearField(forms.CharField):
    """`longitude,latitude,kilometres` to a tuple of three floats."""

    def said(self, text: str) -> str:
        """On a chip; "" for what is no circle."""
        found = numbers(text)
        if found is None or len(found) != 3:
            return ""
        longitude, latitude, km = found
        point = {"latitude": french.grouped(latitude, 2), "longitude": french.grouped(longitude, 2)}
        return _("à %(km)s\u00a0km de %(latitude)s\u00a0; %(longitude)s") % (point | {"km": french.grouped(km)})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        found = numbers(text)
        if found is None or len(found) != 3:
            raise ValidationError(_("Attendu\u00a0: longitude,latitude,kilomètres, par exemple -0.55,47.47,20."))
        longitude, latitude, km = found
        if not (abs(longitude) <= 180 and abs(latitude) <= 90 and 0 < km <= FARTHEST_KM):
            bounds = {"most": f"{FARTHEST_KM:.0f}"}
            raise ValidationError(
                _("Ce cercle est hors du monde, ou son rayon n’est pas entre 0 et %(most)s km.") % bounds
            )
        return longitude, latitude, km


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^\s*$|^-?(1[0-7]\d|\d{1,2})(\.\d{1,12})?,-?[0-8]?\d(\.\d{1,12})?"
        r",([1-9]\d?|[1-4]\d\d)(\.\d{1,12})?$",
        "examples": ["-0.55,47.47,20"],
    }
)
class NearFilter(django_filters.CharFilter):
    """What is at most so many kilometres away, as the crow flies (haversine on a sphere)."""

    field_class = NearField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        longitude, latitude, km = value
        up = km / KM_PER_DEGREE
        half_up = Power(Sin(Radians(F("latitude") - Value(latitude)) / 2.0), 2)
        half_across = Power(Sin(Radians(F("longitude") - Value(longitude)) / 2.0), 2)
        half = half_up + Cos(Radians(F("latitude"))) * Value(math.cos(math.radians(latitude))) * half_across
        within = math.sin(km / EARTH_RADIUS_KM / 2) ** 2
        found: QuerySet[Any] = qs.filter(latitude__range=(latitude - up, latitude + up)).alias(away=half)
        return found.filter(away__lte=within)
