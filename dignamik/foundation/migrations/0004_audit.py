"""The audit trail, and what keeps it as it was written: triggers, which no way around the ORM goes around."""

import django.utils.timezone
from django.db import migrations, models

TABLE = "foundation_auditevent"
SAYS = "The audit trail is append-only."
# The days of `foundation.audit.KEPT_AT_LEAST_DAYS`. On SQLite REPLACE would delete a row without asking its trigger.
ON_SQLITE = (
    f"CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END",
    f"CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON {TABLE} "
    f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, '{SAYS}'); END",
    f"CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON {TABLE} "
    f"WHEN OLD.at > datetime('now', '-180 days') BEGIN SELECT RAISE(ABORT, '{SAYS}'); END",
)
ON_POSTGRESQL = (
    f"""CREATE FUNCTION {TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.at <= now() - interval '180 days' THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    f"CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON {TABLE} "
    f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_stays()",
    f"CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON {TABLE} "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_stays()",
)


def guard(apps, schema_editor):
    for statement in ON_POSTGRESQL if schema_editor.connection.vendor == "postgresql" else ON_SQLITE:
        schema_editor.execute(statement, params=None)


def let_go(apps, schema_editor):
    """SQLite drops triggers with their table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION {TABLE}_stays() CASCADE", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0003_saved_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='quand')),
                ('kind', models.CharField(choices=[('login', 'connexion'), ('login_refused', 'connexion refusée'), ('logout', 'déconnexion'), ('password', 'mot de passe changé'), ('second_factor', 'second facteur changé'), ('token', 'jeton d’API créé'), ('token_revoked', 'jeton d’API révoqué'), ('token_refused', 'jeton d’API refusé'), ('account', 'compte ou droits modifiés'), ('refused', 'accès refusé'), ('export', 'export'), ('created', 'création'), ('changed', 'modification'), ('deleted', 'suppression'), ('assigned', 'clients confiés'), ('batch', 'actions planifiées par lot'), ('import', 'import'), ('import_undone', 'import annulé'), ('sync', 'synchronisation'), ('run_asked', 'calcul demandé'), ('job_stopped', 'tâche arrêtée'), ('published', 'calcul publié'), ('rolled_back', 'retour à un calcul'), ('recipe', 'recette modifiée'), ('play', 'action modifiée'), ('merge', 'fusion de clients'), ('merge_undone', 'fusion annulée'), ('objection', 'opposition au profilage'), ('objection_lifted', 'opposition levée'), ('access_export', 'accès d’une personne à ses données'), ('erasure', 'effacement'), ('retention', 'durées de conservation appliquées')], max_length=20, verbose_name='quoi')),
                ('account', models.BigIntegerField(null=True, verbose_name='numéro du compte')),
                ('username', models.CharField(blank=True, max_length=150, verbose_name='qui')),
                ('ip', models.GenericIPAddressField(null=True, verbose_name='adresse')),
                ('surface', models.CharField(choices=[('page', 'page'), ('api', 'API'), ('admin', 'administration'), ('worker', 'exécutant'), ('command', 'ligne de commande')], max_length=10, verbose_name='depuis')),
                ('request_number', models.CharField(max_length=20, verbose_name='numéro de la demande')),
                ('model', models.CharField(blank=True, max_length=60, verbose_name='sorte d’objet')),
                ('object_id', models.CharField(blank=True, max_length=20, verbose_name='numéro de l’objet')),
                ('history', models.JSONField(default=list, verbose_name='lignes d’historique')),
                ('count', models.PositiveIntegerField(null=True, verbose_name='combien')),
                ('details', models.JSONField(default=dict, verbose_name='précisions')),
            ],
            options={
                'verbose_name': 'événement du journal d’audit',
                'verbose_name_plural': 'journal d’audit',
                'ordering': ['-pk'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['at'], name='audit_by_moment'), models.Index(fields=['kind', 'id'], name='audit_by_kind'), models.Index(fields=['username', 'id'], name='audit_by_person'), models.Index(fields=['model', 'object_id'], name='audit_by_object')],
            },
        ),
        migrations.RunPython(guard, let_go),
    ]
