"""System checks: bad configuration is said at start, with the remedy."""

from __future__ import annotations

import importlib.util
from typing import Any
from urllib.parse import urlsplit

from croniter import croniter
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

CRON_FIELDS = 5  # croniter would also read seconds and years


@register(Tags.compatibility)
def refuse_psycopg_3(**kwargs: Any) -> list[CheckMessage]:
    """Django prefers psycopg 3 when it is installed; our COPY calls are psycopg2's."""
    if importlib.util.find_spec("psycopg") is None:
        return []
    return [
        Error(
            "psycopg 3 est installé : Django le préférerait à psycopg2, dont Dignamik utilise COPY.",
            hint="Désinstallez « psycopg », gardez « psycopg2-binary ».",
            id="dignamik.E002",
        )
    ]


@register
def refuse_a_schedule_that_no_clock_reads(**kwargs: Any) -> list[CheckMessage]:
    """A worker would die of it at night."""
    schedules = {name: getattr(settings, name) for name in ("RETRAIN_SCHEDULE", "SYNC_SCHEDULE")}
    return [
        Error(
            f"{name} ne se lit pas : « {written} ».",
            hint="Cinq champs comme dans cron, par exemple « 0 5 * * 1 » pour chaque lundi à 5 h.",
            id="dignamik.E005",
        )
        for name, written in schedules.items()
        if written and not (len(written.split()) == CRON_FIELDS and croniter.is_valid(written))
    ]


@register
def refuse_syncs_of_nothing(**kwargs: Any) -> list[CheckMessage]:
    """Each tick would fail, and write to the admins."""
    if not settings.SYNC_SCHEDULE or settings.SOURCE_DATABASE_URL:
        return []
    hint = "Donnez l’adresse de la base interne, ou retirez SYNC_SCHEDULE."
    return [Error("SYNC_SCHEDULE est donné sans SOURCE_DATABASE_URL.", hint=hint, id="dignamik.E006")]


def _place(url: str) -> tuple[str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.hostname, parts.port or 5432, parts.path


@register(Tags.database)
def refuse_the_source_as_home(**kwargs: Any) -> list[CheckMessage]:
    """Django's tables next to Prisma's put Prisma's data at risk: its next migration may drop or reset them."""
    remedy = "Donnez à DATABASE_URL une base à elle ; SOURCE_DATABASE_URL reste celle que l'on lit."
    source = settings.SOURCE_DATABASE_URL
    own: dict[str, Any] = settings.DATABASES["default"]
    if source and not str(own["ENGINE"]).endswith("sqlite3"):
        home = (own.get("HOST") or None, int(own.get("PORT") or 5432), f"/{own['NAME']}")
        if _place(source) == home:
            return [Error("DATABASE_URL désigne la base source (Prisma).", hint=remedy, id="dignamik.E003")]
    if not kwargs.get("databases"):
        return []
    if "_prisma_migrations" in connection.introspection.table_names():
        return [Error("DATABASE_URL contient déjà des tables Prisma.", hint=remedy, id="dignamik.E004")]
    return []
