"""Whom a run left out, the daily counters of quality, and the account managers' right to correct their own clients."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import migrations, models


OWN = "clients.change_own_client"
OWNERS = "Chargé de compte"


def extend_roles(apps: Any, schema_editor: Any = None) -> None:
    roles = import_module("segmentation.migrations.0002_roles")
    roles.DECLARED.setdefault(OWN, ("client", "Peut corriger ses propres clients"))
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=OWNERS)
    group.permissions.add(roles.permission(apps, OWN))


class Migration(migrations.Migration):

    dependencies = [
        ('segmentation', '0019_doubles_role'),
        ('clients', '0009_place_problems'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='left_out',
            field=models.JSONField(blank=True, null=True, verbose_name='clients laissés hors du calcul'),
        ),
        migrations.CreateModel(
            name='QualitySnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='jour')),
                ('at', models.DateTimeField(verbose_name='relevé à')),
                ('clients', models.PositiveIntegerField(verbose_name='clients')),
                ('completeness', models.FloatField(null=True, verbose_name='complétude moyenne')),
                ('unplaced', models.PositiveIntegerField(verbose_name='clients sans position')),
                ('approximate', models.PositiveIntegerField(verbose_name='positions approximatives')),
                ('implausible', models.PositiveIntegerField(verbose_name='clients avec une valeur à vérifier')),
                ('unknown', models.JSONField(default=dict, verbose_name='données inconnues')),
            ],
            options={
                'verbose_name': 'relevé de qualité',
                'verbose_name_plural': 'relevés de qualité',
                'ordering': ['day'],
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('completeness__isnull', True), ('completeness__range', (0, 1)), _connector='OR'), name='completeness_is_a_share')],
            },
        ),
        migrations.RunPython(extend_roles, migrations.RunPython.noop),
    ]
