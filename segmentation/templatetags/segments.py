"""`segmentation.web.marks` for templates, and what runs wrote in the reader's language."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from segmentation.models import Segment
from segmentation.retelling import retold
from segmentation.web import marks, shapes

register = template.Library()

register.simple_tag(marks.dot, name="segment_dot")
register.simple_tag(marks.named, name="segment_mark")
register.simple_tag(marks.linked, name="segment_link")
register.simple_tag(shapes.shape, name="segment_shape")
register.simple_tag(marks.standing, name="standing_badge")
register.filter("retold", retold)


@register.simple_tag
def segment_named(segment: Segment) -> SafeString:
    return marks.named(segment.name, segment.colour)
