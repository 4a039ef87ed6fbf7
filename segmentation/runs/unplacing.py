"""No placement any more: rows of every run, and the files that runs wrote for notebooks, which list their clients."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from segmentation.models import Assignment


def take_out(clients: Collection[int]) -> None:
    """Take these clients (keys) out of all runs."""
    delete(listing(clients))
    Assignment.objects.filter(client__in=clients).delete()


def listing(clients: Collection[int]) -> list[Path]:
    """The files of the runs that were fitted on one of these clients, as long as it has its placements."""
    places = Assignment.objects.filter(client__in=clients, fitted=True).order_by("run")
    folder = Path(settings.DATA_DIR) / "models"
    runs = places.values_list("run", flat=True).distinct()
    return [path for run in runs if (path := folder / f"run-{run}.joblib").exists()]


def delete(files: Collection[Path]) -> None:
    """Once the transaction is committed. They go whole: each is an export, and the next run writes another."""
    for path in files:
        transaction.on_commit(partial(path.unlink, missing_ok=True))
