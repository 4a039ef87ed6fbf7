"""Versions of the recipe, and who may write them: those who judge runs."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

READ = ("segmentation.view_recipeversion", "segmentation.view_recipeadoption")
ROLES = {
    "Analyste": (*READ, "segmentation.add_recipeversion"),
    "Administration": (*READ, "segmentation.add_recipeversion"),
}


def extend_roles(apps, schema_editor=None):
    permission = import_module("segmentation.migrations.0002_roles").permission
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*(permission(apps, name) for name in names))


class Migration(migrations.Migration):

    dependencies = [
        ('segmentation', '0007_ask_for_runs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='requested_name',
            field=models.CharField(blank=True, max_length=150, verbose_name='demandé en ligne de commande par'),
        ),
        migrations.CreateModel(
            name='RecipeVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True, verbose_name='version')),
                ('recipe', models.JSONField(verbose_name='recette')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='écrite le')),
                ('reason', models.TextField(verbose_name='raison')),
                ('base', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='segmentation.recipeversion', verbose_name='faite à partir de')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
            ],
            options={
                'verbose_name': 'version de la recette',
                'verbose_name_plural': 'recette',
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='RecipeAdoption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='le')),
                ('reason', models.TextField(verbose_name='raison')),
                ('current', models.BooleanField(default=True, verbose_name='en vigueur')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='segmentation.recipeversion', verbose_name='version')),
            ],
            options={
                'verbose_name': 'mise en vigueur',
                'verbose_name_plural': 'mises en vigueur',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='run',
            name='recipe_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='segmentation.recipeversion', verbose_name='version de la recette'),
        ),
        migrations.AddConstraint(
            model_name='recipeversion',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='recipe_version_counts_from_one'),
        ),
        migrations.AddConstraint(
            model_name='recipeversion',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='recipe_version_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='recipeadoption',
            constraint=models.UniqueConstraint(condition=models.Q(('current', True)), fields=('current',), name='one_recipe_in_force'),
        ),
        migrations.AddConstraint(
            model_name='recipeadoption',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='recipe_adoption_has_a_reason'),
        ),
        migrations.RunPython(extend_roles, migrations.RunPython.noop),
    ]
