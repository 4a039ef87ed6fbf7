"""Who judges runs may ask for one; admins look at background jobs and stop them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

ROLES = {
    "Analyste": ("segmentation.add_run",),
    "Administration": ("segmentation.add_run", "foundation.view_job", "foundation.change_job"),
}


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(permission(apps, name) for name in names))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0006_keep_prospects"), ("foundation", "0001_initial")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
