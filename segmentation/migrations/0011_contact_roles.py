"""Who may read and keep the logs of clients. An account manager reaches their own portfolio only, as everywhere."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

READ = ("clients.view_contact",)
KEEP = (*READ, "clients.add_contact")
ROLES = {
    "Chargé de compte": KEEP,
    "Responsable commercial": KEEP,
    "Analyste": READ,
    "Administration": tuple(f"clients.{action}_contact" for action in ("add", "change", "delete", "view")),
}


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(permission(apps, name) for name in names))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0010_entering_roles"), ("clients", "0005_contacts")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
