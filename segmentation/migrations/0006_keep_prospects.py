"""Who sells may write down a new prospect."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

ROLES = ("Chargé de compte", "Responsable commercial")


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    for role in ROLES:
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(permission(apps, "clients.add_client"))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0005_values_seen")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
