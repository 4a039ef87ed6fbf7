"""Files that somebody sent to be imported: what each would do, what was decided, and what it did, client by client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dignamik.foundation.models import Job

KEPT = timedelta(hours=24)
"""How long a file waits for somebody to decide; then it is deleted and has to be sent again."""


class FileImport(models.Model):
    """One file, from its arrival to what became of it.

    new → ready → done → undone
     │  ↘ ↗   └→ dropped   (given up, or nobody decided in time)
     │  columns            (its headings want a person's word)
     └→ refused            (it can't be read)

    While `job` waits or goes, a worker is at it, whatever the state.
    """

    class State(models.TextChoices):
        NEW = "new", _("reçu")
        COLUMNS = "columns", _("colonnes à préciser")
        READY = "ready", _("à confirmer")
        REFUSED = "refused", _("illisible")
        DONE = "done", _("importé")
        UNDONE = "undone", pgettext_lazy("import", "annulé")  # of a job it means cancelled
        DROPPED = "dropped", _("abandonné")

    file_name = models.CharField(_("fichier"), max_length=200)
    sha256 = models.CharField(_("empreinte"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("taille (octets)"))
    # Our own name of the file, under DATA_DIR; "" once it is deleted.
    stored_as = models.CharField(max_length=32, blank=True, editable=False)
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.NEW)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="file_imports",
        verbose_name=_("envoyé par"),
    )
    sent_at = models.DateTimeField(_("envoyé le"))
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    problem = models.TextField(_("problème"), blank=True)

    # [[heading, an example of what stands under it]]
    headings = models.JSONField(_("colonnes"), default=list)
    # The place of a column in the file → the fact that a person says it holds; see files.columns.
    chosen = models.JSONField(_("colonnes précisées"), default=dict)
    ignored = models.JSONField(_("colonnes ignorées"), default=list)
    notes = models.JSONField(_("remarques"), default=list)

    rows = models.PositiveIntegerField(_("lignes"), default=0)
    blank_lines = models.PositiveIntegerField(_("lignes vides"), default=0)
    created = models.PositiveIntegerField(_("nouveaux"), default=0)
    updated = models.PositiveIntegerField(_("modifiés"), default=0)
    unchanged = models.PositiveIntegerField(_("inchangés"), default=0)
    # [{"line", "cells", "problems": [{"column", "value", "reason"}]}], in the order of the file
    rejected = models.JSONField(_("lignes refusées"), default=list)
    repeated = models.JSONField(_("lignes répétées"), default=list)
    unplaced = models.JSONField(_("clients sans position"), default=list)

    done_at = models.DateTimeField(_("importé le"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("confirmé par")
    )
    undone_at = models.DateTimeField(_("annulé le"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("annulé par")
    )

    class Meta:
        verbose_name = _("import de fichier")
        verbose_name_plural = _("imports de fichiers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["done", "undone"], done_at__isnull=False)
                | ~Q(state__in=["done", "undone"]) & Q(done_at__isnull=True),
                name="import_done_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return _("Import n° %(number)s") % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("import", args=[self.pk])

    @property
    def in_hand(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.job is not None and self.job.state in (Job.State.QUEUED, Job.State.RUNNING)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.state in OPEN

    @property
    def changes_something(self) -> bool:
        return bool(self.created or self.updated)


OPEN: Sequence[str] = (FileImport.State.NEW, FileImport.State.COLUMNS, FileImport.State.READY)


class ImportedLine(models.Model):
    """What one line of a file does to one client, as people read it and, once done, as it can be undone."""

    class Kind(models.TextChoices):
        CREATED = "created", _("nouveau")
        CHANGED = "changed", _("modifié")

    file_import = models.ForeignKey(FileImport, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveIntegerField(_("ligne"))
    kind = models.CharField(max_length=7, choices=Kind)
    client = models.ForeignKey("clients.Client", on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField("client", max_length=200)
    # [[label, before, after]], "" for unknown
    changes = models.JSONField(default=list)
    # Fact → its value before the import; see files.comparing.
    before = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("ligne importée")
        verbose_name_plural = _("lignes importées")
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["file_import", "line"], name="a_line_is_imported_once")]
        indexes = [models.Index(fields=["file_import", "kind", "line"], name="imported_line_by_kind")]

    def __str__(self) -> str:
        return _("Ligne %(number)s") % {"number": self.line}

    @property
    def said(self) -> tuple[Any, ...]:
        """What a person saw of it in the preview, to be compared with what would be written now."""
        known = self.client_id if self.kind == self.Kind.CHANGED else None
        return self.line, str(self.kind), known, self.name, [list(change) for change in self.changes]
