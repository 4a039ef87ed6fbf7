"""Who may see how to reach a client: everybody who speaks to clients or keeps the data, not the analyst."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

SEES = "clients.view_contact_details"
ROLES = ("Chargé de compte", "Responsable commercial", "Administration")


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    roles = import_module("segmentation.migrations.0002_roles")
    roles.DECLARED.setdefault(SEES, ("client", "Peut voir les coordonnées, les notes et le suivi"))
    for role in ROLES:
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(roles.permission(apps, SEES))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0022_conflicts_role"), ("clients", "0013_contact_details")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
