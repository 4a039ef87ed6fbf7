"""What `make run` does before it serves: database, demonstration portfolio, first segments. Quick when all is there.

Anything already present is left alone: a portfolio of your own is neither replaced nor mixed with the demonstration.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dignamik.settings")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402

from clients.models import Client, Demo  # noqa: E402
from segmentation.models import Run  # noqa: E402

NO_NEED_TO_RETRAIN = (Run.State.PUBLISHED, Run.State.HELD, Run.State.TRAINED)


def main(port: str) -> int:
    # No progress lines when there is nothing to migrate.
    call_command("migrate", verbosity=0)
    if not Client.objects.exists():
        print("Création du portefeuille de démonstration…", flush=True)
        call_command("seed_demo")
    if not Run.objects.filter(state__in=NO_NEED_TO_RETRAIN).exists():
        print("Premier calcul des segments…", flush=True)
        segment()
    print(welcome(port), flush=True)
    return 0


def segment() -> None:
    """The first run. A run held by a check is no failure here: analysts and admins see it as a draft."""
    try:
        call_command("retrain")
    except CommandError as problem:
        print(f"Pas de segments pour l’instant : {problem}", file=sys.stderr)
    except SystemExit as stop:
        print(f"Le calcul n’est pas publié (code {stop.code}) : voir la page « Calculs ».", file=sys.stderr)


def welcome(port: str) -> str:
    lines = ["", f"  Dignamik : http://127.0.0.1:{port}/", ""]
    logins = settings.DATA_DIR / "demo_logins.txt"
    if Demo.objects.exists() and logins.is_file():
        lines += [f"  {line}".rstrip() for line in logins.read_text().splitlines()]
    else:
        lines.append("  Vos propres données. Pas encore de compte ? .venv/bin/python manage.py createsuperuser")
    return "\n".join([*lines, "", "  Ctrl-C pour arrêter.", ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "8000"))
