"""A segment where it is only named: by slug, for machines, and by name, for people."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from segmentation.models import Segment


class SegmentName(serializers.Serializer[Any]):
    """Un segment, par son nom."""

    slug = serializers.CharField()
    name = serializers.CharField()


def named(segment: Segment | None) -> dict[str, str] | None:
    """The same as an answer; None for none."""
    return None if segment is None else {"slug": segment.slug, "name": segment.name}
