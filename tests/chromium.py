"""The Chromium of this machine, for tests and benchmarks."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root needs no-sandbox; the rest keeps the browser from calling its makers.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Where it is; None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)
