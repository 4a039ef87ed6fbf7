"""`segmentation.web.marks` for templates."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from segmentation.models import Segment
from segmentation.web import marks, shapes

register = template.Library()

register.simple_tag(marks.dot, name="segment_dot")
register.simple_tag(marks.named, name="segment_mark")
register.simple_tag(marks.linked, name="segment_link")
register.simple_tag(shapes.shape, name="segment_shape")
register.simple_tag(marks.standing, name="standing_badge")


@register.simple_tag
def segment_named(segment: Segment) -> SafeString:
    return marks.named(segment.name, segment.colour)
