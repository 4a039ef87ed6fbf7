"""How long a retrain takes, by size of portfolio: `make bench`.

Each size is planted as a demonstration in a database of its own, then retrained by the command that ops use, once, in a
process of its own. On SQLite, or on the server of `DATABASE_URL` if that names one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import postgres  # noqa: E402

# Clients in the book, active ones among them: a quarter of today's, today's, ten times as many.
SIZES = ((400, 105), (1_600, 421), (16_000, 4_210))
STEPS = ("read", "fit", "write", "total")


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """The environment of a new, empty installation."""
    with tempfile.TemporaryDirectory(prefix="dignamik-bench-") as folder:
        base = os.environ | {"DEBUG": "1", "SECRET_KEY": "only-for-benchmarks", "DATA_DIR": folder}
        if postgres.is_postgres(os.environ.get("DATABASE_URL", "")):
            with postgres.server() as server, server.database() as url:
                yield base | {"DATABASE_URL": url}
        else:
            yield base | {"DATABASE_URL": ""}


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 2):  # a held run has taken its time too
        raise SystemExit(f"{' '.join(arguments)} failed with {done.returncode}")
    return done.stdout


def measure(clients: int, active: int) -> dict[str, float]:
    """Seconds by step for one portfolio."""
    with own_database() as environment:
        manage(environment, "migrate", "-v", "0")
        manage(environment, "seed_demo", "--clients", str(clients), "--active", str(active))
        seconds: dict[str, float] = json.loads(manage(environment, "retrain", "--json"))["seconds"]
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    as_json = parser.parse_args().json
    if not as_json:
        print(f"{'clients':>9} {'active':>7}" + "".join(f"{step:>9}" for step in STEPS) + "   (seconds)")
    for clients, active in SIZES:
        seconds = measure(clients, active)
        if as_json:
            print(json.dumps({"clients": clients, "active": active, "seconds": seconds}), flush=True)
        else:
            print(f"{clients:>9,} {active:>7,}" + "".join(f"{seconds[s]:>9.2f}" for s in STEPS), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
