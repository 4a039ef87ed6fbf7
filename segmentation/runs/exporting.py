"""The run for a notebook: a joblib file. An export, never a source of truth; the application does not read it back."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import joblib
from django.conf import settings

from segmentation.engine.training import Fit
from segmentation.models import Run


def export(run: Run, fit: Fit) -> Path:
    """Write `DATA_DIR/models/run-<id>.joblib`: the scikit-learn pipeline, labels by client, document and recipe.

    Through a temporary name in the same folder, so that a full disk leaves no half file. Raises OSError.
    The caller holds the lock of retrains: a temporary file that is there belongs to a process that was killed.
    """
    folder = settings.DATA_DIR / "models"
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.part"):
        left.unlink(missing_ok=True)
    target: Path = folder / f"run-{run.pk}.joblib"
    content = {
        "run": run.pk,
        "as_of": run.as_of.isoformat(),
        "pipeline": fit.pipeline,
        "index": fit.index,
        "labels": fit.labels,
        "document": fit.document.to_dict(),
        "recipe": fit.recipe.to_dict(),
    }
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            joblib.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target
