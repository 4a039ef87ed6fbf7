"""How many rows a second a sync of the internal database takes in, beside a plain COPY of the same rows: `make bench`.

A made-up source of each size is filled on a PostgreSQL server. A plain COPY of its tables to another database of that
server is timed, then `sync_source` into new installations, on SQLite and on that server: once into an empty book, once
again with nothing new.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import postgres  # noqa: E402
from tests.source_tables import PRISMA_TABLES  # noqa: E402

SIZES = (1_600, 100_000)
TABLES = ("Client", "Followers", "Turnover")
# Towns that are found by name or code, positions for nine in ten, three years of turnover for six in ten.
FILL = """
SELECT setseed(0.5);
INSERT INTO "Client" (id, name, email, phone, city, "postalCode", latitude, longitude, status, "accountManager",
                      "categoryId", "createdAt", "updatedAt")
SELECT 'c' || n, 'Maison ' || n, 'contact' || n || '@example.fr', '02 41 00 00 00',
       (ARRAY['Angers', 'NANTES', 'St Etienne', 'Lyon 3e'])[1 + n %% 4],
       (ARRAY['49000', '44000', '42000', '69003'])[1 + n %% 4],
       CASE WHEN n %% 10 > 0 THEN 43 + random() * 5 END, CASE WHEN n %% 10 > 0 THEN random() * 5 END,
       (ARRAY['ACTIVE', 'INACTIVE', 'PROSPECT', 'CHURNED']::"ClientStatus"[])[1 + n %% 4], 'manager' || n %% 6,
       CASE n %% 2 WHEN 0 THEN 'k1' ELSE 'k2' END, timestamp '2020-01-01' + n %% 2000 * interval '1 day', now()
FROM generate_series(1, %(clients)s) AS n;
INSERT INTO "Followers" SELECT 'f' || n, 'c' || n, (random() * 9000)::int, (random() * 9000)::int,
       CASE WHEN n %% 3 = 0 THEN (random() * 900)::int END, CASE WHEN n %% 4 = 0 THEN 0 END, NULL,
       timestamp '2026-06-01'
FROM generate_series(1, %(clients)s) AS n;
INSERT INTO "Turnover" SELECT 't' || n || y, 'c' || n, y, round((random() * 500000)::numeric, 2)
FROM generate_series(1, %(clients)s) AS n, generate_series(2023, 2025) AS y WHERE n %% 10 < 6;
"""
COUNT = """
SELECT (SELECT count(*) FROM "Client") + (SELECT count(*) FROM "Followers") + (SELECT count(*) FROM "Turnover")
"""
FOLLOW = """
import time
from clients.intake.source.attempting import Wanted, follow
began = time.perf_counter()
follow(Wanted("command"))
print(time.perf_counter() - began)
"""


def fill(url: str, clients: int) -> int:
    """A source with so many clients. Returns its rows."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(PRISMA_TABLES)
        cursor.execute(FILL, {"clients": clients})
        cursor.execute(COUNT)
        return int(cursor.fetchone()[0])


def copied(source: str, target: str) -> float:
    """Seconds of a plain COPY of the tables, out of one database and into bare tables of another."""
    with closing(psycopg2.connect(source)) as there, closing(psycopg2.connect(target)) as here:
        out, into = there.cursor(), here.cursor()
        into.execute(PRISMA_TABLES)
        began = time.perf_counter()
        for table in TABLES:
            into.execute(f'CREATE TABLE "bare{table}" (LIKE "{table}")')
            buffer = io.BytesIO()
            out.copy_expert(f'COPY "{table}" TO STDOUT', buffer)
            buffer.seek(0)
            into.copy_expert(f'COPY "bare{table}" FROM STDIN', buffer)
        here.commit()
        return time.perf_counter() - began


@contextmanager
def installation(server: postgres.Server, source: str, *, on_postgres: bool) -> Iterator[dict[str, str]]:
    """The environment of a new, empty installation that follows this source."""
    with tempfile.TemporaryDirectory(prefix="dignamik-bench-") as folder, server.database() as url:
        environment = os.environ | {
            "DEBUG": "0", "ALLOWED_HOSTS": "bench", "SECRET_KEY": "only-for-benchmarks-" * 4, "DATA_DIR": folder,
            "DATABASE_URL": url if on_postgres else "", "SOURCE_DATABASE_URL": source, "SOURCE_MAPPING": "",
        }  # fmt: skip
        manage(environment, "migrate", "-v", "0")
        yield environment


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def measure(server: postgres.Server, clients: int) -> Iterator[dict[str, float | int | str]]:
    """A row of the table for each way."""
    with server.database() as source:
        rows = fill(source, clients)
        with server.database() as target:
            yield {"clients": clients, "rows": rows, "way": "plain COPY", "seconds": copied(source, target)}
        for name, on_postgres in (("SQLite", False), ("PostgreSQL", True)):
            with installation(server, source, on_postgres=on_postgres) as environment:
                for what in ("first sync", "nothing new"):
                    seconds = float(manage(environment, "shell", "-v", "0", "-c", FOLLOW).splitlines()[-1])
                    yield {"clients": clients, "rows": rows, "way": f"{name}, {what}", "seconds": seconds}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="clients in the source")
    options = parser.parse_args()
    if not options.json:
        print(f"{'clients':>9} {'rows':>9}  {'way':<25}{'seconds':>9}{'rows/s':>11}")
    with postgres.server() as server:
        for clients in options.sizes:
            for line in measure(server, clients):
                if options.json:
                    print(json.dumps(line), flush=True)
                    continue
                rate = int(line["rows"]) / float(line["seconds"])
                print(
                    f"{clients:>9,} {line['rows']:>9,}  {line['way']:<25}{line['seconds']:>9.2f}{rate:>11,.0f}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
