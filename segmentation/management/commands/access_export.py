"""`manage.py access_export CLIENT FILE`: everything held on one client, as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.intake.wording import why
from dignamik.foundation.auditing import Kind, note
from segmentation.management.clients import HELP, client_called
from segmentation.rights.access import document


class Command(BaseCommand):
    help = "Écrit tout ce qui est conservé d’un client dans un fichier JSON, pour répondre à une demande d’accès."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("client", metavar="CLIENT", help=HELP)
        parser.add_argument("file", metavar="FICHIER", type=Path, help="fichier à écrire ; il ne doit pas exister")

    def handle(self, *args: Any, **options: Any) -> None:
        client = client_called(options["client"])
        text = json.dumps(document(client), ensure_ascii=False, indent=2)
        try:
            handle = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            note(Kind.ACCESS_EXPORT, about=client)
        except OSError as problem:
            raise CommandError(f"« {options['file']} » ne peut pas être écrit : {why(problem)}.") from None
        self.stdout.write(f"Écrit dans {options['file']}, lisible par vous seul. Remettez-le, puis supprimez-le.")
