"""`manage.py erase_client CLIENT`: what an erasure would reach; with --commit, the erasure."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clients.models import Erasure
from segmentation.management.accounts import account
from segmentation.management.clients import HELP, client_called
from segmentation.rights.erasing import Reach, erase, reach
from segmentation.rights.wording import elsewhere, sentences


class Command(BaseCommand):
    help = "Efface un client et tout ce qui s’y rattache, pour toujours. Essai à blanc, sauf avec --commit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help=HELP)
        parser.add_argument(
            "--why",
            required=True,
            choices=Erasure.Reason.values,
            help="request : à la demande de la personne ; retention : durée dépassée ; mistake : collecté par erreur",
        )
        parser.add_argument("--commit", action="store_true", help="effacer vraiment (sinon : essai à blanc)")
        parser.add_argument("--by", default="", metavar="COMPTE", help="au nom de ce compte de Dignamik")
        parser.add_argument("--json", action="store_true", help="un seul objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        client, by = client_called(options["client"]), account(options["by"])
        pk, committed = client.pk, bool(options["commit"])
        found = erase(client, reason=options["why"], by=by) if committed else reach(client)
        if options["json"]:
            said = {**found.to_dict(), "client": pk, "committed": committed}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(found, pk, committed=committed)))


def _lines(found: Reach, pk: int, *, committed: bool) -> list[str]:
    lines = [f"Client n° {pk}, {'effacé' if committed else 'à effacer'} :", *(f"  {line}" for line in sentences(found))]
    lines += elsewhere(found)
    if not committed:
        lines.append("Essai à blanc : rien n’a été effacé. Ajoutez --commit pour effacer, sans retour possible.")
    return lines
