"""`manage.py retain`: what has been kept long enough; with --commit, it goes."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dignamik.foundation import french
from segmentation.rights.retention import apply, proposal

SHOWN = 50
RULES = {"prospect": "prospect sans contact depuis le", "former": "ancien client, sans rien depuis le"}


class Command(BaseCommand):
    help = (
        "Propose ce qui a dépassé sa durée de conservation : prospects, anciens clients, restes d’imports, sessions, "
        "journal des connexions. Essai à blanc, sauf avec --commit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--commit", action="store_true", help="effacer vraiment (sinon : essai à blanc)")
        parser.add_argument("--json", action="store_true", help="un seul objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        found, committed = proposal(), bool(options["commit"])
        erased = apply(found) if committed else 0
        if options["json"]:
            self.stdout.write(json.dumps({**found.to_dict(), "erased": erased, "committed": committed}))
            return
        verb = "effacés" if committed else "à effacer"
        lines = [f"Clients {verb} : {erased if committed else len(found.clients)}."]
        lines += [f"  n° {due.pk}, {RULES[due.rule]} {french.day(due.since)}" for due in found.clients[:SHOWN]]
        if len(found.clients) > SHOWN:
            lines.append("  … la liste entière est dans --json.")
        lines += [
            f"Imports dont les lignes refusées sont {verb} : {found.import_leftovers}.",
            f"Synchronisations dont les désaccords et valeurs refusées sont {verb} : {found.sync_leftovers}.",
            f"Sessions terminées : {found.sessions}. Lignes du journal des connexions : {found.logins}.",
        ]
        if not committed:
            lines.append("Essai à blanc : rien n’a été effacé. Ajoutez --commit pour effacer, sans retour possible.")
        self.stdout.write("\n".join(lines))
