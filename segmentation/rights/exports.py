"""Files that runs wrote for notebooks, which list the clients of a run by their numbers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from clients.models import Client
from segmentation.models import Assignment


def listing(client: Client) -> list[Path]:
    """The files of the runs that were fitted on a client, as long as it has its placements."""
    runs = Assignment.objects.filter(client=client, fitted=True).order_by("run").values_list("run", flat=True)
    folder = Path(settings.DATA_DIR) / "models"
    return [path for run in runs if (path := folder / f"run-{run}.joblib").exists()]


def delete(files: list[Path]) -> None:
    """Once the transaction is committed. They go whole: each is an export, and the next run writes another."""
    for path in files:
        transaction.on_commit(partial(path.unlink, missing_ok=True))
