"""manage.py check_source: is the internal database reachable and what the mapping says?"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.intake.errors import IntakeError
from clients.intake.source.connecting import place, snapshot
from clients.intake.source.inspecting import Inspection, inspect
from clients.intake.source.mapping import layouts, read_mapping
from clients.intake.wording import many


class Command(BaseCommand):
    help = "Vérifie la base interne (Prisma) sans rien y écrire : tables, colonnes, migration, droits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="", help="adresse de la source (par défaut : SOURCE_DATABASE_URL)")
        parser.add_argument(
            "--mapping", default="", metavar="NOM|FICHIER",
            help=f"disposition des tables : {', '.join(layouts())}, ou un fichier TOML (par défaut : SOURCE_MAPPING)",
        )  # fmt: skip
        parser.add_argument(
            "--grant-sql", action="store_true", help="n’imprimer que le SQL d’un rôle limité à la lecture"
        )
        parser.add_argument("--json", action="store_true", help="un objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            mapping = read_mapping(options["mapping"] or settings.SOURCE_MAPPING)
            with snapshot(options["url"]) as cursor:
                found = inspect(cursor, mapping)
        except IntakeError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"ok": False, "error": str(error)}, ensure_ascii=False))
            raise CommandError(str(error)) from None
        if options["grant_sql"]:
            self.stdout.write(found.grant_sql, ending="")
            return
        if options["json"]:
            self.stdout.write(json.dumps({"source": place(options["url"]), **found.to_dict()}, ensure_ascii=False))
        else:
            self.stdout.write("\n".join((f"Source {place(options['url'])}", *_sentences(found))))
        if not found.ok:
            raise CommandError("La source n’est pas conforme à la correspondance : voir ci-dessus.")


def _sentences(found: Inspection) -> list[str]:
    lines = [f"{name} : {many(rows, 'ligne', 'lignes')}" for name, rows in found.tables.items()]
    if found.migration:
        lines.append(f"Dernière migration Prisma : {found.migration}")
    lines += [f"Problème : {problem}" for problem in found.problems]
    lines += [
        f"Problème : le statut « {status} » n’a pas de correspondance ; ses clients seraient refusés. "
        "Ajoutez-le à [statuses]."
        for status in found.unknown_statuses
    ]
    lines += [
        f"Problème : le réseau « {platform} » n’a pas de correspondance ; ses relevés seraient refusés. "
        "Ajoutez-le à [platforms]."
        for platform in found.unknown_platforms
    ]
    lines += [f"Attention : {warning}" for warning in found.warnings]
    if found.could_write:
        lines += ["Un rôle limité à la lecture :", "", found.grant_sql]
    if found.extra:
        lines.append("Colonnes présentes mais non lues : " + ", ".join(found.extra))
    if found.ok:
        lines.append("La source est conforme : « manage.py sync_source » peut la lire.")
    return lines
