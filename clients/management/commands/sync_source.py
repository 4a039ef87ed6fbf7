"""manage.py sync_source: bring the book of record up to the internal database, which is only ever read."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clients.facts import Origin, Stamp, Tally
from clients.intake.errors import IntakeError
from clients.intake.source.attempting import Wanted, follow
from clients.intake.source.mapping import layouts, read_mapping
from clients.intake.source.syncing import SyncReport, synchronise
from clients.intake.wording import many
from clients.models import SourceSync
from clients.telling import label_of
from dignamik.foundation.french import grouped

SHOWN = 30


class Command(BaseCommand):
    help = "Reprend les clients de la base interne (Prisma). Elle n’est que lue ; relancer ne change rien de plus."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="", help="adresse de la source (par défaut : SOURCE_DATABASE_URL)")
        parser.add_argument(
            "--mapping", default="", metavar="NOM|FICHIER",
            help=f"disposition des tables : {', '.join(layouts())}, ou un fichier TOML (par défaut : SOURCE_MAPPING)",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="dire ce qui changerait, sans rien écrire")
        parser.add_argument("--force", action="store_true", help="accepter que la source ait perdu beaucoup de clients")
        parser.add_argument("--json", action="store_true", help="un objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = _rehearsed(**options) if options["dry_run"] else follow(_wanted(**options))
        except IntakeError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False))
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_sentences(report)))


def _wanted(*, url: str, mapping: str, force: bool, **rest: Any) -> Wanted:
    return Wanted(SourceSync.Trigger.COMMAND, url=url, mapping=mapping, force=force)


def _rehearsed(*, url: str, mapping: str, force: bool, **rest: Any) -> SyncReport:
    """What a sync would do; no attempt, so that no record is kept."""
    where = read_mapping(mapping or settings.SOURCE_MAPPING)
    return synchronise(Stamp(Origin.SYNC, timezone.now()), url=url, mapping=where, dry_run=True, force=force)


def _sentences(report: SyncReport) -> list[str]:
    recorded = report.recorded
    lines = [
        f"Clients : {_tally(recorded.clients)}, {many(report.withdrawn, 'retiré', 'retirés')}.",
        f"Relevés d’abonnés : {_tally(recorded.followers)}.",
        f"Chiffres d’affaires : {_tally(recorded.turnover)}.",
    ]
    lines += [
        f"Désaccord sur « {conflict.client} », {label_of(conflict.field)} : ici « {conflict.ours} » (gardé), "
        f"source « {conflict.theirs} »."
        for conflict in recorded.conflicts[:SHOWN]
    ]
    for problem in report.rejected[:SHOWN]:
        where = f"{problem.table}.{problem.column}" if problem.column else problem.table
        lines.append(f"{where} du client {problem.id}, « {problem.value} » : {problem.reason}")
    hidden = max(0, len(recorded.conflicts) - SHOWN) + max(0, len(report.rejected) - SHOWN)
    if hidden:
        lines.append(f"… et {many(hidden, 'autre', 'autres')} ; la liste entière est dans --json.")
    if not report.committed:
        lines.append("Essai à blanc : rien n’a été écrit.")
    return lines


def _tally(tally: Tally) -> str:
    created, unchanged = many(tally.created, "créé", "créés"), many(tally.unchanged, "inchangé", "inchangés")
    return f"{created}, {grouped(tally.updated)} mis à jour, {unchanged}"
