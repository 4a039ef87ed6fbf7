"""Work in a process of its own, to be killed, cut off or raced.

A fresh interpreter needs seconds before it does anything. These are forks of a server that has only loaded modules:
as much a process as any other, there in a moment.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

HEAVY = ("django.test", "django.contrib.admin", "numpy", "pandas", "sklearn.cluster", "sklearn.pipeline",
         "sklearn.tree", "sklearn.metrics", "joblib", "psycopg2", "rest_framework")  # fmt: skip
Work = Callable[..., None]
Start = Callable[..., "Outsider"]


class Outsider:
    """One such process. Whatever it prints is in `said()`."""

    def __init__(self, process: ForkServerProcess, printed: Path) -> None:
        self.process = process
        self.printed = printed

    @property
    def running(self) -> bool:
        return self.process.is_alive()

    def said(self) -> str:
        return self.printed.read_text(encoding="utf-8")

    def end(self, seconds: float = 180) -> int:
        """Wait for it; its exit code, negative for a signal."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"still running after {seconds} s: {self.said()}"
        return self.process.exitcode


@contextmanager
def outsiders(environment: dict[str, str], folder: Path) -> Iterator[Start]:
    """`start(work, *arguments)`: a function of a module (by name), with Django set up on `environment`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*HEAVY])
    started: list[Outsider] = []

    def start(work: Work, *arguments: Any) -> Outsider:
        printed = folder / f"outsider-{len(started)}.txt"
        printed.touch()
        given = (environment, str(printed), work.__module__, work.__name__, arguments)
        one = Outsider(context.Process(target=_enter, args=given), printed)
        one.process.start()
        started.append(one)
        return one

    try:
        yield start
    finally:
        for one in started:
            if one.running:
                one.process.kill()
            one.process.join()


def manage(*arguments: str) -> None:
    """`manage.py` with these arguments, as a person would call it."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *arguments])


def wait_for(path: Path, seconds: float = 90) -> None:
    """Until another process has made this file."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.01)


def _enter(environment: dict[str, str], printed: str, module: str, name: str, arguments: tuple[Any, ...]) -> None:
    os.environ.update(environment)
    with Path(printed).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    import django

    django.setup()
    getattr(importlib.import_module(module), name)(*arguments)
