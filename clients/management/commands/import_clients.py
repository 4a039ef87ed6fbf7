"""manage.py import_clients FILE: clients from a French spreadsheet, a dry run unless --commit."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone
from tqdm import tqdm

from clients.facts import Origin, Stamp
from clients.intake.errors import IntakeError
from clients.intake.files.importing import Report, import_file
from clients.intake.files.table import Row
from clients.intake.wording import many
from dignamik.foundation.french import grouped

SHOWN = 30
IMPORTS = "clients.add_fileimport"


class Command(BaseCommand):
    help = "Importe des clients depuis un fichier CSV ou XLSX. Essai à blanc, sauf avec --commit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FICHIER", type=Path, help="fichier .csv ou .xlsx")
        parser.add_argument("--commit", action="store_true", help="écrire vraiment (sinon : essai à blanc)")
        parser.add_argument("--skip-bad", action="store_true", help="importer les bonnes lignes malgré les mauvaises")
        parser.add_argument("--by", metavar="COMPTE", help="au nom de qui : un identifiant de connexion ou un e-mail")
        parser.add_argument("--json", action="store_true", help="un objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_file(
                options["file"],
                Stamp(Origin.IMPORT, timezone.now(), _person(options["by"])),
                commit=options["commit"],
                skip_bad=options["skip_bad"],
                track=_with_progress,
            )
        except IntakeError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False))
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_sentences(report)))
        if report.understood.rejected and not options["skip_bad"]:
            raise CommandError(
                f"Rien n’a été écrit : {many(report.rejected_rows, 'ligne refusée', 'lignes refusées')}. "
                "Corrigez le fichier, ou importez les autres lignes avec --skip-bad."
            )
        if options["json"]:
            return
        if report.committed:
            self.stdout.write(f"Import n° {report.number} : à relire, ou à annuler, sur /imports/{report.number}/.")
        else:
            self.stdout.write("Essai à blanc : rien n’a été écrit. Ajoutez --commit pour importer.")


def _person(name: str | None) -> Any:
    """Whose import it is; None: the machine's. Raises IntakeError unless it is one person who may import."""
    if name is None:
        return None
    asked = Q(username__iexact=name) | Q(email__iexact=name)
    found = list(get_user_model().objects.filter(asked, is_active=True)[:2]) if name else []
    if len(found) != 1:
        raise IntakeError(
            f"« {name} » ne désigne pas un compte actif : donnez un identifiant de connexion ou un e-mail."
        )
    if not found[0].has_perm(IMPORTS):
        raise IntakeError(f"Le compte « {found[0].get_username()} » n’a pas le droit d’importer des clients.")
    return found[0]


def _with_progress(rows: Sequence[Row]) -> Iterable[Row]:
    return tqdm(rows, desc="Lecture", unit=" lignes", file=sys.stderr, disable=None, leave=False)


def _sentences(report: Report) -> list[str]:
    done = "" if report.committed else " (prévus)"
    lines = [
        f"{many(report.rows, 'ligne lue', 'lignes lues')} ; {many(report.created, 'client créé', 'clients créés')}, "
        f"{grouped(report.updated)} mis à jour, {many(report.unchanged, 'inchangé', 'inchangés')}{done}."
    ]
    if report.understood.duplicates:
        doubles = many(len(report.understood.duplicates), "ligne répète", "lignes répètent")
        lines.append(f"{doubles} un client déjà lu, à l’identique : comptées une fois.")
    if report.blank_lines:
        lines.append(f"{many(report.blank_lines, 'ligne vide sautée', 'lignes vides sautées')}.")
    if report.ignored_columns:
        lines.append(
            "Colonnes non reconnues, ignorées : " + ", ".join(f"« {name} »" for name in report.ignored_columns) + "."
        )
    lines += report.notes
    for unplaced in report.understood.unplaced[:SHOWN]:
        lines.append(f"Ligne {unplaced.line} : « {unplaced.client} » n’est pas placé sur la carte. {unplaced.reason}")
    for problem in report.understood.rejected[:SHOWN]:
        where = f"Ligne {problem.line}, colonne « {problem.column} »" if problem.column else f"Ligne {problem.line}"
        lines.append(f"{where}, « {problem.value} » : {problem.reason}")
    for found in (report.understood.unplaced, report.understood.rejected):
        if len(found) > SHOWN:
            lines.append(f"… et {len(found) - SHOWN} autres ; la liste entière est dans --json.")
    return lines
