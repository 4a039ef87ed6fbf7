"""What each role may do with the playbook and with advice."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations

READ = ("segmentation.view_play", "segmentation.view_condition", "segmentation.view_decision")
DECIDE = ("segmentation.add_decision",)
ALL = tuple(
    f"segmentation.{action}_{model}" for action in ("add", "change", "delete", "view") for model in ("play", "condition", "decision")
)
ROLES = {
    "Chargé de compte": (*READ, *DECIDE),
    "Responsable commercial": (*READ, *DECIDE),
    "Analyste": READ,
    "Administration": ALL,
}


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(permission(apps, name) for name in names))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0003_playbook")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
