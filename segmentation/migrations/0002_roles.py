"""The four roles as groups, with what each may do. An admin can adjust them afterwards: nothing here runs again.

Written in `segmentation` because it is the app that stands on all others. Permission rows are made here when missing:
Django makes them after all migrations have run, which is too late for a group to hold them.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")
BOOK = ("client", "category", "followers", "turnover", "heldservice", "demo")
RUNS = ("run", "publication", "segment", "profile", "assignment")

MANAGER = ("clients.view_client", "clients.view_category", "segmentation.view_segment", "segmentation.view_run")
HEAD_OF_SALES = (*MANAGER, "clients.view_all_clients", "clients.change_client")
ANALYST = (
    "clients.view_all_clients",
    "segmentation.view_draft_run",
    "segmentation.publish_run",
    *(f"clients.view_{model}" for model in BOOK),
    *(f"segmentation.view_{model}" for model in RUNS),
)
ADMIN = (
    *HEAD_OF_SALES,
    *ANALYST,
    *(f"clients.{action}_{model}" for action in ACTIONS for model in BOOK),
    *(f"segmentation.{action}_{model}" for action in ACTIONS for model in RUNS),
    *(f"auth.{action}_{model}" for action in ACTIONS for model in ("user", "group")),
    *(f"authtoken.{action}_{model}" for action in ACTIONS for model in ("token", "tokenproxy")),
    # Deleting an attempt is how a locked account is opened again.
    "axes.view_accessattempt",
    "axes.delete_accessattempt",
    "axes.view_accesslog",
    "axes.view_accessfailurelog",
)
ROLES = {
    "Chargé de compte": MANAGER,
    "Responsable commercial": HEAD_OF_SALES,
    "Analyste": ANALYST,
    "Administration": ADMIN,
}
# Permissions that are not an action on a model, and the model that declares them.
DECLARED = {
    "clients.view_all_clients": ("client", "Peut voir tous les clients"),
    "segmentation.view_draft_run": ("run", "Peut voir un calcul en attente"),
    "segmentation.publish_run": ("run", "Peut publier un calcul"),
}


def permission(apps: Any, name: str) -> Any:
    """The row of a permission called `app.codename`, made with its content type where Django has not yet."""
    app, codename = name.split(".")
    action, _, model = codename.partition("_")
    model, label = DECLARED.get(name, (model, f"Can {action} {model}"))
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    row, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": label}
    )
    return row


def create_roles(apps: Any, schema_editor: Any = None) -> None:
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(permission(apps, name) for name in dict.fromkeys(names)))


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0001_initial"),
        ("segmentation", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
