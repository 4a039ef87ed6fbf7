"""`manage.py sync_source`, and the segments of whoever it brought; see `import_clients` beside it."""

from __future__ import annotations

from typing import Any

from clients.management.commands import sync_source
from segmentation.runs.refreshing import bring_up_to_date
from segmentation.runs.watching import note_quality


class Command(sync_source.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not options["dry_run"]:
            bring_up_to_date()
            note_quality()
