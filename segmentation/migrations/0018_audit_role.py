"""Admins read the audit trail."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    permission = import_module("segmentation.migrations.0002_roles").permission
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Administration")
    group.permissions.add(permission(apps, "foundation.view_auditevent"))


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0017_sync_role"), ("foundation", "0004_audit")]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
