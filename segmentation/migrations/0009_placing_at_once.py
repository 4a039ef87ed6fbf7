"""Placements follow the facts at once: what decided the segment and what is known now stand apart."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import F


def mark_the_late(apps: Any, schema_editor: Any) -> None:
    """Until now only a kept prospect was placed after its run."""
    placements = apps.get_model("segmentation", "Assignment").objects
    placements.filter(fitted=False, scored_at__gt=F("run__finished_at")).update(late=True)


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0008_recipe_versions")]

    operations = [
        migrations.AddField(
            "assignment", "late", models.BooleanField(default=False, verbose_name="placé après le calcul")
        ),
        migrations.AddField(
            "assignment", "settling", models.JSONField(default=list, verbose_name="données qui suffiraient")
        ),
        migrations.AddField("assignment", "values_now", models.JSONField(null=True, verbose_name="données depuis")),
        # NULL is looked at again: the worker fills these columns for the published run by itself.
        migrations.AddField(
            "assignment", "facts_at", models.DateTimeField(null=True, verbose_name="faits connus au")
        ),
        migrations.RunPython(mark_the_late, migrations.RunPython.noop),
    ]
