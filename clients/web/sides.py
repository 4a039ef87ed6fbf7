"""Values and belongings of two clients that may be one, as people read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Count
from django.utils.translation import gettext as _

from clients.choosing import Values, is_known
from clients.duplicates import Merge
from clients.hanging import hanging
from clients.models import Client, Followers, Turnover
from dignamik.foundation import french


@dataclass(frozen=True)
class Hung:
    """How many rows of one kind each client has."""

    label: str
    kept: int
    other: int


def hung(kept: Client, other: Client, derived: Collection[str] = ()) -> list[Hung]:
    """What hangs on these two, a query a kind; nothing of what nobody wrote (`derived`)."""
    found = []
    for kind in hanging():
        if kind.model._meta.label_lower in derived:
            continue
        rows = kind.of([kept.pk, other.pk]).order_by().values_list(kind.owner).annotate(count=Count("pk"))
        counts = dict(rows)
        if counts:
            found.append(Hung(_plural(kind.model), counts.get(kept.pk, 0), counts.get(other.pk, 0)))
    return sorted(found, key=lambda each: each.label)


def moved(made: Merge, derived: Collection[str] = ()) -> list[tuple[str, int]]:
    """How many rows of each kind a merge moved to the kept client."""
    owners = {kind.model._meta.label_lower: kind.column for kind in hanging()}
    counts = Counter(
        row["model"]
        for row in made.rows
        if row["before"].get(owners[row["model"]]) == made.other_id and row["model"] not in derived
    )
    return sorted((_plural(apps.get_model(name)), count) for name, count in counts.items())


def _plural(model: Any) -> str:
    return _("fiches déjà réunies") if model is Client else str(model._meta.verbose_name_plural)


def said(name: str, values: Values, client: Client) -> str:
    """The value of a line of `clients.choosing` in words; "" for unknown."""
    value = values[0]
    if name.startswith(f"{Followers._meta.model_name}."):
        return _reading(*values)
    if name.startswith(f"{Turnover._meta.model_name}."):
        return french.exact_euros(value)
    if not is_known(values):
        return ""
    if name == "position":
        return f"{french.grouped(values[0], 5)}\u00a0; {french.grouped(values[1], 5)}"
    if name == "category":
        return str(client.category)
    if name == "account_manager":
        user = client.account_manager
        return (user.get_full_name() or user.get_username()) if user else str(values[1])
    if name == "status":
        return str(Client.Status(value).label)
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, date):
        return french.day(value)
    return french.grouped(value) if isinstance(value, int | float | Decimal) else str(value)


def _reading(count: int | None, has_account: bool | None) -> str:  # noqa: FBT001 (a row's columns)
    if count is not None:
        return french.grouped(count)
    return _("aucun compte") if has_account is False else _("compte sans nombre d’abonnés")
