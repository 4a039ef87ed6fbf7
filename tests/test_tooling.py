"""The tools around the code: lists that agree, a lock that works with any mirror, a PostgreSQL that cleans up."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest
from django.contrib.auth.models import Group
from django.core.management import BaseCommand, get_commands, load_command_class

from dignamik.foundation import roles
from dignamik.foundation.packages import FILES
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


# What is installed


def test_every_requirement_has_one_exact_version() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert all(re.fullmatch(r"[\d.]+(\.post\d+)?", version) for version in pins(name).values())


def test_tests_run_with_the_versions_of_production() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_asked_for_is_pinned(name: str) -> None:
    asked = re.findall(r"^([A-Za-z][\w.-]*)", (ROOT / f"{name}.in").read_text(), flags=re.MULTILINE)
    assert asked
    assert {project.lower().replace("_", "-") for project in asked} <= set(pins(f"{name}.txt"))


def test_browser_packages_have_exact_versions_and_their_lock_names_no_address() -> None:
    asked = json.loads((ROOT / "package.json").read_text())["dependencies"]
    text = (ROOT / "package-lock.json").read_text()
    locked = json.loads(text)["packages"]
    assert asked == {name: locked[f"node_modules/{name}"]["version"] for name in asked}
    assert '"resolved"' not in text
    assert all("integrity" in package for name, package in locked.items() if name)


def test_every_served_file_is_there_with_the_map_that_it_names() -> None:
    for public, source in FILES.items():
        path = ROOT / "node_modules" / source
        assert path.is_file(), f"{source} is missing: make packages"
        named = re.search(rb"sourceMappingURL=([\w.-]+)", path.read_bytes()[-500:])
        if named and path.suffix in (".js", ".css"):
            assert f"{public.rpartition('/')[0]}/{named[1].decode()}" in FILES


# How it is set up


def test_every_variable_that_settings_read_is_explained() -> None:
    code = "".join((ROOT / "dignamik" / name).read_text() for name in ("settings.py", "foundation/env.py"))
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", code))
    assert {"SECRET_KEY", "DATABASE_URL"} <= read
    for name in ("README.md", ".env.example"):
        assert {variable for variable in read if variable not in (ROOT / name).read_text()} == set()


def test_every_target_of_the_readme_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", (ROOT / "README.md").read_text()))
    assert named >= {"run", "test", "lint"}
    assert named <= targets


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_site_and_worker_stop_together(
    transactional_db: None, outside_environment: dict[str, str], number: signal.Signals
) -> None:
    port = postgres.free_port()
    command = [sys.executable, "scripts/serve.py", str(port)]
    served = subprocess.Popen(
        command, cwd=ROOT, env=outside_environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            assert answer.read() == b"ok\n"
            break
        time.sleep(0.1)

    served.send_signal(number)

    # The end of its output is the end of both: they hold the pipe.
    output, _ = served.communicate(timeout=30)
    assert served.returncode == 0, output


# The tests' own ground


def test_the_way_out_is_closed() -> None:
    with pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", [1, 2])
def test_roles_survive_tests_with_real_transactions(_again: int) -> None:
    found = {group.name: group.permissions.count() for group in Group.objects.all()}
    assert set(found) == set(roles.ROLES)
    assert all(found.values())


def test_it_takes_the_newest_server_that_is_complete(tmp_path: Path) -> None:
    for version in ("9", "15", "16"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    (tmp_path / "17" / "bin").mkdir(parents=True)
    assert postgres.newest_debian_binaries(tmp_path) == tmp_path / "16/bin"
    assert postgres.newest_debian_binaries(tmp_path / "15") is None


@pytest.mark.postgres
def test_a_database_is_gone_afterwards_even_while_somebody_is_connected(postgres_server: postgres.Server) -> None:
    with postgres_server.database() as url:
        left_open = psycopg2.connect(url)
    left_open.close()
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        psycopg2.connect(url)


@pytest.mark.postgres
@pytest.mark.filterwarnings("ignore::platformdirs.api.RuntimeDirWarning")
def test_the_server_of_the_wheel_serves_where_the_machine_has_none() -> None:
    with (
        postgres.started_from_wheel() as server,
        server.database() as url,
        closing(psycopg2.connect(url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone()[0] in url


def test_a_skip_fails_on_ci_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_sessionfinish  # noqa: F401")
    (tmp_path / "test_skipped.py").write_text("import pytest\n@pytest.mark.skip\ndef test_it(): ...")

    def run(ci: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--rootdir={tmp_path}",
            str(tmp_path),
        ]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"CI": ci, "PATH": ""})

    assert run("").returncode == 0
    assert run("true").returncode == 1


def documented_commands() -> list[tuple[str, str]]:
    rows = re.findall(r"^\| `manage\.py ([a-z_]+)([^`]*)`", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    return [(name, rest) for name, rest in rows]


@pytest.mark.parametrize(("name", "rest"), documented_commands())
def test_every_command_of_the_readme_is_there_with_exactly_its_options(name: str, rest: str) -> None:
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    common = BaseCommand().create_parser("manage.py", name)._option_string_actions
    options = {option for option in parser._option_string_actions if option.startswith("--")} - set(common)
    assert set(re.findall(r"--[a-z-]+", rest)) == options
