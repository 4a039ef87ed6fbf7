"""`manage.py import_clients`, and the segments of whoever it brought.

`clients` knows nothing of segments, so its command is completed here, at the roof: Django takes the command of the app
that is named first in INSTALLED_APPS, and `dignamik` stands before `clients`.
"""

from __future__ import annotations

from typing import Any

from clients.management.commands import import_clients
from segmentation.runs.refreshing import bring_up_to_date
from segmentation.runs.watching import note_quality


class Command(import_clients.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["commit"]:
            bring_up_to_date()
            note_quality()
