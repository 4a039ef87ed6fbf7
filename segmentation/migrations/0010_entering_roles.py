"""Admins see keys to the API and take them back, and let people try again; the keys of before, kept in clear, go."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

ADMIN = (
    "foundation.view_apitoken",
    "foundation.change_apitoken",
    "foundation.view_guess",
    "foundation.delete_guess",
)


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Administration")
    group.permissions.add(*(permission(apps, name) for name in ADMIN))
    apps.get_model("contenttypes", "ContentType").objects.filter(app_label="authtoken").delete()


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0009_placing_at_once"), ("foundation", "0002_entering")]

    operations = [
        migrations.RunPython(extend_roles, migrations.RunPython.noop),
        migrations.RunSQL("DROP TABLE IF EXISTS authtoken_token", migrations.RunSQL.noop),
    ]
