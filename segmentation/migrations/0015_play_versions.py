"""Each save of a play is a version with a number, which keeps the conditions of its day."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def number_the_past(apps: Any, schema_editor: Any) -> None:
    """Versions in their order. Conditions had no history: only the latest can be known, and only as they are now."""
    play_model, record_model = (apps.get_model("segmentation", name) for name in ("Play", "HistoricalPlay"))
    names = ("field", "comparison", "value", "median")
    for play in play_model.objects.prefetch_related("conditions"):
        records = list(record_model.objects.filter(id=play.pk).order_by("history_date", "history_id"))
        for number, record in enumerate(records, start=1):
            record.version = number
            if number == len(records):
                rows = sorted(play.conditions.all(), key=lambda row: row.pk)
                record.conditions = [{name: getattr(row, name) for name in names} for row in rows]
        record_model.objects.bulk_update(records, ["version", "conditions"])
        play_model.objects.filter(pk=play.pk).update(version=max(len(records), 1))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0014_visits")]

    operations = [
        migrations.AddField(
            "historicalplay", "conditions", models.JSONField(null=True, verbose_name="conditions")
        ),
        migrations.AddField(
            "historicalplay", "version",
            models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
        ),
        migrations.AddField(
            "play", "version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")
        ),
        migrations.RunPython(number_the_past, migrations.RunPython.noop),
    ]
