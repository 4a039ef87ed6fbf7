"""The list of tombstones outside the database: a backup from before an erasure does not know of it, this file does.

`DATA_DIR/erasures.json` follows every erasure; `manage.py reapply_erasures` reads it, or a copy kept elsewhere.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime

from clients.models import Erasure
from clients.tombstones import FIELDS

FORMAT = "dignamik-erasures"
DIGEST = 64
logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """Said in French: the file is no list of erasures."""


def path() -> Path:
    return Path(settings.DATA_DIR) / "erasures.json"


def write(target: Path) -> int:
    """Write all tombstones, through a temporary name. Returns how many. Raises OSError.

    What the file knows already and the database does not stays in it: a backup may have been restored.
    """
    known = {_identity(item): item for item in (_read(target) if target.exists() else [])}
    known |= {_identity(item): item for item in map(_said, Erasure.objects.order_by("pk"))}
    _put(target, known.values())
    return len(known)


def _put(target: Path, items: Iterable[dict[str, Any]]) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, "erasures": [*items]}, file, indent=1)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def forget(erasure: Erasure) -> None:
    """Take a tombstone off the file of this machine: somebody lets the person in again. Raises OSError, Unreadable."""
    if path().exists():
        gone = _identity(_said(erasure))
        _put(path(), [item for item in _read(path()) if _identity(item) != gone])


def write_after_commit() -> None:
    """Bring the file of this machine up to date once an erasure is committed; a full disk takes nothing back."""

    def follow() -> None:
        try:
            write(path())
        except (OSError, Unreadable) as problem:
            logger.warning("The list of erasures could not be written beside the database: %s", problem)

    transaction.on_commit(follow)


@transaction.atomic
def read(source: Path) -> int:
    """Take over the tombstones that the database does not have. Returns how many. Raises OSError, Unreadable."""
    known = {_identity(_said(erasure)) for erasure in Erasure.objects.all()}
    new = {_identity(item): item for item in _read(source) if _identity(item) not in known}
    Erasure.objects.bulk_create(Erasure(**(item | {"at": _moment(item["at"])})) for item in new.values())
    return len(new)


def _said(erasure: Erasure) -> dict[str, Any]:
    names = ("key", *FIELDS, "reason")
    return {**{name: getattr(erasure, name) for name in names}, "at": erasure.at.isoformat()}


def _identity(item: dict[str, Any]) -> tuple[Any, ...]:
    return (item["key"], *(item[name] for name in FIELDS), _moment(item["at"]))


def _moment(text: Any) -> datetime:
    try:
        found = parse_datetime(str(text))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Unreadable("Ce fichier n’est pas une liste d’effacements\u00a0: une date n’y est pas lisible.")
    return found


def _read(source: Path) -> list[dict[str, Any]]:
    problem = Unreadable("Ce fichier n’est pas une liste d’effacements de Dignamik, ou il a été abîmé.")
    try:
        found = json.loads(source.read_text(encoding="utf-8"))
        items = [{name: str(item[name]) for name in ("key", *FIELDS, "reason", "at")} for item in found["erasures"]]
    except (ValueError, KeyError, TypeError):
        raise problem from None
    sound = all(
        len(item["key"]) <= 8 and item["reason"] in Erasure.Reason.values
        and all(len(item[name]) in (0, DIGEST) for name in FIELDS)
        for item in items
    )  # fmt: skip
    if found.get("format") != FORMAT or not sound:
        raise problem
    return items
