"""The book of record: who DIGNAMIK's clients are, and what is known of them.

Unknown is NULL (numbers, dates, facts) or empty (text), never 0. Truths live in database constraints. Rows are written
through `clients.recording`, which also keeps the derived columns: folded text, place, latest turnover and followers.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from clients.conflicts import FieldConflict as FieldConflict
from clients.contacts import Contact as Contact
from clients.duplicates import Merge as Merge  # with what else its module holds
from clients.imports import FileImport as FileImport
from clients.imports import ImportedLine as ImportedLine
from clients.measures import FIRST_YEAR as FIRST_YEAR
from clients.measures import LARGEST_AMOUNT as LARGEST_AMOUNT
from clients.measures import LAST_YEAR as LAST_YEAR
from clients.measures import Followers as Followers
from clients.measures import Turnover as Turnover
from clients.positions import PlaceProblem as PositionProblem
from clients.positions import Precision as PositionPrecision
from clients.querysets import ClientManager
from clients.rights import Erasure as Erasure
from clients.rights import Objection as Objection
from clients.syncs import SourceSync as SourceSync


class Category(models.Model):
    """A type of business, and the sector it belongs to."""

    name = models.CharField(_("type d’entreprise"), max_length=120, unique=True)
    sector = models.CharField(_("secteur d’activité"), max_length=120)
    history = HistoricalRecords(verbose_name=_("historique"))

    class Meta:
        verbose_name = _("type d’entreprise")
        verbose_name_plural = _("types d’entreprise")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="category_has_a_name"),
            models.CheckConstraint(condition=~Q(sector=""), name="category_has_a_sector"),
        ]

    def __str__(self) -> str:
        return self.name


class Client(models.Model):
    """An account of DIGNAMIK: a shop, a craftsman, a local service."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Actif")
        INACTIVE = "inactive", _("Inactif")
        PROSPECT = "prospect", "Prospect"
        LOST = "lost", _("Perdu")

    Precision = PositionPrecision
    PlaceProblem = PositionProblem

    source_id = models.CharField(_("identifiant d’origine"), max_length=300, unique=True, null=True, blank=True)
    name = models.CharField(_("nom"), max_length=200)
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="clients",
        verbose_name=_("type d’entreprise"),
    )
    # The category's sector, or what the source says where the category is unknown.
    sector = models.CharField(_("secteur d’activité"), max_length=120, blank=True)
    status = models.CharField(_("statut"), max_length=10, choices=Status, default=Status.ACTIVE)
    email = models.CharField("e-mail", max_length=254, blank=True)
    phone = models.CharField(_("téléphone"), max_length=40, blank=True)
    address = models.CharField(_("adresse"), max_length=300, blank=True)
    postal_code = models.CharField(_("code postal"), max_length=5, blank=True)
    city = models.CharField(_("ville"), max_length=120, blank=True)
    department = models.CharField(_("département"), max_length=3, blank=True)
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    position_precision = models.CharField(
        _("précision de la position"), max_length=12, choices=PositionPrecision, blank=True, editable=False
    )
    place_problem = models.CharField(
        _("problème de position"), max_length=14, choices=PositionProblem, blank=True, editable=False
    )
    website = models.CharField(_("site web"), max_length=300, blank=True)
    has_website = models.BooleanField(_("a un site web"), null=True, blank=True, help_text=_("Vide : inconnu."))
    services_known = models.BooleanField(
        _("services connus"), default=False, help_text=_("Cochez si la liste des services détenus est complète.")
    )
    do_not_contact = models.BooleanField(_("ne pas démarcher"), default=False)
    is_personal = models.BooleanField(_("données d’une personne"), default=True, help_text=_("Dans le doute, oui."))
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="portfolio",
        verbose_name=_("chargé de compte"),
    )
    # What the source says; kept when no user matches, so that it can be attached later.
    account_manager_name = models.CharField(_("chargé de compte selon la source"), max_length=150, blank=True)
    client_since = models.DateField(_("client depuis"), null=True, blank=True)
    notes = models.TextField("notes", blank=True)
    # When to come back to this client; written by clients.contacting.
    next_follow_up = models.DateField(_("prochaine relance"), null=True, blank=True, editable=False)

    # Derived by clients.recording.
    name_folded = models.CharField(max_length=200, editable=False, db_index=True)
    city_folded = models.CharField(max_length=120, blank=True, editable=False)
    turnover = models.DecimalField(
        _("dernier CA"),
        max_digits=14,
        decimal_places=2,
        null=True,
        editable=False,
        help_text=_("Dernière année connue."),
    )
    turnover_year = models.PositiveSmallIntegerField(_("année du dernier CA"), null=True, editable=False)
    followers = models.PositiveBigIntegerField(_("abonnés"), null=True, editable=False)

    # Fields that a person set here: a source's other value is a conflict to show, never an overwrite.
    local_fields = models.JSONField(_("champs saisis ici"), default=list, editable=False)
    created_at = models.DateTimeField(_("créé le"), editable=False)
    changed_at = models.DateTimeField(_("modifié le"), editable=False)
    # Only what the internal database once had can be missing from it.
    seen_in_source_at = models.DateTimeField(_("vu dans la base interne le"), null=True, editable=False)
    withdrawn_at = models.DateTimeField(_("retiré de la source le"), null=True, blank=True, editable=False)
    profiling_objected_at = models.DateTimeField(_("opposition au profilage le"), null=True, blank=True, editable=False)
    # A double: whatever is said of it is said of this client, which itself never is one.
    merged_into = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, editable=False, related_name="merged", verbose_name=_("réuni à")
    )

    objects = ClientManager()
    history = HistoricalRecords(
        verbose_name=_("historique"),
        excluded_fields=[
            "name_folded", "city_folded", "place_problem", "turnover", "turnover_year", "followers", "changed_at",
            "seen_in_source_at",
        ],
    )  # fmt: skip

    class Meta:
        verbose_name = "client"
        verbose_name_plural = "clients"
        ordering = ["name_folded", "pk"]
        permissions = [  # rows of the database: French
            ("view_all_clients", "Peut voir tous les clients"),
            ("change_own_client", "Peut corriger ses propres clients"),
            ("exercise_rights", "Peut exercer les droits des personnes"),
            ("view_contact_details", "Peut voir les coordonnées, les notes et le suivi"),
        ]
        indexes = [
            models.Index(fields=["name_folded", "id"], name="client_by_name"),
            models.Index(fields=["city_folded", "id"], name="client_by_city"),
            models.Index(fields=["department", "id"], name="client_by_department"),
            models.Index(fields=["status", "id"], name="client_by_status"),
            models.Index(fields=["sector", "id"], name="client_by_sector"),
            models.Index(fields=["turnover"], name="client_by_turnover"),
            models.Index(fields=["followers"], name="client_by_followers"),
            models.Index(fields=["next_follow_up"], name="client_by_follow_up"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="client_has_a_name"),
            models.CheckConstraint(condition=~Q(source_id=""), name="client_source_id_is_not_empty"),
            models.CheckConstraint(
                condition=Q(status__in=["active", "inactive", "prospect", "lost"]), name="client_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True, position_precision="")
                # A check that is NULL holds, so that NULL needs its own words.
                | Q(latitude__isnull=False, longitude__isnull=False)
                & Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
                & ~Q(position_precision=""),
                name="client_position_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True) | ~Q(latitude=0, longitude=0), name="client_is_not_at_null_island"
            ),
            models.CheckConstraint(
                condition=Q(turnover__isnull=True, turnover_year__isnull=True)
                | Q(turnover__isnull=False, turnover_year__isnull=False),
                name="client_turnover_has_its_year",
            ),
            models.CheckConstraint(
                condition=Q(turnover__range=(-LARGEST_AMOUNT, LARGEST_AMOUNT)), name="client_turnover_is_plausible"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(withdrawn_at__isnull=False), name="merged_client_is_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("client", args=[self.pk])


class HeldService(models.Model):
    """A service that DIGNAMIK already sold to a client."""

    class Service(models.TextChoices):
        SEO = "seo", _("Référencement (SEO)")
        SOCIAL = "social", _("Réseaux sociaux")
        WEBSITE = "website", _("Site web")
        LOCAL_ADS = "local_ads", _("Publicité locale")
        VIEMAVILLE = "viemaville", "Viemaville"
        COACHING = "coaching", _("Accompagnement")

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="held_services", verbose_name="client")
    service = models.CharField("service", max_length=12, choices=Service)
    since = models.DateField(_("depuis"), null=True, blank=True)
    history = HistoricalRecords(verbose_name=_("historique"))

    class Meta:
        verbose_name = _("service détenu")
        verbose_name_plural = _("services détenus")
        ordering = ["service"]
        constraints = [models.UniqueConstraint(fields=["client", "service"], name="service_held_once")]

    def __str__(self) -> str:
        return self.get_service_display()


class Demo(models.Model):
    """Says that this database holds the demonstration portfolio: no real data may enter beside it."""

    seed = models.PositiveIntegerField(_("graine"))
    planted_on = models.DateField(_("créé le"))
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("démonstration")
        verbose_name_plural = _("démonstrations")

    def __str__(self) -> str:
        return _("Démonstration %(seed)s") % {"seed": self.seed}
