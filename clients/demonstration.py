"""Whether this database holds the demonstration, whose clients are made up."""

from __future__ import annotations

from clients.models import Demo


def is_here() -> bool:
    return Demo.objects.exists()
