"""`manage.py object CLIENT`: note that a client objects to profiling, or lift it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.objecting import CannotObject
from segmentation.management.accounts import account
from segmentation.management.clients import HELP, client_called
from segmentation.rights.objecting import lift_objection, object_to_profiling


class Command(BaseCommand):
    help = "Note l’opposition d’un client au profilage : plus de calcul, de segment ni de recommandation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help=HELP)
        parser.add_argument("--why", required=True, metavar="RAISON", help="comment la demande est arrivée")
        parser.add_argument("--lift", action="store_true", help="lever l’opposition : le client est reclassé aussitôt")
        parser.add_argument("--by", default="", metavar="COMPTE", help="au nom de ce compte de Dignamik")

    def handle(self, *args: Any, **options: Any) -> None:
        client, by = client_called(options["client"]), account(options["by"])
        act = lift_objection if options["lift"] else object_to_profiling
        try:
            act(client, why=options["why"], by=by)
        except CannotObject as refusal:
            raise CommandError(str(refusal)) from None
        done = "L’opposition du client n° {} est levée." if options["lift"] else "Le client n° {} n’est plus profilé."
        self.stdout.write(done.format(client.pk))
