"""What we make of the clients: runs, the durable segments they find, and who belongs where.

A cluster's number never gets here: a Segment has a slug, a name and a colour, and survives retrains by lineage.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from clients.models import Client
from segmentation.models.recipes import RecipeVersion
from segmentation.querysets import OBJECTED, RunManager, SegmentManager

COLOURS = 8  # the palette of static/css/tokens.css: Okabe and Ito, in their order


class Run(models.Model):
    """One execution of a recipe as of a date.

    queued → training → trained → published
                    ├→ held      (a gate refused it; publishing needs a reason)
                    └→ failed
    """

    class State(models.TextChoices):
        QUEUED = "queued", gettext_lazy("en file d’attente")
        TRAINING = "training", gettext_lazy("en cours")
        TRAINED = "trained", gettext_lazy("terminé, non publié")
        PUBLISHED = "published", gettext_lazy("publié")
        HELD = "held", gettext_lazy("en attente de validation")
        FAILED = "failed", gettext_lazy("en échec")

    state = models.CharField(gettext_lazy("état"), max_length=10, choices=State, default=State.QUEUED)
    as_of = models.DateField(gettext_lazy("données au"))
    created_at = models.DateTimeField(gettext_lazy("demandé le"), auto_now_add=True)
    finished_at = models.DateTimeField(gettext_lazy("terminé le"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=gettext_lazy("demandé par"),
    )
    # Who asked at a terminal, by the name the system knows them by; `requested_by` is an account of ours.
    requested_name = models.CharField(gettext_lazy("demandé en ligne de commande par"), max_length=150, blank=True)
    clusters = models.PositiveSmallIntegerField(gettext_lazy("nombre de groupes imposé"), null=True, blank=True)
    seed = models.PositiveIntegerField(gettext_lazy("graine"))
    # The run's own copy: what it was trained with, whatever becomes of the versions. None before there were any.
    recipe = models.JSONField(gettext_lazy("recette"))
    recipe_version = models.ForeignKey(
        RecipeVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="runs",
        verbose_name=gettext_lazy("version de la recette"),
    )  # fmt: skip
    document = models.JSONField(gettext_lazy("modèle"), null=True, blank=True)
    k = models.PositiveSmallIntegerField(gettext_lazy("nombre de groupes"), null=True, blank=True)
    scores = models.JSONField(gettext_lazy("mesures par nombre de groupes"), default=dict)
    choice = models.JSONField(gettext_lazy("choix du nombre de groupes"), default=dict)
    verdict = models.JSONField(gettext_lazy("contrôles"), default=dict)
    clients = models.PositiveIntegerField(gettext_lazy("clients analysés"), default=0)
    scored = models.PositiveIntegerField(gettext_lazy("clients placés"), default=0)
    # Why (see runs.frames) → how many present clients it was not fitted on. None: run before this was kept.
    left_out = models.JSONField(gettext_lazy("clients laissés hors du calcul"), null=True, blank=True)
    seconds = models.JSONField(gettext_lazy("durées (s)"), default=dict)
    notes = models.JSONField(gettext_lazy("remarques"), default=list)
    error = models.TextField(gettext_lazy("erreur"), blank=True)
    objects = RunManager()

    class Meta:
        verbose_name = gettext_lazy("calcul")
        verbose_name_plural = gettext_lazy("calculs")
        ordering = ["-pk"]
        permissions = [("view_draft_run", "Peut voir un calcul en attente"), ("publish_run", "Peut publier un calcul")]

    def __str__(self) -> str:
        return _("Calcul n° %(pk)s") % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.pk])


class Publication(models.Model):
    """The pointer, and where it has been: the latest row names the run that people see."""

    run = models.ForeignKey(
        Run, on_delete=models.PROTECT, related_name="publications", verbose_name=gettext_lazy("calcul")
    )
    at = models.DateTimeField(gettext_lazy("publié le"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=gettext_lazy("publié par"),
    )
    reason = models.TextField(gettext_lazy("raison"), blank=True)

    class Meta:
        verbose_name = "publication"
        verbose_name_plural = "publications"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("%(run)s le %(at)s") % {"run": self.run, "at": f"{self.at:%d/%m/%Y}"}

    @property
    def without_account(self) -> str:
        """How it came about where no account did it: at a terminal one says why, a run that passes does not."""
        return _("en ligne de commande") if self.reason else _("automatiquement")


class Segment(models.Model):
    """A durable group that people name, colour and plan for. Its slug is never given again."""

    slug = models.SlugField(gettext_lazy("identifiant"), max_length=80, unique=True)
    name = models.CharField(gettext_lazy("nom"), max_length=120)
    description = models.TextField("description", blank=True)
    colour = models.PositiveSmallIntegerField(gettext_lazy("couleur (rang dans la palette)"))
    # False once a person has named it: a retrain never renames what people named.
    name_is_suggested = models.BooleanField(gettext_lazy("nom proposé par le calcul"), default=True)
    created_at = models.DateTimeField(gettext_lazy("apparu le"), auto_now_add=True)
    history = HistoricalRecords(verbose_name=gettext_lazy("historique"))

    objects = SegmentManager()

    class Meta:
        verbose_name = "segment"
        verbose_name_plural = "segments"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="segment_has_a_name"),
            models.CheckConstraint(condition=Q(colour__lt=COLOURS), name="segment_colour_is_in_the_palette"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("segment", args=[self.slug])


class Profile(models.Model):
    """What a Segment looked like in one Run, on the clients it was fitted on."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="profiles", verbose_name=gettext_lazy("calcul"))
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="profiles", verbose_name="segment")
    cluster = models.PositiveSmallIntegerField(editable=False)  # the key of this segment in the run's document
    size = models.PositiveIntegerField(gettext_lazy("clients analysés"))
    data = models.JSONField(gettext_lazy("profil"), default=dict)

    class Meta:
        verbose_name = gettext_lazy("profil")
        verbose_name_plural = gettext_lazy("profils")
        ordering = ["-size"]
        constraints = [
            models.UniqueConstraint(fields=["run", "segment"], name="one_profile_a_run"),
            models.UniqueConstraint(fields=["run", "cluster"], name="one_segment_a_cluster"),
        ]

    def __str__(self) -> str:
        return f"{self.segment} ({self.run})"


class Assignment(models.Model):
    """Where a run places a client. No segment means: not classifiable, too little is known.

    Two things in one row. What the run decided stays until another run is published: `segment`, what it was decided on
    (`values`), `fitted` and `late`. What is known of the client now follows its facts at once (`runs.refreshing`):
    standing, possible segments, unknown and settling columns, and the figures, which are told from the segment shown:
    `distance` is to its centre, `second` the nearest other, `margin` below 0 where that other is nearer by now. Facts
    that became too few leave the segment with the standing "not classifiable", and no figures.
    """

    class Standing(models.TextChoices):
        FIRM = "firm", gettext_lazy("ferme")
        PROVISIONAL = "provisional", gettext_lazy("provisoire")
        NOT_CLASSIFIABLE = "not_classifiable", gettext_lazy("non classable")
        OUTSIDE = "outside", gettext_lazy("hors plage")

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="assignments", verbose_name=gettext_lazy("calcul")
    )
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="assignments", verbose_name="client")
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, related_name="assignments", verbose_name="segment"
    )
    second = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("deuxième segment")
    )
    standing = models.CharField(gettext_lazy("classement"), max_length=16, choices=Standing)
    fitted = models.BooleanField(gettext_lazy("a servi au calcul"), default=False)
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    distance = models.FloatField(gettext_lazy("distance au centre"), null=True)
    second_distance = models.FloatField(gettext_lazy("distance au deuxième centre"), null=True)
    margin = models.FloatField(gettext_lazy("marge"), null=True)
    possible = models.JSONField(gettext_lazy("segments possibles"), default=list)
    unknown = models.JSONField(gettext_lazy("données inconnues"), default=list)
    # The unknown columns that would each, alone, make a provisional client firm.
    settling = models.JSONField(gettext_lazy("données qui suffiraient"), default=list)
    # What decided the segment, by column of the recipe: without it nobody could tell later why a client moved.
    values = models.JSONField(gettext_lazy("données vues par le calcul"), default=dict)
    # The same as known now, where it differs: what standing and figures are of.
    values_now = models.JSONField(gettext_lazy("données depuis"), null=True)
    # The run did not know the client, or nothing of it, when it was made.
    late = models.BooleanField(gettext_lazy("placé après le calcul"), default=False)
    scored_at = models.DateTimeField(gettext_lazy("placé le"))
    # The client's last change that the standing takes into account; NULL: not known, to be looked at again.
    facts_at = models.DateTimeField(gettext_lazy("faits connus au"), null=True)

    class Meta:
        verbose_name = "placement"
        verbose_name_plural = "placements"
        constraints = [models.UniqueConstraint(fields=["run", "client"], name="one_place_a_run")]
        indexes = [models.Index(fields=["run", "segment", "client"], name="assignment_by_segment")]

    def __str__(self) -> str:
        return f"{self.client_id} → {self.segment_id}"

    @property
    def known(self) -> dict[str, Any]:
        """What standing and figures are of, by column."""
        found: dict[str, Any] = self.values if self.values_now is None else self.values_now
        return found

    @property
    def heads_for(self) -> Segment | None:
        """The segment that the client's data of now are nearer to than to its own: where a next run would put it."""
        return self.second if self.margin is not None and self.margin < 0 else None


STANDINGS = (*Assignment.Standing.choices, (OBJECTED, _("opposition au profilage")))
"""How sure each client's place is, or why it has none; as people filter by it."""
