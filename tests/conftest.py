"""What every test stands on: its own environment, no way out to the network, and a small named cast.

The settings are named here, after the environment is made, and not in `pyproject.toml`: pytest-django would load them
first, with whatever a developer's `.env` says.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.outside import Start, outsiders

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(tempfile.mkdtemp(prefix="dignamik-tests-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)

# Set, even if to nothing: `.env` only fills in what is missing.
os.environ.update(
    SECRET_KEY="only-for-tests-" + "0123456789" * 5,
    DEBUG="0",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    DATA_DIR=str(DATA_DIR),
    DATABASE_URL=os.environ.get("DATABASE_URL", "") if postgres.is_postgres(os.environ.get("DATABASE_URL", "")) else "",
    SOURCE_DATABASE_URL="",
    SOURCE_MAPPING="",
    CSRF_TRUSTED_ORIGINS="",
    TILES_URL="",
    PROXY_COUNT="0",
    EMAIL_BACKEND="dignamik.foundation.mailing.TerminalEmail",
    SITE_URL="",
    RETRAIN_SCHEDULE="",
    SYNC_SCHEDULE="",
    DJANGO_SETTINGS_MODULE="dignamik.settings",
)

import django  # noqa: E402
from django.conf import settings as django_settings  # noqa: E402

if django_settings.configured:
    raise pytest.UsageError("DJANGO_SETTINGS_MODULE is set: unset it, tests/conftest.py names the settings itself.")
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import connection, connections  # noqa: E402

from dignamik.foundation import roles  # noqa: E402

audit_guard = import_module("dignamik.foundation.migrations.0004_audit")

# Hundreds of logins: the slow hash protects nobody here.
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

PASSWORD = "une phrase de passe"


def pytest_configure(config: pytest.Config) -> None:
    """The workers of `-n 2` inherit our environment: named there, they would load the settings before this file."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        del os.environ["DJANGO_SETTINGS_MODULE"]


# --- The database ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as in production: in memory there is no WAL, and other processes cannot look in."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(DATA_DIR / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def flushing_empties_the_audit_trail_too() -> Iterator[None]:
    """After a test with real transactions every table is emptied, which the audit trail's triggers refuse: only here
    they are lifted for it."""
    operations: Any = type(connection.ops)
    real = operations.sql_flush

    def flush(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements: list[str] = real(self, style, tables, **options)
        if audit_guard.TABLE not in tables:
            return statements
        if connection.vendor == "postgresql":
            switch = f"ALTER TABLE {audit_guard.TABLE} {{}} TRIGGER USER"
            return [switch.format("DISABLE"), *statements, switch.format("ENABLE")]
        lifted = [f"DROP TRIGGER {text.split()[2]}" for text in audit_guard.ON_SQLITE]
        return [*lifted, *statements, *audit_guard.ON_SQLITE]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", flush)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """What migrations wrote is remembered for every connection of this process.

    Django keeps it on one connection object; once a browser is open, its event loop makes Django use another one.
    """
    real = connections["default"]
    if hasattr(real, "_test_serialized_contents"):
        type(real)._test_serialized_contents = real._test_serialized_contents


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What migrations write (the roles) is back after a test with real transactions, which empties every table.

    Tests marked `sqlite` or `postgresql` are about that database's own ways: on the other they are not part of the
    suite.
    """
    others = {"sqlite", "postgresql"} - {connection.vendor}
    foreign = {item for item in items if any(item.get_closest_marker(name) for name in others)}
    if foreign:
        config.hook.pytest_deselected(items=[item for item in items if item in foreign])
        items[:] = [item for item in items if item not in foreign]
    for item in items:
        marker = item.get_closest_marker("django_db")
        given = dict(marker.kwargs) if marker else {}
        names = getattr(item, "fixturenames", ())
        if given.get("transaction") or "transactional_db" in names or "live_server" in names:
            given |= {"transaction": True, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**given), append=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server, whatever the default database is: `with postgres_server.database() as url`."""
    with postgres.server() as found:
        yield found


@pytest.fixture
def source_database(postgres_server: postgres.Server) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of its own, for a source to read from."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def outside_environment() -> dict[str, str]:
    """The environment in which another process works on this test's database (with `transactional_db`)."""
    name = str(connection.settings_dict["NAME"])
    given = os.environ["DATABASE_URL"]
    url = postgres.Server(given).url_of(name) if given else f"sqlite:///{name}"
    return {**os.environ, "DATABASE_URL": url, "DEBUG": "1", "COLUMNS": "80"}


@pytest.fixture
def manage(
    transactional_db: None, outside_environment: dict[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `manage.py` as a person would, in a process of its own: `manage("retrain", "--json").returncode`."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=outside_environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture
def outside(transactional_db: None, outside_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start a function in a process of its own, on the test's database: `outside(work, 4).end()` is its exit code."""
    with outsiders(outside_environment, tmp_path) as start:
        yield start


# --- The network -----------------------------------------------------------------------------------------------------


def is_here(family: int, address: Any) -> bool:
    """True for a UNIX socket and for this machine's own loopback, which are all that a test may talk to."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = str(address[0])
    return host in ("", "localhost", "::1") or host.startswith("127.")


@pytest.fixture(scope="session", autouse=True)
def no_way_out() -> Iterator[None]:
    """Any connection that leaves this machine fails at once and names the address."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            real = getattr(socket.socket, name)

            def guarded(self: socket.socket, address: Any, real: Callable[..., Any] = real) -> Any:
                if not is_here(self.family, address):
                    raise PermissionError(f"A test tried to reach {address!r}.")
                return real(self, address)

            patch.setattr(socket.socket, name, guarded)
        yield


# --- A skip on CI is a failure ---------------------------------------------------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("On CI a skipped test counts as a failure.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# --- The cast --------------------------------------------------------------------------------------------------------


def person(username: str, role: str = "", **attributes: Any) -> User:
    """One named user with one role, or none."""
    user = User.objects.create_user(
        username,
        email=f"{username}@dignamik.example",
        password=PASSWORD,
        first_name=username.capitalize(),
        **attributes,
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def amelie(db: None) -> User:
    """An account manager."""
    return person("amelie", roles.ACCOUNT_MANAGER)


@pytest.fixture
def karim(db: None) -> User:
    """Amélie's colleague: the same role, another portfolio."""
    return person("karim", roles.ACCOUNT_MANAGER)


@pytest.fixture
def helene(db: None) -> User:
    """The head of sales."""
    return person("helene", roles.HEAD_OF_SALES)


@pytest.fixture
def anais(db: None) -> User:
    """An analyst: the role, and the key to the Django admin, where the recipe is edited."""
    return person("anais", roles.ANALYST, is_staff=True)


@pytest.fixture
def adele(db: None) -> User:
    """An admin: the role, and the key to the Django admin; no superuser."""
    return person("adele", roles.ADMIN, is_staff=True)


@pytest.fixture
def sacha(db: None) -> User:
    """A stranger: signed in, with no role at all."""
    return person("sacha")


@pytest.fixture
def cast(amelie: User, karim: User, helene: User, anais: User, adele: User, sacha: User) -> dict[str, User]:
    """All six, by name."""
    return {user.username: user for user in (amelie, karim, helene, anais, adele, sacha)}
