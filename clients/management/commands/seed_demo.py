"""manage.py seed_demo: the demonstration portfolio, the same for the same seed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clients.facts import Origin, Stamp
from clients.intake.demo.planting import plant, remove
from clients.intake.errors import IntakeError
from clients.intake.wording import many


class Command(BaseCommand):
    help = "Crée un portefeuille de démonstration dans une base vide, avec un compte par rôle. --remove le retire."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clients", type=int, default=1600, help="nombre de clients (1600)")
        parser.add_argument("--active", type=int, default=421, help="dont actifs (421)")
        parser.add_argument("--seed", type=int, default=1, help="graine : la même donne le même portefeuille (1)")
        parser.add_argument("--remove", action="store_true", help="retirer la démonstration et ses comptes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["remove"]:
                gone = remove()
                self.stdout.write(f"Démonstration retirée : {many(gone, 'client', 'clients')} et ses comptes.")
                return
            planted = plant(
                Stamp(Origin.DEMO, timezone.now()),
                clients=options["clients"],
                active=options["active"],
                seed=options["seed"],
            )
        except IntakeError as error:
            raise CommandError(str(error)) from None
        there = f"{many(planted.clients, 'client', 'clients')}, dont {many(planted.active, 'actif', 'actifs')}"
        if planted.fresh:
            self.stdout.write(f"Démonstration {planted.seed} créée : {there}. Comptes : {planted.logins}")
        else:
            self.stdout.write(f"La démonstration {planted.seed} est déjà là ({there}) : rien n’a changé.")
