"""Files that wait for a decision: under DATA_DIR, by names of our own, for us alone, and gone when it is over."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from clients.imports import KEPT, OPEN, FileImport
from clients.intake.errors import IntakeError

GONE = "Ce fichier n’est plus ici : il est effacé au bout de 24 heures. Envoyez-le à nouveau."
PAUSE = timedelta(minutes=10)
_OURS = re.compile("[0-9a-f]{32}")


def folder() -> Path:
    return Path(settings.DATA_DIR) / "imports"


def keep(chunks: Iterable[bytes]) -> tuple[str, str, int]:
    """Write a file away. Returns our name for it, its SHA-256 and its size in bytes."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    name, digest, size = uuid.uuid4().hex, hashlib.sha256(), 0
    handle = os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return name, digest.hexdigest(), size


def content_of(name: str) -> bytes:
    """The bytes of a file that waits. Raises IntakeError when it is gone."""
    if not _OURS.fullmatch(name):
        raise IntakeError(GONE)
    try:
        return (folder() / name).read_bytes()
    except FileNotFoundError:
        raise IntakeError(GONE) from None


def discard(name: str) -> None:
    """Delete a file, if it is still there."""
    if _OURS.fullmatch(name):
        (folder() / name).unlink(missing_ok=True)


def sweep(now: datetime) -> int:
    """Give up imports that nobody decided on in time, and delete what is nobody's file. Returns how many it gave up."""
    late = FileImport.objects.filter(state__in=OPEN, sent_at__lt=now - KEPT)
    given_up = late.update(state=FileImport.State.DROPPED, stored_as="")
    waited_for = set(FileImport.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    for path in folder().glob("*"):
        # A fresh one may belong to an import that is about to be recorded.
        old = path.stat().st_mtime < (now - timedelta(minutes=5)).timestamp()
        if path.name not in waited_for and old:
            discard(path.name)
    return given_up


class Sweeping:
    """A worker's part: `sweep` now and then."""

    def __init__(self) -> None:
        self.next: datetime | None = None

    def tend(self, now: datetime) -> None:
        if self.next is None or now >= self.next:
            self.next = now + PAUSE
            sweep(now)
