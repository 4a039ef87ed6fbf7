"""What changed in a client's own facts, version by version, the way people read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth import get_user_model

from clients.models import Category, Client
from dignamik.foundation import french

VERSIONS = 40
"""As many of the latest versions are compared; older ones are in the admin."""
LONGEST_VALUE = 60
# In the order in which they are told. What is derived, or where a field came from, is nobody's edit.
TOLD = (
    "name", "category", "sector", "status", "email", "phone", "address", "postal_code", "city", "website",
    "has_website", "services_known", "do_not_contact", "is_personal", "account_manager", "account_manager_name",
    "client_since", "next_follow_up",
)  # fmt: skip
UNKNOWN = "inconnu"


@dataclass(frozen=True)
class Edit:
    """One version of a client's facts. `says` holds a sentence for each field that changed."""

    at: datetime
    by: Any
    reason: str
    says: Sequence[str]


def edits_of(client: Client) -> list[Edit]:
    """The latest versions that changed something people read, latest first. At most three queries."""
    versions = list(client.history.select_related("history_user")[: VERSIONS + 1])
    if not versions:
        return []
    names = {
        "category": _named(Category, {version.category_id for version in versions}),
        "account_manager": _named(get_user_model(), {version.account_manager_id for version in versions}),
    }
    found = [_edit(new, _changes(old, new, names)) for new, old in pairwise(versions)]
    if len(versions) <= VERSIONS and versions[-1].history_type == "+":
        found.append(_edit(versions[-1], ["Fiche créée"]))
    return [edit for edit in found if edit.says]


def _named(model: Any, pks: set[int | None]) -> dict[int, Any]:
    """The rows to name; where there was only ever one nobody asks for its name."""
    return dict(model.objects.in_bulk(pks - {None})) if len(pks) > 1 else {}


def _edit(version: Any, says: Sequence[str]) -> Edit:
    return Edit(version.history_date, version.history_user, version.history_change_reason or "", says)


def _changes(old: Any, new: Any, names: dict[str, dict[int, Any]]) -> list[str]:
    says = []
    for name in TOLD:
        column = f"{name}_id" if name in names else name
        before, after = getattr(old, column), getattr(new, column)
        if before != after:
            label = str(Client._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            says.append(
                f"{label[:1].upper()}{label[1:]}\u00a0: {_said(name, before, names)} → {_said(name, after, names)}"
            )
    if old.notes != new.notes:
        says.append("Notes modifiées")
    if (old.latitude, old.longitude) != (new.latitude, new.longitude):
        says.append("Position modifiée")
    if (old.withdrawn_at is None) != (new.withdrawn_at is None):
        says.append("Retiré de la source" if new.withdrawn_at else "Revenu dans la source")
    if (old.profiling_objected_at is None) != (new.profiling_objected_at is None):
        says.append("Opposition au profilage" if new.profiling_objected_at else "Opposition au profilage levée")
    return says


def _said(name: str, value: Any, names: dict[str, dict[int, Any]]) -> str:
    if name == "next_follow_up" and value is None:
        return "aucune"
    if name in names:
        value = names[name].get(value)
        value = value.get_full_name() or value.get_username() if hasattr(value, "get_username") else value
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, date):
        return french.day(value)
    if name == "status":
        return str(dict(Client.Status.choices).get(value, value))
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
