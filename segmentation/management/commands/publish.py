"""`manage.py publish RUN`: publish a held run, or go back to an earlier one."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from segmentation.management.accounts import account
from segmentation.models import Run
from segmentation.runs.publishing import CannotPublish, publish


class Command(BaseCommand):
    help = "Publie un calcul retenu, ou revient à un calcul déjà publié. Rien n’est recalculé."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN", help="numéro du calcul")
        parser.add_argument("--reason", default="", help="pourquoi (demandé pour un calcul retenu ou un retour)")
        parser.add_argument("--by", default="", metavar="COMPTE", help="au nom de ce compte de Dignamik")
        parser.add_argument("--json", action="store_true", help="un seul objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        run = Run.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"Le calcul n° {options['run']} n’existe pas.")
        try:
            publication = publish(run, by=account(options["by"]), reason=options["reason"])
        except CannotPublish as problem:
            raise CommandError(str(problem)) from problem
        if options["json"]:
            self.stdout.write(json.dumps({"run": run.pk, "state": "published", "reason": publication.reason}))
        else:
            self.stdout.write(f"{run} publié.")
