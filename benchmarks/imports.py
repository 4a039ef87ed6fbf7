"""How many lines a second an import takes, next to a plain COPY of the same rows: `make bench`.

A French CSV of made-up clients is read, judged and recorded as `import_clients --commit` does it, into an empty
database of its own, then once more, when it changes nothing. The floor, in the same database right after: the rows that
came of it (clients, readings, turnovers; no history) copied into tables of the same shape, with their indexes. SQLite
has no COPY; there it is one prepared INSERT. On SQLite, or on the server of `DATABASE_URL` if that names one.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.retrain import manage, own_database  # noqa: E402

SIZES = (1_600, 100_000)
TABLES = ("clients_client", "clients_followers", "clients_turnover")
STEPS = ("read", "judge", "record", "again", "copy")
YEARS = (2026, 2025, 2024)


def lines(count: int) -> Iterator[list[str]]:
    """Headings, then clients as a French Excel writes them, the same every time: some 60 % of the figures are known."""
    from clients.places import communes

    rng = random.Random(1)  # noqa: S311
    towns = [town for town in communes() if town.postal_codes]
    networks = ("Facebook", "Instagram", "LinkedIn", "TikTok", "YouTube")
    yield ["Identifiant", "Nom", "Type d'entreprise", "Secteur", "Ville", "Code postal", "Statut", "Chargé de compte",
           "Client depuis", "E-mail", *(f"Abonnés {name}" for name in networks),
           *(f"Chiffre d'affaires {year}" for year in YEARS)]  # fmt: skip
    for at in range(count):
        town, trade = rng.choice(towns), rng.randrange(23)
        followers = [str(rng.randrange(20_000)) if rng.random() < 0.6 else "" for _ in networks]
        amounts = [f"{rng.lognormvariate(11.5, 1):.2f}".replace(".", ",") if rng.random() < 0.6 else "N/C"
                   for _ in YEARS]  # fmt: skip
        yield [
            f"c{at:07}", f"Maison {at} {town.name}", f"Métier {trade}", f"Secteur {trade % 6}", town.name,
            town.postal_codes[0], rng.choice(("Actif", "Inactif", "Prospect", "Perdu")), f"compte{trade % 6}",
            f"{rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/{rng.randrange(2015, 2026)}",
            f"contact{at}@example.fr", *followers, *amounts,
        ]  # fmt: skip


def inside(count: int) -> dict[str, Any]:
    """Seconds by step, in a process of its own whose settings are those of the empty installation."""
    import django

    django.setup()
    from django.utils import timezone

    from clients.facts import Origin, Stamp
    from clients.intake.files.columns import recognise
    from clients.intake.files.importing import import_file
    from clients.intake.files.reading import read_file
    from clients.intake.files.rows import understand
    from clients.models import Client
    from clients.places.table import load

    load()  # towns are read once a process
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clients.csv"
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";").writerows(lines(count))
        path.write_text(text.getvalue(), encoding="cp1252", errors="replace")
        seconds: dict[str, float] = {}
        table = _timed(seconds, "read", lambda: read_file(path))
        _timed(seconds, "judge", lambda: understand(table, recognise(table.headings)))
        for step in ("record", "again"):
            report = _timed(seconds, step, lambda: import_file(path, Stamp(Origin.IMPORT, timezone.now()), commit=True))
            if report.rejected_rows or report.created != (count if step == "record" else 0):
                raise SystemExit(f"{step}: {report.created} created, {report.rejected_rows} refused of {count}")
    seconds["record"] -= seconds["read"] + seconds["judge"]
    copied = _floor(seconds)
    if Client.objects.count() != count:
        raise SystemExit("not every line became a client")
    return {"clients": count, "rows": copied, "seconds": seconds}


def _timed(seconds: dict[str, float], step: str, work: Any) -> Any:
    started = time.perf_counter()
    found = work()
    seconds[step] = time.perf_counter() - started
    return found


def _floor(seconds: dict[str, float]) -> int:
    """Time the copying alone, not the reading out. Returns how many rows."""
    from django.db import connection, transaction

    copied, seconds["copy"] = 0, 0.0
    for table in TABLES:
        with transaction.atomic(), connection.cursor() as cursor:
            copy = _by_copy if connection.vendor == "postgresql" else _by_insert
            rows, work = copy(cursor, table)
            copied += rows
            started = time.perf_counter()
            work()
        seconds["copy"] += time.perf_counter() - started
    return copied


def _by_copy(cursor: Any, table: str) -> tuple[int, Any]:
    out = io.StringIO()
    cursor.copy_expert(f"COPY {table} TO STDOUT", out)
    rows = cursor.rowcount
    out.seek(0)
    cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
    return rows, lambda: cursor.copy_expert(f"COPY floor_{table} FROM STDIN", out)


def _by_insert(cursor: Any, table: str) -> tuple[int, Any]:
    """The same on SQLite, with the constraints and indexes that the table has."""
    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
    cursor.execute(cursor.fetchone()[0].replace(f'"{table}"', f'"floor_{table}"', 1))
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql > ''", [table])
    for name, statement in cursor.fetchall():
        cursor.execute(statement.replace(f'"{name}"', f'"floor_{name}"').replace(f'"{table}"', f'"floor_{table}"'))
    plain = cursor.connection.cursor()
    rows = plain.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    marks = ", ".join("?" * len(rows[0]))
    return len(rows), lambda: plain.executemany(f"INSERT INTO floor_{table} VALUES ({marks})", rows)  # noqa: S608


def measure(count: int) -> dict[str, Any]:
    with own_database() as environment:
        environment |= {"DJANGO_SETTINGS_MODULE": "dignamik.settings", "IMPORT_MAX_ROWS": str(count), "DEBUG": "0",
                        "SECRET_KEY": "x" * 64, "ALLOWED_HOSTS": "localhost"}  # fmt: skip
        manage(environment, "migrate", "-v", "0")
        command = [sys.executable, __file__, "--inside", str(count)]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="lines of the files")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        print(json.dumps(inside(asked.inside)))
        return 0
    if not asked.json:
        print(f"{'lines':>9} {'rows':>9}" + "".join(f"{step:>9}" for step in STEPS) + "   lines/s  x copy")
    for size in asked.sizes:
        found = measure(size)
        seconds = found["seconds"]
        whole = seconds["read"] + seconds["judge"] + seconds["record"]
        if asked.json:
            print(json.dumps(found), flush=True)
            continue
        said = "".join(f"{seconds[step]:>9.2f}" for step in STEPS)
        print(f"{size:>9,} {found['rows']:>9,}{said}{size / whole:>10,.0f}{whole / seconds['copy']:>8.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
