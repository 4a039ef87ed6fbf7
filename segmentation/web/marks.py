"""A segment and its standing, drawn the same way everywhere: a coloured dot, neutral text, a quiet badge."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from segmentation.models import Segment
from segmentation.web.standing import Badge


def dot(colour: int | None) -> SafeString:
    """Only a sign: the segment's name stands beside it."""
    css = f"segment-{colour}" if colour is not None else "segment-none"
    return format_html('<span class="dot {}" aria-hidden="true"></span>', css)


def named(name: str, colour: int | None) -> SafeString:
    """Dot and name."""
    return format_html('<span class="segment">{}{}</span>', dot(colour), name)


def linked(segment: Segment | None) -> SafeString:
    """Dot and name, leading to the segment's page."""
    if segment is None:
        return format_html('<span class="unknown">{}</span>', _("aucun"))
    return format_html(
        '<a class="segment" href="{}">{}{}</a>', segment.get_absolute_url(), dot(segment.colour), segment.name
    )


def standing(found: Badge | None) -> SafeString:
    """The badge with its explanation, shown on hover and on focus."""
    if found is None:
        return mark_safe("")
    return format_html(
        '<span class="standing" tabindex="0"><span class="standing-label">{}</span>'
        '<span class="standing-says" role="tooltip">{}</span></span>',
        found.label,
        found.says,
    )
