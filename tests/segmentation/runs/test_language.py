"""What a run writes does not depend on the language of whoever asked for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import translation

from segmentation.models import Assignment, Profile, Run, Segment
from segmentation.runs.alerting import _send
from segmentation.runs.recipes import settled
from segmentation.runs.retraining import Asked, retrain

PLACED = ("client__source_id", "segment__slug", "standing", "margin", "unknown", "settling", "possible", "values")


def written(language: str) -> dict[str, Any]:
    """All that a run leaves in the database, taken back afterwards."""
    with transaction.atomic():
        with translation.override(language):
            run = retrain(Asked(clusters=4)).run
        version = settled().version
        assert run is not None and version is not None
        run.refresh_from_db()
        found = {
            "run": [run.state, run.recipe, run.document, run.scores, run.choice, run.verdict, run.notes, run.error],
            "profiles": list(Profile.objects.filter(run=run).order_by("cluster").values_list("size", "data")),
            "segments": list(Segment.objects.order_by("slug").values_list("slug", "name", "description", "colour")),
            "placements": list(Assignment.objects.filter(run=run).order_by("client").values_list(*PLACED)),
            "version": version.reason,
        }
        transaction.set_rollback(True)
    return found


def test_a_run_writes_the_same_under_any_language(portfolio: Any) -> None:
    french, english = written("fr"), written("en")
    del french["profiles"][0][1]["typical"][:], english["profiles"][0][1]["typical"][:]
    assert french == english
    assert "données" in english["run"][4]["rule"]


def test_a_run_that_fails_keeps_a_french_reason_and_the_mail_about_it_is_french(adele: Any) -> None:
    adele.email = "adele@example.org"
    adele.save()
    with translation.override("en"), pytest.raises(Exception, match="Rien à entraîner"):
        retrain(Asked())
    run = Run.objects.get()
    assert run.error.startswith("Rien à entraîner")
    with translation.override("en"):
        _send(run.pk)
        assert translation.get_language() == "en"
    assert "en échec" in mail.outbox[-1].subject
    assert "n’a pas abouti" in mail.outbox[-1].body
