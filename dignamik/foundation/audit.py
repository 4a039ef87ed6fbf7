"""The audit trail: who did what that matters, when, from where. Rows are added and never touched again.

Neither clients' names nor figures stand in it: what changed is told by the number of an object and of the rows of its
history, so that erasing a person has one place to go. Accounts are kept by number and user name, without a foreign
key: an account that is deleted has done what it has done.

The database itself refuses to change a row, and to delete one younger than `KEPT_AT_LEAST_DAYS`. SQLite rebuilds a
table to alter it and drops its triggers: a migration that alters this one calls `guard` of migration `audit` again.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT_AT_LEAST_DAYS = 180
"""Six months, the least that the CNIL advises for traces of access; as the triggers have it."""


class CannotRewrite(Exception):
    """Something tried to change or remove what is on record."""

    def __init__(self) -> None:
        super().__init__("The audit trail is append-only.")


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    """To read and to add to."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise CannotRewrite

    update = delete = bulk_update = update_or_create = _refuse
    aupdate = adelete = abulk_update = aupdate_or_create = _refuse


class AuditEvent(models.Model):
    """One thing that somebody did, or was refused."""

    class Kind(models.TextChoices):
        LOGIN = "login", _("connexion")
        LOGIN_REFUSED = "login_refused", _("connexion refusée")
        LOGOUT = "logout", _("déconnexion")
        PASSWORD = "password", _("mot de passe changé")
        SECOND_FACTOR = "second_factor", _("second facteur changé")
        TOKEN = "token", _("jeton d’API créé")
        TOKEN_REVOKED = "token_revoked", _("jeton d’API révoqué")
        TOKEN_REFUSED = "token_refused", _("jeton d’API refusé")
        ACCOUNT = "account", _("compte ou droits modifiés")
        REFUSED = "refused", _("accès refusé")
        EXPORT = "export", _("export")
        CREATED = "created", _("création")
        CHANGED = "changed", _("modification")
        DELETED = "deleted", _("suppression")
        ASSIGNED = "assigned", _("clients confiés")
        BATCH = "batch", _("actions planifiées par lot")
        IMPORT = "import", _("import")
        IMPORT_UNDONE = "import_undone", _("import annulé")
        SYNC = "sync", _("synchronisation")
        RUN_ASKED = "run_asked", _("calcul demandé")
        JOB_STOPPED = "job_stopped", _("tâche arrêtée")
        PUBLISHED = "published", _("calcul publié")
        ROLLED_BACK = "rolled_back", _("retour à un calcul")
        RECIPE = "recipe", _("recette modifiée")
        PLAY = "play", _("action modifiée")
        MERGE = "merge", _("fusion de clients")
        MERGE_UNDONE = "merge_undone", _("fusion annulée")
        OBJECTION = "objection", _("opposition au profilage")
        OBJECTION_LIFTED = "objection_lifted", _("opposition levée")
        ACCESS_EXPORT = "access_export", _("accès d’une personne à ses données")
        ERASURE = "erasure", _("effacement")
        RETENTION = "retention", _("durées de conservation appliquées")

    class Surface(models.TextChoices):
        PAGE = "page", _("page")
        API = "api", _("API")
        ADMIN = "admin", _("administration")
        WORKER = "worker", _("exécutant")
        COMMAND = "command", _("ligne de commande")

    at = models.DateTimeField(_("quand"), default=timezone.now, editable=False)
    kind = models.CharField(_("quoi"), max_length=20, choices=Kind)
    account = models.BigIntegerField(_("numéro du compte"), null=True)
    username = models.CharField(_("qui"), max_length=150, blank=True)
    ip = models.GenericIPAddressField(_("adresse"), null=True)
    surface = models.CharField(_("depuis"), max_length=10, choices=Surface)
    request_number = models.CharField(_("numéro de la demande"), max_length=20)
    model = models.CharField(_("sorte d’objet"), max_length=60, blank=True)  # as "clients.client"
    object_id = models.CharField(_("numéro de l’objet"), max_length=20, blank=True)
    history = models.JSONField(_("lignes d’historique"), default=list)
    count = models.PositiveIntegerField(_("combien"), null=True)
    details = models.JSONField(_("précisions"), default=dict)

    objects = models.Manager.from_queryset(AuditQuerySet)()

    class Meta:
        verbose_name = _("événement du journal d’audit")
        verbose_name_plural = _("journal d’audit")
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["at"], name="audit_by_moment"),
            models.Index(fields=["kind", "id"], name="audit_by_kind"),
            models.Index(fields=["username", "id"], name="audit_by_person"),
            models.Index(fields=["model", "object_id"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} n° {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise CannotRewrite
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise CannotRewrite
