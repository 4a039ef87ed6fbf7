"""The columns of an export of clients. Segments are added by `segmentation.web.columns`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from clients.confidential import sees_contact_details
from clients.models import Client
from dignamik.foundation.exporting import Column

# One query reads these; anything else a column touched would cost a query a row.
EXPORT_FIELDS = (
    "source_id",
    "name",
    "sector",
    "status",
    "email",
    "phone",
    "postal_code",
    "city",
    "department",
    "website",
    "do_not_contact",
    "is_personal",
    "next_follow_up",
    "account_manager_name",
    "client_since",
    "turnover",
    "turnover_year",
    "followers",
    "category__name",
    "account_manager__username",
)


def _manager(client: Client) -> str:
    return client.account_manager.get_username() if client.account_manager else client.account_manager_name


def _since(client: Client) -> date | None:
    return client.client_since


def _follow_up(client: Client) -> date | None:
    return client.next_follow_up


IDENTITY: tuple[Column[Client], ...] = (
    Column("Numéro", lambda client: client.pk, 9),
    Column("Identifiant", lambda client: client.source_id, 28),
    Column("Nom", lambda client: client.name, 36),
)
CONTACT: tuple[Column[Client], ...] = (
    Column("E-mail", lambda client: client.email, 28),
    Column("Téléphone", lambda client: client.phone, 18),
)
FACTS: tuple[Column[Client], ...] = (
    Column("Type d’entreprise", lambda client: client.category.name if client.category else None, 24),
    Column("Secteur", lambda client: client.sector, 24),
    Column("Statut", lambda client: client.get_status_display(), 10),
    Column("Code postal", lambda client: client.postal_code, 11),
    Column("Ville", lambda client: client.city, 24),
    Column("Département", lambda client: client.department, 12),
    Column("Abonnés", lambda client: client.followers, 11),
    Column("CA (€)", lambda client: client.turnover, 14),
    Column("Année du CA", lambda client: client.turnover_year, 12),
    Column("Client depuis", _since, 13),
    Column("Chargé de compte", _manager, 20),
    *CONTACT,
    Column("Site web", lambda client: client.website, 28),
    Column("Ne pas démarcher", lambda client: client.do_not_contact, 16),
    Column("Données d’une personne", lambda client: client.is_personal, 16),
    Column("Prochaine relance", _follow_up, 17),
)


def facts_for(user: Any) -> Sequence[Column[Client]]:
    """FACTS, without the columns that this person may not see: left out, so that no blank passes for "unknown"."""
    return FACTS if sees_contact_details(user) else tuple(column for column in FACTS if column not in CONTACT)
