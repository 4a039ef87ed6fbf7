"""`manage.py trim_audit`: the one way out of the audit trail, by age."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dignamik.foundation.audit import KEPT_AT_LEAST_DAYS
from dignamik.foundation.auditing import TooYoung, forget
from dignamik.foundation.french import grouped

A_YEAR = 365


class Command(BaseCommand):
    help = (
        "Supprime du journal d’audit ce qui dépasse sa durée de conservation ; un essai à blanc sans --apply. "
        f"La base refuse d’effacer ce qui a moins de {KEPT_AT_LEAST_DAYS} jours."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=A_YEAR, help=f"âge, en jours ({A_YEAR})")
        parser.add_argument("--apply", action="store_true", help="supprimer vraiment")
        parser.add_argument("--json", action="store_true", help="un objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        days, applied = options["days"], options["apply"]
        try:
            count = forget(timezone.now() - timedelta(days=days), rehearse=not applied)
        except (TooYoung, OverflowError):
            raise CommandError(f"--days attend de {KEPT_AT_LEAST_DAYS} jours à quelques siècles.") from None
        if options["json"]:
            self.stdout.write(json.dumps({"events": count, "days": days, "applied": applied}))
            return
        plural = "s" if count > 1 else ""
        said = f"{grouped(count)} événement{plural} de plus de {days} jours"
        self.stdout.write(f"{said} supprimé{plural}." if applied else f"{said}. Essai à blanc : rien n’a été supprimé.")
