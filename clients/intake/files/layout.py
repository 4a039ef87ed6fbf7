"""The format that imports read, in one list: for the documentation, blank templates, the export that can come back,
and the choice of what an unknown column holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.intake.files.columns import HEADINGS, IGNORE, code_of, identify
from clients.intake.files.comparing import NO_ACCOUNT
from clients.models import Client, Followers, Turnover
from dignamik.foundation.exporting import Cell, Column

YEARS_BACK = 3
"""Years of turnover that a template has columns for, and a form offers."""


@dataclass(frozen=True)
class Fact:
    """One column of the format: its code in forms, what it is called, what it says and an example."""

    code: str
    label: str | Promise
    says: str | Promise
    example: str

    @property
    def heading(self) -> str:
        """What stands over the column in a file: French, whatever language the page is in."""
        with translation.override("fr"):
            return str(self.label)

    @property
    def also(self) -> Sequence[str]:
        """Other headings that mean the same, accents and case apart."""
        return HEADINGS.get(self.code, ())[1:]


FACTS = (
    Fact("name", _("Nom"), _("Obligatoire. Avec le code postal ou la ville, reconnaît un client sans identifiant."),
         "Boulangerie Estève"),
    Fact("source_id", pgettext_lazy("file", "Identifiant"),
         _("Le numéro du client dans la base interne : le plus sûr pour le reconnaître."), "c1024"),
    Fact("category", _("Type d’entreprise"), _("Créé s’il est nouveau."), "Boulangerie"),
    Fact("sector", _("Secteur"), _("Le secteur d’un type d’entreprise nouveau ; un type connu garde le sien."),
         "Commerce de proximité"),
    Fact("status", _("Statut"),
         _("Actif, Inactif, Prospect ou Perdu. Sans cette colonne, un nouveau client est actif."), "Actif"),
    Fact("email", "E-mail", "", "contact@esteve.example"),
    Fact("phone", _("Téléphone"), "", "02 41 00 00 00"),
    Fact("address", _("Adresse"), _("Le numéro et la rue."), "3 rue des Lices"),
    Fact("postal_code", _("Code postal"), _("Cinq chiffres ; le zéro que perd un tableur est remis."), "49000"),
    Fact("city", _("Ville"), _("Place le client sur la carte quand il n’a pas de coordonnées."), "Angers"),
    Fact("latitude", "Latitude", _("En degrés, avec la longitude."), "47,478419"),
    Fact("longitude", "Longitude", "", "-0,563166"),
    Fact("website", _("Site web"), _("L’adresse, ou « aucun » : pas de site."), "https://esteve.example"),
    Fact("do_not_contact", _("Ne pas démarcher"), _("oui ou non."), "non"),
    Fact("is_personal", _("Données d’une personne"),
         _("oui (entreprise individuelle) ou non (société). Vide : oui."), "oui"),
    Fact("account_manager_name", _("Chargé de compte"),
         _("Son identifiant de connexion ou son e-mail ; un autre nom reste à rattacher."), "amelie"),
    Fact("client_since", _("Client depuis"), _("Jour, mois, année."), "31/12/2024"),
    Fact("notes", "Notes", "", "Préfère le téléphone"),
    *(
        Fact(
            code_of(("followers", value)), format_lazy("{} {}", _("Abonnés"), label),
            _("Un nombre entier, ou « aucun compte »."), "1 250",
        )
        for value, label in Followers.Platform.choices
    ),
)  # fmt: skip
TURNOVER_SAYS = _("Une colonne par année, en euros, l’année dans le titre. Peut être négatif.")


def turnover_facts(today: date) -> list[Fact]:
    """The latest years, latest first."""
    years = range(today.year, today.year - YEARS_BACK, -1)
    return [
        Fact(code_of(("turnover", str(year))), format_lazy("{} {}", _("CA"), str(year)), TURNOVER_SAYS, "125 000,50")
        for year in years
    ]


def choices(today: date) -> list[tuple[str, str]]:
    """What a person may say that a column holds: codes with their labels, in the language of the page."""
    known = [*FACTS, *turnover_facts(today)]
    return [(IGNORE, str(_("Ignorer cette colonne"))), *((fact.code, str(fact.label)) for fact in known)]


def guessed(heading: str) -> str:
    """The code of what a heading is taken for; "" where nobody knows."""
    found = identify(heading)
    return code_of(found) if found is not None and found != ("turnover", "") else ""


def template_columns(today: date) -> list[Column[Any]]:
    """The headings of a blank file."""
    widths = {"name": 30, "email": 28, "address": 30, "notes": 30, "website": 26, "sector": 24, "category": 22}
    facts = [*FACTS, *turnover_facts(today)]
    return [Column(fact.heading, lambda row: None, widths.get(fact.code, 16)) for fact in facts]


# --- The export that can come back -----------------------------------------------------------------------------------


def export_columns(years: Iterable[int]) -> list[Column[Client]]:
    """Columns that say of a client what an import would read, so that sending them back changes nothing.

    Clients come with `category`, `readings` and `turnovers`. Without notes: a cell would lose their lines.
    """
    fields: dict[str, Any] = {
        "source_id": lambda client: client.source_id,
        "name": lambda client: client.name,
        "category": lambda client: client.category.name if client.category else None,
        "sector": lambda client: client.sector,
        "status": lambda client: client.get_status_display(),
        "email": lambda client: client.email,
        "phone": lambda client: client.phone,
        "address": lambda client: client.address,
        "postal_code": lambda client: client.postal_code,
        "city": lambda client: client.city,
        # A position that we derived is no fact of the client's.
        "latitude": lambda client: client.latitude if _is_given(client) else None,
        "longitude": lambda client: client.longitude if _is_given(client) else None,
        "website": _website,
        "do_not_contact": lambda client: client.do_not_contact,
        "is_personal": lambda client: client.is_personal,
        "account_manager_name": lambda client: client.account_manager_name,
        "client_since": lambda client: client.client_since,
    }
    columns = [Column(fact.heading, fields[fact.code]) for fact in FACTS if fact.code in fields]
    columns += [Column(f"Abonnés {label}", _count_of(value)) for value, label in Followers.Platform.choices]
    return columns + [Column(f"CA {year}", _amount_of(year)) for year in sorted(years, reverse=True)]


def years_of(clients: Any) -> list[int]:
    """The years of which these clients have a turnover."""
    return list(Turnover.objects.filter(client__in=clients).order_by("year").values_list("year", flat=True).distinct())


def _is_given(client: Client) -> bool:
    return client.position_precision == Client.Precision.GIVEN


def _website(client: Client) -> str | None:
    """An address without the knowledge that it is a site would come back as more than was known."""
    if client.has_website is None:
        return None
    return client.website if client.has_website else "aucun"


def _count_of(platform: str) -> Any:
    def read(client: Client) -> Cell:
        rows = [row for row in client.readings.all() if row.platform == platform]
        latest = max(rows, key=lambda row: row.measured_on, default=None)
        if latest is None:
            return None
        return NO_ACCOUNT if latest.count is None and latest.has_account is False else latest.count

    return read


def _amount_of(year: int) -> Any:
    def read(client: Client) -> Decimal | None:
        return next((row.amount for row in client.turnovers.all() if row.year == year), None)

    return read
