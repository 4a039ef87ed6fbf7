"""`manage.py reapply_erasures`: erase again whoever a restored backup brought back. Safe to repeat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.erasing import listing
from clients.intake.wording import why
from clients.models import Client
from clients.tombstones import KeyIsGone
from segmentation.rights.erasing import come_back, erase


class Command(BaseCommand):
    help = (
        "Après une restauration : reprend la liste des effacements (DATA_DIR/erasures.json, ou --tombstones), et "
        "efface à nouveau qui est revenu. Relancer ne change rien de plus."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tombstones", type=Path, metavar="FICHIER", help="liste gardée ailleurs que dans DATA_DIR"
        )
        parser.add_argument("--export", type=Path, metavar="FICHIER", help="seulement écrire la liste dans ce fichier")
        parser.add_argument("--json", action="store_true", help="un seul objet JSON sur la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["export"]:
                count = listing.write(options["export"])
                self.say(options, f"{count} effacements écrits, sans aucun nom.", exported=count)
                return
            source = options["tombstones"] or listing.path()
            taken = listing.read(source) if options["tombstones"] or source.exists() else 0
            again = list(come_back())
        except OSError as problem:
            raise CommandError(f"La liste des effacements ne peut pas être lue ou écrite : {why(problem)}.") from None
        except (listing.Unreadable, KeyIsGone) as problem:
            raise CommandError(str(problem)) from None
        for client, buried in again:
            if Client.objects.filter(pk=client.pk).exists():  # or it went with the one it is merged with
                erase(client, reason=buried.reason, buried=buried)
        said = f"{taken} effacements repris de la liste ; {len(again)} clients revenus, effacés à nouveau."
        self.say(options, said, taken=taken, erased=len(again))

    def say(self, options: Any, sentence: str, **figures: int) -> None:
        self.stdout.write(json.dumps(figures) if options["json"] else sentence)
