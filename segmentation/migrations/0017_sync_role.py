"""Who follows the internal database: admins ask for a sync, analysts read what became of it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

ROLES = {
    "Administration": ("clients.add_sourcesync", "clients.view_sourcesync"),
    "Analyste": ("clients.view_sourcesync",),
}


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(permission(apps, name) for name in names))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0016_imports_role"), ("clients", "0007_source_syncs")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
