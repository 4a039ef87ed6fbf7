"""A permission of its own for how to reach a client."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clients", "0012_conflicts")]

    operations = [
        migrations.AlterModelOptions(
            name="client",
            options={
                "ordering": ["name_folded", "pk"],
                "permissions": [
                    ("view_all_clients", "Peut voir tous les clients"),
                    ("change_own_client", "Peut corriger ses propres clients"),
                    ("exercise_rights", "Peut exercer les droits des personnes"),
                    ("view_contact_details", "Peut voir les coordonnées, les notes et le suivi"),
                ],
                "verbose_name": "client",
                "verbose_name_plural": "clients",
            },
        ),
    ]
