"""Decisions taken before their segment was kept: the play's own segment is where the client stood."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill_in(apps: Any, schema_editor: Any = None) -> None:
    play = apps.get_model("segmentation", "Play").objects.filter(pk=OuterRef("play"))
    apps.get_model("segmentation", "Decision").objects.filter(segment=None).update(
        segment=Subquery(play.values("segment")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0012_outcomes")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
