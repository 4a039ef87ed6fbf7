"""Why a client has no position. Clients without coordinates of their own are placed anew, as their next edit would."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from clients.locating import locate_client

PLACED = ("latitude", "longitude", "position_precision", "department", "place_problem")
CHUNK = 500


def find_problems(apps: Any, schema_editor: Any) -> None:
    clients = apps.get_model("clients", "Client").objects
    changed = []
    for client in clients.only("city", "postal_code", *PLACED).iterator(chunk_size=CHUNK):
        before = [getattr(client, name) for name in PLACED]
        locate_client(client)
        if before != [getattr(client, name) for name in PLACED]:
            changed.append(client)
    clients.bulk_update(changed, PLACED, batch_size=CHUNK)


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0008_doubles'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='client',
            options={'ordering': ['name_folded', 'pk'], 'permissions': [('view_all_clients', 'Peut voir tous les clients'), ('change_own_client', 'Peut corriger ses propres clients')], 'verbose_name': 'client', 'verbose_name_plural': 'clients'},
        ),
        migrations.AddField(
            model_name='client',
            name='place_problem',
            field=models.CharField(blank=True, choices=[('no_town', 'ni ville ni code postal'), ('unknown_town', 'ville inconnue'), ('several_towns', 'plusieurs communes de ce nom'), ('contradiction', 'ville et code postal se contredisent'), ('postal_code', 'code postal illisible'), ('coordinates', 'coordonnées refusées'), ('far', 'coordonnées loin de la ville écrite')], editable=False, max_length=14, verbose_name='problème de position'),
        ),
        migrations.RunPython(find_problems, migrations.RunPython.noop),
    ]
