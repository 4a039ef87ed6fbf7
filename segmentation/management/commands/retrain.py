"""`manage.py retrain`: train on the clients as they are now, publish when every gate passes."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from tqdm import tqdm

from dignamik.foundation.locks import Busy
from segmentation.engine.errors import EngineError, NothingToTrain
from segmentation.engine.recipe import FEWEST_SEGMENTS, MOST_SEGMENTS
from segmentation.management.accounts import account
from segmentation.runs.reporting import as_json, as_sentences
from segmentation.runs.requesting import LARGEST_SEED, LONGEST_WHY
from segmentation.runs.retraining import Asked, Outcome, rehearse, retrain
from segmentation.runs.watching import note_quality

LONGEST_NAME = 150
DONE, FAILED, HELD, NOTHING, BUSY = 0, 1, 2, 3, 4


class Command(BaseCommand):
    help = (
        "Segmente les clients actifs, place tous les autres et publie le calcul si chaque contrôle passe. "
        "Codes de sortie : 0 fait, 1 échec, 2 retenu par un contrôle, 3 rien à entraîner, 4 un autre calcul en cours."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clusters", default="auto", metavar="auto|N", help="nombre de segments (défaut : auto)")
        parser.add_argument("--why", default="", help="pourquoi ce nombre de segments, ou ce calcul ; gardé avec lui")
        parser.add_argument(
            "--by",
            default="",
            metavar="COMPTE",
            help="qui le demande : un identifiant de Dignamik (défaut : vous, ici)",
        )
        parser.add_argument("--seed", type=int, help="graine du hasard (défaut : celle de la recette)")
        parser.add_argument("--no-publish", action="store_true", help="calcule et garde le résultat sans le publier")
        parser.add_argument("--dry-run", action="store_true", help="calcule sans rien écrire")
        parser.add_argument("--json", action="store_true", help="un seul objet JSON sur la sortie standard")
        parser.add_argument(
            "--report",
            type=Path,
            metavar="DOSSIER",
            help="écrit les figures, les tableaux et un rapport dans ce dossier",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = self._report(options)
        asked = Asked(
            clusters=_clusters(options["clusters"]), seed=_seed(options["seed"]), publish=not options["no_publish"],
            by=account(options["by"]), named="" if options["by"] else _here(), why=_why(options["why"]),
        )  # fmt: skip
        try:
            with _Bar(shown=sys.stderr.isatty() and options["verbosity"] > 0) as bar:
                outcome = (rehearse if options["dry_run"] else retrain)(asked, bar.advance)
        except Busy:
            self._stop(options, BUSY, "Un autre calcul est en cours. Attendez sa fin, puis relancez.")
        except NothingToTrain as problem:
            self._stop(options, NOTHING, str(problem))
        except EngineError as problem:
            self._stop(options, FAILED, str(problem))
        except (DatabaseError, InterfaceError, OSError) as problem:
            self._stop(options, FAILED, _not_kept(problem))
        if not options["dry_run"]:
            note_quality()
        if options["json"]:
            self.stdout.write(json.dumps(as_json(outcome), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(as_sentences(outcome)))
        if report is not None:
            self._write(report, outcome)
        if not outcome.verdict["passed"]:
            sys.exit(HELD)

    def _report(self, options: dict[str, Any]) -> Path | None:
        """The folder of the report, known to be writable before a long run begins."""
        folder: Path | None = options["report"]
        if folder is None:
            return None
        # Imported here: drawing takes a second to load, and a run without a report need not wait for it.
        from segmentation.runs.report.writing import CannotWrite, prepared

        try:
            return prepared(folder)
        except CannotWrite as problem:
            self._stop(options, FAILED, str(problem))
            raise

    def _write(self, folder: Path, outcome: Outcome) -> None:
        from segmentation.runs.report.writing import CannotWrite, write

        try:
            written = write(outcome, folder)
        except CannotWrite as problem:
            raise CommandError(f"{problem} Le calcul, lui, est fait.", returncode=FAILED) from problem
        self.stderr.write(f"Rapport écrit dans {folder}\u00a0: {', '.join(path.name for path in written)}.")

    def _stop(self, options: dict[str, Any], code: int, sentence: str) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"error": sentence}, ensure_ascii=False))
        raise CommandError(sentence, returncode=code)


def _not_kept(problem: Exception) -> str:
    """What an operator can act on; the driver's own words are for `--traceback`."""
    why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem).strip()
    why = why.partition("\n")[0]
    return (
        f"Le calcul n’a pas pu être enregistré\u00a0: l’écriture a été refusée ({why}). Le disque est-il plein ou en "
        "lecture seule, la base de données arrêtée\u00a0? Rien n’a changé pour les lecteurs."
    )


class _Bar:
    """A progress bar on a terminal, nothing in a pipe."""

    def __init__(self, *, shown: bool) -> None:
        self.bar = tqdm(
            total=100, disable=not shown, file=sys.stderr, bar_format="{desc:<40} {percentage:3.0f} % |{bar}|"
        )

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *problem: object) -> None:
        self.bar.close()

    def advance(self, step: str, share: float) -> None:
        self.bar.set_description_str(step)
        self.bar.update(round(share * 100) - self.bar.n)


def _clusters(text: str) -> int | None:
    if text == "auto":
        return None
    if not (text.isascii() and text.isdecimal() and FEWEST_SEGMENTS <= int(text) <= MOST_SEGMENTS):
        raise CommandError(f"--clusters attend « auto » ou un nombre de {FEWEST_SEGMENTS} à {MOST_SEGMENTS}.")
    return int(text)


def _seed(seed: int | None) -> int | None:
    if seed is not None and not 0 <= seed <= LARGEST_SEED:
        raise CommandError("--seed attend un entier de 0 à 2 147 483 647.")
    return seed


def _why(text: str) -> str:
    said = " ".join(text.split())
    if len(said) > LONGEST_WHY or "\0" in said:
        raise CommandError(f"--why attend une phrase de {LONGEST_WHY} caractères au plus.")
    return said


def _here() -> str:
    """What the system calls whoever types; "" where it does not know."""
    try:
        return getpass.getuser()[:LONGEST_NAME]
    except (KeyError, OSError):  # a container's bare number
        return ""
