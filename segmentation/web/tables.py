"""A client's row with its segment."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clients.web.tables import ClientTable
from segmentation.web import marks
from segmentation.web.standing import badge


class PortfolioTable(ClientTable):
    """Over rows that went through `segmentation.querysets.with_segment`."""

    segment = tables.Column(verbose_name="Segment", accessor="segment_name", empty_values=())

    class Meta(ClientTable.Meta):
        sequence = (
            "name", "segment", "category", "city", "followers", "turnover", "status", "follow_up", "manager",
            "sector", "client_since",
        )  # fmt: skip

    def render_segment(self, record: Any) -> SafeString:
        standing = marks.standing(badge(record.standing, record.margin))
        if record.segment_name is None:
            return standing
        return format_html("{} {}", marks.named(record.segment_name, record.segment_colour), standing)
