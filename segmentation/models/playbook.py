"""The playbook, which an admin edits without code, and what people decided on the advice it gave.

Advice itself is no row: it is derived, by `segmentation.advice.advising`, from the plays whose conditions hold for a
client now. Decisions are rows: they keep the reason as it was shown.
"""

from __future__ import annotations

import re
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from clients.models import Client, HeldService
from dignamik.foundation import french
from segmentation.models.runs import Segment
from segmentation.querysets import DecisionManager

NUMBER = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,6})?")
LARGEST = 1e11  # as an amount of the book of record
TITLE_IS_TAKEN = gettext_lazy("Une autre action de ce segment porte déjà ce titre, peut-être archivée.")


class KeptConditions(models.Model):
    """What the history of a play keeps besides its own fields: the conditions of that version, as `Condition.said`.

    NULL where a version was written before they were kept, or past `segmentation.advice.versions`.
    """

    conditions = models.JSONField("conditions", null=True)

    class Meta:
        abstract = True


class Play(models.Model):
    """One piece of advice for a segment: what to offer, why it helps, when it applies."""

    class Goal(models.TextChoices):
        RETENTION = "retention", gettext_lazy("Fidélisation")
        ACQUISITION = "acquisition", "Acquisition"
        GROWTH = "growth", gettext_lazy("Développement")

    class Priority(models.IntegerChoices):
        HIGH = 1, gettext_lazy("haute")
        NORMAL = 2, gettext_lazy("normale")
        LOW = 3, gettext_lazy("basse")

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="plays", verbose_name="segment")
    title = models.CharField(gettext_lazy("titre"), max_length=120)
    pitch = models.TextField(
        gettext_lazy("argumentaire"), help_text=gettext_lazy("Ce que le chargé de compte dit au client.")
    )
    service = models.CharField("service", max_length=12, choices=HeldService.Service)
    goal = models.CharField(gettext_lazy("objectif"), max_length=12, choices=Goal)
    priority = models.PositiveSmallIntegerField(gettext_lazy("priorité"), choices=Priority, default=Priority.NORMAL)
    active = models.BooleanField("active", default=True, help_text=gettext_lazy("Décochez pour archiver l’action."))
    version = models.PositiveIntegerField("version", default=1, editable=False)
    history = HistoricalRecords(verbose_name=gettext_lazy("historique"), bases=[KeptConditions])

    class Meta:
        verbose_name = gettext_lazy("action")
        verbose_name_plural = gettext_lazy("plan d’actions")
        ordering = ["segment", "priority", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="play_has_a_title"),
            models.CheckConstraint(condition=Q(priority__in=[1, 2, 3]), name="play_priority_is_known"),
            models.UniqueConstraint(fields=["segment", "title"], name="play_once_a_segment"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("play", args=[self.pk])

    def clean(self) -> None:
        """Say that a title is taken beside the title; the constraint says it for those who write at once."""
        self.title = self.title.strip()
        others = Play.objects.filter(segment=self.segment_id, title=self.title).exclude(pk=self.pk)
        if self.segment_id and others.exists():
            raise ValidationError({"title": TITLE_IS_TAKEN})


class Condition(models.Model):
    """One condition of a play, from a closed list; a play applies when all of its conditions hold.

    What is unknown fulfils no condition but "inconnu".
    """

    class Field(models.TextChoices):
        FOLLOWERS = "followers", gettext_lazy("abonnés, tous réseaux")
        FACEBOOK = "followers_facebook", gettext_lazy("abonnés Facebook")
        INSTAGRAM = "followers_instagram", gettext_lazy("abonnés Instagram")
        LINKEDIN = "followers_linkedin", gettext_lazy("abonnés LinkedIn")
        TIKTOK = "followers_tiktok", gettext_lazy("abonnés TikTok")
        YOUTUBE = "followers_youtube", gettext_lazy("abonnés YouTube")
        TURNOVER = "turnover", gettext_lazy("CA de la dernière année (€)")
        GROWTH = "turnover_growth", gettext_lazy("évolution du CA sur un an (%)")
        SENIORITY = "seniority", gettext_lazy("ancienneté (années)")
        WEBSITE = "website", gettext_lazy("site web")
        STATUS = "status", gettext_lazy("statut")

    class Comparison(models.TextChoices):
        BELOW = "lt", gettext_lazy("inférieur à")
        AT_MOST = "lte", gettext_lazy("au plus")
        EQUAL = "eq", gettext_lazy("égal à")
        AT_LEAST = "gte", gettext_lazy("au moins")
        ABOVE = "gt", gettext_lazy("supérieur à")
        KNOWN = "known", gettext_lazy("connu")
        UNKNOWN = "unknown", gettext_lazy("inconnu")

    MEASURED = (Field.FOLLOWERS, Field.FACEBOOK, Field.INSTAGRAM, Field.LINKEDIN, Field.TIKTOK, Field.YOUTUBE,
                Field.TURNOVER, Field.SENIORITY)  # fmt: skip

    play = models.ForeignKey(
        Play, on_delete=models.CASCADE, related_name="conditions", verbose_name=gettext_lazy("action")
    )
    field = models.CharField(gettext_lazy("donnée"), max_length=20, choices=Field)
    comparison = models.CharField(gettext_lazy("comparaison"), max_length=8, choices=Comparison)
    value = models.CharField(
        gettext_lazy("valeur"), max_length=40, blank=True,
        help_text=gettext_lazy(
            "Un nombre ; « oui » ou « non » pour le site web ; un statut (actif, inactif, prospect, perdu)."
        ),
    )  # fmt: skip
    median = models.BooleanField(gettext_lazy("comparer à la médiane du segment"), default=False)

    class Meta:
        verbose_name = "condition"
        verbose_name_plural = "conditions"
        ordering = ["pk"]

    def __str__(self) -> str:
        if self.field in {self.Field.WEBSITE, self.Field.STATUS} and self.comparison == self.Comparison.EQUAL:
            return _("%(label)s\u00a0: %(value)s") % {"label": self.get_field_display(), "value": self._written}
        against = _("la médiane du segment") if self.median else self._written
        return (
            _("%(field)s\u00a0: %(comparison)s %(against)s")
            % {"field": self.get_field_display(), "comparison": self.get_comparison_display(), "against": against}
        ).strip()

    @property
    def _written(self) -> str:
        if self.field == self.Field.WEBSITE:
            return {"oui": _("oui"), "non": _("non")}.get(self.value, self.value)
        if self.field == self.Field.STATUS and self.value in status_words():
            return str(Client.Status(status_words()[self.value]).label).lower()
        return self.value.replace("-", "−")

    @property
    def said(self) -> dict[str, str | bool]:
        """All it says, as JSON keeps it: `Condition(**said)` says the same."""
        return {"field": self.field, "comparison": self.comparison, "value": self.value, "median": self.median}

    def clean(self) -> None:
        """Refuse what could never be evaluated, by the field to mend, with what to write instead."""
        if not self.field or not self.comparison:
            return  # each of them says so itself
        if self.field in {self.Field.WEBSITE, self.Field.STATUS}:
            self.value = self.value.strip().lower()
        if self.comparison in {self.Comparison.KNOWN, self.Comparison.UNKNOWN}:
            self._compares_to_nothing()
        elif self.median:
            if self.field not in self.MEASURED:
                raise ValidationError(
                    {"median": _("Cette donnée n’a pas de médiane dans le segment\u00a0: donnez une valeur.")}
                )
            if self.value:
                raise ValidationError({"value": _("Choisissez\u00a0: une valeur, ou la médiane du segment.")})
        elif self.field == self.Field.WEBSITE:
            sentence = _("Pour le site web\u00a0: «\u00a0égal à\u00a0» et «\u00a0oui\u00a0» ou «\u00a0non\u00a0».")
            self._is_one_of({"oui", "non"}, sentence)
        elif self.field == self.Field.STATUS:
            self._is_one_of(
                set(status_words()),
                _("Pour le statut\u00a0: «\u00a0égal à\u00a0» et actif, inactif, prospect ou perdu."),
            )
        else:
            try:
                self.number()
            except ValidationError as problem:
                raise ValidationError({"value": problem.messages}) from None

    def _compares_to_nothing(self) -> None:
        if self.value or self.median:
            sentence = _(
                "«\u00a0connu\u00a0» et «\u00a0inconnu\u00a0» ne se comparent à rien\u00a0: laissez la valeur vide."
            )
            raise ValidationError({"value" if self.value else "median": sentence})

    def _is_one_of(self, words: set[str], sentence: str) -> None:
        if self.comparison != self.Comparison.EQUAL:
            raise ValidationError({"comparison": sentence})
        if self.value not in words:
            raise ValidationError({"value": sentence})

    def number(self) -> float:
        """The value as a number, with a decimal comma or point and any spaces. Raises ValidationError."""
        text = "".join(self.value.split()).replace("−", "-")
        if not NUMBER.fullmatch(text) or abs(float(text.replace(",", "."))) > LARGEST:
            raise ValidationError(_("La valeur doit être un nombre, par exemple 500 ou 2,5."))
        return float(text.replace(",", "."))


@cache
def status_words() -> dict[str, str]:
    """The statuses as conditions keep them, in French whoever writes, with their values."""
    with translation.override("fr"):
        return {str(label).lower(): value for value, label in Client.Status.choices}


class Decision(models.Model):
    """What a person did with a piece of advice, with the reason as it was shown to them.

    The latest one of a client and a play is `current`; earlier ones are its history.
    """

    class Kind(models.TextChoices):
        PLANNED = "planned", gettext_lazy("planifié")
        DONE = "done", gettext_lazy("fait")
        REFUSED = "refused", gettext_lazy("écarté")
        SNOOZED = "snoozed", gettext_lazy("plus tard")
        REOPENED = "reopened", gettext_lazy("rouvert")

    class Outcome(models.TextChoices):
        """What came of an action that was done, as observed; empty: nobody said."""

        ACCEPTED = "accepted", gettext_lazy("accepté")
        INTERESTED = "interested", gettext_lazy("intéressé, à rappeler")
        DECLINED = "declined", gettext_lazy("refusé par le client")
        NO_ANSWER = "no_answer", gettext_lazy("sans réponse")

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="decisions", verbose_name="client")
    play = models.ForeignKey(
        Play, on_delete=models.PROTECT, related_name="decisions", verbose_name=gettext_lazy("action")
    )
    # Where the client stood for whoever decided; a refusal falls once the client is published elsewhere.
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=gettext_lazy("segment du client")
    )
    kind = models.CharField(gettext_lazy("décision"), max_length=8, choices=Kind)
    outcome = models.CharField(gettext_lazy("issue"), max_length=10, choices=Outcome, blank=True)
    shown_reason = models.TextField(gettext_lazy("raison affichée"))
    comment = models.TextField(gettext_lazy("commentaire"), blank=True)
    until = models.DateField(gettext_lazy("jusqu’au"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=gettext_lazy("par"),
    )
    at = models.DateTimeField(gettext_lazy("le"), auto_now_add=True)
    current = models.BooleanField(gettext_lazy("en vigueur"), default=True)

    objects = DecisionManager()

    class Meta:
        verbose_name = gettext_lazy("décision")
        verbose_name_plural = gettext_lazy("décisions")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["client", "play"], condition=Q(current=True), name="one_current_decision"),
            models.CheckConstraint(condition=~Q(kind="snoozed") | Q(until__isnull=False), name="snoozed_until_a_day"),
            models.CheckConstraint(condition=Q(outcome="") | Q(kind="done"), name="only_what_is_done_has_an_outcome"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "accepted", "interested", "declined", "no_answer"]),
                name="outcome_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.play}"

    @property
    def said(self) -> str:
        """As people say it, with its day: « planifié pour le 3 décembre 2026 », « fait (accepté) »."""
        if self.outcome:
            return f"{self.get_kind_display()} ({self.get_outcome_display()})"
        if self.until is None:
            return str(self.get_kind_display())
        day = french.day(self.until)
        if self.kind == self.Kind.SNOOZED:
            return _("remis au %(day)s") % {"day": day}
        said = (
            _("%(decision)s pour le %(day)s") if self.kind == self.Kind.PLANNED else _("%(decision)s jusqu’au %(day)s")
        )
        return said % {"decision": self.get_kind_display(), "day": day}
