"""Who may see what the internal database says otherwise, and decide: admins."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

ROLES = {"Administration": ("clients.view_fieldconflict", "clients.change_fieldconflict")}


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(permission(apps, name) for name in names))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0021_rights_role"), ("clients", "0012_conflicts")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
